"""Kind of the target: classes or a number, how classes are spelt, and numbers of wild scale."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Labelled
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted, listed

KIND, SPELLING, ORDER, SCALE = "kind of target", "spelling of classes", "order of classes", "scale of the target"
CODES = 8  # consecutive whole numbers up to so many are names of classes rather than a measure
MEASURED = 5  # classes that are numbers, from which they are a measure
UNKNOWN = {
    "na",
    "none",
    "null",
    "unknown",
    "unk",
    "missing",
    "notavailable",
    "notapplicable",
    "undefined",
    "undef",
    "nan",
    "tbd",
    "-",
    "--",
    "?",
    ".",
    "x",
}
SENTINELS = {-1.0, -9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0, 888.0, 777.0}
ALIKE = {"m": "male", "f": "female", "man": "male", "men": "male", "woman": "female", "women": "female", "boy": "male", "girl": "female"}
ALIKE |= {
    "l": "left",
    "r": "right",
    "y": "yes",
    "n": "no",
    "true": "yes",
    "false": "no",
    "t": "yes",
    "hc": "control",
    "controls": "control",
    "ctrl": "control",
}
CAUTION = 0.25  # weight of an order that harms only who reads outputs by number
FAR, FARTHER = 12.0, 40.0  # normal spreads (of the middle half) from the median: no measure of people lies so far


def label_kind(evidence: Evidence) -> Finding:
    """Look for names of classes that are read as a number, and for a number that is read as classes."""
    labelled = evidence.labelled
    assert labelled is not None
    values = np.unique(labelled.y)
    if not labelled.classes:
        n = len(values)
        if n == 2:
            why = "a number is learnt that has two values only: the loss is that of a number, and no accuracy is reported"
            return Finding(KIND, "suspect", n, (), why, "Say --kind classification.", weight=0.8, change={"kind": "classification"})
        whole = np.array_equal(values, values[0] + np.arange(n)) and values[0] in (0.0, 1.0)
        if whole and 2 < n <= CODES:
            names = ", ".join(f"{value:g}" for value in values)
            why = f"a number is learnt that has only the values {names}: if they are names of classes, the network is asked for a mean of names, and the order of their codes is learnt"
            hint = "Say --kind classification (with the classes in words: --labels), or go on where it is a rating."
            return Finding(
                KIND, "suspect", n, (), why, hint, weight=1.0 if values[0] == 0 or n < 5 else 0.7, change={"kind": "classification"}
            )
        return Finding(KIND, "ok", n)
    numbers = [_number(name) for name in labelled.classes]
    if len(numbers) >= MEASURED and all(number is not None for number in numbers):
        pairs = np.unique(labelled.person * len(numbers) + labelled.y.astype(np.int64)) % len(numbers)
        per_class = np.bincount(pairs, minlength=len(numbers))
        few = float(np.median(per_class))
        # Persons are few in each class of a measure; codes of stimuli come with every person.
        if few < 0.5 * len(np.unique(labelled.person)):
            why = f"{len(numbers)} classes are numbers, the median one of {few:g} {'subject' if few == 1 else 'subjects'}: a network of classes knows no order, and 9 is as far from 10 as from 20"
            return Finding(
                KIND,
                "broken" if few <= 2 else "suspect",
                len(numbers),
                (),
                why,
                "Say --kind regression, or make two classes of it with --threshold COLUMN=VALUE.",
                change={"kind": "regression"},
            )
    return Finding(KIND, "ok", len(labelled.classes))


def class_spelling(evidence: Evidence) -> Finding:
    """Look for classes that are one class in two spellings, or that stand for a missing label."""
    labelled = evidence.labelled
    assert labelled is not None
    if not labelled.classes:
        return Finding(SPELLING, None, why="a number has no classes")
    counts = np.bincount(labelled.y.astype(np.int64), minlength=len(labelled.classes))
    known: dict[str, list[str]] = {}
    for name in labelled.classes:
        known.setdefault(_plain(name), []).append(name)
    twice = [names for names in known.values() if len(names) > 1]
    if twice:
        found = tuple(name for names in twice for name in names)
        n = int(sum(counts[labelled.classes.index(name)] for names in twice for name in names[1:]))
        why = f"{listed([' and '.join(names) for names in twice], 3)} are one class in several spellings, and the network is asked to tell them apart"
        return Finding(SPELLING, "broken", n, found, why, "Mend the table that the labels come from, and give it with --labels.")
    unknown = [name for name in labelled.classes if is_unknown(name)]
    if (unknown and len(labelled.classes) > 2) or any(_plain(name) in UNKNOWN - {"x", "none"} for name in unknown):
        n = int(sum(counts[labelled.classes.index(name)] for name in unknown))
        rest = ",".join(name for name in labelled.classes if name not in unknown)
        why = f"the class {listed(unknown, 3)} ({counted(n, 'window')}) says that no label is known, and is learnt as if it were one"
        return Finding(
            SPELLING,
            "broken",
            n,
            tuple(unknown),
            why,
            f"Name the classes: --classes {rest}.",
            change={"classes": tuple(rest.split(","))} if rest.count(",") else {},
        )
    return Finding(SPELLING, "ok", 0)


def class_order(evidence: Evidence) -> Finding:
    """Look for numbered classes that stand in the order of their names: 1, 10, 2."""
    labelled = evidence.labelled
    assert labelled is not None
    found = [re.fullmatch(r"(\D*)(\d+)", name) for name in labelled.classes]
    if not found or not all(found) or len({one[1] for one in found if one}) > 1:
        return Finding(ORDER, "ok", 0)
    numbers = [int(one[2]) for one in found if one]
    if numbers == sorted(numbers):
        return Finding(ORDER, "ok", 0)
    counted_up = tuple(labelled.classes[place] for place in np.argsort(numbers))
    why = f"outputs stand in the order of names, {listed(labelled.classes)}: who reads the outputs by number, as a network of one's own may, takes one class for another"
    hint = f"Name the classes in their order: --classes {','.join(counted_up)}."
    n = sum(one != other for one, other in zip(labelled.classes, counted_up, strict=True))
    return Finding(ORDER, "suspect", n, (), why, hint, weight=CAUTION, change={"classes": counted_up})


def target_scale(evidence: Evidence) -> Finding:
    """Look at the spread of a number: codes of what is missing, and values so far out that they alone make the loss."""
    labelled = evidence.labelled
    assert labelled is not None
    if labelled.classes:
        return Finding(SCALE, None, why="classes have no scale")
    y = labelled.y
    code = np.isin(y, sorted(SENTINELS))
    if code.any() and not code.all():
        low, middle, high, spread = _middle(y[~code])
        outside = code & (np.abs(y - middle) > FAR * spread)
        if high > low and outside.any():
            n, value = int(outside.sum()), float(y[outside][0])
            why = f"{counted(n, 'window')} {'has' if n == 1 else 'have'} the value {value:g}, a code for a missing one; the middle half of all others lies between {low:.4g} and {high:.4g}"
            hint = "Write n/a for what is missing in the table that the target comes from, and give it with --labels."
            return Finding(SCALE, "broken", n, (), why, hint, {"median": middle, "spread": spread})
    low, middle, high, spread = _middle(y)
    far = np.abs(y - middle) / spread
    squares = (y - y.mean()) ** 2
    share = float(squares[far > FAR].sum() / max(squares.sum(), 1e-300))
    facts = {"median": middle, "spread": spread, "standard_deviation": float(y.std()), "share_of_variance_far_out": share}
    if high == low:
        return Finding(SCALE, "ok", None, compared=facts)  # most have one value, so that no spread is known
    n = int((far > FAR).sum())
    if share > 0.5:
        why = f"{counted(n, 'window')} of {len(y)}, up to {y[np.argmax(far)]:.4g}, make {share:.0%} of the variance, the middle half lies between {low:.4g} and {high:.4g}: the loss is about them alone"
        hint = (
            "Mend these values, take logarithms or ranks in the table of labels (--labels), or make classes with --threshold COLUMN=VALUE."
        )
        return Finding(SCALE, "broken" if far.max() > FARTHER else "suspect", float(far.max()), (), why, hint, facts)
    return Finding(SCALE, "ok", float(far.max()), compared=facts)


def meant(labelled: Labelled) -> NDArray[np.int64]:
    """Labels as people mean them: equal numbers for one class in several spellings, -1 where no label is known; shape (n,)."""
    if not labelled.classes:
        return np.asarray(np.unique(labelled.y, return_inverse=True)[1].reshape(-1), dtype=np.int64)
    plain = [_plain(name) for name in labelled.classes]
    names = list(dict.fromkeys(plain))
    code = np.array([-1 if is_unknown(name) else names.index(one) for name, one in zip(labelled.classes, plain, strict=True)])
    known = code[labelled.y.astype(np.int64)]
    return np.asarray(known if (known >= 0).any() else labelled.y, dtype=np.int64)


def is_unknown(name: str) -> bool:
    """True for a class that says that no label is known."""
    return _plain(name) in UNKNOWN or name.strip() in UNKNOWN or _number(name) in SENTINELS - {-1.0, 99.0}


def _middle(y: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Quartiles, and the standard deviation of a normal distribution with as wide a middle half."""
    low, middle, high = map(float, np.quantile(y, [0.25, 0.5, 0.75]))
    return low, middle, high, max((high - low) / 1.349, 1e-12 * max(1.0, abs(middle)))


def _plain(name: str) -> str:
    """Name as people mean it: without case, blanks and signs, and of few known abbreviations the word."""
    plain = re.sub(r"[\s_.\-/]+", "", name.casefold())
    return ALIKE.get(plain, plain) or name.strip()


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None
