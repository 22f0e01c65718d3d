"""Columns of windows: those of the recording, of the event that began the segment, and of the participant."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from eegcli.artifacts.table import Table
from eegcli.study.events import Events

EVENT = "event"  # column of the event's name, and what stands before the names of its other columns


def event_columns(events: Events, cue: np.ndarray) -> Table:
    """Columns of the events that began the windows' segments: ``event`` is the name, ``event_X`` column X of events.tsv.

    Parameters
    ----------
    events : Events
        Of one recording, with the columns of the whole cohort.
    cue : ndarray of int, shape (n_windows,)
        Which event began the segment of each window; -1 where none did: no column then.
    """
    if not len(cue) or cue.min() < 0:
        return {}
    ours = {EVENT: events.value, f"{EVENT}_onset": events.onset, f"{EVENT}_duration": events.duration}
    return {name: values[cue] for name, values in (ours | {f"{EVENT}_{name}": values for name, values in events.columns.items()}).items()}


def beside(columns: Mapping[str, np.ndarray], taken: Collection[str]) -> Table:
    """Columns of participants.tsv under their own names, with ``participant_`` before one that is taken."""
    return {f"participant_{name}" if name in taken else name: values for name, values in columns.items()}
