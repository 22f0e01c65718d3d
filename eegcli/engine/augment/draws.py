"""Draws of an augmentation: a function of seed, epoch and batch, so that a resumed training needs no memory of them."""

from __future__ import annotations

import numpy as np
import torch

PURPOSE = 0xA06  # no other generator of a training begins with it: order, weights and dropout are the same with augmentation and without


def draws_of(seed: int, epoch: int, batch: int, place: int) -> np.random.Generator:
    """Generator of one augmentation of one batch; torch's global ones are not touched.

    Parameters
    ----------
    seed : int
        Of the network.
    epoch, batch : int
        From 0.
    place : int
        Of the augmentation among those that are asked for, from 0.
    """
    return np.random.default_rng([PURPOSE, seed, epoch, batch, place])


def changed(draws: np.random.Generator, x: torch.Tensor, p: float) -> torch.Tensor:
    """Draw the windows that are changed: truth, shape (n, 1, 1, ...), each with probability `p`."""
    return by_window(draws.random(len(x)) < p, x)


def by_window(values: np.ndarray, x: torch.Tensor) -> torch.Tensor:
    """A value per window, (n,), on the device of `x`, and as it is multiplied with it: (n, 1, 1, ...); numbers in the precision of `x`."""
    on_device = torch.from_numpy(values).to(x.device if values.dtype == bool else x)
    return on_device.reshape(-1, *(1 for _ in x.shape[1:]))


def normal_like(draws: np.random.Generator, x: torch.Tensor) -> torch.Tensor:
    """Standard normal numbers of the shape of `x`, drawn on its device: other ones on another kind of device."""
    generator = torch.Generator(x.device).manual_seed(int(draws.integers(2**62)))
    return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
