"""Alignment of labels and windows: labels that contradict the windows' own names, or those beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Labelled
from eegcli.checks.finding import Evidence, Finding, Verdict
from eegcli.checks.labels.kind import meant
from eegcli.errors import counted

Ints = NDArray[np.int64]

NAME, NOISE = "labels and windows belong together", "noise of labels"
HINT = "Make the table of labels anew with a key (subject, recording, onset), never by the order of rows, and give it with --labels."
HINT_NOISE = "Look at these windows' labels where they come from, and give the table that is right with --labels."
# Of a person, and so the same in all windows of a recording.
TRAITS = {
    "sex",
    "gender",
    "age",
    "group",
    "diagnosis",
    "handedness",
    "hand",
    "patient",
    "dx",
    "condition_group",
    "site",
    "iq",
    "participant_group",
}
# Of them those that studies also use of a visit or of a condition: such a label may change between the recordings of a person.
OR_OF_A_RECORDING = {"group", "condition_group", "site"}
CERTAIN = 0.95  # below that of what somebody asked for (--shuffle-labels), which shows here, too
PURE = 0.75  # mean share of the most frequent label of groups that have one label, and some wrong ones
NOISY = 0.02  # share of wrong labels from which they harm
EVEN = 2.0  # standard errors by which the variance of the number of wrong labels of groups may exceed that of chance
SEVERAL, RATHER_MANY = (
    20,
    0.25,
)  # windows of a group, from which an even share of wrong labels is told from an opinion; the largest such share
SCATTERED = 0.6  # of the stretches that labels have that are wrong by chance


@dataclass(frozen=True)
class Contradiction:
    """Labels that contradict those of their group.

    Attributes
    ----------
    word : str
        subject, recording or trial.
    wrong : ndarray of int
        Places of the labelled windows whose label is not that of most windows of their group.
    n_groups : int
        Groups with such windows.
    shift : int
        Rows by which labels are shifted, where the wrong ones stand at the edge of each group and have the label of its neighbour; 0 else.
    certain : bool
        True where no opinion of a person is a label like these: of a trait, or where all groups have as many that are wrong, up to chance.
    """

    word: str
    wrong: Ints
    n_groups: int
    shift: int
    certain: bool


def label_alignment(evidence: Evidence) -> Finding:
    """Look for labels that were shifted, sorted or shuffled apart from their windows, by what the windows' table says."""
    labelled = evidence.labelled
    assert labelled is not None
    n = len(labelled.y)
    contradicting = _against_names(labelled)
    if contradicting is not None:
        entity, share = contradicting
        why = f"{share:.0%} of the labels contradict the recording's own name (its {entity}){_how(labelled)}: a network learns labels of other windows"
        return Finding(NAME, "broken", share, (), why, HINT, weight=CERTAIN)
    if _is_sorted(labelled):
        why = "the labels ascend from the first row to the last, and change in the middle of a subject: they were sorted without their windows"
        return Finding(NAME, "broken", 1.0, (), why, HINT, weight=CERTAIN)
    found = contradiction(labelled)
    if found is None:
        return Finding(NAME, "ok", 0.0)
    share = len(found.wrong) / n
    if found.shift:
        why = (
            f"at the edge of {counted(found.n_groups, found.word)} {counted(abs(found.shift), 'window')} "
            f"{'has' if abs(found.shift) == 1 else 'have'} the label of the next {found.word} in the file: labels are shifted against the windows by so many rows"
        )
        return Finding(NAME, "broken", float(found.shift), (), why, HINT, {"wrong": len(found.wrong), "windows": n}, weight=CERTAIN)
    of_recordings = labelled.target.lower() in OR_OF_A_RECORDING and found.word == "subject" and _is_of_recordings(labelled)
    if labelled.target.lower() in TRAITS and share > 0.25 and not of_recordings:
        why = f"{labelled.target} changes within {counted(found.n_groups, found.word)}, in {share:.0%} of the windows: labels were shuffled apart from their windows"
        return Finding(NAME, "broken", share, (), why, HINT, weight=CERTAIN)
    return Finding(NAME, "ok", 0.0, compared={"scattered": len(found.wrong)})


