"""Near-duplicates: one recording under the names of two people, after other processing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table
from eegcli.checks.finding import Evidence, Finding, Signals, Verdict
from eegcli.stats.signature import basis, in_band, signatures
from eegcli.study.groups import RECORDING, number_groups, place_within

NAME = "near-duplicate recordings"
PROBES = 8  # windows of a recording that are held against those of all others
ALIKE, ALIKE_SINGLE = 0.9, 0.99  # correlations; the second where a recording has fewer windows than make a pattern
PATTERN = 3  # windows
MOST_PRODUCTS = (
    500_000_000  # of probes and windows: of larger cohorts fewer windows of a recording are held against all, but a pattern at least
)
_ROUGH = 0.8  # of signatures, before windows themselves are compared
_AT_ONCE = 4096
HINT = "Look at both; say that they are one person with --persons TABLE, or leave one out, and train again."

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Recordings:
    """Windows of recordings, each with its person, place and signature."""

    signals: Signals
    recording: Ints
    names: tuple[str, ...]
    onset: NDArray[np.float64]
    person: Ints
    signature: NDArray[np.float32]


def near_duplicates(evidence: Evidence) -> Finding:
    """Look for a recording whose windows correlate with those of another person's recording, at one distance in time.

    Eight windows of each recording (three of a very large cohort) are held against all windows of all others. A pair counts where half of them have a partner with a
    correlation of 0.9 or more (average reference, 4 to 20 Hz; its sign does not matter), all at the same distance in time.
    """
    assert evidence.windows is not None and evidence.signals is not None
    if not evidence.signals.raw:
        return Finding(NAME, None)  # features of two people may be as alike as those of one
    here = _recordings(evidence.signals, evidence)
    compared = {"windows": len(here.recording), "recordings": len(here.names), "correlation": ALIKE, "band_hz": [4, 20]}
    if evidence.sets is not None:
        pairs = _pairs(here, here)
        crossing = [pair for pair in pairs if _cross(evidence, here, pair)]
        found = tuple(f"{here.names[one]} = {here.names[other]}" for one, other in (crossing or pairs))
        why = "the same recording under two names tells its own label" if crossing else "within one set: counted twice"
        verdict: Verdict = "broken" if crossing else "suspect" if pairs else "ok"
        return Finding(NAME, verdict, len(crossing or pairs), found, why, HINT, compared=compared)
    if evidence.trained is None:
        return Finding(NAME, None)
    there = _recordings(evidence.trained, evidence)
    pairs = _pairs(here, there)
    compared |= {"windows_of_training": len(there.recording), "recordings_of_training": len(there.names)}
    found = tuple(f"{here.names[one]} = {there.names[other]}" for one, other in pairs)
    return Finding(NAME, "broken" if pairs else "ok", len(pairs), found, "the networks have seen it", HINT, compared=compared)


def _recordings(signals: Signals, evidence: Evidence) -> _Recordings:
    table: Table = {name: signals.table[name][signals.rows] for name in (*RECORDING, "onset")}
    number = number_groups(table, RECORDING)
    first = np.unique(number, return_index=True)[1]
    names = tuple(str(table["recording"][row]) for row in first)
    onset = np.asarray(table["onset"], dtype=np.float64)
    waves = basis(signals.x.shape[-1], signals.sfreq)
    persons = {one: index for index, one in enumerate(dict.fromkeys(evidence.people.of(table)))}
    person = np.array([persons[one] for one in evidence.people.of(table)], dtype=np.int64)
    return _Recordings(signals, number, names, onset, person, signatures(signals.x, signals.rows, waves))


def _pairs(here: _Recordings, there: _Recordings) -> list[tuple[int, int]]:
    """Pairs of recordings of two people that are alike: numbers here and there."""
    own = here is there
    count = np.bincount(here.recording)
    place = place_within(here.recording, here.onset)
    most = int(np.clip(MOST_PRODUCTS // max(1, len(there.signature) * len(here.names)), PATTERN, PROBES))
    step = np.maximum(1, count // most)[here.recording]
    probes = np.flatnonzero((place % step == 0) & (place // step < most) & np.any(here.signature != 0, axis=1))
    n_probes = np.bincount(here.recording[probes], minlength=len(here.names))
    need = np.maximum(1, -(-n_probes // 2))  # windows of a recording that have to have a partner
    hits: list[tuple[Ints, Ints]] = []
    for start in range(0, len(there.signature), _AT_ONCE):
        likeness = np.abs(there.signature[start : start + _AT_ONCE] @ here.signature[probes].T)
        rows, columns = np.nonzero(likeness >= _ROUGH)
        rows += start
        if own:
            others = there.person[rows] != here.person[probes[columns]]
            rows, columns = rows[others], columns[others]
        hits.append((rows, probes[columns]))
    theirs, ours = (np.concatenate(parts) for parts in zip(*hits, strict=True)) if hits else (np.empty(0, int), np.empty(0, int))
    # Of what is roughly alike, only pairs of recordings with enough of it at one distance in time are looked at more closely.
    theirs, ours, group = _enough(here, ours, there, theirs, need)
    limit = np.where(n_probes >= PATTERN, ALIKE, ALIKE_SINGLE)[here.recording[ours]]
    alike_rows = _correlations(here, ours, there, theirs) >= limit
    counts = np.bincount(group[alike_rows], minlength=int(group.max(initial=-1)) + 1)
    first = np.unique(group, return_index=True)[1]
    enough = first[counts >= need[here.recording[ours[first]]]] if len(first) else first
    alike = set(zip(here.recording[ours[enough]].tolist(), there.recording[theirs[enough]].tolist(), strict=True))
    return sorted({(min(pair), max(pair)) for pair in alike} if own else alike)


def _enough(here: _Recordings, ours: Ints, there: _Recordings, theirs: Ints, need: Ints) -> tuple[Ints, Ints, Ints]:
    """Hits whose pair of recordings has enough of them at one distance in time, with the number of pair and distance of each."""
    distance = np.rint(100 * (there.onset[theirs] - here.onset[ours])).astype(np.int64)
    key = np.stack([here.recording[ours], there.recording[theirs], distance], axis=1)
    if not len(key):
        return theirs, ours, np.empty(0, dtype=np.int64)
    group, counts = np.unique(key, axis=0, return_inverse=True, return_counts=True)[1:]
    group = group.reshape(-1)
    kept = counts[group] >= need[here.recording[ours]]
    return theirs[kept], ours[kept], np.unique(group[kept], return_inverse=True)[1]


def _correlations(here: _Recordings, ours: Ints, there: _Recordings, theirs: Ints) -> NDArray[np.float64]:
    """Correlations of the windows themselves, shape (n_pairs,)."""
    found = np.empty(len(ours))
    for start in range(0, len(ours), 256):
        part = slice(start, start + 256)
        pair = []
        for side, rows in ((here, ours[part]), (there, theirs[part])):
            signals = side.signals
            waves = basis(signals.x.shape[-1], signals.sfreq)
            pair.append(in_band(np.asarray(signals.x[signals.rows[rows]]), waves))
        found[part] = np.abs(np.einsum("ij,ij->i", *pair))
    return found


def _cross(evidence: Evidence, here: _Recordings, pair: tuple[int, int]) -> bool:
    """True where the two recordings stand in different sets of a fold."""
    assert evidence.sets is not None
    for sets in evidence.sets:
        one, other = (set(sets[here.signals.rows[here.recording == number]].tolist()) - {-1} for number in pair)
        if one and other and one != other:
            return True
    return False
