"""Probes of embeddings: whether what a network has learnt tells age, hand, eyes or site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.embeddings import means_of
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run
from eegcli.artifacts.table import Table, take
from eegcli.artifacts.windows_of_run import table_of_run
from eegcli.errors import InputError, counted
from eegcli.evaluate.wording import aligned, interval_cell
from eegcli.registry import metrics_of
from eegcli.stats.probe import Probed, probe, why_not
from eegcli.stats.summary import Predictions, summarise
from eegcli.stats.votes import COLUMNS, Unit, unit_of_vote
from eegcli.study.groups import group_names, number_groups
from eegcli.study.outputs import class_names
from eegcli.study.persons import People, unknown_persons
from eegcli.study.sets import SETS, TEST
from eegcli.study.target import Target, read_target

FITTED_TO = "all other test subjects and the validation subjects of the same network, none of whom it learnt from; told are test subjects"
_LEARNT = SETS.index("train")


@dataclass(frozen=True)
class Question:
    """Column that is asked of embeddings.

    Attributes
    ----------
    target : Target
        Value of each window.
    unit : str
        Group of windows whose mean vector is asked: the coarsest within which the column does not change.
    group, subject : ndarray of int, shape (n_windows,)
        Number of each window's group, and of its subject.
    """

    target: Target
    unit: Unit
    group: NDArray[np.int64]
    subject: NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """Answer of the vectors of one network.

    Attributes
    ----------
    fold, seed : int
    first : ndarray of int, shape (n,)
        A window of each group that is told.
    probed : Probed
    """

    fold: int
    seed: int
    first: NDArray[np.int64]
    probed: Probed


def require_probes(run: Run, windows: AnyWindows, columns: Sequence[str], *, own: bool) -> None:
    """See that columns can be asked of the embeddings of a run, before any work is done.

    Raises
    ------
    InputError
        If the windows have no such column, nobody knows whose they are, or the networks have seen everybody.
    """
    if columns and own and run.settings.split_unit != "subject":
        raise InputError(
            f"{run.path}: a probe asks of people whom the networks never saw, and the run was split by {run.settings.split_unit}",
            hint="Probe on another cohort (--windows), or train with --split-unit subject.",
        )
    if columns and unknown_persons(windows.table):
        raise InputError(f"{windows.path}: nobody knows whose the windows are, so that no probe can be fitted to some and tried on others")
    table = table_of_run(run, windows)
    for column in columns:
        read_target(table, column)


def question_of(table: Mapping[str, np.ndarray], column: str, people: People) -> Question | str:
    """Read a column as what is asked; a text says why it cannot be."""
    target = read_target(table, column)
    known = target.known
    if not known.any():
        return "no window has a value"
    unit = unit_of_vote(target.values[known], take(table, known), column, people)
    if unit == "window":
        return "it changes within every group of windows"
    subject = people.number(table)
    return Question(target, unit, subject if unit == "subject" else number_groups(table, COLUMNS[unit]), subject)


def ask(
    question: Question,
    vectors: NDArray[np.float32],
    rows: NDArray[np.int64],
    split: NDArray[np.int64],
    *,
    fold: int,
    seed: int,
    draw: int,
) -> Answer | str:
    """Ask the vectors of one network.

    Parameters
    ----------
    question : Question
    vectors : ndarray of float32, shape (n, n_features)
        Of the windows of all sets.
    rows, split : ndarray of int, shape (n,)
        Row and set of each window. Windows that the network learnt from have no part in it.
    fold, seed : int
        Of the network.
    draw : int
        Seed of the folds of the probe.

    Returns
    -------
    Answer or str
        A text says why nothing can be asked.
    """
    use = np.flatnonzero((split != _LEARNT) & question.target.known[rows])
    if not (split[use] == TEST).any():
        return "no test window has a value"
    _, first, member = np.unique(question.group[rows[use]], return_index=True, return_inverse=True)
    means = means_of(vectors[use], member, len(first))
    at = rows[use][first]
    values, subject, told = question.target.values[at], question.subject[at], split[use][first] == TEST
    n_classes = len(question.target.classes)
    reason = why_not(values, subject, told, n_classes)
    if reason is not None:
        return reason
    probed = probe(means, values, subject, told, n_classes, seed=draw)
    return Answer(fold, seed, at[probed.rows], probed)


def figures_of(question: Question, repeats: Sequence[Sequence[Answer]], *, resamples: int, seed: int) -> dict[str, Any]:
    """Figures of a column, out of fold: those of a vote, beside those of the constant that was fitted to the same rows.

    Parameters
    ----------
    question : Question
    repeats : sequence of sequence of Answer
        Put below each other within a repeat, averaged over repeats.
    resamples, seed : int
        Of the interval over subjects.
    """
    target = question.target
    n_classes = len(target.classes)
    below = [_predictions(question, answers) for answers in repeats]
    figures = summarise(
        below,
        target.kind,
        n_classes,
        resamples=resamples,
        seed=seed,
        votes=True,
        n_folds=sum(len(np.unique(answer.probed.fold)) for answer in repeats[0]),
    )
    constants = [np.concatenate([answer.probed.baseline for answer in answers]) for answers in repeats]
    if n_classes:
        figures["baseline_accuracy"] = float(
            np.mean([(constant == one.truth).mean() for constant, one in zip(constants, below, strict=True)])
        )
    return {
        "kind": target.kind,
        "classes": target.classes,
        "unit": question.unit,
        "fitted_to": FITTED_TO,
        **figures,
    }


def _predictions(question: Question, answers: Sequence[Answer]) -> Predictions:
    first = np.concatenate([answer.first for answer in answers])
    outputs = np.concatenate([answer.probed.outputs for answer in answers])
    truth, subject = question.target.values[first], question.subject[first]
    fold = np.concatenate(
        [answer.probed.fold + 1000 * number for number, answer in enumerate(answers)]
    )  # of which probe: each is a model of its own
    if question.target.kind == "regression":
        constant = np.concatenate([answer.probed.baseline for answer in answers])
        return Predictions(truth, outputs[:, 0], subject, constant=constant, fold=fold)
    return Predictions(truth.astype(np.int64), outputs.argmax(axis=1), subject, probabilities=outputs, fold=fold)


def rows_of(question: Question, answer: Answer, table: Mapping[str, np.ndarray]) -> Table:
    """Rows of probe.parquet: who was told, what is true, what the probe says, and what a constant says."""
    target, first, n = question.target, answer.first, len(answer.first)
    missing_text, missing = np.full(n, None, dtype=object), np.full(n, np.nan)
    truth, outputs, baseline = target.values[first], answer.probed.outputs, answer.probed.baseline
    is_number = target.kind == "regression"

    def named(values: np.ndarray) -> np.ndarray:
        return missing_text if is_number else class_names(values.astype(np.int64), target.classes)

    return {
        "column": _all(target.column, n),
        "kind": _all(target.kind, n),
        "unit": group_names(table, COLUMNS[question.unit], first),
        **{name: table[name][first] for name in ("dataset", "subject")},
        "fold": np.full(n, answer.fold),
        "seed": np.full(n, answer.seed),
        "probe_fold": answer.probed.fold,
        "truth": named(truth),
        "predicted": named(outputs.argmax(axis=1)),
        "baseline": named(baseline),
        "probability": missing if is_number else outputs.max(axis=1),
        "true_number": truth if is_number else missing,
        "predicted_number": outputs[:, 0] if is_number else missing,
        "baseline_number": baseline if is_number else missing,
    }


def _all(text: str, n: int) -> np.ndarray:
    return np.full(n, text, dtype=object)


def sentence(column: str, figures: Mapping[str, Any]) -> str:
    """Phrase the figures of a column."""
    shown = {name: entry for name, entry in aligned([figures], figures["kind"]).items() if entry.heading and name in figures}
    said = []
    for name, entry in shown.items():
        bounds = interval_cell(figures, entry.interval, entry) if entry.interval and entry.interval.heading else "-"
        said.append(f"{entry.heading} {entry.text(figures[name])}" + (f" ({bounds})" if bounds != "-" else ""))
    if "baseline_accuracy" in figures:
        said.append(f"a constant fitted to the same people {metrics_of('classification')['accuracy'].text(figures['baseline_accuracy'])}")
    votes, people = counted(figures["n"], figures["unit"]), counted(figures["n_subjects"], "subject")
    return f"Probe of {column}: {', '.join(said)}; {votes}" + (f" of {people}" if figures["unit"] != "subject" else "")
