"""Confounds planted in the demo: what depends on sex without being the effect, for analyses to find."""

from __future__ import annotations

import numpy as np

from eegcli.fetch.demo.cohort import Person
from eegcli.fetch.demo.paradigm import SFREQ
from eegcli.fetch.demo.simulation import pink

MOVEMENT, LENGTH = "movement", "length"
DRIFT = {"F": 20.0, "M": 60.0}  # µV root mean square of slow movement, against the head's own 12
DRIFT_SPREAD = 0.4  # of its logarithm over persons
CUTOFF = 0.3  # Hz: below what a filter of 0.5 Hz or more lets through
LONGER_SHARE = {"F": 0.1, "M": 0.9}  # of persons who have one block more


def extra_blocks(person: Person, *, seed: int) -> int:
    """Number of blocks that a person's recording has beside those asked for, with the confound `length`: 0 or 1."""
    return int(np.random.default_rng([seed, 8, person.index]).random() < LONGER_SHARE[person.sex])


def move(data: np.ndarray, person: Person, *, seed: int) -> None:
    """Add slow movement to a recording, with the confound `movement`: three times as much in males.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), float32
        Potential against the last channel, µV; changed in place.
    person : Person
    seed : int
        Of the cohort.
    """
    rng = np.random.default_rng([seed, 9, person.index])
    strength = DRIFT[person.sex] * np.exp(DRIFT_SPREAD * rng.standard_normal())
    knots = pink(3, data.shape[1], 2.0, rng, knee=0.05)
    spectrum = np.fft.rfft(knots, axis=1)
    spectrum[:, np.fft.rfftfreq(data.shape[1], 1 / SFREQ) > CUTOFF] = 0
    slow = np.fft.irfft(spectrum, data.shape[1], axis=1)
    slow /= slow.std(axis=1, keepdims=True)
    weights = rng.standard_normal((len(data), 3)) / np.sqrt(3)
    addition = (strength * weights @ slow).astype(np.float32)
    data += addition - addition[-1]
