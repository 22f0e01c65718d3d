"""Simulations of the data of published flows, in files of the exact shapes: BCI competition III IIIb, and DEAP (`tests.kit.deap`)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.kit.deap import deap


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


MAKERS = {"bci-iiib": bci_iiib, "deap": deap}


def main(names: list[str]) -> None:
    """Write the simulations of these names into folders of the same names here."""
    for name in names or list(MAKERS):
        print(MAKERS[name](Path(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
