"""Receptive fields: the stretch of a window that one value of a tensor depends on, followed through torch's operations.

Every operation has a rule of its own where it moves along an axis (convolution, pooling, slice), and a rule of its kind where it does not
(element by element, views). An operation without a rule is taken to look at the whole window: a field is never stated too small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import torch


@dataclass(frozen=True)
class Span:
    """Positions on one axis of the window: value `o` of a tensor depends on ``o * step + low`` to ``o * step + high``.

    `step` is None where the order of the positions is lost (two axes were flattened into one): the extent is known, the place is not.
    """

    low: Fraction
    high: Fraction
    step: Fraction | None


@dataclass(frozen=True)
class Field:
    """Receptive field of every value of a tensor.

    Attributes
    ----------
    dims : tuple of frozenset of int
        For each dimension of the tensor: the axes of the window that it runs along.
    spans : tuple of Span or None
        For each axis of the window: the extent; None is the whole axis.
    """

    dims: tuple[frozenset[int], ...]
    spans: tuple[Span | None, ...]

    def extents(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Number of positions on each axis of a window of `shape`, from the first to the last one that has an influence."""
        return tuple(
            size if span is None else min(size, math.floor(span.high - span.low) + 1) for span, size in zip(self.spans, shape, strict=True)
        )

    def moved(self, dim: int, low: Fraction | int, high: Fraction | int, stride: Fraction | int) -> Field:
        """Field of a tensor whose value `o` is made of the values ``o * stride + low`` to ``o * stride + high`` along a dimension."""
        spans = list(self.spans)
        for axis in self.dims[dim]:
            span = spans[axis]
            if span is None or (low, high, stride) == (0, 0, 1):
                continue
            if span.step is None:
                spans[axis] = None
                continue
            ends = (low * span.step, high * span.step)
            spans[axis] = Span(span.low + min(ends), span.high + max(ends), span.step * stride)
        return _unbound(replace(self, spans=tuple(spans)))

    def mixed(self, dim: int, size: int) -> Field:
        """Field where every value depends on all `size` values along a dimension."""
        return self.moved(dim, 0, size - 1, 0)


_NO_AXES: frozenset[int] = frozenset()


def of_window(n_axes: int) -> Field:
    """Field of the windows themselves, of shape (batch, ...): each value is one position of each axis."""
    spans = tuple(Span(Fraction(0), Fraction(0), Fraction(1)) for _ in range(n_axes))
    return Field((_NO_AXES, *(frozenset({axis}) for axis in range(n_axes))), spans)


def whole(n_axes: int, n_dims: int) -> Field:
    """Field of a tensor whose values depend on the whole window."""
    return Field((_NO_AXES,) * n_dims, (None,) * n_axes)


def _unbound(field: Field) -> Field:
    """Take the axes from the dimensions that no longer run along them."""
    gone = {axis for axis, span in enumerate(field.spans) if span is None or span.step == 0}
    return replace(field, dims=tuple(axes - gone for axes in field.dims))


def merged(fields: Sequence[Field]) -> Field:
    """Field of values that are made of several tensors of equal shape, element by element."""
    first, *others = fields
    for other in others:
        spans: list[Span | None] = []
        for axis, (one, two) in enumerate(zip(first.spans, other.spans, strict=True)):
            places = [{dim for dim, axes in enumerate(field.dims) if axis in axes} for field in (first, other)]
            if one is None or two is None or one.step is None or one.step != two.step or (one.step != 0 and places[0] != places[1]):
                spans.append(None)
            else:
                spans.append(Span(min(one.low, two.low), max(one.high, two.high), one.step))
        first = _unbound(Field(first.dims, tuple(spans)))
    return first


@dataclass(frozen=True)
class Call:
    """An operation that was run: its arguments by name, the fields of its tensors, and its output."""

    arguments: Mapping[str, Any]
    field_of: Callable[[torch.Tensor], Field | None]
    output: torch.Tensor  # the first, where there are several

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def field(self, name: str) -> Field:
        """Field of a tensor argument; of a constant, nothing at all."""
        tensor = self.arguments[name]
        found = self.field_of(tensor)
        return found if found is not None else Field((_NO_AXES,) * tensor.dim(), ())

    def dims(self, name: str = "dim") -> list[int]:
        """Dimensions of `self` that an argument names, counted from the front; None names all."""
        n_dims = self.arguments["self"].dim()
        value = self.arguments[name]
        values = list(range(n_dims)) if value is None or value == [] else [value] if isinstance(value, int) else list(value)
        return [dim % n_dims for dim in values if n_dims]


