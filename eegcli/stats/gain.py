"""Gain of the vote: how much more of the votes is right than of the windows that cast them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.stats.intervals.clustered import CLOPPER_PEARSON, gain_interval
from eegcli.stats.intervals.measured import measured
from eegcli.stats.intervals.of_metrics import Found
from eegcli.stats.metrics import right
from eegcli.stats.summary import Predictions

Floats = NDArray[np.float64]
METHOD = "MOVER of bootstrap-t (windows), {} (votes) and their correlation over subjects"


def vote_gain(
    windows: Sequence[Predictions], votes: Sequence[Predictions], *, resamples: int, seed: int, n_folds: int = 1
) -> dict[str, Any]:
    """Compute the accuracy of votes less that of windows, with its interval over subjects.

    Parameters
    ----------
    windows, votes : sequence of Predictions
        One per seed, folds put below each other; of the same subjects.
    resamples, seed : int
        Number of resamples, and seed, of the bootstrap over subjects.
    n_folds : int
        Networks whose predictions a repeat puts below each other.

    Returns
    -------
    dict
        ``value``, ``ci95``, ``method``, and what `stats.intervals.measured.measured` says of it. NaN where there are fewer than two subjects.
    """
    subjects = np.unique(np.concatenate([repeat.subject for repeat in windows]))
    of_windows, of_votes = (_by_subject(repeats, subjects) for repeats in (windows, votes))
    gain, low, high = gain_interval(of_votes, of_windows, resamples=resamples, seed=seed)
    shares = of_windows[0] / of_windows[1]
    features = (float(shares.mean()), float(shares.std(ddof=1)) if len(subjects) > 1 else np.nan)
    method = METHOD.format(CLOPPER_PEARSON.split()[0] if (of_votes[1] == 1).all() else "Korn-Graubard")
    found = Found(float(low[0]), float(high[0]), method, "vote_gain", features)
    return {"value": float(gain[0]), "ci95": (found.low, found.high), "method": method, **measured(found, len(subjects), n_folds)}


def _by_subject(repeats: Sequence[Predictions], subjects: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Right rows of each subject and all of them, mean over repeats; shape (n_subjects, 1) each."""
    member = np.searchsorted(subjects, np.concatenate([repeat.subject for repeat in repeats]))
    values = np.concatenate([right(repeat.truth, repeat.predicted) for repeat in repeats])
    sums, counts = (np.bincount(member, weights=weights, minlength=len(subjects)) for weights in (values, np.ones(len(values))))
    return sums[:, None] / len(repeats), counts[:, None] / len(repeats)
