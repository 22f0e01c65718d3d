"""Places: a label that is a function of where, when or with what somebody was recorded."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Labelled
from eegcli.checks.finding import Evidence, Finding
from eegcli.checks.labels.exchange import exchange_of
from eegcli.errors import counted, listed
from eegcli.stats.metrics import auc

Ints = NDArray[np.int64]

NAME, ORDER, TIME = "label told by the place", "label told by the order of files", "label told by the time"
# Columns of where and with what, by parts of their names.
WHERE = (
    "dataset",
    "site",
    "release",
    "scanner",
    "device",
    "amplifier",
    "lab",
    "center",
    "centre",
    "session",
    "cap",
    "montage",
    "raw_sfreq",
    "year",
    "cohort",
    "hospital",
    "system",
    "batch",
)
LENGTHS = {"number of windows of the recording": "segment_count", "length of the recording": "raw_seconds"}
MOST_LEVELS = 8
BY_CHANCE = 1e-3  # that a column tells all labels
MANY = 1_000_000
RARELY = 5e-3  # that labels ascend: six people of each of two classes
CAUTION = 0.25  # weight of what no window shows: it makes a result too good, and keeps no network from learning
TOLD = 0.9  # share of units that a column tells, above what the most frequent class gives


def label_of_place(evidence: Evidence) -> Finding:
    """Look for a site, data set, session, device or length of recordings that tells the label."""
    labelled = evidence.labelled
    assert labelled is not None
    if not labelled.classes:
        return Finding(NAME, None, why="it is asked of classes")
    exchange = exchange_of(labelled)
    if exchange.word == "stretch":
        return Finding(NAME, None, why="the label changes within recordings")
    first = np.unique(exchange.unit, return_index=True)[1]
    truth = exchange.label.astype(np.int64)
    told: list[tuple[float, str, bool]] = []
    for name, values in _columns(labelled, exchange.unit, first):
        if name.split(" ")[0] == labelled.target:
            continue
        share, is_certain = _told(values, truth)
        told.append((share, name, is_certain))
    certain = [(share, name) for share, name, is_certain in told if is_certain]
    if not certain:
        return Finding(NAME, "ok", max((share for share, _, _ in told), default=0.0))
    share, _ = max(certain)
    names = tuple(name for own, name in sorted(certain, reverse=True))
    weak = set(names) <= {*LENGTHS, "session"}  # the order of sessions is that of most studies
    why = f"{listed(names, 3)} alone {'tells' if len(names) == 1 else 'tell'} {labelled.target} of {share:.0%} of the {exchange.word}s: a network may learn where, how long or with what people were recorded, and no split within these windows shows it"
    hint = "Test on other people of one place that has all classes (--holdout COLUMN=VALUE), or choose windows of such places with epoch --where."
    return Finding(NAME, "suspect" if weak or share < 1 else "broken", share, names, why, hint, weight=CAUTION if weak else 1.0)


def label_by_order(evidence: Evidence) -> Finding:
    """Look for classes that follow each other in the order of people: sorted labels, or a cohort that was recorded class by class."""
    labelled = evidence.labelled
    assert labelled is not None
    exchange = exchange_of(labelled)
    if exchange.word != "subject":
        return Finding(ORDER, None, why="the label changes within people")
    first = np.unique(exchange.unit, return_index=True)[1]
    label = exchange.label[np.argsort(first)]  # in the order of their first rows
    change = np.diff(label)
    n_levels = len(np.unique(label))
    if len(label) < 8 or (n_levels == len(label) and labelled.classes) or not (np.all(change >= 0) or np.all(change <= 0)):
        return Finding(ORDER, "ok", 0.0)
    counts = np.unique(label, return_counts=True)[1]
    ways = 1
    left = len(label)
    for count in counts:
        ways *= comb(left, int(count))
        left -= int(count)
    if 2 / ways > RARELY:
        return Finding(ORDER, "ok", 0.0)
    why = f"{labelled.target} ascends in the order of {counted(len(label), 'subject')}, by chance less than once in {min(ways // 2, MANY):,} times: labels were sorted apart from the windows, or people were recorded class by class, and whatever changed meanwhile tells them"
    hint = "Look at some subjects' labels where they come from (--labels gives others); never split by --split-order file."
    return Finding(ORDER, "suspect", 1.0, (), why, hint, weight=1.0)


def label_by_time(evidence: Evidence) -> Finding:
    """Look for labels that change within recordings, and are those of early and of late windows in all of them."""
    labelled = evidence.labelled
    assert labelled is not None
    onset = labelled.column("onset")
    if onset is None or not labelled.classes:
        return Finding(TIME, None, why="the time of the windows is not known, or the target is a number")
    time = onset.astype(np.float64)
    directions, n_mixed = [], 0
    order = np.lexsort((time, labelled.recording))
    order = order[np.isfinite(time[order])]
    for rows in np.split(order, np.flatnonzero(np.diff(labelled.recording[order])) + 1):
        ordered = labelled.y[rows].astype(np.int64)
        changes = np.flatnonzero(np.diff(ordered)) + 1
        classes = len(np.unique(ordered)) if len(changes) else 1
        if len(rows) < 4 or classes < 2:
            continue
        n_mixed += 1
        if len(changes) == classes - 1:
            directions.append(tuple(ordered[np.r_[0, changes]].tolist()))
    if n_mixed < 4:
        return Finding(TIME, None, why="the label does not change within recordings")
    usual = max(set(directions), key=directions.count, default=())
    share = directions.count(usual) / n_mixed if directions else 0.0
    if share < TOLD:
        return Finding(TIME, "ok", share)
    said = ", then ".join(labelled.classes[number] for number in usual)
    why = f"in {share:.0%} of the recordings all windows of one class come first ({said}): drift, drowsiness and drying electrodes tell the label as well as the brain does"
    return Finding(
        TIME,
        "suspect",
        share,
        (),
        why,
        "Only another order in some recordings tells the two apart; test with people who have it (--holdout).",
        weight=1.0,
    )


def _columns(labelled: Labelled, unit: Ints, first: Ints) -> list[tuple[str, np.ndarray]]:
    """Columns that say where, how long and with what, of each unit."""
    found = []
    for name in labelled.recorded.table:
        if not any(part in name.lower() for part in WHERE) or name.lower().startswith("event"):
            continue
        values = labelled.column(name)
        assert values is not None
        of_units = np.array(["" if value is None else str(value) for value in values[first]], dtype=object)
        if not 1 < len(set(of_units)) <= MOST_LEVELS:
            continue
        same = values[first][unit] == values
        if np.all(same | (values != values) if values.dtype.kind == "f" else same):
            found.append((name, of_units))
    for name, column in LENGTHS.items():
        length = labelled.column(column)
        if length is not None and len(np.unique(length[first])) > 1 and np.isfinite(length[first]).all():
            found.append((name, length[first].astype(np.float64)))
    return found


def _told(values: np.ndarray, truth: Ints) -> tuple[float, bool]:
    """Share of units whose class a column tells, and whether that is more than chance."""
    n, n_classes = len(truth), int(truth.max()) + 1
    majority = np.bincount(truth).max() / n
    if values.dtype.kind == "f":
        if n_classes != 2:
            return majority, False
        area = auc(truth, np.c_[-values, values])
        share = max(area, 1 - area)
        ways = comb(n, int(truth.sum()))
        return share, share == 1.0 and 2 / ways < BY_CHANCE
    code = np.unique(values, return_inverse=True)[1]
    counts = np.bincount(code * n_classes + truth, minlength=(code.max() + 1) * n_classes).reshape(-1, n_classes)
    share = float(counts.max(axis=1).sum() / n)
    if share < majority + TOLD * (1 - majority):
        return share, False
    # By chance: labels dealt out anew.
    random = np.random.default_rng(0)
    drawn = 0
    for _ in range(1000):
        again = np.bincount(code * n_classes + random.permutation(truth), minlength=counts.size).reshape(counts.shape)
        drawn += again.max(axis=1).sum() >= counts.max(axis=1).sum()
    return share, drawn == 0
