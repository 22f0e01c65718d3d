"""metrics.json of a run: what its networks have in common, and the figures of each."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

REPORTED = ("optimistic", "honest")  # of the test set, where it chose the epoch
KEPT_BATCH = "kept_batch"  # with `validate_every` alone
OF_A_NETWORK = ("fold", "seed", "kept_epoch", "baseline", "strongest_baseline", "class_weights", "sets")
REFIT = "refit"  # with `refit` alone
LATER = (KEPT_BATCH, *REPORTED, REFIT)  # only where they are


def summary(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put the figures of networks together: the same names for one network and for several.

    Parameters
    ----------
    figures : sequence of mapping
        Figures of each network, in the order of folds and seeds: from `train_network`, or metrics.json of its folder.

    Returns
    -------
    dict
        What the first says; the figures of each network in ``networks``, in this order; ``validation``, the mean over networks, and
        ``validation_sd``, their standard deviation (ddof 1), None for one; a figure that one of them does not have is None in both. Of several,
        `OF_A_NETWORK` and `KEPT_BATCH` are lists in the same order, and
        ``optimistic`` and ``honest``, where they are, means without the number of the epoch.
    """
    scores = {name: [one["validation"][name] for one in figures] for name in figures[0]["validation"]}
    networks = [
        {name: one.get(name) for name in (*OF_A_NETWORK, "validation", *LATER) if name in one or name not in LATER} for one in figures
    ]
    if len(figures) == 1:
        return {**figures[0], "networks": networks, "validation_sd": None}
    return {
        **figures[0],
        **{name: [one.get(name) for one in figures] for name in OF_A_NETWORK},
        **({KEPT_BATCH: [one[KEPT_BATCH] for one in figures]} if KEPT_BATCH in figures[0] else {}),
        **{name: _mean([one[name] for one in figures]) for name in REPORTED if name in figures[0]},
        **({REFIT: _refit([one[REFIT] for one in figures])} if REFIT in figures[0] else {}),
        "networks": networks,
        "validation": {name: _over_networks(statistics.fmean, values) for name, values in scores.items()},
        "validation_sd": {name: _over_networks(statistics.stdev, values) for name, values in scores.items()},
    }


def _refit(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Epochs of each network, and the mean over networks of what the validation subjects had when they chose them."""
    return {"epochs": [one["epochs"] for one in figures], "validation": _mean([one["validation"] for one in figures])}


def _mean(figures: Sequence[Mapping[str, float | None] | None]) -> dict[str, float | None] | None:
    """Mean of the figures of the test set over networks; None where a network has none."""
    known = [one for one in figures if one is not None]
    if len(known) < len(figures):
        return None
    return {name: _over_networks(statistics.fmean, [one[name] for one in known]) for name in known[0] if name not in ("epoch", "batch")}


def _over_networks(figure: Callable[[list[float]], float], values: Sequence[float | None]) -> float | None:
    """A figure of the values of all networks; None where one of them has none: a mean over the others would be of other people."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    return figure(known) if len(known) == len(values) else None
