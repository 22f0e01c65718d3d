"""Figures over seeds in the form of published tables: mean +- 1.96 SD / sqrt n, beside the interval over subjects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eegcli.errors import counted
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.levels import Level
from eegcli.evaluate.wording import interval_text
from eegcli.registry import METRICS, headline_metric
from eegcli.stats.seeds import over_seeds as interval_over_seeds
from eegcli.study.sets import TEST


def over_seeds(evaluated: Evaluated) -> dict[str, Any] | None:
    """Say how much the test figures differ between the seeds, in the form of published tables.

    Returns
    -------
    dict or None
        ``metric``, ``n_seeds``, and per level (``window``, ``vote``, of classes ``hard``): ``mean``, ``sd`` (ddof 0), ``over_seeds95``; ``over_subjects95`` as
        `splits` has it; ``said``. None where there is one seed.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762), with numpy's standard deviation. It tells how much trainings differ that saw the same subjects, never how
    other subjects would fare: more seeds make it as narrow as one likes.
    """
    seeds = sorted({one.seed for one in evaluated.predictions})
    if len(seeds) < 2:
        return None
    kind = evaluated.cohort.target.kind
    metric = headline_metric(kind)
    entry, test = METRICS[metric], evaluated.metrics["splits"]["test"]
    levels: dict[Level, Mapping[str, Any]] = {"window": test["window"], "vote": test["vote"]}
    if "hard" in test["vote"]:
        levels["hard"] = test["vote"]["hard"]
    facts: dict[str, Any] = {"metric": metric, "n_seeds": len(seeds)}
    by_seed = [[one for one in evaluated.predictions if one.seed == seed] for seed in seeds]
    told = []
    for level, pooled in levels.items():
        values = np.array([evaluated.summariser.metric(of_seed, TEST, level, metric) for of_seed in by_seed])
        mean, sd = float(values.mean()), float(values.std())
        bounds = list(interval_over_seeds(mean, float(values.std(ddof=1)), len(seeds)))
        facts[level] = {"mean": mean, "sd": sd, "over_seeds95": bounds}
        text = f"{level} {entry.text(mean)} ({interval_text(bounds, entry)})"
        if entry.interval is not None and entry.interval.key in pooled:
            low, high = facts[level]["over_subjects95"] = [float(bound) for bound in pooled[entry.interval.key]]
            text += f", over subjects {interval_text([low, high], entry)}"
        told.append(text)
    unit = " %" if entry.unit == "%" else ""
    said = (
        f"{metric.replace('_', ' ')}{unit}, mean of {counted(len(seeds), 'seed')} (95 % over seeds: mean +- 1.96 SD / sqrt n, ddof 0): {'; '.join(told)}. "
        "Over seeds tells how much trainings differ, not how other subjects would fare"
    )
    return {**facts, "said": [said]}
