"""Conditions on columns of events: ``trial_type == "target" and response_time < 0.5``, by the evaluator of `--where`."""

from __future__ import annotations

import re

import numpy as np

from eegcli.study.events import Columns, Events
from eegcli.study.where import where

# What a condition has and a plain name seldom: an event that is really called so goes first (`Vocabulary.resolve`).
_OPERATOR = re.compile(r"[=!<>]=|[<>]|\b(?:not\s+)?in\b\s*[\[({]|\bis\s+(?:not\s+)?None\b")


def is_condition(text: str) -> bool:
    """Test for a text that compares something: ``==``, ``!=``, ``<``, ``>``, ``<=``, ``>=``, ``in [...]`` or ``is None`` stand in it."""
    return _OPERATOR.search(text) is not None


def table_of(events: Events) -> Columns:
    """Columns that a condition may name: those of the events' table, and ours where it has none of that name.

    ``onset`` and ``duration`` are in seconds from the recording's first sample; ``event`` is the event's name, and so is ``value``
    where the table has no such column.
    """
    ours = {"onset": events.onset, "duration": events.duration, "value": events.value, "event": events.value}
    return {**ours, **events.columns, "onset": events.onset, "duration": events.duration}


def marks(condition: str, events: Events) -> np.ndarray:
    """Mark the events that fulfil a condition, shape (n_events,).

    Raises
    ------
    UsageError, InputError
        As of `where`; they cost the command, not one recording: the columns are those of the whole cohort.
    """
    return np.asarray(where(condition, table_of(events), option="--segment"))
