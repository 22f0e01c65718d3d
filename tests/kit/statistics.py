"""Statistics of DEAP's flow, written out slowly with SciPy."""

from __future__ import annotations

import numpy as np
from scipy import stats


def slow(x: np.ndarray, segment_samples: int) -> np.ndarray:
    """99 statistics of each channel of each trial, shape (n, n_channels, 99): nine of each of ten segments, then of the whole."""
    result = np.empty((*x.shape[:2], 99))
    for trial in range(x.shape[0]):
        for channel in range(x.shape[1]):
            whole = x[trial, channel].astype(np.float64)
            stretches = [whole[number * segment_samples : (number + 1) * segment_samples] for number in range(10)] + [whole]
            row = []
            for part in stretches:
                row += [np.mean(part), np.median(part), np.max(part), np.min(part), np.std(part), np.var(part), np.max(part) - np.min(part)]
                row += [stats.skew(part), stats.kurtosis(part)]
            result[trial, channel] = row
    return result
