"""Faults of labels and of the split that are planted for doctor to find, each in three sizes that a real person could have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _faulty import Base, Fault, Planted, changed

from eegcli import train
from eegcli.artifacts.windows import open_windows
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings

Table = dict[str, np.ndarray]
Column = Callable[[Base, Table, int], np.ndarray]


def _by_table(
    name: str, expected: tuple[str, ...], column: Column, *, target: str | None = None, more: tuple[str, ...] = (), topic: str = "labels"
) -> Fault:
    """A fault of one column: that of the target, or a new one that is asked for."""

    def plant(base: Base, size: int, folder: Path) -> Planted:
        asked = target or base.target
        path = changed(base, folder / "windows", table=lambda table: table | {asked: column(base, table, size)})
        return Planted(path, (*base.arguments, "--target", asked, *more))

    return Fault(name, topic, expected, plant)


def _by_options(name: str, expected: tuple[str, ...], options: tuple[tuple[str, ...], ...], topic: str = "split") -> Fault:
    """A fault of the command line alone."""
    return Fault(
        name, topic, expected, lambda base, size, folder: Planted(base.windows, (*base.arguments, "--target", base.target, *options[size]))
    )


def _text(values: list[object]) -> np.ndarray:
    column = np.full(len(values), None, dtype=object)
    column[:] = values
    return column


def _people(table: Table) -> np.ndarray:
    return np.unique(table["subject"].astype(str), return_inverse=True)[1]


def _shifted(base: Base, table: Table, size: int) -> np.ndarray:
    """A table of labels with a header line too many, or some first rows lost."""
    return np.roll(table[base.target], (1, -3, 10)[size])


def _sorted(base: Base, table: Table, size: int) -> np.ndarray:
    """Labels as a sorted table gives them: ascending, descending, or ascending but for the first windows."""
    labels = table[base.target].astype(str)
    start = len(labels) // 10 if size == 2 else 0
    return _text([*labels[:start], *np.sort(labels[start:])[:: -1 if size == 1 else 1]])


def _shuffled(base: Base, table: Table, size: int) -> np.ndarray:
    """X was shuffled and y was not, of a part of the windows or of all."""
    random, labels = np.random.default_rng(size), table[base.target].copy()
    rows = np.flatnonzero(random.random(len(labels)) < (0.5, 0.75, 1.0)[size])
    labels[rows] = labels[random.permutation(rows)]
    return labels


def _noisy(base: Base, table: Table, size: int) -> np.ndarray:
    """Windows with the label of another class here and there."""
    random, labels = np.random.default_rng(size), table[base.target].copy()
    names = sorted(set(labels))
    for row in np.flatnonzero(random.random(len(labels)) < (0.03, 0.1, 0.2)[size]):
        labels[row] = names[(names.index(labels[row]) + 1) % len(names)]
    return labels


def _codes(base: Base, table: Table, size: int) -> np.ndarray:
    """Three to six groups of people as codes from 0."""
    return np.asarray(_people(table) % (3, 4, 6)[size], dtype=np.float64)


def _ages(base: Base, table: Table, size: int) -> np.ndarray:
    """Age in years, in two or in four, as classes."""
    return np.asarray(np.floor(table["age"].astype(np.float64) / (1, 2, 2)[size]), dtype=np.float64)


def _spelt(base: Base, table: Table, size: int) -> np.ndarray:
    """A part of the labels as another person typed them."""
    random, labels = np.random.default_rng(size), table[base.target].copy()
    for row in np.flatnonzero(random.random(len(labels)) < (0.05, 0.2, 0.5)[size]):
        name = {"F": "Female", "M": "Male"}.get(labels[row], labels[row])
        labels[row] = (str(labels[row]).swapcase(), name.capitalize(), name.upper())[size]
    return labels


def _unknown(base: Base, table: Table, size: int) -> np.ndarray:
    """Labels that nobody knows, under a name that no reader knows either."""
    random, labels = np.random.default_rng(size), table[base.target].copy()
    labels[random.random(len(labels)) < (0.08, 0.2, 0.4)[size]] = ("unknown", "NA", "missing")[size]
    return labels


def _coded(base: Base, table: Table, size: int) -> np.ndarray:
    """Ages of one to three people who told none, as 999."""
    ages = table["age"].astype(np.float64).copy()
    ages[_people(table) < size + 1] = (999.0, 999.0, -999.0)[size]
    return ages


def _wild(base: Base, table: Table, size: int) -> np.ndarray:
    """A few values in another unit: months, days, milliseconds."""
    ages = table["age"].astype(np.float64).copy()
    ages[_people(table) % 10 == 3] *= (365.0, 1000.0, 1e6)[size]
    return ages


def _rare(base: Base, table: Table, size: int) -> np.ndarray:
    """All but a few windows of one class without a label."""
    random, labels = np.random.default_rng(size), table[base.target].copy()
    rare = labels == sorted(set(labels))[-1]
    labels[rare & (random.random(len(labels)) > (0.08, 0.04, 0.02)[size])] = None
    return labels


def _halves(base: Base, table: Table, size: int) -> np.ndarray:
    """The first half (third, fifth) of every recording against the rest."""
    names = table["recording"].astype(str)
    labels = np.full(len(names), "late", dtype=object)
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        labels[rows[: max(2, len(rows) // (2, 3, 5)[size])]] = "early"
    return labels


def _by_order(base: Base, table: Table, size: int) -> np.ndarray:
    """People in the order of their names: so many controls, then patients."""
    number = _people(table)
    n = number.max() + 1
    return _text(["control" if one < (n // 2, n // 3, 2 * n // 3)[size] else "patient" for one in number])


def _of_other_people(base: Base, table: Table, size: int) -> np.ndarray:
    """A table of people (of recordings) of which the rows slipped: everybody has the label of the next one."""
    labels = table[base.target]
    number = _people(table)
    first = np.unique(number, return_index=True)[1]
    if not np.array_equal(labels[first][number], labels):
        number = np.unique(table["recording"].astype(str), return_inverse=True)[1]
        first = np.unique(number, return_index=True)[1]
    return labels[first][(number + (3, -5, 5)[size]) % (number.max() + 1)]


def _by_chance(base: Base, table: Table, size: int) -> np.ndarray:
    """Groups of people that were drawn."""
    number = _people(table)
    drawn = np.random.default_rng(10 + size).permutation(number.max() + 1)
    return _text(["a" if drawn[one] % 2 else "b" for one in number])


def _unlabelled(base: Base, table: Table, size: int) -> np.ndarray:
    """A table of labels of which most people's names do not fit."""
    labels, number = table[base.target].copy(), _people(table)
    labels[(number * 7) % (number.max() + 1) < (0.4, 0.5, 0.6)[size] * (number.max() + 1)] = None
    return labels


