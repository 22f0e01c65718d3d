"""From a recipe's steps and the named flags to the list of steps that is run."""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from eegcli.bids.montage import channel_set
from eegcli.config import read_recipe
from eegcli.errors import UsageError
from eegcli.preprocess.signal import Signal
from eegcli.registry import STEPS, load, lookup
from eegcli.settings import PreprocessSettings
from eegcli.study.segments import parse_rules

# Where a flag puts a step that the recipe does not have.
# Bad channels would spread through an average reference; ASR stands before it as it costs the data a rank.
ORDER = (
    *("remove-baseline", "drop-channels", "crop", "filter", "remove-drifts", "resample"),
    *("recover-reference", "bad-channels", "interpolate", "asr", "reference", "keep-segments", "pick"),
)
# What each named flag sets.
FLAGS: dict[str, tuple[str, str]] = {
    "l_freq": ("filter", "l_freq"),
    "h_freq": ("filter", "h_freq"),
    "notch": ("filter", "notch"),
    "sfreq": ("resample", "sfreq"),
    "reference": ("reference", "channels"),
    "channels": ("pick", "channels"),
}
# Steps that see to the precision themselves: they only look, and a copy in double precision would take longer than that.
TAKE_SINGLE = ("bad-channels",)
WORDS: dict[Any, str] = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}


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
        """Do the step."""
        if self.name not in TAKE_SINGLE:  # a recording just read may be in single precision
            signal = replace(signal, data=np.asarray(signal.data, dtype=np.float64))
        result: Signal = load(STEPS[self.name])(signal, **self.options)
        return result

    def as_dict(self) -> dict[str, Any]:
        """As a recipe states it. Options that are None are left out, as TOML has no word for it; later ones where they are as they came."""
        added = added_options(self.name)
        stated = {name: value for name, value in self.options.items() if value is not None and not (name in added and value == added[name])}
        return {"step": self.name, **stated}


def plan_steps(settings: PreprocessSettings) -> tuple[Step, ...]:
    """Lay the named flags over the recipe's steps.

    Parameters
    ----------
    settings : PreprocessSettings
        `steps` of the recipe (the default recipe's if empty) and the flags.

    Returns
    -------
    tuple of Step

    Raises
    ------
    UsageError
        If a step or an option is unknown, or a value is impossible.
    """
    steps = [dict(step) for step in settings.steps or read_recipe("default")["preprocess"]["steps"]]
    for step in steps:
        if "step" not in step:
            raise UsageError(f"a step of the recipe has no name: {step}", hint='Each begins with a line such as step = "filter".')
        lookup("step", str(step["step"]), STEPS)
    for flag, (name, option) in FLAGS.items():
        value = getattr(settings, flag)
        if value is not None and value != ():
            _step(steps, name, option)[option] = value
    if settings.asr_cutoff == "off":
        steps = [step for step in steps if step["step"] != "asr"]
    elif settings.asr_cutoff is not None:
        _asr_step(steps)["cutoff"] = _cutoff(settings.asr_cutoff)
    if settings.missing_channels != "error" and any(step["step"] == "pick" for step in steps):
        _step(steps, "pick")["missing_channels"] = settings.missing_channels
    for step in steps:
        if "seed" in options_of(step["step"]):
            step.setdefault("seed", settings.seed)
    checked = tuple(_checked(step) for step in steps)
    _check_order(checked)
    return checked


def _cutoff(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"--asr-cutoff {text}: a number of standard deviations, or off, is needed") from error


