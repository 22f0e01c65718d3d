"""Simulation of DEAP's preprocessed files: 32 participants, 40 videos each, 63 s at 128 Hz in 40 channels of which 32 are EEG.

The form is that of Koelstra et al. 2012 (doi:10.1109/T-AFFC.2011.15): 4 to 45 Hz, average reference, microvolts. What differs, and by how much,
stands in the constants; log amplitudes are natural, so that 0.1 is ten per cent.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eegcli.importing.formats.deap import CH_NAMES, SFREQ

N_PARTICIPANTS, N_VIDEOS, N_TIMES, N_CHANNELS = 32, 40, 8064, 40
HIGH_VALENCE, HIGH_AROUSAL = 708, 737  # of DEAP's 1280 trials
TYPICAL = 8.0  # microvolts, standard deviation of a channel
BANDS = ((4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 45.0))  # Hz; the last edge is that of the preprocessed files
BAND_AMPLITUDE = (1.0, 1.1, 0.7, 0.4)
# Standard deviations of log amplitudes.
OF_PARTICIPANTS = 0.20  # all channels and bands together: of 32 people the loudest is about three times as loud as the quietest
OF_HEADS = 0.30  # a participant's own pattern over channels, in each band
OF_TRIALS = 0.15  # a trial as a whole
OF_TRIAL_PATTERNS = 0.15  # a trial's own pattern over channels, in each band
OF_SESSIONS = 0.10  # trend of a band from the first video to the last; videos are seen in an order of one's own
OF_MINUTES = 0.10  # within a trial, from one stretch of 10 s to another
MUSCLE = 0.3  # of trials have bursts at the rim of the head
# A trial of high valence against one of low: root mean square over channels, of a pattern that all have, and of one of each participant's own.
EFFECT, OWN_EFFECT = 0.08, 0.08
LEANING, VIDEO = 0.4, 1.0  # of ratings: standard deviations of participants and of videos, beside a logistic spread of 1
_ROWS = {"Fp": 4, "AF": 3, "F": 2, "FC": 1, "C": 0, "T": 0, "CP": -1, "P": -2, "PO": -3, "O": -4}


class Participant(NamedTuple):
    """Log amplitudes of a participant, by band and EEG channel."""

    amplitude: np.ndarray  # (4, 32)
    trend: np.ndarray  # (4,), from the first video that was seen to the last
    effects: np.ndarray  # (2, 4, 32): high minus low of valence, and of arousal


def places() -> np.ndarray:
    """Places of the EEG channels on a grid, by their names: to the right and to the front, shape (32, 2)."""
    letters = [name.rstrip("z0123456789") for name in CH_NAMES]
    numbers = [name[len(letter) :] for name, letter in zip(CH_NAMES, letters, strict=True)]
    right = [0 if number == "z" else (int(number) + 1) // 2 * (-1 if int(number) % 2 else 1) for number in numbers]
    return np.array([right, [_ROWS[letter] for letter in letters]], dtype=float).T


def mixing() -> np.ndarray:
    """Weights of sources under the channels, of which neighbours see much the same: shape (32, 32), rows of length 1."""
    place = places()
    weights = np.exp(-0.5 * (np.linalg.norm(place[:, np.newaxis] - place, axis=-1) / 1.5) ** 2)
    unit: np.ndarray = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    return unit


def patterns(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Smooth patterns over channels, of variance 1: shape (*shape, 32)."""
    return random.standard_normal((*shape, len(CH_NAMES))) @ mixing().T


def ratings(n_participants: int) -> np.ndarray:
    """Ratings from 1 to 9 (valence, arousal, dominance, liking) of each video, shape (n_participants, 40, 4), high as often as in DEAP.

    Most rate some videos high, and some people rate high more often than others: who knows the participant does a little better than chance.
    """
    found = np.random.default_rng(1).uniform(1, 4.9, (n_participants, N_VIDEOS, 4))
    for column, n_high in ((0, HIGH_VALENCE), (1, HIGH_AROUSAL)):
        random = np.random.default_rng([2, column])
        leaning = random.normal(0, LEANING, (n_participants, 1)) + random.normal(0, VIDEO, N_VIDEOS)
        wish = (leaning + random.logistic(0, 1.0, (n_participants, N_VIDEOS))).ravel()
        high = np.argsort(-wish, kind="stable")[: round(n_high * wish.size / (N_PARTICIPANTS * N_VIDEOS))]
        found[(*np.unravel_index(high, (n_participants, N_VIDEOS)), column)] += 4.1
    return found


