"""PyTorch datasets: windows with their labels, for DataLoader, skorch, Lightning, braindecode and training loops of one's own."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, SupportsIndex

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from eegcli.artifacts import elsewhere, folder
from eegcli.artifacts.checked import Checker
from eegcli.artifacts.remote_windows import RemoteArray, RemoteWindows, open_remote_array, open_remote_windows
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.table import StoredTable, take
from eegcli.artifacts.windows import ARRAY, Windows, map_array, open_windows
from eegcli.artifacts.windows_of_run import require_fit, table_of_run, target_of_run
from eegcli.errors import ArtifactError, InputError, UsageError, counted
from eegcli.remote.address import is_address
from eegcli.reporter import PYTHON
from eegcli.settings import TrainSettings
from eegcli.study.groups import sets_of_windows
from eegcli.study.labels import join, labelled, read_labels, tell
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import SETS
from eegcli.study.target import Kind, Target, target_of

__all__ = ["WindowsDataset"]

Item = tuple[torch.Tensor, torch.Tensor]


class WindowsDataset(Dataset[Item]):
    """Map-style dataset of the windows that have a label.

    Parameters
    ----------
    path : str or Path
        A windows artifact here, or the ``s3://`` or ``https://`` address of one. At an address every batch is a request or a few:
        for many epochs take a copy, ``WindowsDataset(eegcli.artifacts.elsewhere.bring(address))``.
    target : str, optional
        Column of the windows' table that is learnt; left out: that of `threshold`, else of `run`, else ``sex``.
    kind : {"classification", "regression"}, optional
        Left out: by the column's type, as in ``eegcli train``.
    classes : sequence of str, or str
        In the order of the label indices, a text with commas between them (``"M,F"``); left out: all there are, sorted. Windows of
        other values are left out.
    threshold : str, optional
        ``COLUMN=VALUE``: the classes ``low`` and ``high``, high from the value on.
    subset : {"train", "validation", "test"}, optional
        Only the windows of this set of `run`.
    run : str, Path or Run, optional
        A run, here or at an address. Its split is taken and, unless `target`, `kind`, `classes` or `threshold` says otherwise, its labels:
        always the true ones, with a warning if it was trained on shuffled ones.
    fold : int, optional
        Fold of the split of which `subset` is a part; left out: 0.
    labels : str or Path, optional
        Table of your own labels, as of ``eegcli train --labels``; the windows of a run have those that it was trained with.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_items,)
        Row of the artifact that each item is, ascending.
    y : ndarray of int64 or float32, shape (n_items,)
        Index into `classes`, or the number of a continuous target.
    classes : tuple of str
        Empty for a continuous target.
    target : str
    kind : {"classification", "regression"}
    left_out : dict of str to int
        Windows of the artifact without a label: ``missing`` in the table, or of ``other_values`` than `classes`.
    shape : tuple of int
        Shape of one window: (n_channels, n_times), or as its representation has it.
    ch_names : tuple of str
    sfreq : float
        Hz.
    units : str

    Raises
    ------
    UsageError
        If the settings contradict each other.
    InputError
        If artifact, column, fold or set are not there, nothing is left, or windows with the labels of `run` are not what its network
        takes. Where labels are asked for, which need no network, that is a warning (`eegcli.reporter.EegcliWarning`).
    UnavailableError
        If a server cannot be reached.

    Notes
    -----
    An item is ``(x, y)``: a float32 tensor of `shape` in microvolts (of another representation in `units`), and a tensor without
    axes, int64 or float32. A DataLoader's batch is read in one go, in the order of the file (`__getitems__`).

    The dataset may be pickled and sent to worker processes, by fork or by spawn: each maps the array, or connects, for itself, and
    none holds a file of HDF5 open. If another artifact has taken its place meanwhile, reading raises an ArtifactError; so does a window
    that is not what was cut: each is held against its hash in windows.parquet when a process first reads it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        target: str | None = None,
        kind: Kind | None = None,
        classes: Sequence[str] | str = (),
        threshold: str | None = None,
        subset: Literal["train", "validation", "test"] | None = None,
        run: str | Path | Run | None = None,
        fold: int | None = None,
        labels: str | Path | None = None,
    ) -> None:
        if subset is not None and run is None:
            raise UsageError(f"subset={subset!r} of what? A set is a part of a run's split", hint="Name the run with run=.")
        if fold is not None and subset is None:
            raise UsageError(f"fold={fold} of what? A fold says who is in a set", hint="Name run= and subset=, or leave fold= out.")
        windows = _open(path)
        trained = run if run is None or isinstance(run, Run) else open_run(elsewhere.here(run))
        table = _table(windows, trained, None if labels is None else Path(labels))
        target_labels = _labels(windows, table, trained, {"target": target, "kind": kind, "classes": classes, "threshold": threshold})
        chosen = target_labels.known
        if trained is not None and subset is not None:
            chosen = chosen & _in_set(windows, trained, subset, fold or 0)
        if not chosen.any():
            raise InputError(f"{path}: no window has a value of {target_labels.column!r}" + (f" in the {subset} set" if subset else ""))
        # Absolute: a worker, or a pickle that is opened later, may stand in another folder.
        self.path = windows.path if isinstance(windows.path, str) else windows.path.absolute()
        self.rows: NDArray[np.int64] = np.flatnonzero(chosen)
        self.y: np.ndarray = target_labels.values[chosen].astype(np.int64 if target_labels.kind == "classification" else np.float32)
        self.target, self.kind, self.classes = target_labels.column, target_labels.kind, target_labels.classes
        self.left_out = {"missing": target_labels.n_missing, "other_values": target_labels.n_other}
        self.shape, self.ch_names, self.sfreq, self.units = tuple(windows.x.shape[1:]), windows.ch_names, windows.sfreq, windows.units
        self._subset = _name_of_set(trained, subset, fold or 0) if trained is not None and subset is not None else ""
        self._place = _Place(windows, self.path)
        # Columns that the artifact has not, or otherwise.
        self._given = take({name: column for name, column in table.items() if column is not windows.table.get(name)}, self.rows)
        self._table: StoredTable | None = StoredTable(take(table, self.rows))

    @property
    def table(self) -> StoredTable:
        """The windows' table, a row per item: subjects, tasks, segments, onsets, columns of participants.tsv."""
        if self._table is None:  # in a worker, which seldom needs it: it is read again, not sent
            self._table = StoredTable({**take(_open(self.path).table, self.rows), **self._given})
        return self._table

    @property
    def subjects(self) -> np.ndarray:
        """Subject of each item, as ``dataset/subject``: `groups` of scikit-learn's splitters; object array, shape (n_items,)."""
        pairs = zip(self.table["dataset"], self.table["subject"], strict=True)
        result = np.full(len(self), None, dtype=object)
        result[:] = [f"{dataset}/{subject}" for dataset, subject in pairs]
        return result

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, item: SupportsIndex) -> Item:
        """Read one window and its label.

        Raises
        ------
        IndexError
            If there is no such item.
        TypeError
            If several are asked for at once.
        """
        try:
            index = operator.index(item)
        except TypeError:
            raise TypeError(
                f"an item of a WindowsDataset is one whole number, not {type(item).__name__}; torch.utils.data.Subset(dataset, items) takes several"
            ) from None
        return self.__getitems__([index])[0]

    def __getitems__(self, items: Sequence[int]) -> list[Item]:
        """Windows and labels of a batch, which a DataLoader asks for at once; read in the order of the file."""
        wanted = np.asarray(items, dtype=np.int64)
        x = torch.from_numpy(self._place.read(self.rows[wanted]))
        return list(zip(x.unbind(), torch.from_numpy(self.y[wanted]).unbind(), strict=True))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_table": None}

    def __repr__(self) -> str:
        shape = " x ".join(f"{n:,}" for n in (len(self), *self.shape))
        classes = f" ({', '.join(self.classes)})" if self.classes else ""
        who = "subjects unknown" if unknown_persons(self.table) else counted(len(set(self.subjects)), "subject")
        return f"WindowsDataset: {shape} {self.units}, {self.sfreq:g} Hz, {self.target}{classes}, {who}{self._subset}"