def _few(base: Base, table: Table, size: int) -> np.ndarray:
    """Four, six or eight people in all."""
    labels, number = table[base.target].copy(), _people(table)
    kept: list[int] = []
    of_first = table[base.target][np.unique(number, return_index=True)[1]]
    for turn in range(len(of_first)):  # of each class in turns
        for name in sorted(set(of_first)):
            kept += np.flatnonzero(of_first == name)[turn : turn + 1].tolist()
    labels[~np.isin(number, kept[: (4, 6, 8)[size]])] = None
    return labels


def _mostly_one(base: Base, table: Table, size: int) -> np.ndarray:
    """A long recording of one, a few windows of each other."""
    labels, number = table[base.target].copy(), _people(table)
    recording = np.unique(table["recording"].astype(str), return_inverse=True)[1]
    within = np.array([np.sum(recording[:row] == one) for row, one in enumerate(recording)])
    labels[(number != (0, 3, 5)[size]) & (within >= (2, 2, 1)[size])] = None
    return labels


def _of_place(base: Base, size: int, folder: Path) -> Planted:
    """Each class from a site of its own, on a device of its own, or at another rate."""
    name = ("site", "device", "raw_sfreq")[size]

    def table(old: Table) -> Table:
        classes = sorted(set(old[base.target]))
        number = np.array([classes.index(one) for one in old[base.target]])
        return old | {name: 250.0 * (1 + number) if name == "raw_sfreq" else _text([("north", "south", "east")[one] for one in number])}

    return Planted(changed(base, folder / "windows", table=table), (*base.arguments, "--target", base.target))


def _marked(base: Base, size: int, folder: Path) -> Planted:
    """One channel that holds the label: a slow potential at one electrode in the windows of one class."""

    def x(array: np.ndarray, table: Table) -> np.ndarray:
        one = np.array([label == sorted(set(table[base.target]))[0] for label in table[base.target]])
        array[one, 3] += (20.0, 60.0, 150.0)[size] * np.sin(np.linspace(0, np.pi, array.shape[2], dtype=np.float32))
        return array

    return Planted(changed(base, folder / "windows", x=x), (*base.arguments, "--target", base.target))


def _twice(base: Base, size: int, folder: Path) -> Planted:
    """Recordings that lie there again under another subject's name."""

    def x(array: np.ndarray, table: Table) -> np.ndarray:
        names = table["recording"].astype(str)
        recordings = np.unique(names)
        for number in range((2, 4, 6)[size]):
            source, copy = (np.flatnonzero(names == recordings[place]) for place in (number, len(recordings) - 1 - number))
            n = min(len(source), len(copy))
            array[copy[:n]] = array[source[:n]]
        return array

    return Planted(changed(base, folder / "windows", x=x), (*base.arguments, "--target", base.target))


