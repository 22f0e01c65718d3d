"""Case for doctor: windows, labels, sets and results, before and after a training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, n_rows
from eegcli.study.groups import RECORDING, number_groups
from eegcli.study.persons import AS_LABELLED, People

if TYPE_CHECKING:
    from eegcli.checks.probe import Probe

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLE = 1024  # windows that are looked at, evenly over all recordings
CHUNK = 4  # consecutive windows that are taken together: what goes on in time is seen within them
PROBED = 512  # windows whose features are held against each other, in pairs of neighbours


@dataclass
class Clock:
    """Clock of checks: how long they may still take.

    Attributes
    ----------
    ends : float
        Of `time.monotonic`, in s; infinite where they may take any time.
    """

    ends: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """Clock of so many seconds from now on."""
        return cls(time.monotonic() + seconds)

    def share(self, seconds: float) -> Clock:
        """Clock that ends after so many seconds, or with this one."""
        return Clock(min(self.ends, time.monotonic() + seconds))

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.ends - time.monotonic()

    @property
    def has_ended(self) -> bool:
        """True where none is left."""
        return self.left <= 0


def names_of_rows(ch_names: tuple[str, ...], n: int) -> tuple[str, ...]:
    """Names of the rows of windows: their channels; where there are more or fewer (the axes are then a finding), numbers."""
    return ch_names if len(ch_names) == n else tuple(f"#{number}" for number in range(n))


@dataclass(frozen=True)
class Recorded:
    """Windows as they lie there, which nothing has checked.

    Attributes
    ----------
    x : array-like of float32, shape (n_all, n_channels, n_times); of another representation (n_all, ...)
    table : Table
        Row i describes ``x[i]``.
    ch_names, ch_types : tuple of str
        `ch_types` is empty where all are EEG.
    sfreq : float
        Hz.
    representation, units : str
    n_times : int
        Samples of a window, whatever was made of them.
    thorough : bool
        True where all windows are looked at.
    kept : dict
        What one check worked out for others, by its name.
    """

    x: Any
    table: Table
    ch_names: tuple[str, ...]
    sfreq: float
    representation: str
    units: str
    n_times: int
    ch_types: tuple[str, ...] = ()
    people: People = AS_LABELLED
    thorough: bool = False
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def raw(self) -> bool:
        """True for signals; False for spectra, maps and features."""
        return self.representation == "raw"

    @property
    def rows_named(self) -> tuple[str, ...]:
        """Names of the rows of a window."""
        return names_of_rows(self.ch_names, self.x.shape[1])

    @cached_property
    def recording(self) -> Ints:
        """Number of the recording of each window, shape (n_all,), counted from 0 in the order of names."""
        return number_groups(self.table, RECORDING)

    @cached_property
    def person(self) -> Ints:
        """Number of the person of each window, shape (n_all,)."""
        return self.people.number(self.table)

    @cached_property
    def rows(self) -> Ints:
        """Rows of the sample, ascending: of every recording as many, in chunks of neighbours; all where there are few, or it is thorough."""
        n = n_rows(self.table)
        if self.thorough or n <= SAMPLE:
            return np.arange(n)
        order = np.lexsort((np.arange(n), self.recording))
        count = np.bincount(self.recording)
        each = max(CHUNK, SAMPLE // len(count) // CHUNK * CHUNK)
        first = np.concatenate([[0], np.cumsum(count)[:-1]])
        chosen: list[Ints] = []
        recordings = np.random.default_rng(0).permutation(len(count))[: max(1, SAMPLE // each)]
        for number in np.sort(recordings):
            n_chunks = max(1, min(each, count[number]) // CHUNK)
            starts = np.linspace(0, max(0, count[number] - CHUNK), n_chunks).astype(np.int64)
            places = np.unique((starts[:, None] + np.arange(min(CHUNK, count[number]))).ravel())
            chosen.append(order[first[number] + places])
        return np.sort(np.concatenate(chosen))

    @cached_property
    def sample(self) -> NDArray[np.float32]:
        """Windows of the sample, shape (n_sample, ...): read once, NaN and infinities as they are."""
        return np.asarray(self.x[self.rows], dtype=np.float32)


@dataclass(frozen=True)
class Labelled:
    """Labels of windows, and the sets that they stand in.

    Attributes
    ----------
    recorded : Recorded
    target, kind : str
    classes : tuple of str
        Empty for a number.
    rows : ndarray of int, shape (n,)
        Labelled windows.
    y : ndarray of float64, shape (n,)
        Index of the class, or the number.
    person : ndarray of int, shape (n,)
        Number of the person of each.
    sets : ndarray of int, shape (n,)
        Index into `SETS` in the first fold; -1 for none.
    unit : str
        What is split: subject, ...
    n_folds : int
    """

    recorded: Recorded
    target: str
    kind: str
    classes: tuple[str, ...]
    rows: Ints
    y: Floats
    person: Ints
    sets: Ints
    unit: str
    n_folds: int

    def column(self, name: str) -> np.ndarray | None:
        """Column of the windows' table, at the labelled windows; None where there is none."""
        return self.recorded.table[name][self.rows] if name in self.recorded.table else None

    @cached_property
    def sampled(self) -> Ints:
        """Places, among the labelled windows, of those that are in the sample of `recorded`."""
        return np.flatnonzero(np.isin(self.rows, self.recorded.rows))

    @cached_property
    def sample(self) -> NDArray[np.float32]:
        """Windows of `sampled`, in that order."""
        return self.recorded.sample[np.searchsorted(self.recorded.rows, self.rows[self.sampled])]

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 of a number."""
        return len(self.classes)

    @cached_property
    def recording(self) -> Ints:
        """Number of the recording of each."""
        return self.recorded.recording[self.rows]

    @cached_property
    def probed(self) -> Ints:
        """Places, among the labelled windows, of those whose features are computed: of the sample every so many pairs of neighbours."""
        step = max(1, -(-len(self.sampled) // PROBED))
        chosen: Ints = self.sampled[np.arange(len(self.sampled)) // 2 % step == 0]
        return chosen

    @cached_property
    def probe(self) -> Probe | None:
        """Features of the windows of `probed`; None where none varies. Where all are of one person, tenths of the windows stand for persons."""
        from eegcli.checks.probe import probe_of  # torch

        x = self.sample[np.searchsorted(self.sampled, self.probed)]
        person = self.person if len(np.unique(self.person)) > 1 else np.arange(len(self.rows)) * 10 // max(1, len(self.rows))
        return probe_of(x, self.recorded.sfreq, person[self.probed], raw=self.recorded.raw) if len(x) else None


@dataclass(frozen=True)
class Outcome:
    """Outcome of a training that has ended.

    Attributes
    ----------
    history : Table
        A row per network and epoch.
    metrics : mapping
        Of the run.
    evaluation : mapping or None
        metrics.json of its evaluation.
    predictions : Table or None
        predictions.parquet of it.
    """

    history: Table
    metrics: Mapping[str, Any]
    evaluation: Mapping[str, Any] | None = None
    predictions: Table | None = None
