"""Near-duplicates: one recording under the names of two people, after other processing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
MOST_PRODUCTS = 500_000_000  # of probes and windows; in a larger cohort a recording is held against those of the most similar covariance
NEAREST = 30  # recordings, then
MANY_PRODUCTS = 5_000_000  # from which on the likeness of people who are not the same is measured first
BY_CHANCE = 1e-3  # of the windows of others may be as like a window as the limit
_ROUGH = 0.8  # of signatures, before windows themselves are compared; they are within 0.1 of the correlation
_AT_ONCE = 1024  # recordings
_SAMPLE = 1000  # windows on each side
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
    covariance: NDArray[np.float32]


def near_duplicates(evidence: Evidence) -> Finding:
    """Look for a recording whose windows correlate with those of another person's recording, at one distance in time.

    Eight windows of each recording are held against all windows of all others (in a very large cohort: of the 30 recordings whose spatial covariance is
    most similar). A pair counts where half of them have a partner with a
    correlation of 0.9 or more (average reference, 4 to 20 Hz; its sign does not matter), all at the same distance in time.
    In a large cohort whose people are that alike by chance the limit is higher, and where none above 0.99 tells them apart it is not judged.
    """
    assert evidence.windows is not None and evidence.signals is not None
    if not evidence.signals.raw:
        return Finding(NAME, None)  # features of two people may be as alike as those of one
    here = _recordings(evidence.signals, evidence)
    if evidence.sets is None and evidence.trained is None:
        return Finding(NAME, None)
    there = here if evidence.trained is None or evidence.sets is not None else _recordings(evidence.trained, evidence)
    limit = _limit(here, there)
    compared: dict[str, Any] = {"windows": len(here.recording), "recordings": len(here.names), "held_against": _n_candidates(here, there)}
    compared |= {"correlation": limit, "band_hz": [4, 20]}
    if limit > ALIKE_SINGLE:
        return Finding(NAME, None, compared=compared)
    pairs = _pairs(here, there, limit)
    if evidence.sets is not None:
        crossing = [pair for pair in pairs if _cross(evidence, here, pair)]
        found = tuple(f"{here.names[one]} = {here.names[other]}" for one, other in (crossing or pairs))
        why = "the same recording under two names tells its own label" if crossing else "within one set: counted twice"
        verdict: Verdict = "broken" if crossing else "suspect" if pairs else "ok"
        return Finding(NAME, verdict, len(crossing or pairs), found, why, HINT, compared=compared)
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
    return _Recordings(signals, number, names, onset, person, *signatures(signals.x, signals.rows, waves, number))


def _limit(here: _Recordings, there: _Recordings) -> float:
    """Correlation that tells one recording under two names from two people: in a large cohort above what chance gives."""
    if len(here.names) * PROBES * len(there.signature) < MANY_PRODUCTS:
        return ALIKE
    random = np.random.default_rng(0)
    ours, theirs = (random.permutation(len(side.signature))[:_SAMPLE] for side in (here, there))
    likeness = np.abs(here.signature[ours] @ there.signature[theirs].T)
    if here is there:
        likeness[here.person[ours][:, None] == there.person[theirs]] = 0.0
    # The median over windows, so that a few recordings that are there twice, of a steady rhythm, do not hide themselves.
    by_chance = float(np.median(np.quantile(likeness, 1 - BY_CHANCE, axis=1)))
    return ALIKE if by_chance < _ROUGH else round(by_chance + ALIKE - _ROUGH, 3)


def _pairs(here: _Recordings, there: _Recordings, limit: float) -> list[tuple[int, int]]:
    """Pairs of recordings of two people that are alike: numbers here and there."""
    own, rough = here is there, limit - (ALIKE - _ROUGH)
    count = np.bincount(here.recording)
    place = place_within(here.recording, here.onset)
    step = np.maximum(1, count // PROBES)[here.recording]
    probes = np.flatnonzero((place % step == 0) & (place // step < PROBES) & np.any(here.signature != 0, axis=1))
    n_probes = np.bincount(here.recording[probes], minlength=len(here.names))
    need = np.maximum(1, -(-n_probes // 2))  # windows of a recording that have to have a partner
    of_ours, of_theirs = _rows_of_each(here.recording[probes]), _rows_of_each(there.recording)
    hits: list[tuple[Ints, Ints]] = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for number, others in _candidates(here, there):
        ours = probes[of_ours.get(number, [])]
        theirs = np.concatenate([of_theirs[other] for other in others]) if others is not None else np.arange(len(there.signature))
        if own and len(ours):
            theirs = theirs[there.person[theirs] != here.person[ours[0]]]
        rows, columns = np.nonzero(np.abs(there.signature[theirs] @ here.signature[ours].T) >= rough)
        hits.append((theirs[rows], ours[columns]))
    theirs, ours = (np.concatenate(parts) for parts in zip(*hits, strict=True))
    # Of what is roughly alike, only pairs of recordings with enough of it at one distance in time are looked at more closely.
    theirs, ours, group = _enough(here, ours, there, theirs, need)
    enough_alike = np.where(n_probes >= PATTERN, limit, ALIKE_SINGLE)[here.recording[ours]]
    alike_rows = _correlations(here, ours, there, theirs) >= enough_alike
    counts = np.bincount(group[alike_rows], minlength=int(group.max(initial=-1)) + 1)
    first = np.unique(group, return_index=True)[1]
    enough = first[counts >= need[here.recording[ours[first]]]] if len(first) else first
    alike = set(zip(here.recording[ours[enough]].tolist(), there.recording[theirs[enough]].tolist(), strict=True))
    return sorted({(min(pair), max(pair)) for pair in alike} if own else alike)


def _rows_of_each(recording: Ints) -> dict[int, Ints]:
    """Rows of each recording, by its number."""
    if not len(recording):  # nothing lies in the band
        return {}
    order = np.argsort(recording, kind="stable")
    numbers, first = np.unique(recording[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, first[1:]), strict=True))


def _n_candidates(here: _Recordings, there: _Recordings) -> int:
    """Number of recordings that each is held against."""
    everything = len(here.names) * PROBES * len(there.signature)
    return len(there.names) if everything <= MOST_PRODUCTS else min(NEAREST, len(there.names))


def _candidates(here: _Recordings, there: _Recordings) -> Iterator[tuple[int, list[int] | None]]:
    """Each recording's number with those that it is held against: None for all."""
    if _n_candidates(here, there) == len(there.names):
        yield from ((number, None) for number in range(len(here.names)))
        return
    person = [np.zeros(len(side.names), dtype=np.int64) for side in (here, there)]
    for side, persons in zip((here, there), person, strict=True):
        persons[side.recording] = side.person
    for start in range(0, len(here.names), _AT_ONCE):
        similar = here.covariance[start : start + _AT_ONCE] @ there.covariance.T
        if here is there:
            similar[person[0][start : start + _AT_ONCE, None] == person[1]] = -1.0
        nearest = np.argpartition(similar, -NEAREST, axis=1)[:, -NEAREST:]
        yield from enumerate(nearest.tolist(), start)


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
