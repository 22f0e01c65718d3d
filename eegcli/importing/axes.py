"""Axes of an array: which is trials, channels, samples; guessed only where one order alone is possible."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eegcli.errors import InputError, counted
from eegcli.importing.formats.contents import CHANNELS, DROPPED, SAMPLES, TRIALS

MAX_CHANNELS = 512  # no cap has more electrodes
MIN_SAMPLES = 16  # of a trial: 16 ms at 1000 Hz

Axes = tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """Sizes that are known before the axes are.

    Attributes
    ----------
    trials : frozenset of int
        Numbers of labels, one of which is that of the trials; empty where there are none.
    channels, samples : int or None
    """

    trials: frozenset[int] = frozenset()
    channels: int | None = None
    samples: int | None = None

    def allows(self, shape: Sequence[int], axes: Axes) -> bool:
        """Test that an array of this shape may have these axes."""
        sizes = dict(zip(axes, shape, strict=True))
        channels, samples = sizes.get(CHANNELS, 1), sizes[SAMPLES]
        if any(size != 1 for size, axis in zip(shape, axes, strict=True) if axis == DROPPED):
            return False
        if self.trials and sizes[TRIALS] not in self.trials:
            return False
        if self.channels not in (None, channels) or self.samples not in (None, samples):
            return False
        return channels <= MAX_CHANNELS and samples >= MIN_SAMPLES

    def __str__(self) -> str:
        words = [f"{' or '.join(map(str, sorted(self.trials)))} labels"] if self.trials else []
        words += [f"{self.channels} names of channels"] if self.channels is not None else []
        words += [f"{counted(self.samples, 'sample')} a trial"] if self.samples is not None else []
        return ", ".join(words) or "nothing"


def readings(shape: Sequence[int], known: Known) -> list[Axes]:
    """Orders of axes that an array of this shape can have."""
    names: Collection[str] = {2: (TRIALS, SAMPLES), 3: (TRIALS, CHANNELS, SAMPLES), 4: (TRIALS, CHANNELS, SAMPLES, DROPPED)}.get(
        len(shape), ()
    )
    return sorted({axes for axes in itertools.permutations(names) if axes and known.allows(shape, axes)})


def find_axes(shapes: Sequence[tuple[str, Sequence[int], Known]], given: Axes) -> Axes:
    """Find the axes of arrays that have one order.

    Parameters
    ----------
    shapes : sequence of (str, sequence of int, Known)
        Name and shape of each array, and what is known of it.
    given : tuple of str
        What the user, or the format, says; empty: nothing.

    Raises
    ------
    InputError
        If what is given does not fit, no order is possible, or several are: they are named.
    """
    name, shape, known = shapes[0]
    if given:
        for name, shape, known in shapes:
            _check_given(name, shape, known, given)
        return given
    if not 2 <= len(shape) <= 4:
        cut = " It is one long row: --reshape TRIALSxSAMPLES cuts it." if len(shape) == 1 else ""
        raise InputError(
            f"{name}: an array of {len(shape)} axes ({_sizes(shape)})", hint=f"Trials of channels and samples have 2 to 4 axes.{cut}"
        )
    possible = [axes for axes in readings(shape, known) if all(axes in readings(other, beside) for _, other, beside in shapes[1:])]
    if len(possible) == 1:
        return possible[0]
    if not possible:
        raise InputError(
            f"{name}: an array of {_sizes(shape)} fits no order of axes; known are {known}",
            hint="Say it with --axes, such as trials,channels,samples; see whether --channels, --length, --array and the labels are right.",
        )
    shown = " or ".join(",".join(axes) for axes in possible)
    raise InputError(
        f"{name}: an array of {_sizes(shape)} can be {shown}; known are {known}",
        hint=f"Say it with --axes {','.join(possible[0])}; labels, --channels or --length (with --sfreq) tell it, too.",
    )


def _check_given(name: str, shape: Sequence[int], known: Known, given: Axes) -> None:
    if len(given) != len(shape) or len(set(given) - {DROPPED}) != len(given) - given.count(DROPPED) or not {TRIALS, SAMPLES} <= set(given):
        raise InputError(
            f"{name}: --axes {','.join(given)} for an array of {_sizes(shape)}",
            hint="Name each axis once, trials and samples among them; 1 for an axis of length 1.",
        )
    sizes = dict(zip(given, shape, strict=True))
    if any(size != 1 for size, axis in zip(shape, given, strict=True) if axis == DROPPED):
        raise InputError(f"{name}: --axes {','.join(given)} drops an axis that is longer than 1 ({_sizes(shape)})")
    if known.trials and sizes[TRIALS] not in known.trials:
        raise InputError(
            f"{name}: {counted(sizes[TRIALS], 'trial')}, but {' or '.join(map(str, sorted(known.trials)))} labels ({_sizes(shape)})"
        )
    if known.channels not in (None, sizes.get(CHANNELS, 1)):
        raise InputError(f"{name}: {counted(sizes.get(CHANNELS, 1), 'channel')}, but {known.channels} names of channels ({_sizes(shape)})")
    if known.samples not in (None, sizes[SAMPLES]):
        raise InputError(f"{name}: {counted(sizes[SAMPLES], 'sample')} a trial, but --length makes {known.samples} ({_sizes(shape)})")


def _sizes(shape: Sequence[int]) -> str:
    return " x ".join(f"{size:,}" for size in shape)
