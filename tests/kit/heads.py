"""A simulated recording of a head: smooth fields of pink sources, and noise at each contact."""

from __future__ import annotations

import functools

import mne
import numpy as np

from eegcli.preprocess.signal import Signal

HYDROCEL = (*(f"E{n}" for n in range(1, 129)), "Cz")
ORIGIN = np.array([0.0, 0.0, 0.04])


@functools.cache
def head_directions(names: tuple[str, ...]) -> np.ndarray:
    """Directions of the net's electrodes, from MNE's montage in head coordinates; read-only, as all tests of a process share them."""
    info = mne.create_info(list(names), 100.0, "eeg")
    info.set_montage("GSN-HydroCel-129")
    vectors = np.array([channel["loc"][:3] for channel in info["chs"]]) - ORIGIN
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    directions.setflags(write=False)
    return directions


def pink(n: int, n_times: int, sfreq: float, rng: np.random.Generator) -> np.ndarray:
    """Unit-variance noise whose amplitude falls with frequency, high-passed at 0.25 Hz."""
    frequency = np.fft.rfftfreq(n_times, 1 / sfreq)
    shape = np.where(frequency > 0.25, 1 / np.maximum(frequency, 1.0), 0.0)
    waves = np.fft.irfft(np.fft.rfft(rng.standard_normal((n, n_times))) * shape, n_times)
    return waves / waves.std(axis=1, keepdims=True)


def simulate(names: tuple[str, ...] = HYDROCEL, *, sfreq: float = 128.0, seconds: float = 30.0, seed: int = 0, **fields) -> Signal:
    """About 15 µV of EEG in each channel, 2 µV of contact noise, 0.5 µV of white noise."""
    rng = np.random.default_rng(seed)
    n_times, where = round(sfreq * seconds), head_directions(names)
    sources = rng.standard_normal((60, 3))
    sources /= np.linalg.norm(sources, axis=1, keepdims=True)
    field = np.exp(3 * (where @ sources.T - 1)) - 0.15
    data = 5 * field @ pink(60, n_times, sfreq, rng) + 2 * pink(len(names), n_times, sfreq, rng)
    return Signal(data + 0.5 * rng.standard_normal(data.shape), names, sfreq, **fields)
