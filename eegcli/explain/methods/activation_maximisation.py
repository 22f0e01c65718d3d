"""Activation maximisation: inputs made from EEG-like noise by gradient ascent on an output, or on a hidden unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

N_INPUTS = 20  # per class, published
# The paper states neither steps, nor rate, nor start, nor regularisation (arXiv:2111.04309): all that follows is ours.
STEPS = 40
STEP = 0.05  # root mean square of a step, in typical amplitudes: 40 of them lead two amplitudes away if all go the same way
LARGEST = 3.0  # of a coefficient, in typical amplitudes: one in 8,000 of the training windows' own would be larger, were they normal

Objective = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Space:
    """Space in which inputs are changed: coordinates of which those of typical windows have a mean square of 1.

    Attributes
    ----------
    shape : tuple of int
        Of the coordinates of one input; the last axis has length 2 (real and imaginary part) for samples, 1 for all else.
    typical : Tensor
        Amplitude of each coordinate in typical windows.
    mean : Tensor
        What is added: the mean of typical windows that are no samples, else zero.
    n_times : int or None
        Samples of a window; None: windows are no samples.
    """

    shape: tuple[int, ...]
    typical: Tensor
    mean: Tensor
    n_times: int | None

    def decode(self, coordinates: Tensor) -> Tensor:
        """Inputs (n, ...) of coordinates (n, *shape)."""
        if self.n_times is None:
            return self.mean + self.typical * coordinates[..., 0]
        inputs: Tensor = torch.fft.irfft(self.typical * torch.view_as_complex(coordinates.contiguous()), n=self.n_times)
        return inputs


def space_of(typical: NDArray[np.float32], *, is_raw: bool, device: torch.device) -> Space:
    """Space of inputs that are like some windows.

    Parameters
    ----------
    typical : ndarray of float32, shape (n, ...)
        Windows of the training set.
    is_raw : bool
        Samples of channels: coordinates are Fourier coefficients over their root mean square, so that noise in them has the spectrum of the EEG, and
        a step changes each frequency by a share of its amplitude. Else: values over their standard deviation.
    device : torch.device
    """
    x = typical.astype(np.float64)
    if is_raw:
        amplitude = np.sqrt(np.mean(np.abs(np.fft.rfft(x)) ** 2, axis=0))
        n_times, mean = x.shape[-1], np.zeros(1)
    else:
        amplitude, mean, n_times = x.std(axis=0), x.mean(axis=0), None
    values = [torch.from_numpy(array.astype(np.float32)).to(device) for array in (amplitude, mean)]
    return Space((*amplitude.shape, 2 if is_raw else 1), values[0], values[1], n_times)


@dataclass(frozen=True)
class Maximised:
    """Inputs that were made, the noise they began with, and the activation by both.

    Attributes
    ----------
    values, noise : ndarray of float32, shape (n_inputs, ...)
    reached, start : ndarray, shape (n_inputs,)
    """

    values: NDArray[np.float32]
    noise: NDArray[np.float32]
    reached: NDArray[np.float64]
    start: NDArray[np.float64]


def activation_maximisation(objective: Objective, space: Space, *, n_inputs: int, seed: int, steps: int = STEPS) -> Maximised:
    """Make inputs that excite an output or a unit.

    Parameters
    ----------
    objective : callable
        Inputs (n, ...) -> activation by each, (n,).
    space : Space
        Where inputs are changed, and the noise is drawn.
    n_inputs, steps : int
    seed : int
        Of the noise: same seed, same noise, for every output and every network, so that inputs differ by what they were made for alone.

    Notes
    -----
    Erhan, Bengio, Courville & Vincent 2009 (technical report 1341, Université de Montréal). Each step goes along the gradient in the whitened coordinates, with the
    same length whatever the scale of the output: so the gain of a frequency is proportional to how much EEG has of it, which regularises towards its
    spectrum, and no coefficient gets larger than `LARGEST` typical amplitudes, which bounds the amplitude of every channel.
    """
    drawn = torch.randn(n_inputs, *space.shape, generator=torch.Generator().manual_seed(seed))
    noise = (drawn / space.shape[-1] ** 0.5).to(space.typical.device)
    coordinates = _bounded(noise)
    for _ in range(steps):
        coordinates.requires_grad_()
        activation = objective(space.decode(coordinates)).sum()
        if not activation.requires_grad:  # a constant model
            break
        (gradient,) = torch.autograd.grad(activation, coordinates, allow_unused=True, materialize_grads=True)
        size = gradient.flatten(1).square().mean(dim=1).sqrt()
        length = torch.where(size > 0, STEP / size, 0.0).reshape(-1, *(1 for _ in space.shape))
        coordinates = _bounded(coordinates.detach() + length * gradient)
    with torch.no_grad():
        inputs, before = space.decode(coordinates), space.decode(_bounded(noise))
        reached, start = (objective(one).double().cpu().numpy() for one in (inputs, before))
    return Maximised(inputs.cpu().numpy(), before.cpu().numpy(), reached, start)


def _bounded(coordinates: Tensor) -> Tensor:
    size = coordinates.norm(dim=-1, keepdim=True)
    return coordinates.detach() * torch.clamp(LARGEST / size.clamp(min=LARGEST), max=1.0)
