"""Symmetric positive definite matrices: shrunken covariance, matrix logarithm with its derivative, half-vectorisation."""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch.autograd.function import once_differentiable

FLOOR = 1e-6  # µV²: far below the noise of an amplifier; keeps the logarithm of flat channels finite
EQUAL = 1e-3  # relative distance of eigenvalues below which their divided difference has lost half its digits in single precision


def shrunken(covariance: torch.Tensor, n_times: int) -> torch.Tensor:
    """Oracle approximating shrinkage (OAS): move covariances towards their mean variance, the more the fewer the samples.

    Parameters
    ----------
    covariance : torch.Tensor, shape (..., n, n)
        Sample covariances (divided by the number of samples), µV².
    n_times : int
        Samples that each was computed from.

    Returns
    -------
    torch.Tensor, shape (..., n, n)
        Of full rank, unless a matrix is zero: an average reference or a flat channel leave no eigenvalue at zero.

    Notes
    -----
    Chen, Wiesel, Eldar & Hero 2010, doi:10.1109/TSP.2010.2053029, eq. 23, in the form without its terms of order 1/n, which
    scikit-learn and pyriemann compute.
    """
    n_chans = covariance.shape[-1]
    mean = covariance.diagonal(dim1=-2, dim2=-1).mean(dim=-1)  # (...)
    square = covariance.square().mean(dim=(-2, -1))
    spread = (n_times + 1.0) * (square - mean.square() / n_chans)
    # No spread: the matrix is a multiple of the identity already (always so for one channel).
    share = torch.where(spread > 0, (square + mean.square()) / spread.clamp(min=torch.finfo(spread.dtype).tiny), 1.0).clamp(max=1.0)
    identity = torch.eye(n_chans, dtype=covariance.dtype, device=covariance.device)
    result: torch.Tensor = (1.0 - share)[..., None, None] * covariance + (share * mean)[..., None, None] * identity
    return result


class _MatrixLog(torch.autograd.Function):
    """Matrix logarithm of symmetric matrices with the derivative of Daleckii and Krein, which exists where eigenvalues are equal, too.

    Torch's derivative of `eigh` divides by differences of eigenvalues, and so is infinite there.
    """

    @staticmethod
    def forward(ctx: Any, matrix: torch.Tensor, floor: float) -> torch.Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        ctx.save_for_backward(values, vectors)
        ctx.floor = floor
        result: torch.Tensor = (vectors * values.clamp(min=floor).log()[..., None, :]) @ vectors.mT
        return result

    @staticmethod
    @once_differentiable  # type: ignore[misc, no-untyped-call]
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        values, vectors = ctx.saved_tensors
        inner = vectors.mT @ ((gradient + gradient.mT) / 2) @ vectors
        return vectors @ (_divided_differences(values, ctx.floor) * inner) @ vectors.mT, None


def _divided_differences(values: torch.Tensor, floor: float) -> torch.Tensor:
    """First divided differences of log(max(value, floor)): (..., n) -> (..., n, n); of equal values the derivative."""
    bounded = values.clamp(min=floor)
    one, other = values[..., :, None], values[..., None, :]
    high, low = bounded[..., :, None], bounded[..., None, :]
    middle = (high + low) / 2
    is_close = (one - other).abs() <= EQUAL * middle
    slope = torch.where((one > floor) & (other > floor), 1.0 / middle, 0.0)  # exact to EQUAL² / 12
    return torch.where(is_close, slope, (high.log() - low.log()) / torch.where(is_close, 1.0, one - other))


def matrix_log(matrix: torch.Tensor, floor: float = FLOOR) -> torch.Tensor:
    """Matrix logarithm of symmetric matrices; eigenvalues below `floor` count as `floor`.

    Parameters
    ----------
    matrix : torch.Tensor, shape (..., n, n)
        Symmetric.
    floor : float
        In the unit of the matrix.

    Returns
    -------
    torch.Tensor, shape (..., n, n)

    Notes
    -----
    Arsigny et al. 2007, doi:10.1137/050637996. Its first derivative is exact where eigenvalues coincide; there is no second one.
    """
    kind = matrix.device.type
    # Autocast would multiply eigenvectors in half precision, and their derivative is none of it.
    with torch.autocast(kind, enabled=False) if kind in ("cpu", "cuda") else contextlib.nullcontext():
        result: torch.Tensor = _MatrixLog.apply(matrix.to(torch.promote_types(matrix.dtype, torch.float32)), floor)  # type: ignore[no-untyped-call]
    return result


def half_vector(matrix: torch.Tensor) -> torch.Tensor:
    """Half-vectorisation of symmetric matrices, row by row: (..., n, n) -> (..., n (n + 1) / 2), off-diagonal values times √2.

    So the Euclidean norm of the vector is the Frobenius norm of the matrix.
    """
    n = matrix.shape[-1]
    row, column = torch.triu_indices(n, n, device=matrix.device)
    factor = torch.where(row == column, 1.0, 2.0**0.5).to(matrix.dtype)
    return matrix[..., row, column] * factor
