"""Resolve flags, environment and recipe to one frozen settings object.

Precedence: flags > ``EEGCLI_*`` environment > recipe > default. The command line hands flags and environment over
together (it knows both); what neither names is None here and comes from the recipe, else from the class.
A text means the same whichever of them gives it: one parser, that of the field's declaration, reads them all.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from eegcli.errors import UsageError
from eegcli.registry import RECIPES, lookup
from eegcli.registry.commands import COMMANDS
from eegcli.settings.setting import Setting, declared, with_followers
from eegcli.settings.value import items_of, read_value

CLEANING = "cleaning.json"  # of a run or windows, as artifacts.cleaning writes it

T = TypeVar("T")


def resolve(
    cls: type[T], command: str, given: Mapping[str, Any], recipe: str | None = None, variables: Mapping[str, str] | None = None
) -> T:
    """Build the settings of a command.

    Parameters
    ----------
    cls : type
        A settings class of `eegcli.settings`.
    command : str
        Name of the command: the recipe's table.
    given : mapping
        Values of flags and of the environment; None and empty lists mean "not given".
    recipe : str, optional
        Name of a shipped recipe, or path of a TOML file.
    variables : mapping of str to str, optional
        By field, the variable of the environment that gave its value; the others are flags.

    Returns
    -------
    settings
        Object of the class `cls`.

    Raises
    ------
    UsageError
        If the recipe is unknown or holds an unknown name or one that runs code, or a value is of the wrong type or cannot be parsed, or if
        what has no default is missing.
    """
    known = declared(cls)  # type: ignore[arg-type]  # a class is hashable
    variables = variables or {}
    asked = {name: value for name, value in given.items() if value is not None and value != [] and value != ()}
    if strangers := [name for name in given if name not in known]:
        raise TypeError(f"{cls.__name__} has no field {strangers[0]!r}")
    public = {name: field for name, field in known.items() if not field.setting.internal}
    in_recipe: dict[str, Any] = {}
    for name, value in read_recipe(recipe or "default").get(command, {}).items():
        if name not in public:
            near = difflib.get_close_matches(name, public, n=1)
            raise UsageError(
                f"recipe {recipe}: [{command}] has no setting named {name!r}",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(public))}.",
            )
        # An address in a recipe has been brought here, and is asked for as a path.
        if known[name].setting.reads is None or name not in asked:
            in_recipe[name] = read_value(value, known[name], f"recipe {recipe}: {command}.{name}")
            runs_code = known[name].setting.runs_code
            if runs_code is not None and name not in asked and runs_code(in_recipe[name]):
                raise UsageError(
                    f"recipe {recipe}: {command}.{name} = {value!r} would run code that the command line does not name",
                    hint=f"Give it as {known[name].flags[-1]}.",
                )
    in_environment: dict[str, Any] = {}
    by_flag: dict[str, Any] = {}
    for name, value in asked.items():
        place = name if known[name].setting.is_argument else known[name].flags[-1]
        (in_environment if name in variables else by_flag)[name] = read_value(
            items_of(value, known[name]), known[name], variables.get(name, place)
        )
    values = _laid_over([in_recipe, in_environment, by_flag], {name: field.setting for name, field in known.items()})
    if missing := [name for name, field in known.items() if field.required and name not in values]:
        raise UsageError(f"{missing[0]} is missing", hint=f"eegcli {command} --help says what it is.")
    return cls(**values)


def _laid_over(places: Sequence[Mapping[str, Any]], settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Lay values over each other, the later place over the earlier ones.

    In each place by itself: a threshold given by flag names the target before the target of a recipe does. And a target given by flag
    leaves nothing of a recipe's threshold of another column.
    """
    values: dict[str, Any] = {}
    for place in places:
        followed = with_followers(place, settings)
        for name, setting in settings.items():
            leader, implied = setting.follows or (None, None)
            if leader in values and leader not in place and name in place and implied and implied(values[leader]) != place[name]:
                del values[leader]
        values |= followed
    return values


def read_recipe(name: str) -> dict[str, Any]:
    """Read a recipe: one table per command.

    Parameters
    ----------
    name : str
        Of a shipped recipe; path of a TOML file; or folder of a run or of windows, whose recipe are the steps by which their recordings were
        cleaned (of several ways the first).

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
    elif (path / CLEANING).is_file():
        return {"preprocess": {"steps": _steps_behind(path / CLEANING)}}
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


def _steps_behind(path: Path) -> list[dict[str, Any]]:
    """Steps of `preprocess` that a run, or windows, keep of their recordings."""
    import json

    try:
        steps = json.loads(path.read_text(encoding="utf-8"))["steps"][0]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"recipe {path.parent}: {path.name} does not say by which steps recordings were cleaned") from error
    return [dict(step) for step in steps]