def _lopsided(base: Base, size: int, folder: Path) -> Planted:
    """A split file with most of one class to learn from, and most of the other to be tested."""
    windows = open_windows(base.windows)
    people = np.unique(windows.table["subject"].astype(str))
    first = np.unique(windows.table["subject"].astype(str), return_index=True)[1]
    label = windows.table["sex"][first]
    order = np.argsort(label.astype(str), kind="stable")
    n = len(people)
    # One of each class stands on the other side, so that no set lacks one.
    sets = np.array(["train"] * n, dtype=object)
    cut = (n // 2, (2 * n) // 3, n // 2 + 1)[size]
    sets[order[cut:]] = "test"
    sets[order[cut:][::2]] = "validation"
    sets[order[-1]] = "train"
    sets[order[0]], sets[order[1]] = "test", "validation"
    path = folder / "split.tsv"
    path.write_text("subject\tsplit\n" + "".join(f"{one}\t{which}\n" for one, which in zip(people, sets, strict=True)), encoding="utf-8")
    return Planted(base.windows, (*base.arguments, "--target", "sex", "--split-file", str(path)))


def _trained(base: Base, folder: Path, **settings: Any) -> Planted:
    """A run that is asked about after its training."""
    options = dict(zip((one.removeprefix("--").replace("-", "_") for one in base.arguments[::2]), base.arguments[1::2], strict=True))
    asked = options | settings
    run = train.run(TrainSettings(windows=base.windows, output=folder / "run", target=base.target, threads=1, **asked), reporter=Silent())
    return Planted(run.output)


def _stopped(base: Base, size: int, folder: Path) -> Planted:
    """A training of two to four epochs, as one tries whether it runs."""
    return _trained(base, folder, arch="eegnet", epochs=(2, 3, 4)[size])


def _by_heart(base: Base, size: int, folder: Path) -> Planted:
    """A network with many weights, and two to four people to learn from."""
    return _trained(base, folder, arch="shallow", epochs=30, train_subjects=((2.0,), (3.0,), (4.0,))[size], lr=0.003)


ALIGNED = ("label-alignment", "label-noise")
FAULTS: list[Fault] = [
    _by_table("labels shifted by some rows", ("label-alignment", "labels-in-another-order"), _shifted),
    _by_table("labels sorted", ("label-alignment", "label-by-order", "label-noise"), _sorted),
    _by_table("labels shuffled", ALIGNED, _shuffled),
    _by_table("labels of other people", ("labels-in-another-order", "something-to-learn", "label-alignment"), _of_other_people),
    _by_table("noise of labels", ALIGNED, _noisy),
    _by_table("codes of classes as a number", ("label-kind",), _codes, target="group_code"),
    _by_table("a measure as classes", ("label-kind", "can-begin"), _ages, target="age_years", more=("--kind", "classification")),
    _by_table("classes in several spellings", ("class-spelling",), _spelt),
    _by_table("a class that is no label", ("class-spelling",), _unknown),
    _by_table("codes of missing numbers", ("target-scale",), _coded, target="age"),
    _by_table("numbers in several units", ("target-scale",), _wild, target="age"),
    _by_table("a rare class", ("class-balance", "persons-in-sets"), _rare, more=("--class-weights", "none")),
    _by_table("early against late", ("label-by-time",), _halves, target="part"),
    _by_table("people in the order of files", ("label-by-order",), _by_order, target="group"),
    _by_table("groups that were drawn", ("something-to-learn",), _by_chance, target="drawn"),
    _by_table("people without labels", ("missing-labels", "can-begin"), _unlabelled),
    Fault("a site for each class", "labels", ("label-of-place",), _of_place),
    Fault("a channel that holds the label", "labels", ("one-channel", "deciding-channel"), _marked),
    _by_options(
        "split by windows",
        ("split-unit", "subjects-in-two-splits"),
        (("--split-unit", "window"), ("--split-unit", "trial"), ("--split-unit", "window", "--split", "0.8,0.1,0.1")),
    ),
    _by_options(
        "a control that was left on",
        ("control-left-on",),
        (("--shuffle-labels", "0"), ("--shuffle-labels", "1"), ("--shuffle-labels", "2")),
        topic="labels",
    ),
    _by_table("few people", ("persons-in-sets", "can-begin", "missing-labels"), _few, topic="split"),
    _by_table("one subject among many", ("one-subject",), _mostly_one, topic="split"),
    Fault("recordings twice", "split", ("identical-windows-in-two-splits", "near-duplicates"), _twice),
    Fault("stopped after a few epochs", "result", ("end-of-training", "number-of-steps"), _stopped),
    Fault("few people, known by heart", "result", ("persons-in-sets", "memorised"), _by_heart),
    Fault("a lopsided split", "split", ("classes-in-sets", "persons-in-sets"), _lopsided),
]