def _is_of_recordings(labelled: Labelled) -> bool:
    """True where every recording has one label."""
    order = np.lexsort((labelled.y, labelled.recording))
    same = np.diff(labelled.recording[order]) == 0
    return not bool((np.diff(labelled.y[order])[same] != 0).any())


def label_noise(evidence: Evidence) -> Finding:
    """Look for labels that differ from those of the same subject (recording, trial) here and there."""
    labelled = evidence.labelled
    assert labelled is not None
    found = contradiction(labelled)
    share = 0.0 if found is None else len(found.wrong) / len(labelled.y)
    trait = labelled.target.lower() in TRAITS
    if found is None or found.shift or _is_sorted(labelled) or _against_names(labelled) is not None or (trait and share > 0.25):
        return Finding(NOISE, "ok", 0.0)
    table = labelled.recorded.table
    names = tuple(dict.fromkeys(str(one) for one in table["subject"][labelled.rows[found.wrong]]))
    why = f"{share:.1%} of the windows have another label than most of their {found.word}, here and there: a network cannot learn what is wrong, and no figure can reach 1"
    verdict: Verdict = "broken" if share >= NOISY and found.certain and found.word != "trial" else "suspect"
    return Finding(
        NOISE,
        verdict,
        share,
        names,
        why,
        HINT_NOISE,
        {"wrong": len(found.wrong), "windows": len(labelled.y)},
        weight=0.9 if found.certain else 0.4,
    )


def contradiction(labelled: Labelled) -> Contradiction | None:
    """Labels that contradict those of their subject, recording or trial, where these have one label but for a few; None where there are none."""
    trait = labelled.target.lower() in TRAITS
    known = meant(labelled)
    rows = np.flatnonzero(known >= 0)
    code = np.unique(known[rows], return_inverse=True)[1].reshape(-1)
    for word, group in _levels(labelled):
        number = np.unique(group[rows], return_inverse=True)[1].reshape(-1)
        n_groups, n_codes = int(number.max()) + 1, int(code.max()) + 1
        counts = np.bincount(number * n_codes + code, minlength=n_groups * n_codes).reshape(n_groups, n_codes)
        usual, size = counts.argmax(axis=1), counts.sum(axis=1)
        wrong = np.flatnonzero(code != usual[number])
        if not len(wrong):
            return None
        if trait and word == "subject" and labelled.target.lower() == "age":
            continue  # a person grows older between sessions
        shift, n_wrong = _shift(number, code, usual), np.bincount(number[wrong], minlength=n_groups)
        if shift or (trait and word != "trial") or _has_own(usual, counts.max(axis=1) / size, size, number, code):
            rate = len(wrong) / len(code)
            spread = float(np.mean((n_wrong - rate * size) ** 2 / np.maximum(rate * (1 - rate) * size, 1e-9)))
            return Contradiction(
                word,
                rows[wrong],
                int((n_wrong > 0).sum()),
                shift,
                trait or (rate < RATHER_MANY and size.mean() >= SEVERAL and spread < 1 + EVEN * np.sqrt(2 / n_groups)),
            )
    return None


def _levels(labelled: Labelled) -> list[tuple[str, Ints]]:
    levels = [("subject", labelled.person), ("recording", labelled.recording)]
    began = labelled.column("event_onset")
    if began is not None and np.isfinite(began.astype(np.float64)).all():
        levels.append(("trial", np.unique(np.c_[labelled.recording, began.astype(np.float64)], axis=0, return_inverse=True)[1].reshape(-1)))
    return levels


