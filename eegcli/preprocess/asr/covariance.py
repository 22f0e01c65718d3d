"""Robust covariance: the geometric median of the covariances of short blocks."""

from __future__ import annotations

import numpy as np

from eegcli.preprocess.dsp.medians import row_medians

BLOCK = 10  # samples whose covariances are pooled; one value for all, as the result depends on it
TOLERANCE, MAX_ITERATIONS = 1e-5, 500  # of the geometric median
CHUNK = 200 * BLOCK  # samples worked on at a time, so that they stay in the cache
ROWS = 16  # of the covariance, worked on at a time: bounds the memory
NEAR = 32  # blocks turned at a time from block by block to element by element, in the cache


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
        previous, estimate = estimate, _step(data, squares, estimate)
        if np.linalg.norm(estimate - previous) / np.linalg.norm(estimate) < TOLERANCE:
            break
    return estimate


def _step(data: np.ndarray, squares: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """The mean of the blocks' covariances, each weighted by one over its distance from the estimate."""
    covariance, total = np.zeros_like(estimate), 0.0
    here = (estimate * estimate).sum()
    for begin in range(0, data.shape[1], CHUNK):
        part = data[:, begin : begin + CHUNK]
        forms = np.einsum("ct,ct->t", part, estimate @ part).reshape(-1, BLOCK).sum(axis=1) / BLOCK
        distance = np.sqrt(np.maximum(squares[begin // BLOCK :][: forms.size] - 2.0 * forms + here, np.finfo(float).tiny))
        weighted = part * np.repeat(np.sqrt(1.0 / (BLOCK * distance)), BLOCK)
        covariance += weighted @ weighted.T
        total += (1.0 / distance).sum()
    return covariance / total


def _block_squares(data: np.ndarray) -> np.ndarray:
    """‖U‖² of each block, shape (n_blocks,): the sum of the squared products of its samples."""
    blocks = data.reshape(len(data), -1, BLOCK).transpose(1, 2, 0)
    squares = np.empty(len(blocks))
    for begin in range(0, len(blocks), CHUNK // BLOCK):
        part = np.ascontiguousarray(blocks[begin : begin + CHUNK // BLOCK])
        products = part @ part.transpose(0, 2, 1)
        squares[begin : begin + len(part)] = np.einsum("bst,bst->b", products, products) / BLOCK**2
    return squares


def _median_of_elements(data: np.ndarray) -> np.ndarray:
    """Median over the blocks of each element of their covariances."""
    n_channels = len(data)
    blocks = data.reshape(n_channels, -1, BLOCK).transpose(1, 0, 2)
    n_blocks = len(blocks)
    median = np.empty((n_channels, n_channels))
    room = np.empty(min(ROWS, n_channels) * n_channels * n_blocks)
    for row in range(0, n_channels, ROWS):
        # Above the diagonal only. An element's values come to lie side by side, a few blocks at a time while they are in the cache.
        left, right = blocks[:, row : row + ROWS], blocks[:, row:].transpose(0, 2, 1)
        shape = (left.shape[1], right.shape[2])
        values = room[: shape[0] * shape[1] * n_blocks].reshape(*shape, n_blocks)
        for begin in range(0, n_blocks, NEAR):
            some = slice(begin, begin + NEAR)
            values[:, :, some] = (left[some] @ right[some]).transpose(1, 2, 0)
        medians = row_medians(values.reshape(-1, n_blocks)).reshape(shape) / BLOCK
        median[row : row + ROWS, row:] = medians
        median[row:, row : row + ROWS] = medians.T
    return median
