"""Fields: for every value of a tensor, the first and the last position of each axis of the window that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int32]
END = 2**30  # beyond every window: the last position of a value that depends on all of it, the first of one that depends on nothing


@dataclass(frozen=True, eq=False)
class Field:
    """Receptive field of every value of a tensor.

    Attributes
    ----------
    first, last : tuple of ndarray of int
        One array for each axis of the window, with the dimensions of the tensor; of size 1 where it does not vary along one.
        The first is larger than the last where a value depends on nothing (what padding and constants fill in).
    """

    first: tuple[Positions, ...]
    last: tuple[Positions, ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Field) or len(self.first) != len(other.first):
            return False
        pairs = zip((*self.first, *self.last), (*other.first, *other.last), strict=True)
        return all(one is two or np.array_equal(one, two) for one, two in pairs)

    __hash__ = None  # type: ignore[assignment]

    def fits(self, n_axes: int, shape: Sequence[int]) -> bool:
        """Test that the arrays have the dimensions of a tensor of this shape."""
        return len(self.first) == n_axes and all(
            array.ndim == len(shape) and all(size in (1, whole) for size, whole in zip(array.shape, shape, strict=True))
            for array in (*self.first, *self.last)
        )

    def extents(self, window: Sequence[int]) -> tuple[int, ...]:
        """Number of positions on each axis of a window, from the first to the last one that has an influence on a value; the largest."""
        return tuple(
            max(int((np.minimum(last, size - 1) - first).max(initial=-1)) + 1, 0)
            for first, last, size in zip(self.first, self.last, window, strict=True)
        )

    def reshaped(self, change: Callable[[Positions], Positions]) -> Field:
        """Field of the same values in other places."""
        return Field(tuple(map(change, self.first)), tuple(map(change, self.last)))

    def gathered(self, dim: int, index: NDArray[np.int64]) -> Field:
        """Field of a tensor whose value `o` along a dimension is made of the values ``index[o]``; -1 is none."""
        return Field(
            tuple(_gathered(array, dim, index, np.minimum, END) for array in self.first),
            tuple(_gathered(array, dim, index, np.maximum, -1) for array in self.last),
        )

    def mixed(self, dim: int) -> Field:
        """Field where every value depends on all values along a dimension."""
        return Field(
            tuple(array.min(axis=dim, keepdims=True, initial=END) for array in self.first),
            tuple(array.max(axis=dim, keepdims=True, initial=-1) for array in self.last),
        )

    def ordered(self, order: Sequence[int | None]) -> Field:
        """Field with dimensions in another order; None is a new one, and those that are not named have one position."""
        kept = [dim for dim in order if dim is not None]
        ranks = {dim: rank for rank, dim in enumerate(sorted(kept))}

        def change(array: Positions) -> Positions:
            left = array.squeeze(axis=tuple(dim for dim in range(array.ndim) if dim not in ranks)).transpose([ranks[dim] for dim in kept])
            sizes = iter(left.shape)
            return left.reshape([1 if dim is None else next(sizes) for dim in order])

        return self.reshaped(change)

    def aligned(self, n_dims: int) -> Field:
        """Field with more dimensions in front, as broadcasting adds them."""
        return self.reshaped(lambda array: array.reshape((1,) * (n_dims - array.ndim) + array.shape))


def of_window(window: Sequence[int]) -> Field:
    """Field of the windows themselves, of shape (batch, *window): each value is one position of each axis."""
    n = len(window)
    places = tuple(
        np.arange(size, dtype=np.int32).reshape([size if dim == axis else 1 for dim in range(-1, n)]) for axis, size in enumerate(window)
    )
    return Field(places, places)


def whole(n_axes: int, n_dims: int) -> Field:
    """Field of a tensor whose values depend on the whole window."""
    return Field((np.zeros((1,) * n_dims, dtype=np.int32),) * n_axes, (np.full((1,) * n_dims, END, dtype=np.int32),) * n_axes)


def nothing_like(field: Field) -> Field:
    """Field of a constant, with the axes and dimensions of another."""
    shape = (1,) * field.first[0].ndim
    n_axes = len(field.first)
    return Field((np.full(shape, END, dtype=np.int32),) * n_axes, (np.full(shape, -1, dtype=np.int32),) * n_axes)


def merged(fields: Sequence[Field]) -> Field:
    """Field of values that are made of several tensors, element by element."""
    first, *others = fields
    for other in others:
        first = Field(tuple(map(np.minimum, first.first, other.first)), tuple(map(np.maximum, first.last, other.last)))
    return first


def joined(fields: Sequence[Field], sizes: Sequence[int], dim: int) -> Field:
    """Field of tensors that are put one after the other along a dimension, where they have these sizes."""

    def change(*arrays: Positions) -> Positions:
        shape = list(np.broadcast_shapes(*((*array.shape[:dim], 1, *array.shape[dim + 1 :]) for array in arrays)))
        pieces = []
        for array, size in zip(arrays, sizes, strict=True):
            shape[dim] = size
            pieces.append(np.broadcast_to(array, shape))
        return np.concatenate(pieces, axis=dim)

    return Field(
        tuple(map(change, *(field.first for field in fields))),
        tuple(map(change, *(field.last for field in fields))),
    )


def _gathered(array: Positions, dim: int, index: NDArray[np.int64], reduce: np.ufunc, nothing: int) -> Positions:
    if array.shape[dim] == 1:
        if (index >= 0).any(axis=1).all():
            return array
        index = np.minimum(index, 0)
    shape = [1] * array.ndim
    shape[dim] = len(index)
    result = np.full((*array.shape[:dim], len(index), *array.shape[dim + 1 :]), nothing, dtype=np.int32)
    for places in index.T:
        found = np.take(array, np.maximum(places, 0), axis=dim)
        reduce(result, found, out=result, where=(places >= 0).reshape(shape))
    return result
