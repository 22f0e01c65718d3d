"""Formats of arrays: which file is of which, and who reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.errors import InputError
from eegcli.importing.formats.contents import Contents
from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

Opener = Callable[[Path, ExitStack], Contents]

_TABLES = (".csv", ".tsv", ".parquet")
SUFFIXES = (".npy", ".npz", ".mat", ".fif", ".set", *_TABLES, ".dat", ".pkl", ".pickle")
_HINT = f"Known are {', '.join(SUFFIXES)}."
_ELSE = {
    ".lmdb": "TorchEEG's databases hold pickles, which could run code: they are not read. Save the arrays as .npz.",
    ".pt": "PyTorch's files are pickles, which could run code: they are not read. Save the arrays as .npz.",
    ".edf": "It is a recording: put it into a BIDS data set, and use preprocess and epoch.",
    ".bdf": "It is a recording: put it into a BIDS data set, and use preprocess and epoch.",
    ".vhdr": "It is a recording: put it into a BIDS data set, and use preprocess and epoch.",
}


def open_arrays(path: Path, stack: ExitStack, *, labels: Collection[str] = (), trial_a_row: bool = True) -> Contents:
    """Open a file of arrays; its large ones stay where they are.

    Parameters
    ----------
    path : Path
    stack : ExitStack
        Closes the file and removes scratch at its end.
    labels : collection of str
        Of a table: columns that are labels.
    trial_a_row : bool
        Of a table: False where it is known that a row is a sample.

    Raises
    ------
    InputError
        If there is no such file, it is of no known format, or damaged.
    """
    if not path.is_file():
        raise InputError(f"{path}: not found")
    if not path.stat().st_size:
        raise InputError(f"{path}: empty")
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        from eegcli.importing.formats.tables import open_table

        return open_table(path, stack, labels=labels, trial_a_row=trial_a_row)
    return _opener(path, suffix)(path, stack)


def _opener(path: Path, suffix: str) -> Opener:
    if suffix in (".npy", ".npz"):
        from eegcli.importing.formats.numpy_files import open_npy, open_npz

        return open_npy if suffix == ".npy" else open_npz
    if suffix == ".mat":
        from eegcli.bids.formats.mat73 import is_mat73
        from eegcli.importing.formats.mat5 import open_mat5
        from eegcli.importing.formats.mat73 import open_mat73

        return open_mat73 if is_mat73(path) else open_mat5
    if suffix == ".fif":
        from eegcli.importing.formats.epochs_fif import open_epochs

        return open_epochs
    if suffix == ".set":
        from eegcli.importing.formats.eeglab import open_set

        return open_set
    if suffix in (".dat", ".pkl", ".pickle"):
        from eegcli.importing.formats.deap import open_pickle

        return open_pickle
    raise InputError(f"{path}: no format of arrays that is known here", hint=_ELSE.get(suffix, _HINT))
