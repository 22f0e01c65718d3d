"""metrics.json of a run: what its networks have in common, and the figures of each."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

REPORTED = ("optimistic", "honest")  # of the test set, where it chose the epoch
KEPT_BATCH = "kept_batch"  # with `validate_every` alone
OF_A_NETWORK = ("fold", "seed", "kept_epoch", "baseline", "strongest_baseline", "class_weights", "sets")
LATER = (KEPT_BATCH, *REPORTED)  # only where they are


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
        ``validation_sd``, their standard deviation (ddof 1), None for one. Of several, `OF_A_NETWORK` and `KEPT_BATCH` are lists in the same order, and
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
        "networks": networks,
        "validation": {name: statistics.fmean(values) for name, values in scores.items()},
        "validation_sd": {name: statistics.stdev(values) for name, values in scores.items()},
    }


def _mean(figures: Sequence[Mapping[str, float] | None]) -> dict[str, float] | None:
    """Mean of the figures of the test set over networks; None where a network has none."""
    known = [one for one in figures if one is not None]
    if len(known) < len(figures):
        return None
    return {name: statistics.fmean(one[name] for one in known) for name in known[0] if name not in ("epoch", "batch")}
