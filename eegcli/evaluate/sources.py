"""Sources of spread: how much of it comes from who is tested, how much from the seed of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import counted
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction
from eegcli.stats.variance import components
from eegcli.study.sets import TEST


def seeds_and_subjects(evaluated: Evaluated) -> dict[str, Any] | None:
    """Split the variance of the accuracy (or mean absolute error) of test subjects' windows by subjects and seeds.

    Returns
    -------
    dict or None
        As `stats.variance.Components` has them, in the unit of the metric; ``metric``, ``n_subjects``, ``n_seeds``, ``said``. None of one seed or one
        subject.
    """
    kind = evaluated.cohort.target.kind
    seeds = sorted({one.seed for one in evaluated.predictions})
    if len(seeds) < 2:
        return None
    values = np.stack([of_subjects([one for one in evaluated.predictions if one.seed == seed], kind)[1] for seed in seeds], axis=1)
    found = components(values)
    if found is None:
        return None
    is_class = kind == "classification"
    scale, unit = (100.0, "points") if is_class else (1.0, evaluated.cohort.target.column)
    parts = f"{scale * found.subjects:.3g} between subjects, {scale * found.seeds:.2g} between seeds, {scale * found.rest:.3g} the rest"
    errors = f"{scale * found.error_of_subjects:.2g} from having {counted(values.shape[0], 'subject')}, {scale * found.error_of_seeds:.2g} from having {counted(len(seeds), 'seed')}"
    return {
        "metric": "accuracy" if is_class else "mae",
        "n_subjects": values.shape[0],
        "n_seeds": len(seeds),
        **asdict(found),
        "said": [f"standard deviation of test subjects' windows ({unit}): {parts}; standard error of the mean: {errors}"],
    }


def of_subjects(predictions: Sequence[Prediction], kind: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Share of right windows, or mean absolute error, of each test subject.

    Parameters
    ----------
    predictions : sequence of Prediction
        Of the folds of a seed.
    kind : {"classification", "regression"}

    Returns
    -------
    subjects : ndarray of int, shape (n_subjects,)
        Their numbers, ascending.
    values : ndarray, shape (n_subjects,)
    """
    subject = np.concatenate([one.subject[one.split == TEST] for one in predictions])
    values = np.concatenate(
        [
            np.abs(one.outputs[one.split == TEST, 0] - one.truth[one.split == TEST])
            if kind == "regression"
            else (np.argmax(one.outputs[one.split == TEST], axis=1) == one.truth[one.split == TEST]).astype(np.float64)
            for one in predictions
        ]
    )
    subjects, number, counts = np.unique(subject, return_inverse=True, return_counts=True)
    return subjects, np.bincount(number, weights=values) / counts
