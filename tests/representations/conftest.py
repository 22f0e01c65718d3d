"""Windows of the paper's shape, and where their electrodes are."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.bands import parse_bands
from eegcli.bids.montage import channel_set
from eegcli.representations import Representation, Signals, prepare

HBN_24 = channel_set(["hbn-24"])


def paper(name: str, *, sfreq: float = 128.0, n_times: int = 256, bands: tuple[str, ...] = (), ch_names: tuple[str, ...] = HBN_24):
    """A representation ready for windows like those of the paper."""
    montage = "hydrocel-128" if ch_names == HBN_24 else "auto"
    return prepare(name, Signals(ch_names, sfreq, n_times), bands=bands, montage=montage)


def noise(n: int = 6, n_channels: int = 24, n_times: int = 256, seed: int = 0) -> np.ndarray:
    """White noise of 10 µV with another spread in each channel."""
    rng = np.random.default_rng(seed)
    return (rng.uniform(3, 20, (n, n_channels, 1)) * rng.standard_normal((n, n_channels, n_times))).astype(np.float32)


@pytest.fixture
def maps() -> Representation:
    return paper("topomap")


PAPER = parse_bands(())
