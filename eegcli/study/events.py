"""Events of a recording: onset, duration, value and HED annotation; which of them are cuts or rejected stretches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np


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
    """

    onset: np.ndarray = field(default_factory=lambda: np.zeros(0))
    duration: np.ndarray = field(default_factory=lambda: np.zeros(0))
    value: np.ndarray = field(default_factory=lambda: np.zeros(0, object))
    hed: np.ndarray = field(default_factory=lambda: np.zeros(0, object))
    definitions: tuple[str, ...] = ()
    hed_version: str = ""

    def __post_init__(self) -> None:
        if not len(self.hed):
            object.__setattr__(self, "hed", np.full(len(self.onset), "", dtype=object))

    def take(self, rows: np.ndarray) -> Events:
        """Select events, by index or by mask."""
        return replace(self, onset=self.onset[rows], duration=self.duration[rows], value=self.value[rows], hed=self.hed[rows])

    def __len__(self) -> int:
        return len(self.onset)

    def __repr__(self) -> str:
        return f"Events: {len(self):,} ({', '.join(dict.fromkeys(map(str, self.value)))})"


def is_boundary(value: str) -> bool:
    """Test for a cut in the data: EEGLAB's `boundary`, or MNE's `BAD boundary` and `EDGE boundary`."""
    return value.lower() in ("boundary", "bad boundary", "edge boundary")


def is_cut(value: str) -> bool:
    """Test for an event at which time may be missing: a boundary, or `break cnt`, where EGI's amplifier was halted."""
    return is_boundary(value) or value.lower() == "break cnt"


def is_bad(value: str) -> bool:
    """Test for a stretch to reject: as MNE has it, the event's name begins with `bad`, in any case."""
    return value.lower().startswith("bad") and not is_boundary(value)
