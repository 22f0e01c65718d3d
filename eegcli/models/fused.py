"""Layers with their ReLU, and the pooling behind it, as one operation of autograd: fewer launches and passes over the maps, and the bits of one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

Pool = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int], bool]  # kernel, stride, padding, dilation, ceil mode
Place = tuple[tuple[int, int], tuple[int, int], tuple[int, int], int]  # stride, padding, dilation, groups
TOLERANCE = 0.02  # of TF32 and bf16, whose products have 10 and 7 bits


@dataclass(frozen=True)
class FusedConvolution:
    """Convolution with ReLU behind it, and a maximum of neighbours behind that or none.

    Attributes
    ----------
    n_layers : int
        How many layers these are.
    convolution : nn.Conv2d
    pool : nn.MaxPool2d or None
    """

    n_layers: int
    convolution: nn.Conv2d
    pool: nn.MaxPool2d | None

    def pays(self, x: torch.Tensor) -> bool:
        """Decide for maps of (batch, n_maps, height, width): where torch has the operation, in the precision in which the layers would run."""
        layer, weight = self.convolution, self.convolution.weight
        if x.dim() != 4 or not _fits(x, weight):
            return False
        if x.device.type == "cuda":
            is_last = weight.is_contiguous(memory_format=torch.channels_last)
            return _is_sound(weight.device, weight.dtype, weight.shape, layer.bias is not None, _place(layer), is_last)
        return False  # oneDNN's ReLU makes 0 of NaN: broken windows would be learnt from without a word

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Run them on maps of (batch, n_maps, height, width), as the layers do."""
        layer, pool = self.convolution, self.pool
        place = _place(layer)
        if pool is None:
            return _ConvolutionReLU.apply(x, layer.weight, layer.bias, place, None)  # type: ignore[no-any-return, no-untyped-call]
        sizes = (_pair(pool.kernel_size), _pair(pool.stride), _pair(pool.padding), _pair(pool.dilation), pool.ceil_mode)
        return _ConvolutionReLU.apply(x, layer.weight, layer.bias, place, sizes)  # type: ignore[no-any-return, no-untyped-call]


@dataclass(frozen=True)
class FusedLinear:
    """Linear layer with ReLU behind it.

    Attributes
    ----------
    linear : nn.Linear
    n_layers : int
        How many layers these are.
    """

    linear: nn.Linear
    n_layers: int = 2

    def pays(self, x: torch.Tensor) -> bool:
        """Decide for values of (batch, n_features): where torch has the operation, in the precision in which the layers would run."""
        # That of a CPU is torch's own ReLU; what a GPU's makes of NaN nobody has seen.
        known = x.device.type == "cpu" and hasattr(torch, "_addmm_activation") and self.linear.bias is not None
        return x.dim() == 2 and known and _fits(x, self.linear.weight)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Run them on values of (batch, n_features), as the layers do."""
        return _LinearReLU.apply(x, self.linear.weight, self.linear.bias)  # type: ignore[no-any-return, no-untyped-call]


def fused(layers: Sequence[nn.Module]) -> FusedConvolution | FusedLinear | None:
    """Find the layers at the beginning of some, in the order in which they are published; None where others stand there."""
    if len(layers) < 2 or type(layers[1]) is not nn.ReLU:
        return None
    if type(layers[0]) is nn.Linear:
        return FusedLinear(layers[0])
    if type(layers[0]) is not nn.Conv2d:
        return None
    convolution = layers[0]
    if isinstance(convolution.padding, str) or convolution.padding_mode != "zeros":
        return None
    pool = layers[2] if len(layers) > 2 and type(layers[2]) is nn.MaxPool2d and not layers[2].return_indices else None
    return FusedConvolution(2 if pool is None else 3, convolution, pool)


class _ConvolutionReLU(torch.autograd.Function):
    """One operation there, or two with a pooling; two or three on the way back: of the pooled map alone it matters where ReLU let nothing through."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, place: Any, pool: Pool | None) -> torch.Tensor:
        x = x.to(weight.dtype)  # as autocast does it
        stride, padding, dilation, groups = place
        if x.device.type == "cuda":
            maps: torch.Tensor = torch.cudnn_convolution_relu(x, weight, bias, stride, padding, dilation, groups)
        else:
            maps = torch.ops.mkldnn._convolution_pointwise(x, weight, bias, padding, stride, dilation, groups, "relu", [], "")
        ctx.place, ctx.pool, ctx.bias_sizes = place, pool, None if bias is None else list(bias.shape)
        if pool is None:
            ctx.save_for_backward(x, weight, maps)
            return maps
        pooled: torch.Tensor
        pooled, indices = torch.ops.aten.max_pool2d_with_indices(maps, *pool)
        ctx.save_for_backward(x, weight, maps, pooled, indices)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, maps, *of_pool = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.place
        gradient = torch.ops.aten.threshold_backward(gradient, of_pool[0] if of_pool else maps, 0)
        if of_pool:
            gradient = torch.ops.aten.max_pool2d_with_indices_backward(gradient, maps, *ctx.pool, of_pool[1])
        wanted = [*ctx.needs_input_grad[:2], ctx.bias_sizes is not None and ctx.needs_input_grad[2]]
        found = torch.ops.aten.convolution_backward(
            gradient, x, weight, ctx.bias_sizes, stride, padding, dilation, False, [0, 0], groups, wanted
        )
        return (*found, None, None)


