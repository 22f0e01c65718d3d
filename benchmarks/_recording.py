"""A recording for benchmarks: coloured sources, an alpha rhythm, blinks, muscle bursts and movements. Seeded."""

from __future__ import annotations

import numpy as np

BLINKS, BURSTS, MOVEMENTS = 18.0, 8.0, 2.0  # a minute: something is wrong in half of the half seconds


def simulate(n_channels: int, seconds: float, sfreq: float, *, seed: int = 0) -> np.ndarray:
    """Simulate a recording in which most of the time is clean.

    Parameters
    ----------
    n_channels : int
    seconds : float, s
    sfreq : float, Hz
    seed : int

    Returns
    -------
    ndarray of float64, shape (n_channels, n_times)
        In microvolt, with drifts, of full rank.
    """
    clean, artifacts = simulate_parts(n_channels, seconds, sfreq, seed=seed)
    return clean + sum(artifacts.values())


def simulate_parts(n_channels: int, seconds: float, sfreq: float, *, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The clean signal of `simulate`, and its artifacts by kind: blinks, muscle, movements."""
    rng = np.random.default_rng(seed)
    n_times = round(seconds * sfreq)
    sensors = _on_the_head(rng, n_channels)
    clean = _topographies(sensors, _on_the_head(rng, n_channels)) @ _sources(rng, n_channels, n_times, sfreq)
    clean *= 15.0 / clean.std()
    clean += rng.standard_normal((n_channels, n_times))
    artifacts = {}
    for kind, add in {"blinks": _add_blinks, "muscle": _add_bursts, "movements": _add_movements}.items():
        artifacts[kind] = np.zeros_like(clean)
        add(artifacts[kind], rng, sensors, sfreq)
    return clean, artifacts


def _on_the_head(rng: np.random.Generator, n: int) -> np.ndarray:
    """Points on the upper half of a unit sphere, shape (n, 3); y points to the nose."""
    points = rng.standard_normal((n, 3))
    points[:, 2] = np.abs(points[:, 2])
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def _topographies(sensors: np.ndarray, places: np.ndarray, width: float = 0.5) -> np.ndarray:
    """Topographies of sources: how strongly each sensor sees a source at each place, shape (n_sensors, n_places)."""
    distance = np.linalg.norm(sensors[:, None] - places[None], axis=2)
    return np.exp(-0.5 * (distance / width) ** 2)


def _coloured(rng: np.random.Generator, n: int, n_times: int, gain: np.ndarray) -> np.ndarray:
    """Gaussian noise of unit variance with a given spectrum, shape (n, n_times); one row at a time, so that memory stays small."""
    rows = np.stack([np.fft.irfft(np.fft.rfft(rng.standard_normal(n_times)) * gain, n_times) for _ in range(n)])
    return rows / rows.std(axis=1, keepdims=True)


def _sources(rng: np.random.Generator, n: int, n_times: int, sfreq: float) -> np.ndarray:
    """Activity of the brain: power falls with frequency; a third of the sources has an alpha rhythm that waxes and wanes."""
    frequency = np.fft.rfftfreq(n_times, 1.0 / sfreq)
    background = 1.0 / np.maximum(frequency, 0.1)
    alpha = np.exp(-0.5 * ((frequency - 10.0) / 0.7) ** 2)
    sources = _coloured(rng, n, n_times, background)
    sources[: n // 3] += 0.6 * _coloured(rng, n // 3, n_times, alpha)
    return sources


def _events(rng: np.random.Generator, n_times: int, per_minute: float, sfreq: float, shortest: float, longest: float) -> list[slice]:
    """Draw the stretches of events at random; lengths in seconds."""
    n = round(per_minute * n_times / sfreq / 60.0)
    lengths = np.round(rng.uniform(shortest, longest, n) * sfreq).astype(int)
    starts = rng.integers(0, np.maximum(n_times - lengths, 1))
    return [slice(int(start), int(start + length)) for start, length in zip(starts, lengths, strict=True) if length <= n_times]


def _add_blinks(data: np.ndarray, rng: np.random.Generator, sensors: np.ndarray, sfreq: float) -> None:
    seen = _topographies(sensors, np.array([[0.0, 1.0, 0.0]]), 0.6)
    for event in _events(rng, data.shape[1], BLINKS, sfreq, 0.25, 0.45):
        data[:, event] += rng.uniform(80.0, 180.0) * seen * np.hanning(event.stop - event.start)


def _add_bursts(data: np.ndarray, rng: np.random.Generator, sensors: np.ndarray, sfreq: float) -> None:
    for event in _events(rng, data.shape[1], BURSTS, sfreq, 0.5, 2.0):
        length = event.stop - event.start
        frequency = np.fft.rfftfreq(length, 1.0 / sfreq)
        muscles = _coloured(rng, 3, length, ((frequency > 18.0) & (frequency < 0.45 * sfreq)).astype(float))
        seen = _topographies(sensors, _on_the_head(rng, 3), 0.3)
        data[:, event] += rng.uniform(30.0, 120.0) * (seen @ muscles) * np.hanning(length)


def _add_movements(data: np.ndarray, rng: np.random.Generator, sensors: np.ndarray, sfreq: float) -> None:
    for event in _events(rng, data.shape[1], MOVEMENTS, sfreq, 1.0, 3.0):
        length = event.stop - event.start
        frequency = np.fft.rfftfreq(length, 1.0 / sfreq)
        sway = _coloured(rng, 2, length, (frequency > 0.0) / (1.0 + frequency**2))
        seen = _topographies(sensors, _on_the_head(rng, 2), 1.0) + 0.2 * rng.standard_normal((len(sensors), 2))
        data[:, event] += rng.uniform(150.0, 500.0) * (seen @ sway) * np.hanning(length)
