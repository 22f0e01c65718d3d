"""Pickles of arrays, among them DEAP's `sXX.dat`: 40 videos of one participant, 32 channels of EEG before eight others.

The format: Koelstra et al. 2012, doi:10.1109/T-AFFC.2011.15, and the data set's description of its files for Python.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from eegcli.errors import InputError, counted
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Contents, Mapped
from eegcli.importing.formats.unpickler import read_pickle

SFREQ = 128.0
N_CHANNELS = 40  # the last eight are no EEG, and are left out in many copies
SCALE = 1, 9  # of the ratings
RATINGS = ("valence", "arousal", "dominance", "liking")
CH_NAMES = (
    "Fp1",
    "AF3",
    "F3",
    "F7",
    "FC5",
    "FC1",
    "C3",
    "T7",
    "CP5",
    "CP1",
    "P3",
    "P7",
    "PO3",
    "O1",
    "Oz",
    "Pz",
    "Fp2",
    "AF4",
    "Fz",
    "F4",
    "F8",
    "FC6",
    "FC2",
    "Cz",
    "C4",
    "T8",
    "CP6",
    "CP2",
    "P4",
    "P8",
    "PO4",
    "O2",
)


def open_pickle(path: Path, stack: ExitStack) -> Contents:
    """Open a pickle of a dict of arrays; one of DEAP's form says more.

    Raises
    ------
    InputError
        If it holds anything but arrays.
    """
    found = read_pickle(path)
    if not isinstance(found, dict):
        found = {path.stem: found}
    data, ratings = found.get("data"), found.get("labels")
    if set(found) == {"data", "labels"} and isinstance(data, Mapped) and isinstance(ratings, Mapped) and _is_deap(data, ratings):
        return Contents(
            {"data": data},
            array="data",
            axes=(TRIALS, CHANNELS, SAMPLES),
            ch_names=CH_NAMES,
            ch_types=("eeg",) * len(CH_NAMES),
            sfreq=SFREQ,
            unit="uV",
            labels=dict(zip(RATINGS, np.asarray(ratings.array, np.float64).T.copy(), strict=True)),
            subject=path.stem,
            remarks=(f"DEAP's form: the first {len(CH_NAMES)} of {counted(data.shape[1], 'channel')}, at {SFREQ:g} Hz",),
        )
    found = {name: Mapped(np.asarray(value)) if isinstance(value, (int, float)) else value for name, value in found.items()}
    if not all(isinstance(value, (Mapped, str, list)) for value in found.values()):
        raise InputError(f"{path}: a pickle without arrays by name", hint="Save the arrays as .npz.")
    return Contents(found)


def _is_deap(data: Mapped, ratings: Mapped) -> bool:
    return (
        len(data.shape) == 3
        and data.shape[1] in (len(CH_NAMES), N_CHANNELS)
        and ratings.shape == (data.shape[0], len(RATINGS))
        and bool(((ratings.array >= SCALE[0]) & (ratings.array <= SCALE[1])).all())  # classes as one-hot rows are no ratings
    )
