"""Difference between two runs: of the same test subjects, and whether it can be told from none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import NAME as EVALUATION
from eegcli.artifacts.evaluation import PREDICTIONS, VOTES
from eegcli.artifacts.run import Run
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, counted
from eegcli.stats.detectable import Detectable, detectable
from eegcli.stats.holm import holm
from eegcli.stats.mcnemar import mcnemar
from eegcli.stats.metrics import absolute_error
from eegcli.stats.paired import paired_interval
from eegcli.stats.resampled import Resampled, corrected_t
from eegcli.stats.signs import sign_flip_p
from eegcli.study.persons import Person
from eegcli.study.sets import NAMES, TEST

Floats = NDArray[np.float64]
RESAMPLES, SEED = 10_000, 0
NO_VOTES_OF_SUBJECTS = "a subject has several votes"
NO_FOLDS = "one of them has no folds"
OTHER_FOLDS = "their folds test other subjects"


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of the votes of subjects.

    Attributes
    ----------
    this_alone, that_alone : int
        Subjects whose vote is right in this run alone, and in the reference alone.
    p, mid_p : float
        Exact, two-sided; mid-p.
    """

    this_alone: int
    that_alone: int
    p: float
    mid_p: float


@dataclass(frozen=True)
class Paired:
    """Mean difference over the subjects in common, each of the same weight: this run less the reference.

    Attributes
    ----------
    difference : float
        Of shares of right windows (votes); of a number, of mean absolute errors.
    ci95 : tuple of (float, float)
        The wider of Student's t and bootstrap-t; NaN where subjects do not differ.
    p : float
        Of the sign-flip test.
    p_holm : float
        Adjusted for the number of runs that are compared.
    """

    difference: float
    ci95: tuple[float, float]
    p: float
    p_holm: float = float("nan")


@dataclass(frozen=True)
class Difference:
    """Difference between a run and the reference.

    Attributes
    ----------
    run, reference : str
        Names, as the table has them.
    n_subjects : int
        Test subjects in common.
    n_left_out : int
        Test subjects of one of them alone.
    window, vote : Paired
    mcnemar : McNemar or str
        Or why there is none.
    p_mcnemar_holm : float
    folds : Resampled or str
        Difference of windows over folds, with the corrected error; or why there is none.
    detectable : Detectable or None
        Of windows.
    """

    run: str
    reference: str
    n_subjects: int
    n_left_out: int
    window: Paired
    vote: Paired
    mcnemar: McNemar | str
    folds: Resampled | str
    detectable: Detectable | None
    p_mcnemar_holm: float = float("nan")

    def data(self) -> dict[str, Any]:
        """Entry of `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class _Tested:
    """Test set of an evaluated run, by person."""

    window: dict[Person, float]
    vote: dict[Person, float]
    one_vote: dict[Person, float]  # right or not, by the mean probability over seeds; empty where a person has several votes
    folds: dict[int, tuple[frozenset[Person], float]]
    n_trained_on: float


def differences(runs: Sequence[Run], names: Sequence[str]) -> tuple[Difference, ...]:
    """Compare every evaluated run with the first of them, on the test subjects that both have.

    Parameters
    ----------
    runs : sequence of Run
        Of the same target and classes.
    names : sequence of str
        Names to be shown.

    Returns
    -------
    tuple of Difference
        Empty where fewer than two are evaluated.

    Raises
    ------
    InputError
        If two have no test subject in common.
    """
    evaluated = [(run, name) for run, name in zip(runs, names, strict=True) if (run.path / EVALUATION / folder.DONE).exists()]
    if len(evaluated) < 2:
        return ()
    (first, reference), *others = evaluated
    that = _tested(first, first)
    found = []
    for run, name in others:
        this = _tested(run, first)
        common = sorted(this.window.keys() & that.window.keys())
        if not common:
            raise InputError(
                f"{run.path} and {first.path} have no test subject in common: no difference between them can be told from one between people",
                hint="Train both with the same --seed and --split or --cv, or compare them in different calls.",
            )
        found.append(_difference(this, that, common, name, reference, is_class=run.kind == "classification"))
    return _adjusted(found)


def _difference(this: _Tested, that: _Tested, common: list[Person], run: str, reference: str, *, is_class: bool) -> Difference:
    window = _between(this.window, that.window, common)
    test: McNemar | str = NO_VOTES_OF_SUBJECTS if is_class else "numbers are not right or wrong"
    if is_class and set(common) <= this.one_vote.keys() & that.one_vote.keys():
        here, there = (np.array([one.one_vote[person] for person in common]) for one in (this, that))
        counts = int(np.sum(here > there)), int(np.sum(there > here))
        test = McNemar(*counts, *mcnemar(*counts))
    return Difference(
        run,
        reference,
        len(common),
        len(this.window.keys() ^ that.window.keys()),
        _paired(window),
        _paired(_between(this.vote, that.vote, common)),
        test,
        _over_folds(this, that),
        detectable(window),
    )


def _between(this: Mapping[Person, float], that: Mapping[Person, float], common: Sequence[Person]) -> Floats:
    return np.array([this[person] - that[person] for person in common])


def _paired(values: Floats) -> Paired:
    interval = paired_interval(values, resamples=RESAMPLES, seed=SEED)
    return Paired(float(values.mean()), interval, sign_flip_p(values, seed=SEED))


def _over_folds(this: _Tested, that: _Tested) -> Resampled | str:
    if len(this.folds) < 2 or len(that.folds) < 2:
        return NO_FOLDS
    if {fold: people for fold, (people, _) in this.folds.items()} != {fold: people for fold, (people, _) in that.folds.items()}:
        return OTHER_FOLDS
    values = np.array([this.folds[fold][1] - that.folds[fold][1] for fold in sorted(this.folds)])
    n_tested = float(np.mean([len(people) for people, _ in this.folds.values()]))
    return corrected_t(values, n_tested / this.n_trained_on) or "all folds differ by the same"


def _adjusted(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Differences with the p values of all runs adjusted for their number, by test."""
    windows, votes = holm([one.window.p for one in found]), holm([one.vote.p for one in found])
    exact = holm([one.mcnemar.p if isinstance(one.mcnemar, McNemar) else float("nan") for one in found])
    return tuple(
        replace(one, window=replace(one.window, p_holm=window), vote=replace(one.vote, p_holm=vote), p_mcnemar_holm=p)
        for one, window, vote, p in zip(found, windows, votes, exact, strict=True)
    )


