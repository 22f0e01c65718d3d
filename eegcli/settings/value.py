"""Values of settings: one reader, of what a flag, the environment, a recipe and Python give."""

from __future__ import annotations

import contextlib
import csv
import math
import numbers
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from eegcli.errors import UsageError
from eegcli.settings.setting import Declared

# Types of settings and of options of steps, in messages.
TYPES: dict[Any, str] = {float: "a number", int: "a whole number", bool: "true or false", str: "text", Path: "a path", Mapping: "a table"}
_TRUTHS = {
    word: truth for truth, words in ((True, "1 true t yes y on"), (False, "0 false f no n off")) for word in words.split()
}  # as of flags


def read_value(value: Any, field: Declared, where: str) -> Any:
    """Read a value of a setting: a text as a flag has it, a number, truth or list as TOML has it, or what Python has beside these.

    Parameters
    ----------
    value : object
        Value that was given.
    field : Declared
        The settings field.
    where : str
        Place at which it was given (flag, variable, key of a recipe, or name of the field), for the message.

    Raises
    ------
    UsageError
        If it cannot be read, is none of the choices, too small, or an empty list where one is needed.
    """
    read = _typed(items_of(value, field) if isinstance(value, str) else value, field, field.type, where)
    least = field.setting.min
    if least is not None and isinstance(read, (int, float)) and read < least:
        raise UsageError(f"{where} must be at least {least:g}, not {value}")
    if read == () and isinstance(field.default, tuple) and field.default:
        raise UsageError(f"{where}: at least one is needed")
    return read


def items_of(value: Any, field: Declared) -> Any:
    """A text, or the texts of a repeated flag, as the list that they mean; anything else as it is."""
    if not (isinstance(value, (str, list, tuple)) and _is_list(field)):
        return value
    texts = [value] if isinstance(value, str) else value
    if not field.setting.commas:
        return list(texts)
    return [part for text in texts for part in (_parts(text) if isinstance(text, str) else (text,))]


def _parts(text: str) -> list[str]:
    """Items of a list with commas; one in double quotes may hold commas itself: ``"ADHD, combined",none``."""
    [row] = csv.reader([text.replace("\n", " ")], skipinitialspace=True) if '"' in text else [text.split(",")]
    return [part.strip() for part in row if part.strip()]


def _is_list(field: Declared) -> bool:
    return get_origin(field.type) is tuple


def _typed(value: Any, field: Declared, hint: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        if isinstance(value, (str, Path, Mapping)) or not isinstance(value, Iterable):
            value = [value]
        return tuple(_typed(item, field, arguments[0], where) for item in value)
    if isinstance(value, str) and field.setting.parse is not None:
        return _parsed(value, field, where)
    if origin in (Union, types.UnionType):
        first, *others = [argument for argument in arguments if argument is not type(None)]
        if field.setting.parse is not None and isinstance(value, list) and any(isinstance(item, str) for item in value):
            return _parsed(",".join(map(str, value)), field, where)  # `split = ["0.6", "0.2", "0.2"]` is what the text with commas is
        return value if isinstance(value, str) and str in others else _typed(value, field, first, where)
    if origin is Literal:
        if value not in arguments:
            raise UsageError(f"{where}: {value!r} is none of {', '.join(map(str, arguments))}")
        return value
    if origin is not None and isinstance(value, Mapping):
        return value
    return _plain(value, hint, where)


def _parsed(text: str, field: Declared, where: str) -> Any:
    assert field.setting.parse is not None
    # An argument has no name that was typed, and the message names the value.
    place = "" if field.setting.is_argument and where == field.name else f"{where}: "
    try:
        return field.setting.parse(text)
    except UsageError as error:
        raise UsageError(f"{place}{error.message}", hint=error.hint) from error
    except ValueError as error:
        raise UsageError(f"{place}{error}") from error


def _plain(value: Any, kind: Any, where: str) -> Any:
    """A number, text, path or truth."""
    if kind is Any:
        return value
    if kind in (int, float) and isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = kind(value)
    if kind is bool and isinstance(value, str):
        value = _TRUTHS.get(value.strip().lower(), value)
    if isinstance(value, numbers.Number) and not isinstance(value, (bool, int, float)) and hasattr(value, "item"):
        value = value.item()  # of NumPy
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and not math.isfinite(value):
        raise UsageError(f"{where}: {value} is not a finite number")
    if number and kind is float:
        return float(value)
    if number and kind is str:  # `max_failures = 3` is what `--max-failures 3` is
        return str(value)
    if kind is Path and isinstance(value, str):
        if "://" in value:
            raise UsageError(
                f"{where}: {value} is an address, and a path is needed",
                hint="The command line takes addresses of artifacts; in Python eegcli.artifacts.elsewhere.bring(address) gives the path of a copy.",
            )
        return Path(value)
    if not isinstance(kind, type) or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"{where}: {value!r} is not {TYPES.get(get_origin(kind) or kind, 'text')}")
    return value
