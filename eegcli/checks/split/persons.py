"""Persons of the sets: how many there are, and what so many can show."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

import numpy as np

from eegcli.checks.finding import Evidence, Finding
from eegcli.checks.labels.exchange import exchange_of
from eegcli.errors import counted
from eegcli.study.sets import SETS, TEST, TRAIN, VALIDATION

NAME, ONE = "people in the sets", "one subject among many"
HINT = "Cross-validate, so that everybody is tested once: --cv 5 (--cv with the number of subjects leaves one out at a time); or fetch more people."
FEW_OF_A_CLASS = 3  # people of a class in the training set, below which a network learns them, not the class
LEVEL = 0.05
MUCH = 0.5  # of the training windows


def persons_in_sets(evidence: Evidence) -> Finding:
    """Count the people of each class that are learnt from, and what the people who are tested can show at best."""
    labelled = evidence.labelled
    assert labelled is not None
    if labelled.unit != "subject":
        return Finding(NAME, None, why="the split is not by subject")
    n = [len(np.unique(labelled.person[labelled.sets == which])) for which in range(len(SETS))]
    facts: dict[str, float] = dict(zip(SETS, map(float, n), strict=True))
    constant = exchange_of(labelled).word == "subject"
    if constant and labelled.classes:
        train = labelled.sets == TRAIN
        n_classes = len(labelled.classes)
        pairs = np.unique(labelled.person[train] * n_classes + labelled.y[train].astype(np.int64)) % n_classes
        of_class = np.bincount(pairs, minlength=len(labelled.classes))
        fewest = int(of_class.min())
        if fewest < FEW_OF_A_CLASS:
            name = labelled.classes[int(of_class.argmin())]
            why = f"the class {name} is {counted(fewest, 'subject')} of the training set: what makes them who they are, and what makes them {name}, cannot be told apart"
            return Finding(NAME, "broken" if fewest < 2 else "suspect", fewest, (), why, HINT, facts, weight=0.9)
    elif n[TRAIN] < FEW_OF_A_CLASS:
        why = f"{counted(n[TRAIN], 'subject')} to learn from: what holds for them need not hold for anybody else"
        return Finding(NAME, "suspect", n[TRAIN], (), why, HINT, facts, weight=0.7)
    if 0 < n[VALIDATION] < 3:
        why = f"the validation set is {counted(n[VALIDATION], 'subject')}: the epoch that is kept, and the figure that is looked at, are about {'that one' if n[VALIDATION] == 1 else 'those two'}"
        return Finding(NAME, "suspect", n[VALIDATION], (), why, HINT, facts, weight=0.3)
    tested = n[TEST] if labelled.n_folds == 1 else len(np.unique(labelled.person))
    if constant and labelled.classes and tested:
        chance = max(np.bincount(labelled.y.astype(np.int64))) / len(labelled.y)
        needed = _needed(tested, float(chance))
        facts["needed_to_be_told_from_chance"] = needed
        if needed > tested:
            why = f"{counted(tested, 'subject')} to test on: even if all are right, chance ({chance:.0%}) does as well in more than one of twenty such sets"
            return Finding(NAME, "suspect", tested, (), why, HINT, facts, weight=0.3)
        facts["smallest_accuracy_told_from_chance"] = needed / tested
    return Finding(NAME, "ok", min(count for count in n if count), compared=facts)


def one_subject(evidence: Evidence) -> Finding:
    """Look for one subject who has most of the windows of a set."""
    labelled = evidence.labelled
    assert labelled is not None
    worst, largest = (0.0, -1, 0, 0), 0.0
    for which in range(len(SETS)):
        persons, counts = np.unique(labelled.person[labelled.sets == which], return_counts=True)
        share = float(counts.max(initial=0) / max(1, counts.sum()))
        largest = max(largest, share if which == TRAIN else 0.0)
        if len(persons) > 2 and share > worst[0]:
            worst = (share, int(persons[counts.argmax()]), which, len(persons))
    share, person, which, n = worst
    if share <= MUCH:
        return Finding(ONE, "ok", largest)
    place = int(np.flatnonzero(labelled.person == person)[0])
    name = str(labelled.recorded.table["subject"][labelled.rows[place]])
    why = f"subject {name} has {share:.0%} of the windows of the {SETS[which]} set, of {counted(n, 'subject')}: what is {'learnt' if which == TRAIN else 'measured'} is that subject"
    hint = "Take as many windows of each when they are cut (epoch --segment with shorter segments), or leave the subject out (epoch --subject with the others)."
    return Finding(ONE, "suspect", share, (name,), why, hint, weight=1.0)


def _needed(n: int, share: float) -> int:
    """Fewest right of n guesses, each right with this probability, that chance reaches in at most one of twenty; n + 1 where there are none.

    By logarithms of the gamma function: scipy.stats would take a second to import.
    """
    total = 0.0
    for k in range(n, -1, -1):
        binomial = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        total += exp(binomial + k * log(share) + ((n - k) * log1p(-share) if k < n else 0.0))
        if total > LEVEL:
            return k + 1
    return 0