def _open(path: str | Path) -> Windows | RemoteWindows:
    return open_remote_windows(str(path)) if is_address(path) else open_windows(path)


class _Place:
    """The array of an artifact, opened by each process for itself.

    A mapping would survive a fork, but neither a pickle nor, at an address, the sharing of a connection. What HDF5 knows of the file
    (where the array begins) is read once: a fork may copy HDF5's lock while another thread holds it.
    """

    def __init__(self, windows: Windows | RemoteWindows, path: str | Path) -> None:
        self.path, self.shape = path, tuple(windows.x.shape)
        # Of an empty array there is nothing to map, and no dataset is made.
        self.offset = int(windows.x.offset) if isinstance(windows.x, (RemoteArray, np.memmap)) else 0
        self.digest = windows.artifact_digest
        self._checker = Checker(windows.table, f"{path}/{ARRAY}")
        self._opened: tuple[int, np.ndarray | RemoteArray] | None = None

    def read(self, rows: NDArray[np.int64]) -> np.ndarray:
        """Rows of the array, in the order given; a copy of float32, shape (n_rows, *shape). Each is checked when a process first reads it."""
        array = self._array()
        if isinstance(array, RemoteArray):
            result = array[rows]
        else:
            result = np.empty((len(rows), *self.shape[1:]), np.float32)
            for place in np.argsort(rows, kind="stable"):  # a disk, and more so a network file system, reads ahead
                result[place] = array[rows[place]]
        self._checker.check(result, rows, self._table)
        return result

    def _table(self) -> StoredTable:
        return _open(self.path).table

    def _array(self) -> np.ndarray | RemoteArray:
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), self._open()
        return self._opened[1]

    def _open(self) -> np.ndarray | RemoteArray:
        array: np.ndarray | RemoteArray
        if isinstance(self.path, str):
            array, digest = open_remote_array(self.path, self.offset, self.shape)
        else:
            # Without the class of memory maps, whose slices cost several times those of a plain array.
            array, digest = np.asarray(map_array(self.path, self.offset, self.shape)), folder.require(self.path, "windows")["digest"]
        if digest != self.digest:
            raise ArtifactError(f"{self.path}: another artifact has taken its place", hint="Open the dataset again.")
        return array

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}


