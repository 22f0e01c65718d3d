"""Distribution of clean values (a truncated generalised Gaussian) inside a sample that also holds artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# The body of the sample that is fitted: artifacts make its upper tail, drop-outs its lower one.
QUANTILES = (0.022, 0.6)
MAX_DROPOUT = 0.1  # of the values, at most this share lies below the body
MIN_CLEAN = 0.25  # the narrowest body tried, as a share of the widest
STEP = 0.01  # of the body's position and width, in quantiles
SHAPES = 1.7 + 0.15 * np.arange(13)  # of the generalised Gaussian; 2 is the normal distribution
EMPTY_BIN = 0.01  # stands for a count of zero, whose logarithm is infinite


@dataclass(frozen=True)
class _Grid:
    """Every interval that is tried on a sorted sample of n values, and the model's density in its bins.

    Intervals stand in order of width (the widest first), then of position; their inner bin edges lie one after the other.
    """

    first: np.ndarray  # (n_intervals,) index of an interval's first value
    last: np.ndarray  # (n_intervals,) index of its last value
    n_bins: np.ndarray  # (n_intervals,)
    owner: np.ndarray  # (n_edges,) the interval of an inner edge
    number: np.ndarray  # (n_edges,) the edge's number, 1 to n_bins - 1
    slot: np.ndarray  # (n_edges,) where the edge's position goes in an array of (n_intervals, widest n_bins + 1)
    log_counts: np.ndarray  # logarithm of a count, by the count
    density: np.ndarray  # (n_widths, n_bins, n_shapes), 0 in bins that a width does not have
    constant: np.ndarray  # (n_widths, n_shapes): the part of the divergence that does not depend on the values


def fit_clean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a truncated generalised Gaussian to the clean part of each row.

    Parameters
    ----------
    values : ndarray of float64, shape (n_samples, n_values)
        Each row a sample of its own, in any order; finite.

    Returns
    -------
    mean, deviation : ndarray of float64, shape (n_samples,)
        Of the clean values.

    Raises
    ------
    ValueError
        If half of a row's values, or more, are equal: no distribution can be fitted.

    Notes
    -----
    For each interval of the sorted values and each shape, the Kullback-Leibler divergence of the histogram from the density
    is taken; the least wins. Mullen et al. 2015, doi:10.1109/TBME.2015.2481482.
    """
    ordered = np.sort(values, axis=1)
    grid, bounds = _grid(values.shape[1]), _bounds()
    scale = _moment_scale()
    mean, deviation = np.empty(len(ordered)), np.empty(len(ordered))
    n_positions = len(grid.first) // len(grid.constant)
    for row, sample in enumerate(ordered):
        low = sample[grid.first]
        span = sample[grid.last] - low
        if not span.min() > 0.0:
            raise ValueError("most values are equal")
        log_counts = _log_counts(sample, low, span, grid)
        divergence = grid.constant[:, None, :] - log_counts.reshape(len(grid.constant), n_positions, -1) @ grid.density
        # The order of the search decides between equals: width, then shape, then position.
        width, shape, position = np.unravel_index(divergence.transpose(0, 2, 1).argmin(), divergence.transpose(0, 2, 1).shape)
        best = width * n_positions + position
        alpha = span[best] / (bounds[shape, 1] - bounds[shape, 0])
        mean[row] = low[best] - bounds[shape, 0] * alpha
        deviation[row] = alpha * scale[shape]
    return mean, deviation


def _log_counts(sample: np.ndarray, low: np.ndarray, span: np.ndarray, grid: _Grid) -> np.ndarray:
    """Logarithms of the histograms of all intervals, shape (n_intervals, widest n_bins)."""
    per_unit = (grid.n_bins / span)[grid.owner]
    start = low[grid.owner]
    position = np.searchsorted(sample, start + grid.number / per_unit)
    # A value is in the bin that its scaled distance says; rounding may have put the edge on the other side of it.
    below = (sample[position - 1] - start) * per_unit >= grid.number
    above = (sample[position] - start) * per_unit < grid.number
    ends = np.repeat((grid.last + 1)[:, None], grid.density.shape[1] + 1, axis=1)
    ends[:, 0] = grid.first
    ends.ravel()[grid.slot] = position + above - below
    log_counts: np.ndarray = grid.log_counts[np.diff(ends, axis=1)]
    return log_counts


@lru_cache(maxsize=8)
def _grid(n_values: int) -> _Grid:
    low, high = QUANTILES
    widest = high - low
    widths = _rounded(n_values * _steps(widest, -STEP, MIN_CLEAN * widest))
    starts = _rounded(n_values * _steps(low, STEP, low + MAX_DROPOUT))
    bins_of = _rounded(3.0 * np.log2(1.0 + widths / 2.0))
    first = np.tile(starts, len(widths))
    n_bins = np.repeat(bins_of, len(starts))
    owner = np.repeat(np.arange(len(first)), n_bins - 1)
    number = np.concatenate([np.arange(1, n) for n in n_bins])
    density = np.zeros((len(widths), bins_of.max(), len(SHAPES)))
    constant = np.empty((len(widths), len(SHAPES)))
    for width, n in enumerate(bins_of):
        for shape, (power, (left, right)) in enumerate(zip(SHAPES, _bounds(), strict=True)):
            centres = left + (np.arange(n) + 0.5) / n * (right - left)
            mass = np.exp(-(np.abs(centres) ** power))
            mass /= mass.sum()
            density[width, :n, shape] = mass
            constant[width, shape] = mass @ np.log(mass) + np.log(widths[width])
    return _Grid(
        first=first,
        last=first + np.repeat(widths, len(starts)) - 1,
        n_bins=n_bins,
        owner=owner,
        number=number,
        slot=owner * (bins_of.max() + 1) + number,
        log_counts=np.log(np.arange(n_values + 1) + EMPTY_BIN),
        density=density,
        constant=constant,
    )


@lru_cache(maxsize=1)
def _bounds() -> np.ndarray:
    """Quantiles on the standard density of each shape, shape (n_shapes, 2)."""
    from scipy.special import gammaincinv

    signs = np.sign(np.array(QUANTILES) - 0.5)
    tails = np.abs(2.0 * np.array(QUANTILES) - 1.0)
    return np.array([signs * gammaincinv(1.0 / power, tails) ** (1.0 / power) for power in SHAPES])


@lru_cache(maxsize=1)
def _moment_scale() -> np.ndarray:
    """Standard deviation of the standard density of each shape, shape (n_shapes,)."""
    from scipy.special import gamma

    scale: np.ndarray = np.sqrt(gamma(3.0 / SHAPES) / gamma(1.0 / SHAPES))
    return scale


def _steps(start: float, step: float, stop: float) -> np.ndarray:
    """Evenly spaced values from start to stop, stop included where rounding allows."""
    return start + step * np.arange(int((stop - start) / step * (1.0 + 1e-15)) + 1)


def _rounded(values: np.ndarray) -> np.ndarray:
    """Round to the nearest integer, halves up."""
    return np.floor(values + 0.5).astype(np.int64)
