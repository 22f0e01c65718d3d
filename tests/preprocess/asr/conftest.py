"""Arrays that the tests of ASR share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def oracle(real_data: Path):
    """Inputs and outputs of the reference, by case."""
    return lambda case: np.load(real_data / "asr-oracle" / f"{case}.npz")


def mixture(n_channels: int, seconds: float, sfreq: float, *, seed: int = 0, bursts: int = 6) -> np.ndarray:
    """Mixed pink-ish sources (µV) with bursts that ten times exceed them, one channel the strongest in each."""
    from scipy.signal import lfilter

    random = np.random.default_rng(seed)
    n_times = round(seconds * sfreq)
    sources = lfilter([1.0], [1.0, -0.9], random.standard_normal((n_channels, n_times)), axis=1)
    data = random.standard_normal((n_channels, n_channels)) @ sources * 3.0
    for _ in range(bursts):
        begin, length = random.integers(0, n_times - round(sfreq)), round(sfreq * random.uniform(0.3, 0.9))
        topography = np.exp(-np.abs(np.arange(n_channels) - random.integers(n_channels)) / 3.0)
        data[:, begin : begin + length] += np.outer(topography, random.standard_normal(length)) * 40.0 * data.std()
    return data - data.mean(axis=1, keepdims=True)
