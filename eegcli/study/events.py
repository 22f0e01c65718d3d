"""Events of a recording: onset, duration, name, HED annotation, all columns of their table; which are cuts or rejected stretches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

UNNAMED = "event"  # name of an event of which no column says what it is

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Events:
    """Events of a recording, in order of onset.

    Attributes
    ----------
    onset, duration : ndarray of float64, shape (n_events,), s
        From the recording's first sample; duration is 0 where unknown.
    value : ndarray of object, shape (n_events,)
        The event's name.
    hed : ndarray of object, shape (n_events,)
        The event's HED annotation as the sidecars have it, unchecked; empty text where there is none.
    definitions : tuple of str
        HED definitions that the annotations may name.
    hed_version : str
        Version of the HED schema that the data set states; empty if it states none.
    columns : dict of str to ndarray, shape (n_events,)
        The columns of `events.tsv` but onset and duration, under their own names: numbers (int64, or float64 with NaN where missing) or
        text (objects, None where missing). Empty where the events come from elsewhere.
    """

    onset: np.ndarray = field(default_factory=lambda: np.zeros(0))
    duration: np.ndarray = field(default_factory=lambda: np.zeros(0))
    value: np.ndarray = field(default_factory=lambda: np.zeros(0, object))
    hed: np.ndarray = field(default_factory=lambda: np.zeros(0, object))
    definitions: tuple[str, ...] = ()
    hed_version: str = ""
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.hed):
            object.__setattr__(self, "hed", np.full(len(self.onset), "", dtype=object))

    def take(self, rows: np.ndarray) -> Events:
        """Select events, by index or by mask."""
        return replace(
            self,
            onset=self.onset[rows],
            duration=self.duration[rows],
            value=self.value[rows],
            hed=self.hed[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
        )

    def __len__(self) -> int:
        return len(self.onset)

    def __repr__(self) -> str:
        return f"Events: {len(self):,} ({', '.join(dict.fromkeys(map(str, self.value)))})"


def missing_like(values: np.ndarray, n: int) -> np.ndarray:
    """Missing values that go with a column: None with text, NaN with numbers."""
    return np.full(n, None, dtype=object) if values.dtype.kind == "O" else np.full(n, np.nan)


def rows_or_missing(columns: Mapping[str, np.ndarray], rows: Sequence[int]) -> Columns:
    """Select rows of columns by index; -1 gives a row in which everything is missing."""
    index = np.asarray(rows, dtype=np.int64).reshape(len(rows))
    absent = index < 0
    result = {}
    for name, values in columns.items():
        if absent.any():
            whole = np.concatenate([values.astype(float) if values.dtype.kind != "O" else values, missing_like(values, 1)])
            result[name] = whole[np.where(absent, len(values), index)]
        else:
            result[name] = values[index]
    return result


def joined_columns(parts: Sequence[Events]) -> Columns:
    """Columns of several Events, one after another; a column that one of them lacks is missing there, and one that is text in one is text."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    result: Columns = {}
    for name in names:
        pieces = [part.columns.get(name) for part in parts]
        kinds = {piece.dtype.kind == "O" for piece, part in zip(pieces, parts, strict=True) if piece is not None and len(part)}
        like = np.zeros(0, dtype=object if True in kinds else float)
        filled = [
            missing_like(like, len(part)) if piece is None else as_text(piece) if True in kinds else piece
            for piece, part in zip(pieces, parts, strict=True)
        ]
        result[name] = np.concatenate([piece for piece in filled if len(piece)] or [like])
    return result


def number_name(value: float) -> str:
    """Format a number as a name: all its digits, so that two numbers never have one name."""
    return str(int(value)) if value.is_integer() else repr(value)


def as_text(values: np.ndarray) -> np.ndarray:
    """Numbers or truth of a column as their names, None where missing; text stays as it is."""
    if values.dtype.kind == "O":
        return values
    result = np.full(len(values), None, dtype=object)
    if values.dtype.kind == "b":
        result[:] = [str(bool(value)) for value in values]
    elif values.dtype.kind == "i":
        result[:] = [str(value) for value in values.tolist()]
    else:
        result[:] = [None if np.isnan(value) else number_name(float(value)) for value in values]
    return result


def is_boundary(value: str) -> bool:
    """Test for a cut in the data: EEGLAB's `boundary`, or MNE's `BAD boundary` and `EDGE boundary`."""
    return value.lower() in ("boundary", "bad boundary", "edge boundary")


def is_cut(value: str) -> bool:
    """Test for an event at which time may be missing: a boundary, or `break cnt`, where EGI's amplifier was halted."""
    return is_boundary(value) or value.lower() == "break cnt"


def is_bad(value: str) -> bool:
    """Test for a stretch to reject: as MNE has it, the event's name begins with `bad`, in any case."""
    return value.lower().startswith("bad") and not is_boundary(value)
