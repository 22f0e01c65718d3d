"""Rescale rule of DeepLIFT: a derivative of activations and poolings that is the slope between a window and its baseline."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from eegcli.errors import UsageError

SMALLEST = 1e-10  # difference of an input below which the slope is the derivative

# Functions of one value each: the slope between two points says what a difference does, whatever the function.
ELEMENTWISE = frozenset(
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "celu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "softsign",
        "sigmoid",
        "logsigmoid",
        "tanh",
        "tanhshrink",
        "softshrink",
        "hardshrink",
        "hardtanh",
        "hardswish",
        "hardsigmoid",
        "threshold",
        "abs",
        "square",
        "pow",
        "exp",
        "expm1",
        "log",
        "log1p",
        "log2",
        "log10",
        "sqrt",
        "rsqrt",
        "reciprocal",
        "clamp",
        "clamp_min",
        "clamp_max",
        "clip",
        "sin",
        "cos",
        "atan",
        "erf",
        "sinh",
        "cosh",
        "__pow__",
    ]
)
MAXIMA = {"max_pool1d": nn.functional.max_pool1d, "max_pool2d": nn.functional.max_pool2d, "max_pool3d": nn.functional.max_pool3d}

# Operations, as autograd names them, that are linear in what depends on the window.
LINEAR = frozenset(
    [
        "Addmm",
        "Addbmm",
        "Baddbmm",
        "Addmv",
        "Mm",
        "Bmm",
        "Mv",
        "Dot",
        "Mul",
        "Div",
        "Add",
        "Sub",
        "Rsub",
        "Neg",
        "Sum",
        "Mean",
        "Cumsum",
        "Convolution",
        "ConvolutionOverrideable",
        "MkldnnConvolution",
        "SlowConv2D",
        "SlowConv3D",
        "ConvDepthwise2D",
        "ConvDepthwise3D",
        "NativeBatchNorm",
        "CudnnBatchNorm",
        "MiopenBatchNorm",
        "NativeDropout",
        "AvgPool1D",
        "AvgPool2D",
        "AvgPool3D",
        "AdaptiveAvgPool1D",
        "AdaptiveAvgPool2D",
        "AdaptiveAvgPool3D",
        "ConstantPadNd",
        "ReflectionPad1D",
        "ReflectionPad2D",
        "ReplicationPad1D",
        "ReplicationPad2D",
        "View",
        "UnsafeView",
        "ReshapeAlias",
        "Reshape",
        "Unsqueeze",
        "Squeeze",
        "Permute",
        "Transpose",
        "T",
        "Select",
        "Slice",
        "Narrow",
        "Index",
        "IndexSelect",
        "Gather",
        "Cat",
        "Stack",
        "Split",
        "SplitWithSizes",
        "UnsafeSplit",
        "Unbind",
        "Expand",
        "Repeat",
        "Clone",
        "ToCopy",
        "Copy",
        "CopySlices",
        "AsStrided",
        "Alias",
        "Roll",
        "Flip",
        "Diagonal",
        "Trace",
        "Unfold",
        "Im2Col",
        "Col2Im",
        "FftR2C",
        "FftC2R",
        "FftC2C",
        "ViewAsReal",
        "ViewAsComplex",
        "Real",
        "Imag",
        "UpsampleNearest1D",
        "UpsampleNearest2D",
        "UpsampleLinear1D",
        "UpsampleBilinear2D",
        "Linear",
        "Contiguous",
    ]
)
PRODUCTS = frozenset(
    ["Addmm", "Addbmm", "Baddbmm", "Addmv", "Mm", "Bmm", "Mv", "Dot", "Mul", "Convolution", "Linear"]
)  # linear in each factor, not in both
OURS = frozenset({"Slope", "Maximum", "AccumulateGrad"})


class NoRuleError(UsageError):
    """A network computes something for which DeepLIFT has no rule."""


class Rescaled(TorchFunctionMode):
    """Block in which activations and maxima of a batch (windows, then as many baselines) have the derivative of the rescale rule.

    Functions are taken over, not modules: a network may call them without one.
    """

    def __torch_function__(self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        # A network may run what it does in place; the values before it are needed here.
        name = getattr(function, "__name__", "")
        name = name if name.endswith("__") else name.removesuffix("_")
        x = args[0] if args else kwargs.get("input")
        if isinstance(x, Tensor) and x.requires_grad and not x.is_complex() and len(x) % 2 == 0:
            rest = args[1:]
            if name in ELEMENTWISE and not _depends(rest, kwargs):
                return _apply(Slope, x, lambda values: function(values, *rest, **_without_input(kwargs)))
            if name in ("mul", "__mul__") and rest and rest[0] is x:
                return _apply(Slope, x, torch.square)
            if name in MAXIMA and not kwargs.get("return_indices"):
                options = {key: value for key, value in _without_input(kwargs).items() if key != "return_indices"}
                n_axes = int(name[-2])
                return _apply(Maximum, x, lambda values: MAXIMA[name](values, *rest[:5], **options, return_indices=True), n_axes)
        return function(*args, **kwargs)


class Slope(torch.autograd.Function):
    """A function of single values, whose derivative is the slope between a window's value and the baseline's."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """Compute the function; what it does in place is done to a copy."""
        y = function(x.clone())
        ctx.save_for_backward(x, y)
        ctx.function = function
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Multiply by slopes; where both values are the same, by the derivative."""
        x, y = ctx.saved_tensors
        (given, _), (x1, x0), (y1, y0) = (tensor.chunk(2) for tensor in (gradients[0], x, y))
        with torch.enable_grad():
            point = x1.detach().requires_grad_()
            (derivative,) = torch.autograd.grad(ctx.function(point.clone()).sum(), point)
        is_same = (x1 - x0).abs() < SMALLEST
        slope = torch.where(is_same, derivative, (y1 - y0) / torch.where(is_same, torch.ones_like(x1), x1 - x0))
        return torch.cat([given * slope, torch.zeros_like(given)]), None


