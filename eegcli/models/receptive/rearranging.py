"""Rules of operations that put values in other places: views, slices, joins, padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eegcli.models.receptive.call import Call, Rule
from eegcli.models.receptive.field import Field, Positions, joined, nothing_like, whole


def viewed(call: Call) -> Field:
    """Reshape: where several dimensions become one or one several, every position keeps its place in the order of memory."""
    before, after = tuple(call["self"].shape), tuple(call.output.shape)
    if 0 in before:
        return whole(call.n_axes, len(after))
    sources = [dim for dim, size in enumerate(before) if size > 1]
    targets = [dim for dim, size in enumerate(after) if size > 1]
    groups: list[tuple[list[int], list[int]]] = []
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
        groups.append((ours, theirs))

    def change(array: Positions) -> Positions:
        full, new = [1] * len(before), [1] * len(after)
        for ours, theirs in groups:
            if any(array.shape[dim] > 1 for dim in ours):
                for dim in ours:
                    full[dim] = before[dim]
                for dim in theirs:
                    new[dim] = after[dim]
        return np.broadcast_to(array, full).reshape(new)

    return call.field("self").reshaped(change)


def rearranged(order: Callable[[Call], Sequence[int | None]]) -> Rule:
    """Dimensions in another order; None is a new one."""
    return lambda call: call.field("self").ordered(order(call))


def transposed(call: Call) -> list[int]:
    """Order of dimensions of which two are swapped."""
    order = list(range(call["self"].dim()))
    if len(order) < 2:
        return order
    one, two = (call["dim0"] % len(order), call["dim1"] % len(order)) if "dim0" in call.arguments else (len(order) - 2, len(order) - 1)
    order[one], order[two] = order[two], order[one]
    return order


def unsqueezed(call: Call) -> list[int | None]:
    """Order of dimensions with a new one."""
    order: list[int | None] = list(range(call["self"].dim()))
    order.insert(call["dim"] % (len(order) + 1), None)
    return order


def squeezed(call: Call) -> list[int]:
    """Order of dimensions without those of one position."""
    named = call.dims() if "dim" in call.arguments else range(call["self"].dim())
    return [dim for dim in range(call["self"].dim()) if dim not in named or call["self"].shape[dim] != 1]


def expanded(call: Call) -> list[int | None]:
    """Order of dimensions with new ones in front."""
    return [None] * (call.output.dim() - call["self"].dim()) + list(range(call["self"].dim()))


def _taken(found: Field, dim: int, places: Sequence[int] | NDArray[np.int64]) -> Field:
    return found.gathered(dim, np.asarray(places, dtype=np.int64).reshape(-1, 1))


def _part(found: Field, dim: int, index: int) -> Field:
    return _taken(found, dim, [index]).ordered([one for one in range(found.first[0].ndim) if one != dim])


def selected(call: Call) -> Field:
    """Selection of one position."""
    dim = call.dims()[0]
    return _part(call.field("self"), dim, call["index"] % call["self"].shape[dim])


def unbound(call: Call) -> list[Field]:
    """Tensors of one position each."""
    dim = call.dims()[0]
    return [_part(call.field("self"), dim, index) for index in range(call["self"].shape[dim])]


def sliced(call: Call) -> Field:
    """Slices with a step."""
    dim = call.dims()[0]
    places = range(*slice(call["start"], call["end"], call["step"]).indices(call["self"].shape[dim]))
    return _taken(call.field("self"), dim, places)


def parted(call: Call) -> list[Field]:
    """Pieces of a tensor along a dimension."""
    dim = call.dims()[0]
    size = call["self"].shape[dim]
    sizes = call.arguments.get("split_sizes", call.arguments.get("split_size"))
    starts = list(range(0, max(size, 1), sizes)) if isinstance(sizes, int) else [sum(sizes[:index]) for index in range(len(sizes))]
    return [_taken(call.field("self"), dim, range(start, end)) for start, end in zip(starts, [*starts[1:], size], strict=True)]


def moved(places: Callable[[Call, int, NDArray[np.int64]], NDArray[np.int64]], dims: str) -> Rule:
    """Same values in other places along some dimensions; `places` says where those of the output come from."""

    def rule(call: Call) -> Field:
        found = call.field("self")
        for dim in call.dims(dims):
            found = _taken(found, dim, places(call, dim, np.arange(call["self"].shape[dim])))
        return found

    return rule


def _places_before(call: Call, dim: int, index: NDArray[np.int64]) -> NDArray[np.int64]:
    shifts = [shift for shift, one in zip(call["shifts"], call.dims("dims"), strict=True) if one == dim]
    return np.asarray((index - shifts[0]) % len(index))


def rolled(call: Call) -> Field:
    """Rolled tensors: what leaves at one end enters at the other."""
    if not call["dims"] or len(set(call.dims("dims"))) < len(call["dims"]):  # of the flattened tensor; of one dimension twice
        return whole(call.n_axes, call.output.dim())
    found: Field = moved(_places_before, "dims")(call)  # type: ignore[assignment]
    return found


def concatenated(call: Call) -> Field:
    """Tensors put one after the other."""
    dim = call["dim"] % call.output.dim()
    tensors = [tensor for tensor in call["tensors"] if tensor.dim() == call.output.dim()]
    found = [call.of(tensor) for tensor in tensors]
    nothing = nothing_like(next(one for one in found if one is not None))
    return joined([one if one is not None else nothing for one in found], [tensor.shape[dim] for tensor in tensors], dim)


def stacked(call: Call) -> Field:
    """Tensors put side by side, in a new dimension."""
    dim = call["dim"] % call.output.dim()
    order = [*range(dim), None, *range(dim, call.output.dim() - 1)]
    found = [one and one.ordered(order) for one in map(call.of, call["tensors"])]
    nothing = nothing_like(next(one for one in found if one is not None))
    return joined([one if one is not None else nothing for one in found], [1] * len(found), dim)


def padded(edge: Callable[[NDArray[np.int64], int], NDArray[np.int64]]) -> Rule:
    """Padding; `edge` says where the values of places beyond the edges come from."""

    def rule(call: Call) -> Field:
        found = call.field("self")
        pad = call.arguments.get("pad", call.arguments.get("padding"))
        assert pad is not None
        for index in range(len(pad) // 2):
            dim = call["self"].dim() - 1 - index
            size = call["self"].shape[dim]
            found = _taken(found, dim, edge(np.arange(-pad[2 * index], size + pad[2 * index + 1]), size))
        return found

    return rule


def reflected(index: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Places from which reflecting edges come."""
    return np.asarray((size - 1) - np.abs((size - 1) - np.abs(index)))


def unfolded(call: Call) -> Field:
    """Sliding windows, in a new dimension."""
    dim, n, size = call["dimension"] % call["self"].dim(), call.output.shape[call["dimension"] % call["self"].dim()], call["size"]
    places = np.arange(n)[:, None] * call["step"] + np.arange(size)

    def change(array: Positions) -> Positions:
        if array.shape[dim] == 1:
            return array[..., None]
        return np.moveaxis(np.take(array, places, axis=dim), dim + 1, -1)

    return call.field("self").reshaped(change)
