"""Nested cross-validation: the interval of a cross-validated closed form, corrected for networks of folds that share subjects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.run import Run
from eegcli.compute.signals import Stop
from eegcli.compute.threads import default_threads
from eegcli.engine.aligned import aligned
from eegcli.engine.class_weights import class_weights
from eegcli.engine.closed import answer, features_of, fit_features
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples
from eegcli.engine.objective import Objective
from eegcli.errors import InputError, counted
from eegcli.evaluate.evaluated import Evaluated
from eegcli.models.closed import ClosedForm, closed_form
from eegcli.models.normalisation import Normalised
from eegcli.registry import METRICS, headline_metric
from eegcli.reporter import Silent
from eegcli.stats.intervals.measured import measured
from eegcli.stats.intervals.nested import Nested, nested_interval
from eegcli.stats.intervals.of_metrics import Found
from eegcli.study.persons import unknown_persons

METHOD = "nested cross-validation (Bates, Hastie & Tibshirani 2023)"
FEWEST_FOLDS, FEWEST_A_FOLD = 3, 2  # of which the spread within a fold, and between folds, is known

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def require_nested(run: Run, n_repeats: int, *, own: bool) -> None:
    """Check that a run can be cross-validated anew within its folds.

    Raises
    ------
    InputError
        If it has no folds, is no closed form, was not split by subject, or standardises by its training windows.
    """
    hint = "Leave out --nested-cv: what the interval over subjects covers stands beside it."
    n_folds = int(run.metrics["n_folds"])
    if not own:
        raise InputError("--nested-cv corrects an interval of cross-validation, and other windows were in no fold", hint=hint)
    if n_folds < FEWEST_FOLDS:
        raise InputError(
            f"{run.path}: has {counted(n_folds, 'fold')}, and --nested-cv needs {FEWEST_FOLDS} or more (train --cv)", hint=hint
        )
    if run.metrics["training"] is not None:
        n_fits = n_repeats * n_folds * (n_folds + 1) // 2
        raise InputError(f"{run.path}: {run.metrics['arch']} would be trained {n_fits} times; --nested-cv is for closed forms", hint=hint)
    if run.settings.split_unit != "subject":
        raise InputError(f"{run.path}: was not split by subject, and --nested-cv deals subjects out to folds", hint=hint)
    scaler = run.networks[0].description.input_scaler
    if scaler is not None and scaler["how"] == "train":
        raise InputError(f"{run.path}: windows are standardised by those of the training, which --nested-cv does not do anew", hint=hint)


def nested_cv(evaluated: Evaluated) -> dict[str, Any] | None:
    """Cross-validate a closed form within its folds, again and again, and correct the interval of its headline metric.

    Returns
    -------
    dict or None
        ``metric``, ``value`` and ``ci95`` of what somebody else's cohort would be predicted with by such a network, ``uncorrected`` (the value and
        interval that take networks as given), ``inflation`` of the standard error, ``n_folds``, ``n_repeats``, ``method``, coverage, ``said``.
        None where it is not asked for.
    """
    n_repeats = evaluated.settings.nested_cv
    if n_repeats is None:
        return None
    refit = _Refit(evaluated)
    n_folds = int(evaluated.run.metrics["n_folds"])
    random = np.random.default_rng(evaluated.settings.seed)
    folds = np.stack([_deal(random, refit.label, n_folds) for _ in range(n_repeats)])
    if np.bincount(folds[0], minlength=n_folds).min() < FEWEST_A_FOLD:
        raise InputError(f"{evaluated.run.path}: a fold of one subject has no spread; --nested-cv needs {FEWEST_A_FOLD} or more in each")
    outer, inner = np.zeros(folds.shape), np.zeros((n_repeats, n_folds, folds.shape[1]))
    pairs = [(one, two) for one in range(n_folds) for two in range(one, n_folds)]
    work = [(repeat, one, two) for repeat in range(n_repeats) for one, two in pairs]
    for repeat, one, two in evaluated.reporter.progress(work, "Nested cross-validation", len(work)):
        of_one, of_two = folds[repeat] == one, folds[repeat] == two
        values = refit.values(of_one | of_two, random)
        if one == two:
            outer[repeat, of_one] = values[of_one]
        else:
            inner[repeat, one, of_two], inner[repeat, two, of_one] = values[of_two], values[of_one]
    return _entry(evaluated, nested_interval(folds, outer, inner, refit.counts), n_folds, n_repeats, len(refit.label))


def _entry(evaluated: Evaluated, nested: Nested, n_folds: int, n_repeats: int, n_subjects: int) -> dict[str, Any]:
    metric = headline_metric(evaluated.cohort.target.kind)
    entry = METRICS[metric]
    window = evaluated.metrics["splits"]["test"]["window"]
    assert entry.interval is not None
    quantity = "nested" if metric == "accuracy" else ""
    covers = measured(Found(nested.low, nested.high, METHOD, quantity, (nested.value,)), n_subjects, n_folds)
    covers.pop("given", None)
    said = (
        f"{metric} of test windows by {METHOD}, {counted(n_repeats, 'repeat')} of {counted(n_folds, 'fold')}: "
        f"{entry.text(nested.value)} [{entry.text(nested.low)}, {entry.text(nested.high)}]"
        f"{' %' * (entry.unit == '%')}; its standard error is {nested.inflation:.2f} times that over subjects"
    )
    if "coverage" in covers:
        said += f"; such an interval held the truth in {covers['coverage']:.0f} % of {covers['simulated']}"
    return {
        "metric": metric,
        "value": nested.value,
        "ci95": (nested.low, nested.high),
        "uncorrected": {"value": window[metric], "ci95": window[entry.interval.key]},
        "inflation": nested.inflation,
        "n_folds": n_folds,
        "n_repeats": n_repeats,
        "method": METHOD,
        **covers,
        "said": [said],
    }


def _deal(random: np.random.Generator, label: Floats, n_folds: int) -> Ints:
    """Deal subjects out to folds by a draw, those of a label (of numbers: of like ones) evenly."""
    order = np.lexsort((random.random(len(label)), label))
    folds = np.empty(len(label), dtype=np.int64)
    for start in range(0, len(label), n_folds):
        chosen = order[start : start + n_folds]
        folds[chosen] = random.permutation(n_folds)[: len(chosen)]
    return folds


class _Refit:
    """A closed form that is fitted anew without some subjects, and predicts them.

    Attributes
    ----------
    label, counts : ndarray, shape (n_subjects,)
        Mean label and number of windows of each subject that is tested.
    """

    def __init__(self, evaluated: Evaluated) -> None:
        run, cohort, first = evaluated.run, evaluated.cohort, evaluated.run.networks[0]
        tested = np.flatnonzero(np.any([split >= 0 for split in cohort.splits], axis=0))
        if unknown_persons(cohort.windows.table):
            raise InputError(f"{run.path}: nobody knows whose the windows are, and --nested-cv deals subjects out to folds")
        self.labels = cohort.target.values[tested]
        _, self.subject = np.unique(cohort.people.number(cohort.windows.table)[tested], return_inverse=True)
        self.counts = np.bincount(self.subject).astype(float)
        self.label = np.bincount(self.subject, weights=self.labels) / self.counts
        self.kind, self.n_classes = cohort.target.kind, len(cohort.target.classes)
        self.head, self.weighting = first.head, run.settings.class_weights
        threads = default_threads(evaluated.settings.threads)
        self.context = Context(torch.device("cpu"), threads, evaluated.output, Stop(), Silent())
        model = first.model()
        front = model.normalisation if isinstance(model, Normalised) else None
        self.model: ClosedForm = closed_form(model.network if isinstance(model, Normalised) else model)
        x = aligned(cohort.windows, first.description.align, run.people)
        context = replace(self.context, reporter=evaluated.reporter)
        self.features = features_of(self.model, Examples(x, tested, self.labels), context, "test", front)
        # Of the subjects outside a fold, the share that was trained on; the others validated.
        names = run.splits["split"].astype(str)
        trained, validating = int((names == "train").sum()), int((names == "validation").sum())
        self.share = trained / (trained + validating)

    def values(self, left_out: NDArray[np.bool_], random: np.random.Generator) -> Floats:
        """Sum over its windows of what is right, or of the absolute error, of each subject, by a fit that did not see those left out."""
        outside = np.flatnonzero(~left_out)
        n_validating = round((1 - self.share) * len(outside))
        if n_validating:
            parts = _deal(random, self.label[outside], max(len(outside) // n_validating, 2))
            outside = outside[parts != 0]
        learnt = np.isin(self.subject, outside)
        labels = self.labels[learnt]
        weights = None
        if self.n_classes:
            counts = np.bincount(labels.astype(np.int64), minlength=self.n_classes)
            if counts.min() == 0:
                raise InputError("--nested-cv: without two folds, a class has no subject left to learn from", hint="Leave it out.")
            weights = class_weights(counts, self.weighting)
        objective = Objective(self.head, None if weights is None else torch.from_numpy(weights).float())
        fit_features(
            self.model, [own[learnt] for own in self.features], labels, objective, subjects=self.subject[learnt], context=self.context
        )
        asked = np.flatnonzero(left_out[self.subject])
        outputs = self.head.predictions(answer(self.model, [own[asked] for own in self.features]))
        if self.kind == "classification":
            values = np.asarray(outputs.argmax(axis=1) == self.labels[asked], dtype=float)
        else:
            values = np.abs(outputs[:, 0] - self.labels[asked])
        return np.asarray(np.bincount(self.subject[asked], weights=values, minlength=len(self.counts)), dtype=np.float64)