def _tested(run: Run, rule: Run) -> _Tested:
    """Test set of a run's evaluation on its own windows; who is the same person is said by the rule of one run for both."""
    path = run.path / EVALUATION
    folder.require(path, "evaluation")
    outputs = [f"p_{name}" for name in run.classes] if run.kind == "classification" else ["prediction"]
    columns = ["dataset", "subject", "fold", "seed", "split", "truth", *outputs]
    people: dict[str, list[Person]] = {}
    good: dict[str, Floats] = {}
    tables = {}
    for level, name in (("window", PREDICTIONS), ("vote", VOTES)):
        table = read_table(path / name, [*columns, *(["unit"] if level == "vote" else [])])
        rows = np.flatnonzero(table["split"].astype(str) == NAMES[TEST])
        tables[level] = {column: values[rows] for column, values in table.items()}
        people[level] = rule.people.of(tables[level])
        good[level] = _good(tables[level], outputs, run)
    by_person = {level: _means(people[level], good[level]) for level in ("window", "vote")}
    folds = {}
    fold = tables["window"]["fold"]
    for number in np.unique(fold).tolist():
        rows = np.flatnonzero(fold == number)
        folds[number] = (frozenset(people["window"][row] for row in rows), float(good["window"][rows].mean()))
    return _Tested(
        by_person["window"], by_person["vote"], _one_vote(tables["vote"], people["vote"], outputs, run), folds, _n_trained_on(run, rule)
    )


def _good(table: Mapping[str, np.ndarray], outputs: Sequence[str], run: Run) -> Floats:
    """Right or wrong of each row; of a number the absolute error."""
    values = np.stack([table[name] for name in outputs], axis=1)
    if run.kind == "regression":
        return absolute_error(table["truth"].astype(np.float64), values[:, 0])
    classes = np.array(run.classes, dtype=object)
    return np.asarray(classes[np.argmax(values, axis=1)] == table["truth"], dtype=np.float64)


def _means(people: Sequence[Person], values: Floats) -> dict[Person, float]:
    number = {person: index for index, person in enumerate(dict.fromkeys(people))}
    codes = np.array([number[person] for person in people], dtype=np.int64)
    means = np.bincount(codes, weights=values, minlength=len(number)) / np.bincount(codes, minlength=len(number))
    return dict(zip(number, means.tolist(), strict=True))


def _one_vote(table: Mapping[str, np.ndarray], people: Sequence[Person], outputs: Sequence[str], run: Run) -> dict[Person, float]:
    """Right or wrong of each person's vote, by the mean probability over networks; empty where one has several votes."""
    if run.kind == "regression" or len({*zip(people, table["unit"].tolist(), strict=True)}) > len(set(people)):
        return {}
    means = [_means(people, table[name]) for name in outputs]
    truth = dict(zip(people, table["truth"].tolist(), strict=True))
    return {person: float(run.classes[int(np.argmax([mean[person] for mean in means]))] == truth[person]) for person in truth}


def _n_trained_on(run: Run, rule: Run) -> float:
    """Number of training subjects: mean over folds."""
    splits = {name: run.splits[name] for name in ("dataset", "subject", "fold", "split")}
    trained = splits["split"].astype(str) == "train"
    counts = []
    for fold in np.unique(splits["fold"]):
        rows = trained & (splits["fold"] == fold)
        counts.append(len(set(rule.people.of({name: splits[name][rows] for name in ("dataset", "subject")}))))
    return float(np.mean(counts))


def said(difference: Difference, *, is_class: bool) -> str:
    """Sentence on what the cohort can see."""
    if difference.n_subjects == 1:
        return f"{difference.run}: one subject in common with {difference.reference}, so that chance cannot be told"
    if difference.detectable is None:
        return f"{difference.run}: all subjects differ by the same from {difference.reference}, so that chance cannot be told"
    scale, unit = (100.0, " points") if is_class else (1.0, "")
    seen = difference.detectable
    if is_class and seen.significant >= 1:
        return f"{difference.run}: {counted(difference.n_subjects, 'subject')} in common {'are' if difference.n_subjects > 1 else 'is'} too few to see any difference"
    return (
        f"{difference.run}: with {counted(difference.n_subjects, 'subject')} in common a difference of windows below {scale * seen.significant:.2g}{unit} "
        f"cannot be told from none; one of {scale * seen.powered:.2g}{unit} is found in 80 % of such cohorts"
    )
