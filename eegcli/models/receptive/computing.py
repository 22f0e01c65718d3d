"""Rules of operations that make a value of several: convolution, pooling, interpolation, reduction, matrix products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.models.receptive.call import Call, Rule
from eegcli.models.receptive.field import Field, merged

ROUNDING = Fraction(1, 10_000)  # torch computes the places of interpolation in float32


def elementwise(call: Call) -> Field:
    """Operations element by element: of every tensor that is given, with broadcasting."""
    fields = []
    for value in call.arguments.values():
        for tensor in value if isinstance(value, (list, tuple)) else (value,):
            found = call.of(tensor) if isinstance(tensor, torch.Tensor) else None
            if found is not None:
                fields.append(found.aligned(call.output.dim()))
    return merged(fields)


def _per_dimension(value: int | Sequence[int], n: int) -> list[int]:
    values = [value] if isinstance(value, int) else list(value)
    return values * n if len(values) == 1 else values


def within(index: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Positions, or -1 for those in the padding."""
    return np.where((index >= 0) & (index < size), index, -1)


def _ranges(first: Sequence[int], last: Sequence[int], size: int) -> NDArray[np.int64]:
    """Positions from first to last, both included, in a row each; those beyond the edges are those at the edges."""
    low, high = np.clip(first, 0, size - 1)[:, None], np.clip(last, 0, size - 1)[:, None]
    return np.asarray(np.minimum(low + np.arange((high - low).max() + 1), high), dtype=np.int64)


def convolution(call: Call) -> Field:
    """Convolutions and transposed convolutions: channels of the same group, positions under the kernel."""
    found, weight, groups = call.field("input"), call["weight"], call["groups"]
    n, n_in, n_out = weight.dim() - 2, call["input"].shape[1] // groups, call.output.shape[1] // groups
    if groups == 1:
        found = found.mixed(1)
    else:
        group = np.arange(n_out * groups) // n_out
        found = found.gathered(1, group[:, None] * n_in + np.arange(n_in))
    for index, dim in enumerate(range(2, 2 + n)):
        stride, padding, dilation = (_per_dimension(call[name], n)[index] for name in ("stride", "padding", "dilation"))
        size, taps = call["input"].shape[dim], np.arange(weight.shape[dim]) * dilation
        values = np.arange(call.output.shape[dim])[:, None]
        if call["transposed"]:
            places = values + padding - taps
            found = found.gathered(dim, np.where(places % stride == 0, within(places // stride, size), -1))
        else:
            found = found.gathered(dim, within(values * stride - padding + taps, size))
    return found


def pooling(call: Call) -> Field:
    """Pooling: positions under the kernel."""
    found, n = call.field("self"), len(_per_dimension(call["kernel_size"], 1))
    first = call["self"].dim() - n
    for index, dim in enumerate(range(first, first + n)):
        kernel, padding = _per_dimension(call["kernel_size"], n)[index], _per_dimension(call["padding"], n)[index]
        stride = _per_dimension(call["stride"] or call["kernel_size"], n)[index]
        dilation = _per_dimension(call.arguments.get("dilation", 1), n)[index]
        places = np.arange(call.output.shape[dim])[:, None] * stride - padding + np.arange(kernel) * dilation
        found = found.gathered(dim, within(places, call["self"].shape[dim]))
    return found


def adaptive(call: Call) -> Field:
    """Adaptive pooling: position i of n is made of floor(i * n_in / n) to ceil((i + 1) * n_in / n) - 1."""
    found, sizes = call.field("self"), list(call["output_size"])
    for dim, n_out in enumerate(sizes, start=call["self"].dim() - len(sizes)):
        n_in = call["self"].shape[dim]
        first, last = ([index * n_in // n_out for index in range(n_out)], [-(-(index + 1) * n_in // n_out) - 1 for index in range(n_out)])
        found = found.gathered(dim, _ranges(first, last, n_in))
    return found


def interpolation(reach: tuple[int, int] | None, *, centred: bool) -> Rule:
    """Interpolation: of the neighbours on either side and `reach` beyond them; None takes the nearest one. `centred` as align_corners=False."""

    def rule(call: Call) -> Field:
        found, sizes = call.field("self"), list(call["output_size"])
        scales = [value for name, value in call.arguments.items() if name.startswith("scales")]
        for index, (dim, n_out) in enumerate(enumerate(sizes, start=call["self"].dim() - len(sizes))):
            n_in, corners = call["self"].shape[dim], call.arguments.get("align_corners", False)
            step = Fraction(1 / scales[index]) if scales[index] and not corners else Fraction(n_in, n_out)
            if corners:
                step = Fraction(n_in - 1, max(n_out - 1, 1))
            slack = Fraction(0) if step == Fraction(float(np.float32(step))) else ROUNDING
            middle = Fraction(1, 2) if centred and not corners else Fraction(0)
            if reach is None:
                places = [(value + middle) * step for value in range(n_out)]
                low, high = [math.floor(place - slack) for place in places], [math.floor(place + slack) for place in places]
            else:
                places = [(value + middle) * step - middle for value in range(n_out)]
                low = [math.floor(place - slack) - reach[0] for place in places]
                high = [math.ceil(place + slack) + reach[1] for place in places]
            found = found.gathered(dim, _ranges(low, high, n_in))
        return found

    return rule


def reduction(call: Call) -> Field:
    """Reductions: all positions of the dimensions that are reduced."""
    found = call.field("self")
    dims = call.dims() if "dim" in call.arguments else list(range(call["self"].dim()))
    for dim in dims:
        found = found.mixed(dim)
    if call.output.dim() == call["self"].dim():
        return found
    return found.ordered([dim for dim in range(call["self"].dim()) if dim not in dims])


def mixing(call: Call) -> Field:
    """Softmax, cumulated sums, Fourier transforms: every value of all positions of the dimensions."""
    found = call.field("self")
    for dim in call.dims():
        found = found.mixed(dim)
    return found


def normalisation(dims: Callable[[Call], Sequence[int]]) -> Rule:
    """Normalisations: statistics over the dimensions that `dims` names."""

    def rule(call: Call) -> Field:
        found = call.field("input")
        for dim in dims(call):
            found = found.mixed(dim)
        return found

    return rule


def batch_norm_dims(call: Call) -> Sequence[int]:
    """Dimensions whose statistics a batch norm takes from the windows themselves."""
    # With running statistics every value is by itself; without, those of the batch are taken.
    return [dim for dim in range(call["input"].dim()) if dim != 1] if call.arguments.get("training") else []


def product(left: str, right: str, bias: str | None) -> Rule:
    """Matrix products: rows of the left, columns of the right; with three dimensions, the first is a batch."""

    def rule(call: Call) -> Field:
        fields = []
        for name, summed in ((left, -1), (right, -2)):
            found = call.of(call[name])
            if found is not None:
                fields.append(found.mixed(call[name].dim() + summed))
        if bias is not None and (found := call.of(call[bias])) is not None:
            fields.append(found.aligned(call.output.dim()))
        return merged(fields)

    return rule
