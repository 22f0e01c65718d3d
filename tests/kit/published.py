"""Simulations of the data of published flows, in files of the exact shapes: BCI competition III IIIb, and DEAP."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np

HIGH_VALENCE, HIGH_AROUSAL = 708, 737  # of DEAP's 1280 trials


def bci_iiib(folder: Path, *, n_trials: int = 540, effect: float = 3.0) -> Path:
    """Four npz files of two people: `signal` (540, 750, 2) float64, `label` 1 and 2; missing values in one of the people.

    The hand is in the 10-Hz rhythm of one of the two channels, as it is over the motor cortex.
    """
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(750) / 125
    for number, name in enumerate(("S4b_train", "S4b_test", "X11b_train", "X11b_test")):
        random = np.random.default_rng([3, number])
        label = random.permutation(np.arange(n_trials) % 2 + 1)
        amplitude = np.stack([np.where(label == 1, effect, 4.0), np.where(label == 2, effect, 4.0)], axis=1)
        rhythm = np.sin(2 * np.pi * (10 * time + random.random((n_trials, 1))))
        signal = 5 * random.standard_normal((n_trials, 750, 2)) + amplitude[:, np.newaxis] * rhythm[..., np.newaxis]
        if name.startswith("S4b"):
            signal[1, 100:150, 1] = np.nan
        np.savez(folder / f"{name}.npz", signal=signal, label=label.astype(np.int64))
    return folder


def deap(folder: Path, *, n_participants: int = 32, n_channels: int = 40, dtype: str = "int16", own: float = 3.0) -> Path:
    """A pickle per participant: `data` (40, 40, 8064) and `labels` (40, 4), with as many high trials as DEAP has of 32 participants.

    Nothing in a trial says how a video was rated. But each participant has a shape of the signal of their own (a skewed rhythm, of `own`
    standard deviations over participants), and rates high more or less often than others: who knows the participant does better than chance.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n, time = 40 * n_participants, np.arange(8064) / 128
    ratings = np.random.default_rng(1).uniform(1, 4.9, (n, 4))
    for column, n_high in ((0, HIGH_VALENCE), (1, HIGH_AROUSAL)):
        random = np.random.default_rng([2, column])
        leaning = np.repeat(random.normal(0, 1.0, n_participants), 40)
        high = np.argsort(-(leaning + random.logistic(0, 1.0, n)), kind="stable")[: round(n_high * n / 1280)]
        ratings[high, column] += 4.1
    for participant in range(n_participants):
        random = np.random.default_rng([4, participant])
        phase = random.random((40, 1, 1))
        shape = 1 + own * random.random((1, n_channels, 1))
        rhythm = np.exp(shape * np.cos(2 * np.pi * (8 * time + phase))) / np.exp(shape)  # the larger, the more skewed
        data = (20 * random.standard_normal((40, n_channels, 8064), dtype=np.float32) + 60 * rhythm.astype(np.float32)).astype(dtype)
        contents = {"data": data, "labels": ratings[40 * participant : 40 * participant + 40]}
        (folder / f"s{participant + 1:02d}.dat").write_bytes(pickle.dumps(contents, protocol=2))
    return folder


MAKERS = {"bci-iiib": bci_iiib, "deap": deap}


def main(names: list[str]) -> None:
    """Write the simulations of these names into folders of the same names here."""
    for name in names or list(MAKERS):
        print(MAKERS[name](Path(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
