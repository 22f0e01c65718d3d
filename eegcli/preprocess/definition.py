"""Steps: what the file of a step states about it beside the function, and one step with its options."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

import numpy as np

from eegcli.preprocess.signal import Signal
from eegcli.registry import STEPS, load

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Size:
    """Size of a recording at some step; 0 where nothing tells.

    Attributes
    ----------
    n_samples : float
        Of all channels together.
    n_channels : float
    sfreq : float
        Hz.
    """

    n_samples: float
    n_channels: float
    sfreq: float


@dataclass(frozen=True)
class Cost:
    """Time and memory that a step takes, for ``--dry-run``.

    Attributes
    ----------
    seconds : float
        Per million samples (channel x time), of one core. The default is that of the steps that copy or add: measured, as all others, on
        129 channels x 360 s at 500 Hz (docs/benchmarks.md).
    copies : float
        Copies of the signal in double precision that the step holds beside the one it gets, its result among them; 0 for one that only looks.
    """

    seconds: float = 0.005
    copies: float = 1.0


@dataclass(frozen=True)
class Flag:
    """Setting of its own, given as a flag, that is laid over an option of a step.

    Attributes
    ----------
    setting : str
        Field of `PreprocessSettings`; its default lays nothing.
    option : str
        Option of the step.
    read : callable
        Setting -> option.
    brings : bool
        Bring the step in where the recipe has none.
    off : str or None
        Value that takes the step out of the recipe.
    """

    setting: str
    option: str
    read: Callable[[Any], Any] = lambda value: value
    brings: bool = True
    off: str | None = None


@dataclass(frozen=True)
class Definition:
    """A step: its function, and all that others have to know about it.

    Attributes
    ----------
    function : callable
        ``function(signal, *, option=default, ...) -> Signal``, pure; types and defaults of the options are those of its signature.
    flags : tuple of Flag
        Settings that are laid over its options.
    check : callable
        Options -> None; raises UsageError for what no recording can fulfil. Numbers below zero are refused before.
    below_zero : tuple of str
        Options that may be below zero.
    check_place : callable
        Steps that come before -> None; raises UsageError if the step cannot follow them.
    make_room : callable
        Called with the recipe's steps and the step's index there when a flag has brought it in: moves what has to be moved.
    takes_single : bool
        It sees to the precision itself. Others are given double precision, of which the copy takes longer than a look at the samples.
    removes_drifts : callable
        Options -> bool: true if the signal has no drifts after it.
    cost : callable
        Options and size -> Cost.
    size : callable
        Options and size -> size after it, as far as the options tell.
    """

    function: Callable[..., Signal]
    flags: tuple[Flag, ...] = ()
    check: Callable[[Options], None] = lambda options: None
    below_zero: tuple[str, ...] = ()
    check_place: Callable[[Sequence[Step]], None] = lambda before: None
    make_room: Callable[[list[dict[str, Any]], int], None] = lambda steps, index: None
    takes_single: bool = False
    removes_drifts: Callable[[Options], bool] = lambda options: False
    cost: Callable[[Options, Size], Cost] = lambda options, size: Cost()
    size: Callable[[Options, Size], Size] = lambda options, size: size


@dataclass(frozen=True)
class Added:
    """Mark of an option that came after 0.1.0, with the default it came with: ``ratio: Annotated[float, Added(0.5)] = 0.5``.

    Where it holds that default, it has no part in the digests of recordings: those cleaned before it came stay finished.
    """

    default: Any


@dataclass(frozen=True)
class Step:
    """One step with all its options.

    Attributes
    ----------
    name : str
        As in a recipe, e.g. ``recover-reference``.
    options : mapping
        Every option, defaults included.
    """

    name: str
    options: Mapping[str, Any]

    def __call__(self, signal: Signal) -> Signal:
        """Apply the step to a signal."""
        if not self.definition.takes_single:  # a recording just read may be in single precision
            signal = replace(signal, data=np.asarray(signal.data, dtype=np.float64))
        return self.definition.function(signal, **self.options)

    @property
    def definition(self) -> Definition:
        """Definition that the step's file states."""
        return definition_of(self.name)

    def as_dict(self) -> dict[str, Any]:
        """Table of a recipe. Options that are None are left out, as TOML has no word for it; later ones where they are as they came."""
        added = added_options(self.name)
        stated = {name: value for name, value in self.options.items() if value is not None and not (name in added and value == added[name])}
        return {"step": self.name, **stated}


def definition_of(name: str) -> Definition:
    """Load the definition that the file of a registered step states."""
    definition: Definition = load(STEPS[name].path)
    return definition


@functools.cache
def added_options(name: str) -> dict[str, Any]:
    """Options of a step that came after 0.1.0, with the default that each came with."""
    hints = get_type_hints(definition_of(name).function, include_extras=True)
    marks = {option: mark for option, hint in hints.items() for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Added)}
    return {option: mark.default for option, mark in marks.items()}
