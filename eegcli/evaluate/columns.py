"""Columns of units: what stands in the windows' table of each subject (or recording), and what its windows themselves say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.fitted_windows import Fittable
from eegcli.evaluate.cohort import Cohort
from eegcli.registry.quality import measured_columns
from eegcli.stats.confounding import Column
from eegcli.stats.signature import basis
from eegcli.stats.votes import COLUMNS, Unit
from eegcli.study.groups import number_groups

Ints = NDArray[np.int64]

# Names and places of a window, which are no property of whom it is of; its events are what the target is often made of.
_PLACES = {"recording", "subject", "segment", "onset", "content_hash", "segment_count"}
_EVENT = "event"
WINDOWS, END, AMPLITUDE = "number of windows", "end of the last window", "amplitude of the windows (4-20 Hz)"
MEASURED = {column.name for column in measured_columns()}
_AT_ONCE = 1024


@dataclass(frozen=True)
class Units:
    """Units of a cohort: subjects, or recordings where the target varies within subjects.

    Attributes
    ----------
    member : ndarray of int, shape (n_rows,)
        Unit of each row.
    rows : ndarray of int, shape (n_rows,)
        Labelled rows of windows.parquet that are in a set.
    person : ndarray of int, shape (n_units,)
    truth : ndarray, shape (n_units,)
        Index of the class, or the number.
    """

    member: Ints
    rows: Ints
    person: Ints
    truth: NDArray[np.float64]

    @classmethod
    def of(cls, cohort: Cohort, unit: Unit) -> Units:
        """Units of the rows of a cohort."""
        rows = np.flatnonzero(np.any(np.stack(cohort.splits) >= 0, axis=0))
        table = cohort.windows.table
        person = cohort.people.number(table)[rows]
        member = person if unit == "subject" else number_groups({name: table[name][rows] for name in COLUMNS[unit]}, COLUMNS[unit])
        _, first, member = np.unique(member, return_index=True, return_inverse=True)
        return cls(member, rows, person[first], cohort.target.values[rows][first])

    def __len__(self) -> int:
        return len(self.truth)

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of the finite values of the rows of each unit; NaN where there is none."""
        known = np.isfinite(values)
        counts = np.bincount(self.member[known], minlength=len(self))
        sums = np.bincount(self.member[known], weights=values[known], minlength=len(self))
        return np.asarray(np.divide(sums, counts, out=np.full(len(self), np.nan), where=counts > 0))

    def text(self, values: np.ndarray) -> np.ndarray | None:
        """Text of each unit; None where it varies within one."""
        first = np.unique(self.member, return_index=True)[1]
        found = values[first]
        same = np.array([one == other for one, other in zip(values, found[self.member], strict=True)], dtype=bool)
        return np.asarray(found) if same.all() else None


def columns_of(cohort: Cohort, units: Units) -> Iterator[Column]:
    """Columns that might tell the target: those of the table, number and end of the windows, and their amplitude.

    Parameters
    ----------
    cohort : Cohort
    units : Units
    """
    table = cohort.windows.table
    for name, values in table.items():
        if name in _PLACES or name == cohort.target.column or name == _EVENT or name.startswith(f"{_EVENT}_"):
            continue
        here = values[units.rows]
        if here.dtype.kind in "iufb":
            yield Column(name, units.mean(here.astype(np.float64)))
        elif (text := units.text(here)) is not None:
            yield Column(name, text)
    yield Column(WINDOWS, np.bincount(units.member, minlength=len(units)).astype(np.float64))
    onset = np.asarray(table["onset"][units.rows], dtype=np.float64)
    if np.isfinite(onset).any():
        end = np.full(len(units), -np.inf)
        np.fmax.at(end, units.member, onset)
        yield Column(END, np.where(np.isfinite(end), end, np.nan))
    if cohort.windows.representation == "raw":
        yield Column(AMPLITUDE, units.mean(_amplitude(cohort.windows, units.rows)))


def _amplitude(windows: Fittable, rows: Ints) -> NDArray[np.float64]:
    """Logarithm of the amplitude from 4 to 20 Hz of each window, mean over channels; NaN of a flat one.

    Without what is slower and faster, so that movement and muscle that reach the windows are no part of it.
    """
    found = np.empty(len(rows))
    waves = basis(windows.n_times, windows.sfreq)
    for start in range(0, len(rows), _AT_ONCE):
        block = np.asarray(windows.checked[rows[start : start + _AT_ONCE]], dtype=np.float32)
        inside = block @ waves
        size = np.sqrt(np.einsum("wcf,wcf->wc", inside, inside)).mean(axis=1, dtype=np.float64)
        found[start : start + len(block)] = np.log(size, out=np.full(len(block), np.nan), where=size > 0)
    return found