def participant(random: np.random.Generator) -> Participant:
    """Draw a participant around what all have."""
    place = places()
    everyone = np.log(BAND_AMPLITUDE)[:, np.newaxis] + np.outer((0.0, -0.1, 0.0, 0.0), place[:, 1])  # alpha is strongest at the back,
    everyone = everyone + np.outer((0.0, 0.0, 0.1, 0.2), np.linalg.norm(place, axis=1) - 3)  # and muscle at the rim
    common = patterns((2, len(BANDS)), np.random.default_rng(5))
    return Participant(
        everyone + OF_PARTICIPANTS * random.standard_normal() + OF_HEADS * patterns((len(BANDS),), random),
        OF_SESSIONS * random.standard_normal(len(BANDS)),
        EFFECT * common + OWN_EFFECT * patterns((2, len(BANDS)), random),
    )


def trials(person: Participant, rated: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """EEG of a participant's trials, whose ratings have shape (40, 4): float32 of shape (40, 32, 8064), microvolts."""
    n, n_eeg = len(rated), len(CH_NAMES)
    high = (rated[:, :2] >= 5) - 0.5
    seen = random.permutation(n) / max(n - 1, 1) - 0.5
    log_amplitude = person.amplitude + np.tensordot(high, person.effects, 1) + (seen[:, np.newaxis] * person.trend)[..., np.newaxis]
    log_amplitude = log_amplitude + OF_TRIALS * random.standard_normal((n, 1, 1)) + OF_TRIAL_PATTERNS * patterns((n, len(BANDS)), random)
    freqs = np.fft.rfftfreq(N_TIMES, 1 / SFREQ)
    spectrum = np.zeros((n, n_eeg, len(freqs)), dtype=np.complex64)
    sources = mixing().astype(np.float32)
    for band, (low, above) in enumerate(BANDS):
        inside = (freqs >= low) & (freqs < above)
        parts = random.standard_normal((2, n, n_eeg, np.count_nonzero(inside)), dtype=np.float32)
        amplitude = np.exp(log_amplitude[:, band]) / np.sqrt(np.count_nonzero(inside) * 4 / N_TIMES**2)  # variance exp(2 log amplitude)
        spectrum[..., inside] = amplitude[..., np.newaxis].astype(np.float32) * (sources @ (parts[0] + 1j * parts[1]))
    x = np.fft.irfft(spectrum, n=N_TIMES).astype(np.float32)
    x *= TYPICAL / np.linalg.norm(BAND_AMPLITUDE)
    stretches = random.standard_normal((n, 1, N_TIMES // 1280 + 2))
    x *= np.exp(OF_MINUTES * _between(stretches)).astype(np.float32)
    _add_muscle(x, random)
    x -= x.mean(axis=1, keepdims=True)
    return x


def _between(knots: np.ndarray) -> np.ndarray:
    """Values at each sample between knots that are 10 s apart, shape (..., n_times)."""
    place = np.arange(N_TIMES) / 1280
    before = place.astype(int)
    share = place - before
    between: np.ndarray = (1 - share) * knots[..., before] + share * knots[..., before + 1]
    return between


def _add_muscle(x: np.ndarray, random: np.random.Generator) -> None:
    """Add a burst of 1 to 5 s, three times as loud as the rest, to a channel at the rim and its neighbours, in some trials."""
    place = places()
    rim, near = np.flatnonzero(np.linalg.norm(place, axis=1) > 3.5), mixing()
    for trial in np.flatnonzero(random.random(len(x)) < MUSCLE):
        length = int(random.integers(128, 640))
        start = int(random.integers(0, N_TIMES - length))
        channel = int(random.choice(rim))
        burst = np.hanning(length) * random.standard_normal(length) * 3 * x[trial, channel].std()
        x[trial, :, start : start + length] += (near[channel] / near[channel].max())[:, np.newaxis] * burst


def deap(folder: Path, *, n_participants: int = N_PARTICIPANTS, n_channels: int = N_CHANNELS) -> Path:
    """Write a pickle per participant: `data` (40, n_channels, 8064) and `labels` (40, 4), where DEAP has 40 channels."""
    folder.mkdir(parents=True, exist_ok=True)
    rated = ratings(n_participants)
    for number in range(n_participants):
        random = np.random.default_rng([4, number])
        eeg = trials(participant(random), rated[number], random)
        others = 10 * random.standard_normal((N_VIDEOS, n_channels - eeg.shape[1], N_TIMES), dtype=np.float32)  # nobody reads them
        contents = {"data": np.concatenate([eeg, others], axis=1), "labels": rated[number]}
        (folder / f"s{number + 1:02d}.dat").write_bytes(pickle.dumps(contents, protocol=2))
    return folder
