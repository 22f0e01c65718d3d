"""Sequence of steps: a recipe's steps with the named flags laid over them."""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from eegcli.config import read_recipe
from eegcli.errors import UsageError
from eegcli.preprocess.definition import Flag, Step, definition_of
from eegcli.registry import STEPS, lookup
from eegcli.settings import PreprocessSettings
from eegcli.settings.value import TYPES

DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(PreprocessSettings)}


def sequence_of_steps(settings: PreprocessSettings) -> tuple[Step, ...]:
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
    for name in STEPS:
        for flag in definition_of(name).flags:
            value = getattr(settings, flag.setting)
            if value != DEFAULTS[flag.setting]:
                _lay(steps, name, flag, value)
    for step in steps:
        if "seed" in options_of(step["step"]):
            step.setdefault("seed", settings.seed)
    checked = tuple(_checked(step) for step in steps)
    for index, done in enumerate(checked):
        done.definition.check_place(checked[:index])
    return checked


def resolved(settings: PreprocessSettings, steps: Sequence[Step]) -> PreprocessSettings:
    """The settings with the flags worked into the steps: equal work has equal settings, however it was asked for."""
    laid = {flag.setting: DEFAULTS[flag.setting] for name in STEPS for flag in definition_of(name).flags}
    return replace(settings, steps=tuple(step.as_dict() for step in steps), **laid)


def _lay(steps: list[dict[str, Any]], name: str, flag: Flag, value: Any) -> None:
    """Lay a setting over the recipe's step of that name."""
    there = [step for step in steps if step["step"] == name]
    if flag.off is not None and value == flag.off:
        steps[:] = [step for step in steps if step not in there]
    elif there or flag.brings:
        _step(steps, name, flag.option)[flag.option] = flag.read(value)


def _step(steps: list[dict[str, Any]], name: str, option: str) -> dict[str, Any]:
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
    places = list(STEPS)
    later = (index for index, step in enumerate(steps) if places.index(step["step"]) > places.index(name))
    index = next(later, len(steps))
    steps.insert(index, added := {"step": name})
    definition_of(name).make_room(steps, index)
    return added


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
    _check_signs(name, options)
    definition_of(name).check(options)
    return Step(name, options)


@functools.cache
def options_of(name: str) -> dict[str, tuple[Any, Any]]:
    """Options of a step: type and default (`inspect.Parameter.empty` where there is none)."""
    function = definition_of(name).function
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {parameter.name: (hints[parameter.name], parameter.default) for parameter in parameters}


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
    raise UsageError(f"{where}: {value!r} is not {TYPES.get(hint, 'text')}")


def _check_signs(name: str, options: Mapping[str, Any]) -> None:
    """Refuse numbers below zero, but for options of which the step says that they may be."""
    for option in options.keys() - set(definition_of(name).below_zero):
        values = options[option] if isinstance(options[option], tuple) else (options[option],)
        if any(isinstance(value, (int, float)) and value < 0 for value in values):
            raise UsageError(f"step {name}: {option} is below zero")