def _table(windows: Windows | RemoteWindows, run: Run | None, labels: Path | None) -> Mapping[str, np.ndarray]:
    """Table of the windows, with labels of the user's."""
    if labels is None:
        return windows.table if run is None else table_of_run(run, windows)
    joined = join(read_labels(labels), windows.table)
    tell(joined, windows.table, PYTHON, of="windows")
    return labelled(windows.table, joined, PYTHON)


def _labels(windows: Windows | RemoteWindows, table: Mapping[str, np.ndarray], run: Run | None, given: dict[str, Any]) -> Target:
    """Labels as asked for; else those of a run, the true ones."""
    asked = TrainSettings(**{name: value for name, value in given.items() if value is not None})
    if run is None:
        return target_of(table, asked)
    named = {name for name, value in given.items() if value is not None and (name != "classes" or asked.classes)}
    if run.settings.align != "none":
        PYTHON.warn(f"{run.path}: its network takes windows that are aligned by subject; these are as they were cut")
    try:
        if windows.digest != run.windows_digest:
            require_fit(run, windows)
    except InputError as error:
        if not named:
            raise InputError(error.message, hint=f"{error.hint} For the split alone, name the labels: target={run.target!r}.") from error
        PYTHON.warn(f"{error.message}; the network of {run.path} does not take these windows")
    own = {"target": run.target, "kind": run.kind, "classes": run.classes, "threshold": run.settings.threshold}
    if any(getattr(asked, name) != own[name] for name in named):
        # A threshold names its column itself.
        return target_of(table, asked if named & {"target", "threshold"} else replace(asked, target=run.target))
    if run.settings.shuffle_labels is not None:
        PYTHON.warn(f"{run.path}: trained on shuffled labels, as a control; y holds the true ones")
    return target_of_run(run, table, as_trained=False)


def _name_of_set(run: Run, subset: str, fold: int) -> str:
    """Name of a set in a repr; with its fold, where the run has several."""
    n_folds = len(set(run.splits["fold"].tolist()))
    return f" of the {subset} set" + (f" of fold {fold} of {n_folds}" if n_folds > 1 else "")


def _in_set(windows: Windows | RemoteWindows, run: Run, subset: str, fold: int) -> NDArray[np.bool_]:
    """Mark the windows of one set of a run, shape (n_windows,)."""
    if subset not in SETS:
        raise UsageError(f"subset={subset!r}: the sets are {', '.join(SETS)}")
    if fold not in run.splits["fold"]:
        raise InputError(f"{run.path}: there is no fold {fold}")
    unit = run.settings.split_unit
    if unit == "trial" and windows.digest != run.windows_digest:
        # Other windows of the same people: their subjects and recordings are found again, their trials are not.
        raise InputError(f"{windows.path}: not the windows of {run.path}, which was split by trial")
    found: NDArray[np.bool_] = sets_of_windows(windows.table, run.splits, unit, fold) == subset
    return found
