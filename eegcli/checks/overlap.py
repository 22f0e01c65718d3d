"""Overlap in time: windows of one recording that share samples, in different sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.finding import Evidence, Finding
from eegcli.checks.leaks import WHY
from eegcli.study.groups import RECORDING, number_groups

NAME = "windows that overlap across sets"
ROUNDING = 1e-6  # s: of onsets


def overlapping_windows(evidence: Evidence) -> Finding:
    """Look for windows of one recording that share samples and stand in different sets of a fold.

    How many windows overlap at all is noted: they count as less than their number.
    """
    assert evidence.windows is not None and evidence.sets is not None and evidence.seconds is not None
    table = evidence.windows
    recording = number_groups(table, RECORDING)
    onset = np.asarray(table["onset"], dtype=np.float64)
    order = np.lexsort((onset, recording))
    crossing: set[int] = set()
    for sets in evidence.sets:
        crossing.update(_crossing(order[sets[order] >= 0], recording, onset, sets, evidence.seconds))
    next_one = (np.diff(recording[order]) == 0) & (np.diff(onset[order]) < evidence.seconds - ROUNDING)
    known = np.isfinite(onset)
    compared = {
        "windows": len(onset),
        "seconds": evidence.seconds,
        "windows_overlapping_the_next": int(next_one.sum()),
        "windows_of_known_onset": int(known.sum()),
    }
    names = tuple(dict.fromkeys(str(table["recording"][row]) for row in sorted(crossing)))
    hint = "Split by subject, or cut windows without overlap (epoch --overlap 0)."
    return Finding(NAME, "broken" if crossing else "ok", len(crossing), names, WHY, hint, compared=compared)


def _crossing(
    rows: NDArray[np.int64], recording: NDArray[np.int64], onset: NDArray[np.float64], sets: NDArray[np.int64], seconds: float
) -> set[int]:
    """Rows, in order of recording and onset, that overlap a later one of another set."""
    found: set[int] = set()
    for step in range(1, len(rows)):
        earlier, later = rows[:-step], rows[step:]
        near = (recording[earlier] == recording[later]) & (onset[later] - onset[earlier] < seconds - ROUNDING)
        if not near.any():
            break
        found.update(earlier[near & (sets[earlier] != sets[later])].tolist())
    return found
