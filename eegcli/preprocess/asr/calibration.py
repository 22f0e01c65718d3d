"""Calibration of ASR: what the clean part of a recording looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eegcli.preprocess.asr.distribution import fit_clean
from eegcli.preprocess.asr.spectral import ORDER, spectral_filter
from eegcli.preprocess.asr.windows import window_rms, window_starts

BLOCK = 10  # samples whose covariances are pooled; one value for all, as the result depends on it
WINDOW_SECONDS = 0.5
TOLERANCE, MAX_ITERATIONS = 1e-5, 500  # of the geometric median
CHUNK = 4096 // BLOCK * BLOCK  # samples worked on at a time, so that they stay in the cache
ROWS = 8  # rows of the covariance, or components, worked on at a time: bounds the memory


@dataclass(frozen=True)
class Calibration:
    """What ASR knows of the clean signal.

    Attributes
    ----------
    covariance : ndarray, shape (n_channels, n_channels)
        Robust covariance after the spectral filter.
    mixing : ndarray, shape (n_channels, n_channels)
        Its square root, M.
    threshold : ndarray, shape (n_channels, n_channels)
        T: a row per component of M, scaled so that a direction v with power above ‖T v‖² is an artefact.
    state : ndarray, shape (n_channels, 8)
        Of the spectral filter at the end of the clean signal.
    """

    covariance: np.ndarray
    mixing: np.ndarray
    threshold: np.ndarray
    state: np.ndarray


def calibrate(data: np.ndarray, sfreq: float, *, cutoff: float) -> Calibration:
    """Calibrate ASR.

    Parameters
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
        Clean signal without drifts. It is overwritten.
    sfreq : float, Hz
    cutoff : float
        Standard deviations above the mean at which a component's power is an artefact.

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If a component's power cannot be fitted.

    Notes
    -----
    Mullen et al. 2015, doi:10.1109/TBME.2015.2481482; Chang et al. 2020, doi:10.1109/TBME.2019.2930186.
    """
    from scipy.signal import lfilter

    b, a = spectral_filter(sfreq)
    state = np.zeros((len(data), ORDER))
    for row, channel in enumerate(data):
        data[row], state[row] = lfilter(b, a, channel, zi=state[row])
    covariance = robust_covariance(data)
    power, vectors = np.linalg.eigh(covariance)
    roots = np.sqrt(np.maximum(power, 0.0))
    mixing = (vectors * roots) @ vectors.T
    length = round(WINDOW_SECONDS * sfreq)
    starts = window_starts(data.shape[1], length)
    rms = [window_rms(vectors.T[row : row + ROWS] @ data, starts, length) for row in range(0, len(data), ROWS)]
    mean, deviation = fit_clean(np.concatenate(rms))
    return Calibration(covariance, mixing, (mean + cutoff * deviation)[:, None] * vectors.T, state)


def robust_covariance(data: np.ndarray) -> np.ndarray:
    """Geometric median of the uncentred covariances of short blocks.

    Parameters
    ----------
    data : ndarray of float64, shape (n_channels, n_times)

    Returns
    -------
    ndarray of float64, shape (n_channels, n_channels)

    Notes
    -----
    Weiszfeld's iteration from the median of each element. The blocks' covariances are never held: a block of ten samples has rank
    ten, so ‖U - Y‖² = ‖U‖² - 2 Σ x'Yx / 10 + ‖Y‖², and their weighted sum is the covariance of weighted samples.
    """
    missing = -data.shape[1] % BLOCK
    if missing:
        data = np.concatenate([data, np.repeat(data[:, -1:], missing, axis=1)], axis=1)
    squares = _block_squares(data)
    estimate = _median_of_elements(data)
    for _ in range(MAX_ITERATIONS):
        inner = _block_forms(data, estimate)
        distance = np.sqrt(np.maximum(squares - 2.0 * inner + (estimate * estimate).sum(), np.finfo(float).tiny))
        weight = 1.0 / distance
        previous, estimate = estimate, _weighted_covariance(data, weight / weight.sum())
        if np.linalg.norm(estimate - previous) / np.linalg.norm(estimate) < TOLERANCE:
            break
    return estimate


def _block_squares(data: np.ndarray) -> np.ndarray:
    """‖U‖² of each block, shape (n_blocks,): the sum of the squared products of its samples."""
    blocks = data.reshape(len(data), -1, BLOCK).transpose(1, 2, 0)
    squares = np.empty(len(blocks))
    for begin in range(0, len(blocks), CHUNK // BLOCK):
        part = np.ascontiguousarray(blocks[begin : begin + CHUNK // BLOCK])
        products = part @ part.transpose(0, 2, 1)
        squares[begin : begin + len(part)] = np.einsum("bst,bst->b", products, products) / BLOCK**2
    return squares


def _block_forms(data: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """⟨U, matrix⟩ of each block, shape (n_blocks,)."""
    forms = np.empty(data.shape[1])
    for begin in range(0, data.shape[1], CHUNK):
        part = data[:, begin : begin + CHUNK]
        forms[begin : begin + CHUNK] = np.einsum("ct,ct->t", part, matrix @ part)
    return forms.reshape(-1, BLOCK).sum(axis=1) / BLOCK


def _weighted_covariance(data: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Σ weight · U over the blocks."""
    root = np.repeat(np.sqrt(weight / BLOCK), BLOCK)
    covariance = np.zeros((len(data), len(data)))
    for begin in range(0, data.shape[1], CHUNK):
        part = data[:, begin : begin + CHUNK] * root[begin : begin + CHUNK]
        covariance += part @ part.T
    return covariance


def _median_of_elements(data: np.ndarray) -> np.ndarray:
    """Median over the blocks of each element of their covariances."""
    n_channels = len(data)
    blocks = data.reshape(n_channels, -1, BLOCK).transpose(1, 0, 2)
    n_blocks = len(blocks)
    median = np.empty((n_channels, n_channels))
    for row in range(0, n_channels, ROWS):
        # Above the diagonal only; a tile is (n_blocks, rows, columns), then an element's values side by side.
        tile = blocks[:, row : row + ROWS] @ blocks[:, row:].transpose(0, 2, 1)
        values = np.ascontiguousarray(tile.transpose(1, 2, 0))
        values.sort(axis=2)
        middle = 0.5 * (values[:, :, (n_blocks - 1) // 2] + values[:, :, n_blocks // 2]) / BLOCK
        median[row : row + ROWS, row:] = middle
        median[row:, row : row + ROWS] = middle.T
    return median