Rule = Callable[[Call], "Field | list[Field]"]


def _elementwise(call: Call) -> Field:
    fields = []
    for value in call.arguments.values():
        for tensor in value if isinstance(value, (list, tuple)) else (value,):
            found = call.field_of(tensor) if isinstance(tensor, torch.Tensor) else None
            if found is not None:
                missing = call.output.dim() - len(found.dims)  # broadcasting aligns dimensions at the end
                fields.append(replace(found, dims=(_NO_AXES,) * missing + found.dims))
    return merged(fields)


def _per_dimension(value: int | Sequence[int], n: int) -> list[int]:
    values = [value] if isinstance(value, int) else list(value)
    return values * n if len(values) == 1 else values


def _convolution(call: Call) -> Field:
    field, weight = call.field("input"), call["weight"]
    n = weight.dim() - 2
    channels = call["input"].shape[1]
    if call["groups"] != channels or call.output.shape[1] != channels:
        field = field.mixed(1, channels)
    for index, dim in enumerate(range(2, 2 + n)):
        stride, padding, dilation = (_per_dimension(call[name], n)[index] for name in ("stride", "padding", "dilation"))
        reach = (weight.shape[dim] - 1) * dilation
        if call["transposed"]:  # value o comes from (o + padding - t * dilation) / stride, t in the kernel
            field = field.moved(dim, Fraction(padding - reach, stride), Fraction(padding, stride), Fraction(1, stride))
        else:
            field = field.moved(dim, -padding, reach - padding, stride)
    return field


def _pooling(call: Call) -> Field:
    field, n = call.field("self"), len(_per_dimension(call["kernel_size"], 1))
    first = call["self"].dim() - n
    for index in range(n):
        kernel, padding = _per_dimension(call["kernel_size"], n)[index], _per_dimension(call["padding"], n)[index]
        stride = _per_dimension(call["stride"] or call["kernel_size"], n)[index]
        dilation = _per_dimension(call.arguments.get("dilation", 1), n)[index]
        field = field.moved(first + index, -padding, (kernel - 1) * dilation - padding, stride)
    return field


def _adaptive(call: Call) -> Field:
    field, sizes = call.field("self"), list(call["output_size"])
    first = call["self"].dim() - len(sizes)
    for dim, n_out in enumerate(sizes, start=first):
        n_in = call["self"].shape[dim]
        # Value i is made of floor(i * n_in / n_out) to ceil((i + 1) * n_in / n_out) - 1; rounding moves either end by at most `slack`.
        slack = 1 - Fraction(math.gcd(n_in, n_out), n_out)
        field = field.moved(dim, -slack, Fraction(n_in, n_out) - 1 + slack, Fraction(n_in, n_out))
    return field


def _reduction(call: Call) -> Field:
    field = call.field("self")
    dims = call.dims() if "dim" in call.arguments else list(range(call["self"].dim()))
    for dim in dims:
        field = field.mixed(dim, call["self"].shape[dim])
    if call.output.dim() == len(field.dims):
        return field
    return replace(field, dims=tuple(axes for dim, axes in enumerate(field.dims) if dim not in dims))


def _mixing(call: Call) -> Field:
    field = call.field("self")
    for dim in call.dims():
        field = field.mixed(dim, call["self"].shape[dim])
    return field


def _normalisation(dims: Callable[[Call], Sequence[int]]) -> Rule:
    def rule(call: Call) -> Field:
        field = call.field("input")
        for dim in dims(call):
            field = field.mixed(dim, call["input"].shape[dim])
        return field

    return rule


def _batch_norm_dims(call: Call) -> Sequence[int]:
    # With running statistics every value is by itself; without, those of the batch are taken.
    return [dim for dim in range(call["input"].dim()) if dim != 1] if call.arguments.get("training") else []


