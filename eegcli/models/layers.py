"""Layers of a network: output shapes, weights, multiply-adds, memory and receptive fields, found by running it without values."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, is_lazy

from eegcli.errors import InputError
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.receptive.field import whole
from eegcli.models.trace import trace

# What the sizes of an input count, for messages: of an image height and width, else the samples.
CHANNELS_AND_SAMPLES, CHANNELS_AND_BINS, PIXELS = ("channels", "samples"), ("channels", "bins"), ("pixels", "pixels")


class WindowTooSmall(InputError):
    """A window is too small for the kernels and pools of a network; `models.build` adds the smallest that fits, in words."""

    fitting = ""


@dataclass(frozen=True)
class Layer:
    """Figures of a layer in one forward pass; a module that is called twice has two.

    Attributes
    ----------
    name : str
        Path of the module in the network; "" is the network itself, with what it does between its layers.
    kind : str
        Class of the module.
    output_shapes : tuple of tuple of int
        Of each tensor that it gives, in the order of a tuple, list or dict, for a batch of one window.
    n_parameters : int
        Trainable weights; those of a module that is called twice stand in its first row.
    multiply_adds : int
        Products with their sums, of one window: those of convolutions and matrix products (torch counts them twice, as operations).
        Additions, activations, norms, poolings and Fourier transforms are not counted.
    memory_bytes : int
        Bytes that one window takes here in training: what operations made, or the output, whichever is larger.
    receptive_field : tuple of int
        For each axis of a window: the number of positions, from the first to the last, that one value of the first output may depend on.
        A layer that mixes an axis (linear over time, recurrent, attention) and a layer that nothing is known of see all of it.
    """

    name: str
    kind: str
    output_shapes: tuple[tuple[int, ...], ...]
    n_parameters: int
    multiply_adds: int
    memory_bytes: int
    receptive_field: tuple[int, ...]


@dataclass(frozen=True)
class Layers:
    """Layers of a network in the order in which they end.

    Attributes
    ----------
    rows : tuple of Layer
        Layers without layers inside; and modules that multiply, hold or learn something beside what their layers do.
    window : tuple of int
        Shape of a window.
    output_shapes, receptive_field
        Of the network, as for a layer.
    """

    rows: tuple[Layer, ...]
    window: tuple[int, ...]
    output_shapes: tuple[tuple[int, ...], ...]
    receptive_field: tuple[int, ...]

    @property
    def n_parameters(self) -> int:
        """Trainable weights."""
        return sum(row.n_parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one window."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def memory_bytes(self) -> int:
        """Bytes of one window on its way through the network: itself, and what every layer holds."""
        return torch.float32.itemsize * torch.Size(self.window).numel() + sum(row.memory_bytes for row in self.rows)


def layers_of(model: nn.Module, window: tuple[int, ...]) -> Layers:
    """Describe the layers of any network by one forward pass on torch's ``meta`` device.

    Parameters
    ----------
    model : torch.nn.Module
        Takes float32 of shape (batch, *window). Left as it is: neither weights nor mode nor the random generator change.
    window : tuple of int
        Shape of a window.

    Returns
    -------
    Layers

    Notes
    -----
    No value is computed and no weight is copied. A network whose forward asks for a value (``.item()``) is run once where it lies; of one
    with lazy layers, which get their sizes from their first input, a copy is run once.
    """
    if isinstance(model, ForeignNetwork):
        with model.code.running():
            return layers_of(model.network, window)
    model = _with_sizes(model, window)
    rows, seen = [], set()
    trainable = {name: weights.numel() for name, weights in model.named_parameters() if weights.requires_grad}
    passes = trace(model, tuple(window))
    for one in passes:
        # Weights of modules that are never called belong to whoever holds them: attention multiplies by those of its `out_proj` itself.
        prefix = f"{one.name}." if one.name else ""
        own = [name for name in trainable if name.startswith(prefix) and name not in seen]
        seen.update(own)
        shapes = tuple(tuple(tensor.shape) for tensor in one.outputs)
        n_parameters, memory = sum(trainable[name] for name in own), one.bytes
        if one.is_leaf:
            memory = max(memory, sum(tensor.numel() * tensor.element_size() for tensor in one.outputs))
        elif not (n_parameters or memory or one.multiply_adds):
            continue
        field = one.field.extents(window) if one.field is not None else (0,) * len(window)
        rows.append(Layer(one.name, _kind(one.module), shapes, n_parameters, one.multiply_adds, memory, field))
    last = passes[-1]
    field = (last.field or whole(len(window), 0)).extents(window)
    return Layers(tuple(rows), tuple(window), tuple(tuple(tensor.shape) for tensor in last.outputs), field)


def _with_sizes(model: nn.Module, window: tuple[int, ...]) -> nn.Module:
    """The network itself; where it has lazy layers that have not been run yet, a copy that has been."""
    lazy = next((tensor for tensor in (*model.parameters(), *model.buffers()) if is_lazy(tensor)), None)
    if lazy is None:
        return model
    # Torch copies lazy weights, but no lazy buffers.
    make: Any = UninitializedBuffer
    buffers = {id(one): make(device=one.device, dtype=one.dtype) for one in model.buffers() if is_lazy(one)}
    sized = copy.deepcopy(model, buffers)
    with torch.no_grad(), torch.random.fork_rng(devices=[lazy.device] if lazy.device.type == "cuda" else []):
        sized.eval()(torch.zeros(1, *window, device=lazy.device))
    return sized


def output_shape(arch: str, model: nn.Module, shape: tuple[int, ...], *, axes: tuple[str, ...] = CHANNELS_AND_SAMPLES) -> tuple[int, ...]:
    """Output shape of a stack of layers, for the size of the layer after it.

    Parameters
    ----------
    arch : str
        Name of the architecture, for the message.
    model : torch.nn.Module
        Any module that takes (batch, maps, *sizes) and gives one tensor. Left as it is, and so is the random generator.
    shape : tuple of int
        (maps, *sizes) of the input: (maps, height, width) of an image.
    axes : tuple of str
        What the sizes count, for the message.

    Returns
    -------
    tuple of int
        Shape of the output, without the batch.

    Raises
    ------
    WindowTooSmall
        If a kernel is larger than what is left for it; the message names the layer.

    Notes
    -----
    A batch of no windows is run: nothing is computed, and torch checks every size. The ``meta`` device would do the same, but its first use
    imports sympy and torch's compiler (2.5 s of processor time with torch 2.13), which a training or an evaluation need not wait for.
    """
    reached: list[tuple[str, nn.Module, tuple[int, ...]]] = []
    hooks = [
        layer.register_forward_pre_hook(lambda layer, given, name=name: reached.append((name, layer, tuple(given[0].shape))))
        for name, layer in model.named_modules()
    ]
    hooks += [layer.register_forward_hook(_require_something) for layer in model.modules() if hasattr(layer, "kernel_size")]
    modes = {layer: layer.training for layer in model.modules()}
    try:
        with torch.no_grad():
            output: torch.Tensor = model.eval()(torch.zeros(0, *shape))
    except RuntimeError:
        name, layer, (_, _, *left) = reached[-1]
        kernel = getattr(layer, "kernel_size", None)
        if kernel is None:
            raise
        needed = (kernel,) * len(left) if isinstance(kernel, int) else kernel
        window = " x ".join(f"{size} {axis}" for size, axis in zip(shape[1:], axes, strict=True))
        raise WindowTooSmall(
            f"{arch}: windows of {window} are too small: {name} needs {' x '.join(map(str, needed))} and {' x '.join(map(str, left))} are left",
            hint="Cut longer windows (--length), keep more channels, shorten kernels and pools (--fit-window), or choose another architecture.",
        ) from None
    finally:
        for hook in hooks:
            hook.remove()
        for layer, mode in modes.items():
            layer.training = mode
    return tuple(output.shape[1:])


def _require_something(_: nn.Module, __: object, output: object) -> None:
    """Refuse an output without a size, which torch up to 2.6 at least gives on the ``meta`` device, where others refuse the kernel."""
    if isinstance(output, torch.Tensor) and 0 in output.shape[1:]:
        raise RuntimeError("nothing is left")


def _kind(module: nn.Module) -> str:
    # A parametrised module is of a class that torch made of its own.
    return type(module).__mro__[1].__name__ if torch.nn.utils.parametrize.is_parametrized(module) else type(module).__name__
