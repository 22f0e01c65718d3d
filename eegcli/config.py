"""From flags, environment and recipe to one frozen settings object.

Precedence: flags > ``EEGCLI_*`` environment > recipe > default. The command line hands flags and environment over
together (it knows both); what neither names is None here and comes from the recipe, else from the class.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from eegcli.errors import UsageError
from eegcli.registry import RECIPES, lookup

T = TypeVar("T")

COMMANDS = ("fetch", "preprocess", "epoch", "train", "evaluate", "explain")  # the tables a recipe may have


def resolve(cls: type[T], command: str, flags: Mapping[str, Any], recipe: str | None = None) -> T:
    """Build the settings of a command.

    Parameters
    ----------
    cls : type
        A settings class of `eegcli.settings`.
    command : str
        Name of the command: the recipe's table.
    flags : mapping
        What the user gave; None and empty lists mean "not given".
    recipe : str, optional
        Name of a shipped recipe, or path of a TOML file.

    Returns
    -------
    settings
        Of class `cls`.

    Raises
    ------
    UsageError
        If the recipe is unknown or holds an unknown name or a value of the wrong type.
    """
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for name, value in read_recipe(recipe or "default").get(command, {}).items():
        if name not in hints:
            near = difflib.get_close_matches(name, hints, n=1)
            raise UsageError(
                f"recipe {recipe}: [{command}] has no setting named {name!r}",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(hints))}.",
            )
        values[name] = _coerce(value, hints[name], f"recipe {recipe}: {command}.{name}")
    known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    for name, value in flags.items():
        if name not in known:
            raise TypeError(f"{cls.__name__} has no field {name!r}")
        if value is None or value == [] or value == ():
            continue
        values[name] = tuple(value) if isinstance(value, list) else value
    return cls(**values)


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
        lookup(f"table of recipe {name}", table, COMMANDS)
        if not isinstance(content, dict):
            raise UsageError(f"recipe {name}: {table} is not a table", hint=f"Begin it with [{table}].")
    return tables


def _coerce(value: Any, hint: Any, where: str) -> Any:
    """A TOML value as the type that a settings field declares."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        if isinstance(value, str) and str in inner:
            return value
        return _coerce(value, inner[0], where)
    if origin is Literal:
        if value not in arguments:
            raise UsageError(f"{where}: {value!r} is none of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple:
        items = value if isinstance(value, list) else [value]
        return tuple(_coerce(item, arguments[0], where) for item in items)
    if origin is not None and isinstance(value, dict):
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(hint, type) or not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise UsageError(f"{where}: {value!r} is not a {getattr(hint, '__name__', hint)}")
    return value
