"""Flat channels: the electrode fell off, the plug came out, or the amplifier saturated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# The criterion of EEGLAB's clean_flatlines: a difference below it can only be rounding, where amplitudes are about one.
TOLERANCE = 20 * float(np.finfo(float).eps)


def flat_channels(
    data: np.ndarray | Sequence[np.ndarray], sfreq: float, *, seconds: float = 5.0, tolerance: float = TOLERANCE
) -> np.ndarray:
    """Find channels that do not change for a while.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), or a list of its rows
        Samples that are not finite count as changes.
    sfreq : float, Hz
    seconds : float, s
        A longer stretch makes a channel flat.
    tolerance : float
        Samples do not change if they differ by less than this, in the unit of `data`.

    Returns
    -------
    ndarray of bool, shape (n_channels,)
    """
    return np.array([longest_run(np.abs(np.diff(row)) < tolerance) > seconds * sfreq for row in data], dtype=bool)


def longest_run(still: np.ndarray) -> int:
    """Length of the longest run of true values.

    Examples
    --------
    >>> longest_run(np.array([True, False, True, True]))
    2
    """
    if not still.any():
        return 0
    ends = np.flatnonzero(np.diff(still, prepend=False, append=False))
    return int((ends[1::2] - ends[::2]).max())