class _LinearReLU(torch.autograd.Function):
    """One operation there, and four on the way back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        x = x.to(weight.dtype)  # as autocast does it
        values: torch.Tensor = torch._addmm_activation(bias, x, weight.t())  # type: ignore[attr-defined]
        ctx.save_for_backward(x, weight, values)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, values = ctx.saved_tensors
        gradient = torch.ops.aten.threshold_backward(gradient, values, 0)
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            gradient.mm(weight) if of_x else None,
            gradient.t().mm(x) if of_weight else None,
            gradient.sum(0) if of_bias else None,
        )


def _fits(x: torch.Tensor, weight: torch.Tensor) -> bool:
    """Test that values and weights are computed with in the precision of the weights, as autocast would have it."""
    if x.device.type not in ("cpu", "cuda") or weight.device != x.device:
        return False
    half = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else x.dtype
    return weight.dtype == half and x.dtype in (half, torch.float32)


@lru_cache(maxsize=256)
def _is_sound(device: torch.device, dtype: torch.dtype, shape: torch.Size, has_bias: bool, place: Place, is_last: bool) -> bool:
    """Test on a few values that a GPU has this convolution with its ReLU, and gives what both give one after the other."""
    n_maps, n_sources, height, width = shape
    groups = place[3]
    x = torch.linspace(-1, 1, 2 * n_sources * groups * (height + 8) * (width + 8), device=device).cos()
    x = x.view(2, n_sources * groups, height + 8, width + 8)
    weight = torch.linspace(-2, 2, shape.numel(), device=device).sin().view(shape)
    bias = torch.linspace(-0.5, 0.5, n_maps, device=device).to(dtype) if has_bias else None
    laid = torch.channels_last if is_last else torch.contiguous_format
    x[0, 0, 0, 0] = torch.nan  # which has to come through
    x, weight = x.to(dtype, memory_format=laid), weight.to(dtype, memory_format=laid)
    expected = torch.relu(torch.ops.aten.convolution(x, weight, bias, *place[:3], False, [0, 0], groups)).float()
    try:
        given = torch.cudnn_convolution_relu(x, weight, bias, *place).float()
    except RuntimeError:
        return False
    return torch.allclose(given, expected, rtol=TOLERANCE, atol=TOLERANCE * float(expected.nan_to_num().max()), equal_nan=True)


def _place(layer: nn.Conv2d) -> Place:
    """Stride, padding, dilation and groups of a convolution."""
    assert not isinstance(layer.padding, str)
    return _pair(layer.stride), _pair(layer.padding), _pair(layer.dilation), layer.groups


def _pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])
