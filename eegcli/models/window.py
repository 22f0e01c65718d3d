"""Windows that a network fits: the smallest, and kernels and pools that are shortened until a window fits.

Networks are built on torch's ``meta`` device, so that no weight is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from eegcli.models.layers import WindowTooSmall
from eegcli.models.options import shown

FAR = 2**15  # a size that fits every kernel
WORDS = {"n_chans": "channels", "n_times": "samples", "n_bins": "bins", "n_bands": "bands", "n_features": "features"}
Make = Callable[..., nn.Module]


def smallest_window(make: Make, sizes: Mapping[str, int]) -> dict[str, int] | None:
    """Find the smallest window that a network takes.

    Parameters
    ----------
    make : callable
        Makes the network for sizes that are given by name; raises `WindowTooSmall` where they do not fit.
    sizes : mapping of str to int
        A window that does not fit.

    Returns
    -------
    dict of str to int, or None
        The least size along every axis, if a window that has them all fits (kernels and pools along one axis know nothing of the other); else the
        given window, made larger along one axis until it fits. None: no window fits.
    """
    far = dict.fromkeys(sizes, FAR)
    least = {axis: _least(make, far, axis) for axis in sizes}
    found = {axis: size for axis, size in least.items() if size is not None}
    if len(found) < len(sizes):
        return None
    if _fits(make, found):
        return found
    for axis in reversed(list(sizes)):
        if (size := _least(make, sizes, axis)) is not None:
            return {**sizes, axis: size}
    return None


def fit_options(make: Callable[..., nn.Module], sizes: Mapping[str, int], lengths: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Shorten the kernels and pools of a network until a window fits.

    Parameters
    ----------
    make : callable
        Makes the network for sizes and options that are given by name; raises `WindowTooSmall` where they do not fit.
    sizes : mapping of str to int
        The window.
    lengths : mapping of str to mapping
        By axis, the options that are lengths along it, with their values.

    Returns
    -------
    dict
        Options that change; none where the window fits as it is. Along each axis by itself, the last blocks are shortened first: of the fewest
        blocks from the end with which the window fits, all lengths are multiplied by the largest factor with which it does, and rounded
        down; none goes below 1. A tuple has a length for each block; a single length counts as one of the first.

    Raises
    ------
    WindowTooSmall
        If the window does not fit even then.
    """
    changed: dict[str, Any] = {}
    if _fits(make, sizes):
        return changed
    for axis in sizes:
        own = lengths.get(axis, {})
        alone = {**dict.fromkeys(sizes, FAR), axis: sizes[axis]}
        if own and not _fits(make, alone):
            changed |= _shortened(make, alone, own)
    if not _fits(make, sizes, changed):  # axes that are not independent of each other: bands side by side in one image
        for own in reversed(list(lengths.values())):
            if own and _fits(make, sizes, shorter := _shortened(make, sizes, own)):
                changed |= shorter
                break
    with torch.device("meta"):
        make(**sizes, **changed)  # raises where it does not fit even so
    before = {name: value for own in lengths.values() for name, value in own.items()}
    return {name: value for name, value in changed.items() if value != before[name]}


def scaled(lengths: Mapping[str, Any], factor: tuple[int, int], first: int = 0) -> dict[str, Any]:
    """Lengths times a fraction (numerator, denominator), rounded down, at least 1; those of the blocks before `first` as they are."""

    def shorter(length: int) -> int:
        return max(1, length * factor[0] // factor[1])

    return {
        name: tuple(length if block < first else shorter(length) for block, length in enumerate(value))
        if isinstance(value, (tuple, list))
        else value
        if first
        else shorter(value)
        for name, value in lengths.items()
    }


def words(sizes: Mapping[str, int]) -> str:
    """A window in words: ``24 channels x 256 samples``."""
    named = {axis: WORDS.get(axis, axis) for axis in sizes}
    return " x ".join(f"{size} {named[axis].removesuffix('s') if size == 1 else named[axis]}" for axis, size in sizes.items())


def said(changed: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """Changed options in words: ``kernels 30,7 (64,16)``."""
    return ", ".join(f"{name} {shown(value)} (from {shown(before[name])})" for name, value in sorted(changed.items()))


def _shortened(make: Make, sizes: Mapping[str, int], lengths: Mapping[str, Any]) -> dict[str, Any]:
    """Shorten the lengths of the fewest blocks from the end, by the largest factor, until a window fits; all are 1 if none does."""
    n_blocks = max(len(value) if isinstance(value, (tuple, list)) else 1 for value in lengths.values())
    for first in reversed(range(n_blocks)):
        factors = _factors(lengths)
        if not _fits(make, sizes, scaled(lengths, factors[-1], first)):
            continue
        low, high = 0, len(factors) - 1  # the place of the first factor that fits
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if _fits(make, sizes, scaled(lengths, factors[middle], first)) else (middle + 1, high)
        return scaled(lengths, factors[low], first)
    return scaled(lengths, _factors(lengths)[-1])


def _factors(lengths: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Every factor at which a length, rounded down, changes: the largest first, the last makes all of them 1."""
    numbers = {number for value in lengths.values() for number in (value if isinstance(value, (tuple, list)) else (value,))}
    fractions = {(part, number) for number in numbers for part in range(1, number + 1)} | {(1, max(numbers) + 1)}
    return sorted(fractions, key=lambda fraction: fraction[0] / fraction[1], reverse=True)


def _least(make: Make, sizes: Mapping[str, int], axis: str) -> int | None:
    """Smallest size along an axis that fits, with the others as they are; None if none does."""
    low, high = 0, 1
    while not _fits(make, {**sizes, axis: high}):
        low, high = high, 2 * high
        if high > FAR:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(make, {**sizes, axis: middle}) else (middle, high)
    return high


def _fits(make: Make, sizes: Mapping[str, int], options: Mapping[str, Any] | None = None) -> bool:
    try:
        with torch.device("meta"):
            make(**sizes, **(options or {}))
    except WindowTooSmall:
        return False
    return True
