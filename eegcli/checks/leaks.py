"""Leak checks: subjects or identical windows in more than one set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, take
from eegcli.checks.finding import Evidence, Finding
from eegcli.files.digest import digest_of
from eegcli.study.groups import PARTS, group_names, number_groups, split_columns
from eegcli.study.persons import Person, unknown_persons
from eegcli.study.sets import SETS

Ints = NDArray[np.int64]
WHY = "no figure would mean anything"
SUBJECTS_IN_TWO, SUBJECTS_SEEN = "subjects in two splits", "subjects seen in training"
LEAVE_OUT = "Leave them out of the new windows, with --subject when they are cut, or train without them."


def excused(split_unit: str) -> tuple[str, ...] | None:
    """Names of the findings that a run split by a unit was made for; None for all.

    Who asks within people wants them on both sides, but neither their sessions nor an identical window.
    """
    return (SUBJECTS_IN_TWO, SUBJECTS_SEEN) if split_unit in PARTS else None


def crossing(key: Ints, split: Ints) -> Ints:
    """Find the groups (subjects, windows), numbered by `key`, that stand in more than one set.

    Parameters
    ----------
    key : ndarray of int, shape (n_windows,)
        Numbered subjects, or numbered contents.
    split : ndarray of int, shape (n_windows,)
        Number of the split; -1 for windows that are in none.

    Returns
    -------
    ndarray of int
        Sorted.
    """
    key, split = key[split >= 0], split[split >= 0]
    numbers, member = np.unique(key, return_inverse=True)
    low = np.full(len(numbers), np.iinfo(np.int64).max)
    high = np.full(len(numbers), -1)
    np.minimum.at(low, member, split)
    np.maximum.at(high, member, split)
    return np.asarray(numbers[low != high])


def subjects_in_two_splits(evidence: Evidence) -> Finding:
    """Look for subjects in two sets of a fold."""
    assert evidence.splits is not None
    splits = take(evidence.splits, evidence.splits["split"] != "unused")
    if unknown_persons(splits):
        return Finding(SUBJECTS_IN_TWO, None)
    subject_of_fold = number_groups({"person": evidence.people.number(splits), "fold": splits["fold"]}, ("person", "fold"))
    found = _names(splits["subject"], subject_of_fold, crossing(subject_of_fold, number_groups(splits, ("split",))))
    hint = "Train again: eegcli splits by subject unless --split-unit says otherwise."
    return _leak(SUBJECTS_IN_TWO, len(found), found, hint, {"sets": _persons_of_sets(evidence, splits)})


def _persons_of_sets(evidence: Evidence, splits: Table) -> list[dict[str, Any]]:
    """Number of persons in each set of each fold, with the digest of their sorted keys (data set, label)."""
    keys: dict[tuple[int, str], set[Person]] = {}
    for person, fold, name in zip(evidence.people.of(splits), splits["fold"].tolist(), splits["split"].tolist(), strict=True):
        keys.setdefault((int(fold), str(name)), set()).add(person)
    return [
        {"fold": fold, "set": name, "n": len(persons), "digest": digest_of(sorted(map(list, persons)))}
        for (fold, name), persons in sorted(keys.items())
    ]


def identical_windows_in_two_splits(evidence: Evidence) -> Finding:
    """Look for windows of equal content in two sets of a fold; the recordings that hold them are named."""
    assert evidence.windows is not None and evidence.sets is not None
    content = number_groups(evidence.windows, ("content_hash",))
    contents = np.unique(np.concatenate([crossing(content, sets) for sets in evidence.sets]))
    hint = "One recording may lie under two names, or flat windows were kept with --keep-dead: leave them out and train again."
    order = np.argsort(content, kind="stable")  # that of the hashes
    hashes = evidence.windows["content_hash"][order]
    compared = [
        {"fold": fold, "set": name, "n": int((sets == number).sum()), "digest": digest_of(hashes[sets[order] == number].tolist())}
        for fold, sets in enumerate(evidence.sets)
        for number, name in enumerate(SETS)
        if (sets == number).any()
    ]
    found = _names(evidence.windows["recording"], content, contents)
    facts = {"sets": compared, "hash": "xxh3-128 of each window, held against its bytes as they are read"}
    return _leak("identical windows in two splits", len(contents), found, hint, facts)


def subjects_seen_in_training(evidence: Evidence) -> Finding:
    """Look for subjects of a new cohort that the networks were trained or chosen on."""
    assert evidence.windows is not None and evidence.seen is not None
    if unknown_persons(evidence.windows):
        return Finding(SUBJECTS_SEEN, None)
    here = set(evidence.people.of(evidence.windows))
    subjects = sorted(here & evidence.seen.subjects)
    compared = {
        name: {"n": len(persons), "digest": digest_of(sorted(map(list, persons)))}
        for name, persons in (("here", here), ("seen", evidence.seen.subjects))
    }
    return _leak(SUBJECTS_SEEN, len(subjects), tuple(subject for _, subject in subjects), LEAVE_OUT, compared)


def parts_seen_in_training(evidence: Evidence) -> Finding:
    """Look for sessions (runs, tasks) of a new cohort that the networks were trained or chosen on, where they were split by these."""
    assert evidence.windows is not None and evidence.parts is not None
    table, parts = evidence.windows, evidence.parts
    units = group_names(table, split_columns(table, parts.word), np.arange(len(table["subject"])))
    found = sorted(set(zip(evidence.people.of(table), units, strict=True)) & parts.seen)
    return _leak(f"{parts.word}s seen in training", len(found), tuple(f"{subject} {unit}" for (_, subject), unit in found), LEAVE_OUT)


def windows_seen_in_training(evidence: Evidence) -> Finding:
    """Look for windows of a new cohort that the networks were trained or chosen on; without the run's own windows nobody can tell."""
    assert evidence.windows is not None and evidence.seen is not None
    name, hashes = "windows seen in training", evidence.seen.windows
    if hashes is None:
        return Finding(name, None)
    repeated = np.array([value in hashes for value in evidence.windows["content_hash"]], dtype=bool)
    recordings = tuple(np.unique(evidence.windows["recording"][repeated].astype(str)).tolist())
    compared = {
        "here": {"n": len(repeated), "digest": digest_of(sorted(evidence.windows["content_hash"].tolist()))},
        "seen": {"n": len(hashes), "digest": digest_of(sorted(hashes))},
    }
    return _leak(name, int(repeated.sum()), recordings, LEAVE_OUT, compared)


def windows_of_the_training(evidence: Evidence) -> Finding:
    """Report that the evaluated windows are those of the training; for other windows there is no verdict."""
    return Finding("windows are those of the training", "ok" if evidence.own else None)


def _leak(name: str, count: int, found: tuple[str, ...], hint: str, compared: Mapping[str, Any] | None = None) -> Finding:
    return Finding(name, "broken" if count else "ok", count, found, WHY, hint, compared=compared or {})


def _names(column: np.ndarray, key: Ints, numbers: Ints) -> tuple[str, ...]:
    rows = np.flatnonzero(np.isin(key, numbers))
    return tuple(dict.fromkeys(str(name) for name in column[rows]))
