"""Resolve flags, environment and recipe to one frozen settings object.

Precedence: flags > ``EEGCLI_*`` environment > recipe > default. The command line hands flags and environment over
together (it knows both); what neither names is None here and comes from the recipe, else from the class.
A text means the same whichever of them gives it: one parser, that of the field's declaration, reads them all.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from eegcli.errors import UsageError
from eegcli.registry import RECIPES, lookup
from eegcli.registry.commands import COMMANDS
from eegcli.settings.setting import Declared, declared, with_followers

T = TypeVar("T")

# Types of settings and of options of steps, in messages.
TYPES: dict[Any, str] = {float: "a number", int: "a whole number", bool: "true or false", str: "text", Path: "a path", Mapping: "a table"}


def resolve(cls: type[T], command: str, flags: Mapping[str, Any], recipe: str | None = None) -> T:
    """Build the settings of a command.

    Parameters
    ----------
    cls : type
        A settings class of `eegcli.settings`.
    command : str
        Name of the command: the recipe's table.
    flags : mapping
        Values that the user gave; None and empty lists mean "not given".
    recipe : str, optional
        Name of a shipped recipe, or path of a TOML file.

    Returns
    -------
    settings
        Object of the class `cls`.

    Raises
    ------
    UsageError
        If the recipe is unknown or holds an unknown name, or a value is of the wrong type or cannot be parsed.
    """
    known = declared(cls)  # type: ignore[arg-type]  # a class is hashable
    from_recipe: dict[str, Any] = {}
    for name, value in read_recipe(recipe or "default").get(command, {}).items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise UsageError(
                f"recipe {recipe}: [{command}] has no setting named {name!r}",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}.",
            )
        from_recipe[name] = read_value(value, known[name], f"recipe {recipe}: {command}.{name}")
    from_flags: dict[str, Any] = {}
    for name, value in flags.items():
        if name not in known:
            raise TypeError(f"{cls.__name__} has no field {name!r}")
        if value is None or value == [] or value == ():
            continue
        place = name if known[name].setting.is_argument else known[name].flags[-1]
        from_flags[name] = read_value(_items(value, known[name]), known[name], place)
    # In each place by itself: a threshold given by flag goes before the target of a recipe.
    settings = {name: field.setting for name, field in known.items()}
    return cls(**(with_followers(from_recipe, settings) | with_followers(from_flags, settings)))


def read_recipe(name: str) -> dict[str, Any]:
    """Read a recipe: one table per command.

    Raises
    ------
    UsageError
        If there is no such recipe, or it is not TOML.
    """
    import tomllib  # here, since they cost `--help` a tenth of a second
    from importlib import resources

    path = Path(name)
    if name in RECIPES:
        text = resources.files("eegcli").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8")
    elif path.suffix == ".toml" or path.exists():
        if not path.is_file():
            raise UsageError(f"recipe {name}: no such file")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"recipe {name}: cannot be read ({error})") from error
    else:
        lookup("recipe", name, RECIPES)
        raise AssertionError  # lookup raised
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"recipe {name}: not TOML ({error})") from error
    for table, content in tables.items():
        lookup(f"table of recipe {name}", table, [command for command, entry in COMMANDS.items() if entry.stage])
        if not isinstance(content, dict):
            raise UsageError(f"recipe {name}: {table} is not a table", hint=f"Begin it with [{table}].")
    return tables


def read_value(value: Any, field: Declared, where: str) -> Any:
    """Read a value of a setting: a text as a flag has it, or a number, truth or list as TOML has it.

    Parameters
    ----------
    value : object
        Value that was given.
    field : Declared
        The settings field.
    where : str
        Place at which it was given (flag, or key of a recipe), for the message.

    Raises
    ------
    UsageError
        If it cannot be read, is none of the choices or too small.
    """
    read = _typed(_items(value, field) if isinstance(value, str) else value, field, field.type, where)
    least = field.setting.min
    if least is not None and isinstance(read, (int, float)) and read < least:
        raise UsageError(f"{where}: {value} is less than {least:g}")
    return read


def _items(value: Any, field: Declared) -> Any:
    """A text, or the texts of a repeated flag, as the list that they mean; anything else as it is."""
    if not (isinstance(value, (str, list, tuple)) and _is_list(field)):
        return value
    texts = [value] if isinstance(value, str) else value
    if not field.setting.commas:
        return list(texts)
    return [
        part for text in texts for part in (filter(None, (part.strip() for part in text.split(","))) if isinstance(text, str) else (text,))
    ]


def _is_list(field: Declared) -> bool:
    return get_origin(field.type) is tuple


def _typed(value: Any, field: Declared, hint: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        if isinstance(value, (str, Path)) or not isinstance(value, (list, tuple)):
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
    try:
        return field.setting.parse(text)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from error
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


def _plain(value: Any, kind: Any, where: str) -> Any:
    """A number, text, path or truth."""
    if kind in (int, float) and isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = kind(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and not math.isfinite(value):
        raise UsageError(f"{where}: {value} is not a finite number")
    if number and kind is float:
        return float(value)
    if number and kind is str:  # `max_failures = 3` is what `--max-failures 3` is
        return str(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(kind, type) or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"{where}: {value!r} is not {TYPES.get(get_origin(kind) or kind, 'text')}")
    return value
