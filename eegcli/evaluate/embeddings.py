"""Embeddings of an evaluation: the vectors before the last layer, their figure, and what a linear probe reads from them."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.embeddings import COLUMN, EMBEDDINGS, FIGURE, OF_SUBJECTS, means_of, subject_rows
from eegcli.artifacts.table import Table, concatenate, take, write_table, writing_table
from eegcli.artifacts.windows_of_run import table_of_run
from eegcli.engine.aligned import aligned, recentred_by
from eegcli.engine.embedding import embed
from eegcli.engine.embedding_figure import draw_embeddings
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction
from eegcli.evaluate.probe import Answer, Question, ask, figures_of, question_of, rows_of, sentence
from eegcli.stats.components import principal_components
from eegcli.stats.votes import COLUMNS
from eegcli.study.groups import number_groups
from eegcli.study.outputs import DESCRIBING
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import SETS, TEST

PROBES = "probe.parquet"
_LEARNT = SETS.index("train")


def embeddings(evaluated: Evaluated) -> dict[str, Any] | None:
    """Embed all windows by each network; write, draw and probe what is asked for. Nothing without ``--embeddings`` and ``--probe``.

    Raises
    ------
    InputError
        If a network does not end with a linear layer.
    """
    settings, cohort = evaluated.settings, evaluated.cohort
    if not (settings.embeddings or settings.probe):
        return None
    people = evaluated.run.people if cohort.own else cohort.people
    table = table_of_run(evaluated.run, cohort.windows)
    questions = {column: question_of(table, column, cohort.people) for column in settings.probe}
    answers: dict[str, dict[int, Answer | str]] = {column: {} for column in questions}
    how = evaluated.run.networks[0].description.align
    x, moved = aligned(cohort.windows, how, people), recentred_by(cohort.windows, how, people)
    of_subjects, size = [], 0
    with contextlib.ExitStack() as stack:
        append = stack.enter_context(writing_table(evaluated.output / EMBEDDINGS)) if settings.embeddings else None
        for network, prediction in zip(evaluated.run, evaluated.predictions, strict=True):
            label = f"Embedding (fold {network.fold}, seed {network.seed})" if len(evaluated.predictions) > 1 else "Embedding"
            vectors = embed(
                network.model(), x, prediction.rows, device=evaluated.device, reporter=evaluated.reporter, label=label, subject=moved
            )
            size = vectors.shape[1]
            if append is not None:
                rows = _rows(evaluated, prediction)
                append({**rows, COLUMN: vectors})
                if not unknown_persons(cohort.windows.table):
                    of_subjects.append(_of_subjects(rows, prediction, vectors))
                if prediction is evaluated.predictions[0]:
                    _draw(evaluated, prediction, vectors)
            for column, question in questions.items():
                answers[column][id(prediction)] = _asked(question, prediction, vectors, settings.seed)
    if of_subjects:
        write_table(evaluated.output / OF_SUBJECTS, concatenate(of_subjects))
    result: dict[str, Any] = {"n_values": size, "said": []}
    if questions:
        _probe(evaluated, questions, answers, table, result)
    return result


def _asked(question: Question | str, prediction: Prediction, vectors: NDArray[np.float32], seed: int) -> Answer | str:
    if isinstance(question, str):
        return question
    return ask(question, vectors, prediction.rows, prediction.split, fold=prediction.fold, seed=prediction.seed, draw=seed)


def _probe(
    evaluated: Evaluated,
    questions: dict[str, Question | str],
    answers: dict[str, dict[int, Answer | str]],
    table: Any,
    result: dict[str, Any],
) -> None:
    """Add the figures of all columns to `result`, and write their table."""
    result["probes"], parts = {}, []
    for column, question in questions.items():
        of_networks = list(answers[column].values())
        reasons = [answer for answer in of_networks if isinstance(answer, str)]
        if isinstance(question, str) or reasons:
            result["probes"][column] = {"not_probed": reasons[0]}
            result["said"].append(f"Probe of {column}: not done, {reasons[0]}")
            continue
        found = {key: answer for key, answer in answers[column].items() if isinstance(answer, Answer)}
        repeats = [[found[id(prediction)] for prediction in repeat] for repeat in evaluated.repeats]
        figures = figures_of(question, repeats, resamples=evaluated.settings.resamples, seed=evaluated.settings.seed)
        if evaluated.run.caveat:
            figures["marked"] = evaluated.run.caveat
        result["probes"][column] = figures
        result["said"].append(sentence(column, figures))
        parts += [rows_of(question, answer, table) for answer in found.values()]
    if parts:
        write_table(evaluated.output / PROBES, concatenate(parts))


def _rows(evaluated: Evaluated, prediction: Prediction) -> Table:
    windows, n = evaluated.cohort.windows.table, len(prediction.rows)
    return {
        **{name: windows[name][prediction.rows] for name in DESCRIBING if name in windows},
        "window": prediction.rows,
        "fold": np.full(n, prediction.fold),
        "seed": np.full(n, prediction.seed),
        "split": np.array(SETS, dtype=object)[prediction.split],
        "truth": evaluated.cohort.target.names(prediction.truth),
    }


def _of_subjects(rows: Table, prediction: Prediction, vectors: NDArray[np.float32]) -> Table:
    """Mean vector of each subject; of one who is in several sets, one for each."""
    kept = {name: rows[name] for name in ("dataset", "subject", "fold", "seed", "split")}
    return subject_rows(kept, vectors, prediction.subject + prediction.split * (prediction.subject.max() + 1))


def _draw(evaluated: Evaluated, prediction: Prediction, vectors: NDArray[np.float32]) -> None:
    target, table = evaluated.cohort.target, take(evaluated.cohort.windows.table, prediction.rows)
    group = prediction.subject if evaluated.unit == "subject" else number_groups(table, COLUMNS[evaluated.unit])
    _, first, member = np.unique(group + prediction.split * (group.max() + 1), return_index=True, return_inverse=True)
    learnt = prediction.split == _LEARNT
    fitted_to = "the training windows" if learnt.any() else "these windows, for those of the training are not among them"
    which = "; the first network" if len(evaluated.predictions) > 1 else ""
    pale = "; pale: training and validation" if (prediction.split != TEST).any() else ""
    draw_embeddings(
        evaluated.output / FIGURE,
        principal_components(vectors[learnt] if learnt.any() else vectors),
        means_of(vectors, member, len(first)),
        prediction.truth[first],
        classes=target.classes,
        faint=prediction.split[first] != TEST,
        name=target.column,
        title=f"mean vector before the last layer of each {evaluated.unit}{which}; components of {fitted_to}{pale}; {evaluated.title.removeprefix('test set: ')}",
    )