def _product(left: str, right: str, bias: str | None) -> Rule:
    """Matrix products: rows of the left, columns of the right; with three dimensions, the first is a batch."""

    def rule(call: Call) -> Field:
        fields = []
        for name, summed in ((left, -1), (right, -2)):
            found = call.field_of(call[name])
            if found is not None:
                n_dims = len(found.dims)
                found = found.mixed(n_dims + summed, call[name].shape[summed])
                fields.append(
                    replace(found, dims=tuple(_NO_AXES if dim == n_dims + summed else axes for dim, axes in enumerate(found.dims)))
                )
        if bias is not None and (found := call.field_of(call[bias])) is not None:
            fields.append(replace(found, dims=(_NO_AXES,) * (call.output.dim() - len(found.dims)) + found.dims))
        return merged(fields)

    return rule


def _view(call: Call) -> Field:
    """Reshape: dimensions keep their axes one to one; where several become one or one several, the order of positions is lost."""
    field, before, after = call.field("self"), tuple(call["self"].shape), tuple(call.output.shape)
    if 0 in before:
        return whole(len(field.spans), len(after))
    sources = [dim for dim, size in enumerate(before) if size > 1]
    targets = [dim for dim, size in enumerate(after) if size > 1]
    dims, spans = [_NO_AXES] * len(after), list(field.spans)
    while sources and targets:
        ours, theirs = [sources.pop(0)], [targets.pop(0)]
        n_ours, n_theirs = before[ours[0]], after[theirs[0]]
        while n_ours != n_theirs:
            if n_ours < n_theirs:
                ours.append(sources.pop(0))
                n_ours *= before[ours[-1]]
            else:
                theirs.append(targets.pop(0))
                n_theirs *= after[theirs[-1]]
        axes = frozenset().union(*(field.dims[dim] for dim in ours))
        for dim in theirs:
            dims[dim] = axes
        if len(ours) > 1 or len(theirs) > 1:
            for axis in axes:
                span = spans[axis]
                spans[axis] = span and replace(span, step=None)
    return _unbound(Field(tuple(dims), tuple(spans)))


def _rearranged(order: Callable[[Call], Sequence[int | None]]) -> Rule:
    """Dimensions in another order; None is a new one."""

    def rule(call: Call) -> Field:
        field = call.field("self")
        return replace(field, dims=tuple(_NO_AXES if dim is None else field.dims[dim] for dim in order(call)))

    return rule


def _transposed(call: Call) -> list[int]:
    order = list(range(call["self"].dim()))
    one, two = (call["dim0"] % len(order), call["dim1"] % len(order)) if "dim0" in call.arguments else (len(order) - 2, len(order) - 1)
    order[one], order[two] = order[two], order[one]
    return order


def _unsqueezed(call: Call) -> list[int | None]:
    order: list[int | None] = list(range(call["self"].dim()))
    order.insert(call["dim"] % (len(order) + 1), None)
    return order


def _squeezed(call: Call) -> list[int]:
    named = call.dims() if "dim" in call.arguments else range(call["self"].dim())
    return [dim for dim in range(call["self"].dim()) if dim not in named or call["self"].shape[dim] != 1]


def _expanded(call: Call) -> list[int | None]:
    return [None] * (call.output.dim() - call["self"].dim()) + list(range(call["self"].dim()))


def _part(field: Field, dim: int, index: int) -> Field:
    field = field.moved(dim, index, index, 0)
    return replace(field, dims=field.dims[:dim] + field.dims[dim + 1 :])


def _select(call: Call) -> Field:
    dim = call.dims()[0]
    return _part(call.field("self"), dim, call["index"] % call["self"].shape[dim])


def _unbind(call: Call) -> list[Field]:
    dim = call.dims()[0]
    return [_part(call.field("self"), dim, index) for index in range(call["self"].shape[dim])]


def _slice(call: Call) -> Field:
    dim = call.dims()[0]
    start, _, step = slice(call["start"], call["end"], call["step"]).indices(call["self"].shape[dim])
    return call.field("self").moved(dim, start, start, step)


