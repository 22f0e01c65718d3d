"""Audit: by how much a split that leaks would have inflated the accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.artifacts.controls import leaky_run
from eegcli.errors import counted
from eegcli.evaluate.cohort import gather_cohort
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction, predict
from eegcli.evaluate.sources import of_subjects
from eegcli.reporter import Silent
from eegcli.stats.paired import paired_interval
from eegcli.study.sets import TEST


def audit(evaluated: Evaluated) -> dict[str, Any] | None:
    """Set a run whose windows were shuffled over the sets beside the run, on the subjects that the run tests.

    Returns
    -------
    dict or None
        ``metric`` (share of right windows of a subject, or mean absolute error), its means ``clean`` and ``leaky``, ``inflation`` (positive: the leak
        looks better) with ``ci95``, ``n_subjects``, ``said``. None unless it is asked for.

    Notes
    -----
    Windows of a subject in the training set let a network know the subject, and with it the label of the windows that are tested (Saeb et al. 2017,
    doi:10.1093/gigascience/gix019).
    """
    if not evaluated.settings.audit:
        return None
    run = evaluated.run
    other = leaky_run(run)
    other = replace(other, networks=tuple(replace(network, code=run.networks[0].code) for network in other.networks))
    cohort = gather_cohort(other, evaluated.cohort.windows, own=True, reporter=Silent(), people=evaluated.cohort.people)
    tested = replace(cohort, splits=tuple(np.where(split == TEST, TEST, -1) for split in cohort.splits))
    predictions = list(predict(other, tested, evaluated.unit, vote_windows=None, device=evaluated.device, reporter=evaluated.reporter))
    kind = cohort.target.kind
    clean, leaked = (_by_subject(found, kind) for found in (evaluated.predictions, predictions))
    common = sorted(clean.keys() & leaked.keys())
    sign = 1.0 if kind == "classification" else -1.0
    gains = sign * np.array([leaked[subject] - clean[subject] for subject in common])
    low, high = paired_interval(gains, resamples=evaluated.settings.resamples, seed=evaluated.settings.seed)
    means = [float(np.mean([values[subject] for subject in common])) for values in (clean, leaked)]
    is_class = kind == "classification"
    scale, unit, sign_of_share, what = (
        (100.0, " points", " %", "accuracy") if is_class else (1.0, "", "", f"mean absolute error ({cohort.target.column})")
    )
    interval = "" if np.isnan(low) else f" [{scale * low:+.1f}, {scale * high:+.1f}]"
    said = (
        f"audit: with windows shuffled over the sets the {what} of the same network would be {scale * means[1]:.1f}{sign_of_share} per test subject, "
        f"not {scale * means[0]:.1f}{sign_of_share}: inflated by {scale * gains.mean():+.1f}{unit}{interval}, {counted(len(common), 'subject')}"
    )
    return {
        "metric": "accuracy" if is_class else "mae",
        "clean": means[0],
        "leaky": means[1],
        "inflation": float(gains.mean()),
        "ci95": [low, high],
        "n_subjects": len(common),
        "said": [said],
    }


def _by_subject(predictions: Sequence[Prediction], kind: str) -> dict[int, float]:
    """Figure of each test subject, mean over seeds."""
    values: dict[int, list[float]] = {}
    for seed in sorted({one.seed for one in predictions}):
        subjects, figures = of_subjects([one for one in predictions if one.seed == seed], kind)
        for subject, figure in zip(subjects.tolist(), figures.tolist(), strict=True):
            values.setdefault(subject, []).append(figure)
    return {subject: float(np.mean(found)) for subject, found in values.items()}
