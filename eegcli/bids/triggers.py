"""Triggers: events from channels that hold a code for as long as it lasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.bids.events import join, make_events
from eegcli.bids.formats import Contents
from eegcli.bids.formats.edf import MAX_CHANGES, is_trigger
from eegcli.study.events import Events

STATED = ("TRIG",)  # BIDS types of trigger channels


def trigger_events(values: np.ndarray, sfreq: float) -> Events:
    """Find events where a trigger channel rises to another value, as `mne.find_events` does.

    Where codes follow one another and the channel comes to rest only after the last, each change is an event: a fall to a lower code, too.

    Parameters
    ----------
    values : ndarray of int, shape (n_times,)
    sfreq : float, Hz

    Returns
    -------
    Events
        Named by their value; those of a value that begins with the recording are none.
    """
    changes = np.flatnonzero(np.diff(values)) + 1
    if len(changes) > MAX_CHANGES * len(values):
        changes = changes[:0]
    if len(changes) and (values[changes[:-1]] > values.min()).all():
        rises = changes[values[changes] > values.min()]
    else:  # between codes it rests: a fall to another value is the end of one of two that overlap
        rises = changes[values[changes] > values[changes - 1]]
    lasts = np.append(changes, len(values))[np.searchsorted(changes, rises, side="right")]
    return make_events((rises / sfreq).tolist(), ((lasts - rises) / sfreq).tolist(), [str(value) for value in values[rises]])


def events_of_triggers(contents: Contents, types: Sequence[str | None]) -> Events:
    """Read the events of all trigger channels of a recording.

    Parameters
    ----------
    contents : Contents
    types : sequence of (str or None)
        What channels.tsv says of each channel; None where it says nothing.
    """
    channels = [
        index
        for index, (name, stated) in enumerate(zip(contents.ch_names, types, strict=True))
        if (stated in STATED if stated else contents.types[index] == "stim" or is_trigger(name))
    ]
    found = [trigger_events(contents.steps(index), contents.rates[index]) for index in channels]
    return join(*found) if found else make_events([], [], [])