def _split(call: Call) -> list[Field]:
    dim = call.dims()[0]
    size = call["self"].shape[dim]
    sizes = call.arguments.get("split_sizes", call.arguments.get("split_size"))
    starts = range(0, max(size, 1), sizes) if isinstance(sizes, int) else [sum(sizes[:index]) for index in range(len(sizes))]
    return [call.field("self").moved(dim, start, start, 1) for start in starts]


def _cat(call: Call) -> Field:
    dim, start, fields = call["dim"] % call.output.dim(), 0, []
    for tensor in call["tensors"]:
        found = call.field_of(tensor)
        if found is not None:
            fields.append(found.moved(dim, -start, -start, 1))
        start += tensor.shape[dim] if tensor.dim() == call.output.dim() else 0
    return merged(fields)


def _stack(call: Call) -> Field:
    dim = call["dim"] % call.output.dim()
    fields = [found for tensor in call["tensors"] if (found := call.field_of(tensor)) is not None]
    return merged([replace(field, dims=(*field.dims[:dim], _NO_AXES, *field.dims[dim:])) for field in fields])


def _padding(call: Call) -> Field:
    # Reflected and repeated edges, too: neither makes a stretch of positions longer.
    field = call.field("self")
    pad = call.arguments.get("pad", call.arguments.get("padding"))
    assert pad is not None
    for index in range(len(pad) // 2):
        field = field.moved(call["self"].dim() - 1 - index, -pad[2 * index], -pad[2 * index], 1)
    return field


def _unfold(call: Call) -> Field:
    dim = call["dimension"] % call["self"].dim()
    field = call.field("self").moved(dim, 0, call["size"] - 1, call["step"])
    return replace(field, dims=(*field.dims, _NO_AXES))


# By name, since not every release of torch has every operation.
RULES: dict[str, Rule] = {
    **dict.fromkeys(("clone", "_to_copy", "detach", "alias", "native_dropout", "copy_", "lift_fresh", "_reshape_alias_copy"), _elementwise),
    **dict.fromkeys(("view", "_unsafe_view", "reshape"), _view),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d"), _pooling),
    **dict.fromkeys(("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d"), _adaptive),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "var", "std", "max", "min", "prod", "logsumexp", "linalg_vector_norm"), _reduction),
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax", "cumsum", "cumprod", "glu"), _mixing),
    **dict.fromkeys(("_fft_r2c", "_fft_c2r", "_fft_c2c"), _mixing),
    **dict.fromkeys(("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes"), _split),
    **dict.fromkeys(("constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d"), _padding),
    **dict.fromkeys(("transpose", "t"), _rearranged(_transposed)),
    **dict.fromkeys(("mm", "bmm"), _product("self", "mat2", None)),
    "addmm": _product("mat1", "mat2", "self"),
    "baddbmm": _product("batch1", "batch2", "self"),
    "cat": _cat,
    "convolution": _convolution,
    "expand": _rearranged(_expanded),
    "native_batch_norm": _normalisation(_batch_norm_dims),
    "_native_batch_norm_legit_no_training": _normalisation(_batch_norm_dims),
    "native_group_norm": _normalisation(lambda call: range(1, call["input"].dim())),
    "native_layer_norm": _normalisation(lambda call: range(call["input"].dim())[-len(call["normalized_shape"]) :]),
    "permute": _rearranged(lambda call: call.dims("dims")),
    "select": _select,
    "slice": _slice,
    "squeeze": _rearranged(_squeezed),
    "stack": _stack,
    "unbind": _unbind,
    "unfold": _unfold,
    "unsqueeze": _rearranged(_unsqueezed),
}
# Made afresh: nothing of a tensor argument but its shape is taken.
CONSTANT = {f"new_{what}" for what in ("empty", "zeros", "ones", "full", "empty_strided")} | {
    f"{what}_like" for what in ("zeros", "ones", "empty", "full", "rand", "randn")
}


def rule_of(operation: Any) -> Rule | None:
    """Rule of an operation of torch, or None where it may look at everything."""
    return _elementwise if torch.Tag.pointwise in operation.tags else RULES.get(operation.overloadpacket.__name__)
