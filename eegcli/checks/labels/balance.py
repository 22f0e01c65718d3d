"""Balance of classes, and labels that are missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Labelled
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted, listed
from eegcli.study.sets import SETS, TEST, TRAIN, VALIDATION

BALANCE, SETS_ALIKE, MISSING = "balance of classes", "classes alike in all sets", "labels that are missing"
RARE, FEW = 0.2, 0.05  # share of a class times the number of classes
MOVED, MOVED_FAR = 0.3, 0.5  # distance of the shares of classes in two sets
UNLABELLED, MOSTLY = 0.3, 0.8  # share of people without any label


def class_balance(evidence: Evidence) -> Finding:
    """Look at the share of each class in the training set."""
    labelled, trial = evidence.labelled, evidence.trial
    assert labelled is not None
    if not labelled.classes:
        return Finding(BALANCE, None, why="a number has no classes")
    y = labelled.y[labelled.sets == TRAIN].astype(np.int64)
    counts = np.bincount(y, minlength=len(labelled.classes))
    share = counts / max(1, counts.sum())
    value = float(share.min() * len(share))
    facts = {"shares": dict(zip(labelled.classes, share.round(4).tolist(), strict=True))}
    if value >= RARE:
        return Finding(BALANCE, "ok", float(share.min()), compared=facts)
    rarest, weighted = labelled.classes[int(share.argmin())], trial is not None and trial.objective.weights is not None
    why = f"{rarest} is {share.min():.1%} of the training windows, {labelled.classes[int(share.argmax())]} {share.max():.1%}: a network that always says the latter is right in {share.max():.1%}"
    if weighted:
        return Finding(
            BALANCE,
            "ok" if value >= FEW else "suspect",
            float(share.min()),
            (),
            why + ", which the class weights make up for",
            "Look at balanced accuracy and AUC, never at accuracy.",
            facts,
            weight=0.3,
        )
    hint = "Weight the loss with --class-weights balanced, and look at balanced accuracy and AUC."
    return Finding(
        BALANCE,
        "broken" if value < FEW else "suspect",
        float(share.min()),
        (),
        why,
        hint,
        facts,
        weight=0.8,
        change={"class_weights": "balanced"},
    )


def classes_in_sets(evidence: Evidence) -> Finding:
    """Hold the shares of classes (of a number: its range) in validation and test set against those of the training set."""
    labelled = evidence.labelled
    assert labelled is not None
    worst, said = 0.0, ""
    train = labelled.sets == TRAIN
    for which in (VALIDATION, TEST):
        here = labelled.sets == which
        if not here.any() or not train.any():
            continue
        if labelled.classes:
            shares = [_shares(labelled, rows) for rows in (train, here)]
            apart = float(np.abs(shares[0] - shares[1]).sum() / 2)
            most = int(np.argmax(np.abs(shares[0] - shares[1])))
            text = f"{labelled.classes[most]} is {shares[0][most]:.0%} of what is learnt from and {shares[1][most]:.0%} of the {SETS[which]} set, each subject counted once"
        else:
            low, high = np.quantile(labelled.y[train], [0.0, 1.0])
            outside = float(((labelled.y[here] < low) | (labelled.y[here] > high)).mean())
            apart = outside / 2  # a few people at the ends of a range are nothing rare
            text = (
                f"{outside:.0%} of the windows of the {SETS[which]} set have a target outside the training windows' {low:.3g} to {high:.3g}"
            )
        if apart > worst:
            worst, said = apart, text
    if worst < MOVED:
        return Finding(SETS_ALIKE, "ok", worst)
    n_persons = min(
        len(np.unique(labelled.person[labelled.sets == which])) for which in (VALIDATION, TEST) if np.any(labelled.sets == which)
    )
    far = worst >= MOVED_FAR and n_persons > 2 and bool(labelled.classes)
    settings = None if evidence.trial is None else evidence.trial.settings
    change: dict[str, object] = {}
    if settings is not None:
        change |= {"split_order": "shuffled"} if settings.split_order == "file" else {}
        change |= {name: None for name in ("split_file", "holdout") if getattr(settings, name) is not None}
    hint = "Split by a stratified draw (--split-order shuffled, without --holdout or --split-file), or cross-validate with --cv 5."
    why = f"{said}: who learns the shares of the one is wrong in the other"
    return Finding(SETS_ALIKE, "broken" if far else "suspect", worst, (), why, hint, weight=0.8, change=change)


def missing_labels(evidence: Evidence) -> Finding:
    """Count the people none of whose windows has a label."""
    labelled = evidence.labelled
    assert labelled is not None
    everybody = labelled.recorded.person
    persons, known = np.unique(everybody), np.unique(everybody[labelled.rows])
    share = 1 - len(known) / max(1, len(persons))
    windows = 1 - len(labelled.rows) / max(1, len(everybody))
    if share < UNLABELLED:
        return Finding(MISSING, "ok", share, compared={"windows": windows})
    table = labelled.recorded.table
    first = np.unique(everybody, return_index=True)[1][~np.isin(persons, known)]
    names = tuple(str(table["subject"][row]) for row in first)
    why = f"{counted(len(names), 'subject')} of {len(persons)} ({windows:.0%} of the windows) have no {labelled.target}, or none of the classes {listed(labelled.classes, 3)}: was a table joined by names that do not fit (1 and 01)?"
    return Finding(
        MISSING,
        "broken" if share > MOSTLY else "suspect",
        share,
        names,
        why,
        "See which labels there are with eegcli info, and give them with --labels.",
        weight=0.9,
    )


def _shares(labelled: Labelled, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of each class in the windows of each person, averaged over people: one with many windows is a fault of its own."""
    person = np.unique(labelled.person[rows], return_inverse=True)[1].reshape(-1)
    weight = 1.0 / np.bincount(person)[person]
    sums = np.bincount(labelled.y[rows].astype(np.int64), weights=weight, minlength=len(labelled.classes))
    return np.asarray(sums / weight.sum())