def _asr_step(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The recipe's ASR, or a new one, which a low-pass filter follows: ASR tells artifacts better by what lies above."""
    if not any(step["step"] == "asr" for step in steps):
        here = steps.index(_step(steps, "asr"))
        for step in [step for step in steps[:here] if step["step"] == "filter" and step.get("h_freq")]:
            steps.insert(here + 1, {"step": "filter"} | {key: step.pop(key) for key in ("h_freq", "h_trans_bandwidth") if key in step})
    return _step(steps, "asr")


def _step(steps: list[dict[str, Any]], name: str, option: str | None = None) -> dict[str, Any]:
    """The recipe's step of that name (of several, the one that states the option); a new one at its usual place if there is none."""
    found = [step for step in steps if step["step"] == name]
    if len(found) > 1:
        found = [step for step in found if option in step] or found
    if len(found) > 1:
        raise UsageError(
            f"the recipe has {len(found)} steps named {name}, so that a flag could mean any of them", hint="Change the recipe instead."
        )
    if found:
        return found[0]
    later = [index for index, step in enumerate(steps) if ORDER.index(step["step"]) > ORDER.index(name)]
    steps.insert(later[0] if later else len(steps), {"step": name})
    return _step(steps, name)


def _checked(step: Mapping[str, Any]) -> Step:
    name = step["step"]
    known = options_of(name)
    options = {option: value for option, (_, value) in known.items() if value is not inspect.Parameter.empty}
    for option, value in step.items():
        if option != "step":
            lookup(f"option of step {name}", option, known)
            options[option] = _coerced(value, known[option][0], f"step {name}: {option}")
    lacking = [option for option in known if option not in options]
    if lacking:
        raise UsageError(f"step {name} needs {', '.join(lacking)}")
    _check_ranges(name, options)
    return Step(name, options)


@functools.cache
def options_of(name: str) -> dict[str, tuple[Any, Any]]:
    """Options of a step: type and default (`inspect.Parameter.empty` where there is none)."""
    function: Callable[..., Signal] = load(STEPS[name])
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {parameter.name: (hints[parameter.name], parameter.default) for parameter in parameters}


@functools.cache
def added_options(name: str) -> dict[str, Any]:
    """Options of a step that came after 0.1.0, with the default that each came with."""
    hints = get_type_hints(load(STEPS[name]), include_extras=True)
    marks = {option: mark for option, hint in hints.items() for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Added)}
    return {option: mark.default for option, mark in marks.items()}


def _coerced(value: Any, hint: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else _coerced(value, arguments[0], where)
    if origin is Literal:
        return lookup(f"value of {where}", str(value), arguments)
    if origin is tuple:
        items = [value] if isinstance(value, (str, int, float)) else value
        if isinstance(items, Sequence):
            return tuple(_coerced(item, arguments[0], where) for item in items)
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint in (str, bool) and isinstance(value, hint):
        return value
    raise UsageError(f"{where}: {value!r} is not {WORDS.get(hint, 'text')}")


def _check_order(steps: Sequence[Step]) -> None:
    """ASR takes drifts for artifacts: they have to be gone before."""
    names = [step.name for step in steps]
    if "asr" in names:
        before = steps[: names.index("asr")]
        if not any(step.name == "remove-drifts" or (step.name == "filter" and step.options["l_freq"]) for step in before):
            raise UsageError(
                "step asr needs a signal without drifts", hint="Filter with --l-freq before it, or put the step remove-drifts there."
            )


def _check_ranges(name: str, options: Mapping[str, Any]) -> None:
    """What no recording can fulfil is said before any is read."""
    for option in options:
        values = options[option] if isinstance(options[option], tuple) else (options[option],)
        if any(isinstance(value, (int, float)) and value < 0 for value in values):
            raise UsageError(f"step {name}: {option} is below zero")
    if name == "filter":
        low, high = options["l_freq"], options["h_freq"]
        if low and high and low >= high:
            raise UsageError(f"step filter: l_freq {low:g} Hz is not below h_freq {high:g} Hz")
        if 0.0 in options["notch"]:
            raise UsageError("step filter: there is no notch at 0 Hz")
    if name == "asr" and not options["cutoff"]:
        raise UsageError("step asr: cutoff is 0 standard deviations; --asr-cutoff off leaves ASR out")
    if name == "resample" and not options["sfreq"]:
        raise UsageError("step resample: sfreq is 0 Hz")
    if name == "crop" and options["tmax"] is not None and options["tmax"] <= options["tmin"]:
        raise UsageError(f"step crop: tmax {options['tmax']:g} s is not after tmin {options['tmin']:g} s")
    if name == "bad-channels":
        if not 0 < options["subset"] <= 1 or options["n_samples"] < 1:
            raise UsageError("step bad-channels: subset is a share of the channels (above 0, at most 1), n_samples at least 1")
        if options["correlation"] > 1 or options["location_free_correlation"] > 1 or options["max_bad_time"] > 1:
            raise UsageError("step bad-channels: correlations and max_bad_time are at most 1")
    if name in ("pick", "drop-channels", "reference"):
        channel_set(options["channels"])
    if name == "keep-segments":
        if not options["segments"]:
            raise UsageError("step keep-segments: no segment is named", hint="For example closed=instructed_toCloseEyes:3:37")
        parse_rules(options["segments"], where="step keep-segments:")
