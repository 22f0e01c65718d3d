"""Haufe patterns: how the log band power of each channel goes with the output of each class."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explained import Weights
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.explained import ExplainedWindows
from eegcli.stats.spectra import amplitude_spectrum, frequencies

BATCH = 64
FEWEST = 400  # windows of the set, where it has as many: ten of each of 40 subjects
FLOOR = 1e-12  # of the largest power: what stands still has a finite logarithm

Floats = NDArray[np.float64]


def patterns(model: nn.Module, material: ExplainedWindows) -> Weights:
    """Activation patterns of the outputs of a network, or of a linear baseline, in log band power.

    Parameters
    ----------
    model : nn.Module
        Gives one output per class, before any softmax.
    material : ExplainedWindows
        Its background has the set; as many windows of it are read as are explained, and 400 at least, evenly over subjects.

    Returns
    -------
    Weights
        Patterns (n_classes, n_channels, n_bands), natural logarithm of power per unit of output; of windows that are no samples those of their
        values, (n_classes, n_values, 1). Intervals are over subjects.

    Notes
    -----
    Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067. A weight says what a model does with a channel, and may be large where a channel only serves to
    take noise out of another; the pattern A = Cov(x) W Cov(s)⁻¹ says which channels the output s = Wᵀx shows itself in. With x the embedding, W the weights
    of the last layer and b log band powers, the pattern continued to b is Cov(b, x) W Cov(s)⁻¹ = Cov(b, s) Cov(s)⁻¹, which needs no inverse of the embedding and
    holds for logistic regression on b itself. Outputs are taken without the mean over classes, which no softmax sees; Cov(s)⁻¹ is then a pseudo-inverse.
    """
    pool = material.around.pool.thinned(max(len(material.x), FEWEST))
    x = pool.read(np.arange(len(pool.rows)))
    model = model.to(material.device).eval()
    with torch.no_grad():
        parts = [
            model(torch.from_numpy(x[start : start + BATCH]).to(material.device)).double().cpu().numpy()
            for start in range(0, len(x), BATCH)
        ]
    outputs = np.concatenate(parts)
    if outputs.shape[1] > 1:
        outputs = outputs - outputs.mean(axis=1, keepdims=True)
    values = log_band_power(x, material.sfreq) if material.is_raw else x.reshape(len(x), -1, 1).astype(np.float64)
    pattern, low, high = pattern_interval(values.reshape(len(values), -1), outputs, pool.subject)
    shape = (outputs.shape[1], *values.shape[1:])
    return Weights(
        labels=np.zeros(0, str),
        kernel=np.zeros((0, 0, 0)),
        response=np.zeros((0, 0)),
        pattern_labels=np.array(material.around.classes),
        pattern=pattern.reshape(shape),
        low=low.reshape(shape),
        high=high.reshape(shape),
    )


def log_band_power(x: NDArray[np.float32], sfreq: float) -> Floats:
    """Natural logarithm of power per channel in the bands of explanations, (n, n_channels, n_times) -> (n, n_channels, n_bands).

    Bands without a frequency of these windows are zero.
    """
    power = amplitude_spectrum(x) ** 2
    freqs = frequencies(x.shape[-1], sfreq)
    inside = np.stack([(freqs >= low) & (freqs < high) for low, high in EXPLAIN_HALF_OPEN.values()], axis=1).astype(np.float64)
    in_bands = power @ inside
    logarithm: Floats = np.log(np.maximum(in_bands, FLOOR * max(float(power.max()), np.finfo(float).tiny)))
    return np.where(inside.any(axis=0), logarithm, 0.0)


def haufe(values: Floats, outputs: Floats) -> Floats:
    """Activation patterns A = Cov(values, outputs) Cov(outputs)⁺.

    Parameters
    ----------
    values : ndarray, shape (n_windows, n_values)
    outputs : ndarray, shape (n_windows, n_outputs)

    Returns
    -------
    ndarray, shape (n_outputs, n_values)
        Zero where the outputs do not vary.
    """
    return pattern_interval(values, outputs, np.zeros(len(values), dtype=np.int64))[0]


def pattern_interval(values: Floats, outputs: Floats, subject: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Activation patterns and their 95 % intervals over subjects.

    Parameters
    ----------
    values : ndarray, shape (n_windows, n_values)
    outputs : ndarray, shape (n_windows, n_outputs)
    subject : ndarray of int, shape (n_windows,)
        Number of the subject of each window.

    Returns
    -------
    pattern, low, high : ndarray, shape (n_outputs, n_values)
        Interval of Student's t with the standard error of the jackknife that leaves out a subject at a time (Efron & Tibshirani 1993, chapter 11); NaN where
        there are fewer than three subjects.
    """
    from scipy import special

    # All that a covariance needs are sums over windows: without a subject they are those of all, less its own.
    values, outputs = values - values.mean(axis=0), outputs - outputs.mean(axis=0)
    people, number = np.unique(subject, return_inverse=True)
    members = np.zeros((len(people), len(values)))
    members[number, np.arange(len(values))] = 1.0
    sums = [members @ one for one in (np.ones((len(values), 1)), values, outputs, _products(outputs, values), _products(outputs, outputs))]
    pattern = _pattern_of([one.sum(axis=0, keepdims=True) for one in sums])[0]
    n = len(people)
    if n < 3:
        return pattern, np.full_like(pattern, np.nan), np.full_like(pattern, np.nan)
    without = _pattern_of([one.sum(axis=0, keepdims=True) - one for one in sums])
    error = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = special.stdtrit(n - 1, 0.975) * error
    return pattern, pattern - half, pattern + half


def _products(one: Floats, other: Floats) -> Floats:
    """Products of all pairs of columns, (n, a), (n, b) -> (n, a * b)."""
    return np.asarray((one[:, :, None] * other[:, None, :]).reshape(len(one), -1))


def _pattern_of(sums: list[Floats]) -> Floats:
    """Patterns (n, n_outputs, n_values) of sums over windows: counts, values, outputs, outputs x values, outputs x outputs, n rows each."""
    counts, values, outputs, cross, squares = sums
    n_outputs = outputs.shape[1]
    mean_values, mean_outputs = values / counts, outputs / counts
    shape = (len(counts), n_outputs, -1)
    covariance = (cross / counts - _products(mean_outputs, mean_values)).reshape(shape)
    spread = (squares / counts - _products(mean_outputs, mean_outputs)).reshape(shape)
    return np.asarray(np.linalg.pinv(spread, rcond=1e-9, hermitian=True) @ covariance)
