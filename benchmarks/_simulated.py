"""Simulated cohorts with four classes: nothing, a band, a connectivity, and a waveform, each of which one effect alone tells apart.

Every channel is a sum of 1/f background, an ordinary alpha rhythm and two rhythms of interest, mixed through a head of the person's own.
The three effects are made so that the others do not see them:

- **band**: the first rhythm (6 Hz) is stronger. Band power sees it.
- **connectivity**: the first and the third rhythm, on channels of their own, have the same sign instead of the opposite one. No power changes anywhere;
  the covariance of the channels does.
- **waveform**: the second rhythm has sharp troughs instead of sharp peaks: its second harmonic stands in the opposite phase. Spectrum and covariance are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLASSES = ("none", "band", "connectivity", "waveform")
N_CHANS, N_TIMES, SFREQ = 19, 256, 128.0


@dataclass(frozen=True)
class Cohort:
    """Windows of a simulated cohort.

    Attributes
    ----------
    x : ndarray of float32, shape (n_windows, 19, 256), µV
    label, subject, recording : ndarray of int, shape (n_windows,)
        Index into `CLASSES`; person; recording, which votes.
    """

    x: np.ndarray
    label: np.ndarray
    subject: np.ndarray
    recording: np.ndarray


def simulate(design: str, *, n_subjects: int = 300, n_windows: int = 12, seed: int = 0) -> Cohort:
    """Simulate a cohort.

    Parameters
    ----------
    design : {"state", "trait"}
        ``state``: every person is in each class once, a quarter of the windows each. ``trait``: a person is of one class.
    n_subjects, n_windows : int
        Persons; windows of each.
    seed : int
        Of everything.
    """
    rng = np.random.default_rng([seed, {"state": 0, "trait": 1}[design]])
    parts, labels, recordings = [], [], []
    for subject in range(n_subjects):
        head = _head(rng)
        classes = range(len(CLASSES)) if design == "state" else [subject % len(CLASSES)]
        for kind in classes:
            n = n_windows // len(classes)
            parts.append(_windows(CLASSES[kind], n, head, rng))
            labels += [kind] * n
            recordings += [subject * len(CLASSES) + kind] * n
    subjects = np.repeat(np.arange(n_subjects), n_windows // len(classes) * len(classes))
    return Cohort(np.concatenate(parts).astype(np.float32), np.array(labels), subjects, np.array(recordings))


@dataclass(frozen=True)
class _Head:
    mixing: np.ndarray  # (n_chans, n_sources) of the background
    rhythms: np.ndarray  # (n_chans, 4): first, second, third rhythm, alpha
    gain: float
    strength: np.ndarray  # (4,)
    alpha: float  # Hz


def _head(rng: np.random.Generator) -> _Head:
    """A person: topographies around those of all, and gains."""
    place = np.arange(N_CHANS)
    bumps = np.exp(-0.5 * ((place[:, None] - np.array([3.0, 9.0, 15.0, 17.0])) / 1.5) ** 2)
    rhythms = bumps * np.exp(0.2 * rng.standard_normal(bumps.shape))
    # The first and the third rhythm share no channel, and neither reaches the average reference: else their sign would change the power.
    for rhythm, (here, elsewhere) in {0: (slice(0, 9), slice(9, None)), 2: (slice(9, None), slice(0, 9))}.items():
        rhythms[elsewhere, rhythm] = 0.0
        rhythms[here, rhythm] -= rhythms[here, rhythm].mean()
    mixing = np.exp(-0.5 * ((place[:, None] - place) / 2.5) ** 2) * np.exp(0.2 * rng.standard_normal((N_CHANS, N_CHANS)))
    return _Head(mixing, rhythms, np.exp(0.3 * rng.standard_normal()), np.exp(0.3 * rng.standard_normal(4)), rng.normal(10.0, 0.7))


def _windows(kind: str, n: int, head: _Head, rng: np.random.Generator) -> np.ndarray:
    freqs = np.fft.rfftfreq(N_TIMES, 1 / SFREQ)
    background = head.mixing @ _noise(np.where(freqs >= 0.5, np.maximum(freqs, 0.5) ** -0.8, 0.0), (n, N_CHANS), rng)
    first = _noise(np.exp(-0.5 * ((freqs - 6) / 0.7) ** 2), (n,), rng)
    own = _noise(np.exp(-0.5 * ((freqs - 6) / 0.7) ** 2), (n,), rng)
    third = (0.8 if kind == "connectivity" else -0.8) * first + 0.6 * own
    alpha = _noise(np.exp(-0.5 * ((freqs - head.alpha) / 0.8) ** 2), (n,), rng)
    second = _arched(n, rng) * (-1 if kind == "waveform" else 1)
    strength = head.strength * np.array([1.1, 1.0, 1.1, 1.5])
    if kind == "band":
        strength[[0, 2]] *= 1.8
    rhythms = strength[:, None] * np.stack([first, second, third, alpha], axis=1)  # (n, 4, n_times)
    x = 4.0 * head.gain * (background / np.sqrt(np.mean(background**2)) + 0.8 * (head.rhythms @ rhythms))
    x += 0.5 * rng.standard_normal(x.shape)
    return x - x.mean(axis=1, keepdims=True)  # average reference


def _noise(amplitude: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of a spectrum and of variance 1, shape (*shape, n_times)."""
    spectrum = rng.standard_normal((*shape, len(amplitude))) + 1j * rng.standard_normal((*shape, len(amplitude)))
    noise = np.fft.irfft(spectrum * amplitude, n=N_TIMES)
    return noise / np.sqrt(np.mean(noise**2))


def _arched(n: int, rng: np.random.Generator) -> np.ndarray:
    """A rhythm of about 9 Hz with sharp peaks, as the mu rhythm has: harmonics in phase with the fundamental. Variance 1."""
    time = np.arange(N_TIMES) / SFREQ
    phase = 2 * np.pi * (rng.normal(9.0, 0.5, (n, 1)) * time + rng.random((n, 1)))
    wave = np.cos(phase) + 0.6 * np.cos(2 * phase) + 0.3 * np.cos(3 * phase)
    return wave / np.sqrt(np.mean(wave**2))
