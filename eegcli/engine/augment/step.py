"""Augmentation with its options: read from ``NAME:OPTION=VALUE,...``, checked against the windows, written again."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.engine.augment.definition import Cut, Definition
from eegcli.engine.feed import Batch
from eegcli.errors import UsageError
from eegcli.registry import AUGMENTATIONS, load, lookup

NOT_OPTIONS = ("batch", "draws", "sfreq")


@dataclass(frozen=True)
class Step:
    """One augmentation with all its options.

    Attributes
    ----------
    name : str
        In `registry.AUGMENTATIONS`.
    options : mapping of str to float
        Every option, defaults included.
    """

    name: str
    options: Mapping[str, float]

    @property
    def definition(self) -> Definition:
        """Definition that the augmentation's file states."""
        definition: Definition = load(AUGMENTATIONS[self.name].path)
        return definition

    def __call__(self, batch: Batch, draws: np.random.Generator, sfreq: float) -> Batch:
        """Change a batch of windows with the sampling frequency `sfreq` (Hz)."""
        function = self.definition.function
        known = {"sfreq": sfreq} if "sfreq" in inspect.signature(function).parameters else {}
        return function(batch, draws, **known, **self.options)

    def __str__(self) -> str:
        """The text that `read` reads, with every option."""
        return f"{self.name}:" + ",".join(f"{name}={value:.10g}" for name, value in self.options.items())

    def require(self, representation: str, cut: Cut) -> None:
        """Check that it makes sense for windows.

        Raises
        ------
        UsageError
            If it is not for their representation, or an option is too much for them.
        """
        entry = AUGMENTATIONS[self.name]
        if entry.representations and representation not in entry.representations:
            raise UsageError(
                f"--augment {self.name}: {entry.summary}, which makes no sense for windows of {representation}",
                hint=f"It is for {', '.join(entry.representations)}.",
            )
        if wrong := self.definition.check(self.options, cut):
            raise UsageError(f"--augment {self}: {wrong}")


def options_of(name: str) -> dict[str, float]:
    """Options of an augmentation with their defaults, in the order of its function."""
    definition: Definition = load(AUGMENTATIONS[name].path)
    parameters = inspect.signature(definition.function).parameters
    return {one.name: float(one.default) for one in parameters.values() if one.name not in NOT_OPTIONS}


def read(texts: Iterable[str]) -> tuple[Step, ...]:
    """Read augmentations, in the order in which they are done.

    Raises
    ------
    UsageError
        If there is no such augmentation or option, a value is no number or outside its range, or one is named twice.
    """
    steps = tuple(_read(text) for text in texts)
    names = [step.name for step in steps]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--augment {name}: named twice")
    return steps


def require(steps: Sequence[Step], representation: str, cut: Cut) -> None:
    """Check that all of them make sense for windows; raises as `Step.require`."""
    for step in steps:
        step.require(representation, cut)


def _read(text: str) -> Step:
    name, _, rest = text.partition(":")
    name = lookup("augmentation", name.strip(), AUGMENTATIONS)
    options = options_of(name)
    ranges = load(AUGMENTATIONS[name].path).ranges
    for part in filter(None, (one.strip() for one in rest.split(","))):
        option, _, value = (one.strip() for one in part.partition("="))
        if option not in options:
            raise UsageError(f"--augment {name}: there is no option {option!r}", hint=f"It has: {_listed(options)}.")
        options[option] = _number(name, option, value, *ranges[option])
    return Step(name, options)


def _number(name: str, option: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise UsageError(f"--augment {name}: {option}={text} is no number") from error
    if not (low < value <= high and math.isfinite(value)):
        most = "" if math.isinf(high) else f" and at most {high:g}"
        raise UsageError(f"--augment {name}: {option} must be above {low:g}{most}, not {text}")
    return value


def _listed(options: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in options.items())
