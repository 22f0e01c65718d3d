"""Raw samples of a window, in µV."""

from __future__ import annotations

from eegcli.bands import Band
from eegcli.representations import Representation, Signals


def prepare(signals: Signals, *, bands: tuple[Band, ...], montage: str) -> Representation:
    """Windows (n_channels, n_times) in µV, as they are cut."""
    return Representation("raw", signals, (len(signals.ch_names), signals.n_times), None)