def _has_own(usual: Ints, pure: NDArray[np.float64], size: Ints, number: Ints, code: Ints) -> bool:
    """True where each group has a label of its own but for a few windows, here and there: not in stretches, as what goes on in time."""
    several = size > 3
    if not several.any() or pure[several].mean() < PURE:
        return False
    clear = usual[several & (pure >= PURE - 0.1)]
    if np.sum(np.bincount(clear, minlength=1) >= 2) < 2:
        return False
    is_wrong = code != usual[number]
    begins = np.r_[True, (np.diff(number) != 0) | (np.diff(is_wrong.astype(np.int64)) != 0)]
    stretches = int((begins & is_wrong).sum())
    n_wrong = np.bincount(number, weights=is_wrong)
    by_chance = float((n_wrong * (size - n_wrong + 1) / size).sum())
    return stretches >= SCATTERED * by_chance


def _shift(number: Ints, code: Ints, usual: Ints) -> int:
    """Rows by which labels are shifted against groups: with what shift the labels of all are those of their groups."""
    wrong = code != usual[number]
    starts = np.flatnonzero(np.r_[True, np.diff(number) != 0])
    if len(starts) < 4 or len(starts) > number.max() + 1 or not wrong.any():  # groups of which the windows do not follow each other
        return 0
    lengths = np.diff(np.r_[starts, len(number)])
    head = [int(np.argmin(np.r_[wrong[a : a + n], False])) for a, n in zip(starts, lengths, strict=True)]
    tail = [int(np.argmin(np.r_[wrong[a : a + n][::-1], False])) for a, n in zip(starts, lengths, strict=True)]
    for side, edge in ((1, np.array(head)), (-1, np.array(tail))):
        long = edge[edge > 0]
        if len(long) < 2:
            continue
        by = int(np.bincount(long).argmax())
        moved = np.roll(code, -side * by)
        inner = slice(0, len(code) - by) if side > 0 else slice(by, len(code))
        left = int((moved[inner] != usual[number][inner]).sum())
        if (long == by).mean() >= 0.8 and left <= 0.1 * wrong.sum():
            return side * by
    return 0


def _is_sorted(labelled: Labelled) -> bool:
    """True where labels ascend (or descend) over all rows, and change within a subject."""
    change = np.diff(labelled.y)
    if len(np.unique(labelled.person)) < 4 or not (np.all(change >= 0) or np.all(change <= 0)):
        return False
    same = np.diff(labelled.person) == 0
    inside = np.unique(labelled.person[1:][same & (change != 0)])
    return len(inside) > 0 and np.sum(change != 0) < len(np.unique(labelled.person))


def _against_names(labelled: Labelled) -> tuple[str, float] | None:
    """Entity of the recordings' names that has the classes as its values, and the share of labels that contradict it; None where all agree."""
    if not labelled.classes or len(np.unique(meant(labelled))) < len(labelled.classes):
        return None  # classes in several spellings: that is what is to be said
    _, first, member = np.unique(labelled.recording, return_index=True, return_inverse=True)
    names = labelled.recorded.table["recording"][labelled.rows[first]]
    known = [dict(re.findall(r"(?:^|_)([a-z]+)-([A-Za-z0-9+]+)", str(name))) for name in names]
    index = {name: number for number, name in enumerate(labelled.classes)}
    for entity in sorted({key for one in known for key in one} - {"sub"}):
        said = [one.get(entity) for one in known]
        # Numbers are the same by chance: runs 1 and 2, and classes 1 and 2.
        named = entity == labelled.target.lower() or not any(name.isdigit() for name in labelled.classes)
        if named and set(said) == set(labelled.classes):
            code = np.array([index[str(one)] for one in said])[member.reshape(-1)]
            share = float(np.mean(code != labelled.y))
            return (entity, share) if share > 0 else None
    return None


def _how(labelled: Labelled) -> str:
    change = np.diff(labelled.y)
    if np.all(change >= 0) or np.all(change <= 0):
        return ", and ascend over all rows as if sorted"
    return ""