class Maximum(torch.autograd.Function):
    """Maxima of a pooling: what is gained over the baseline belongs to the window's maximum, what is lost to the baseline's."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, pool: Callable[[Tensor], tuple[Tensor, Tensor]], n_axes: int) -> Tensor:
        """Pool over the last `n_axes`, and keep where the maxima lie."""
        y, places = pool(x)
        ctx.save_for_backward(x, y, places)
        ctx.n_axes = n_axes
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Put what each maximum contributes where it lies, per unit of the difference there."""
        x, y, places = ctx.saved_tensors
        (given, _), (x1, x0), (y1, y0), (at1, at0) = (tensor.chunk(2) for tensor in (gradients[0], x, y, places))

        def put(values: Tensor, where: Tensor) -> Tensor:
            flat = torch.zeros_like(x1).flatten(-ctx.n_axes)
            return flat.scatter_add(-1, where.flatten(-ctx.n_axes), values.flatten(-ctx.n_axes)).reshape(x1.shape)

        change = y1 - y0
        contributed = put(given * change.clamp(min=0), at1) + put(given * change.clamp(max=0), at0)
        is_same = (x1 - x0).abs() < SMALLEST
        multiplier = torch.where(is_same, put(given, at1), contributed / torch.where(is_same, torch.ones_like(x1), x1 - x0))
        return torch.cat([multiplier, torch.zeros_like(multiplier)]), None, None


@contextlib.contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Block in which weights ask for no derivative, so that whatever has one depends on the window."""
    asking = [weights for weights in model.parameters() if weights.requires_grad]
    for weights in asking:
        weights.requires_grad_(False)
    try:
        yield
    finally:
        for weights in asking:
            weights.requires_grad_(True)


def without_a_rule(output: Tensor) -> list[str]:
    """Name what stands between a window and an output and is neither linear nor rescaled, as autograd names it; in order of the alphabet.

    Parameters
    ----------
    output : Tensor
        Of a network that is `frozen`, computed while functions were `Rescaled`.
    """
    found, seen, waiting = set(), set(), [output.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        name = re.sub(r"Backward\d*$", "", node.name().rpartition("::")[2])
        depending = [one for one, _ in node.next_functions if one is not None]
        is_product = (name in PRODUCTS and len(depending) > 1) or (name == "Div" and node.next_functions[1][0] is not None)
        if is_product:
            found.add(f"{name} of two things that depend on the window")
        elif name not in LINEAR | OURS:
            found.add(name)
        waiting.extend(depending)
    return sorted(found)


def _apply(rule: Any, *arguments: Any) -> Tensor:
    result: Tensor = rule.apply(*arguments)
    return result


def _depends(rest: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return any(isinstance(value, Tensor) and value.requires_grad for value in (*rest, *kwargs.values()) if value is not kwargs.get("input"))


def _without_input(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name != "input"}
