"""The command tree as plain data: shell completions, the man page and the documentation are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from eegcli import registry
from eegcli.cli.options import SessionOptions
from eegcli.settings.setting import Declared, Values, declared


@dataclass(frozen=True)
class Value:
    """Values that may stand where an option or argument takes one.

    Attributes
    ----------
    name : str
        What it is, in a word or two.
    words : tuple of (str, str)
        Words to offer, each with its meaning (which may be empty).
    paths : {"", "folders", "files"}
        Paths to offer as well; folders are always offered on the way to files.
    suffix : str
        Of the files to offer, e.g. ``.toml``; empty means all.
    subjects : bool
        Offer the labels of the subjects of the data set that stands on the command line.
    several : bool
        The value may be a comma-separated list.
    """

    name: str
    words: tuple[tuple[str, str], ...] = ()
    paths: Literal["", "folders", "files"] = ""
    suffix: str = ""
    subjects: bool = False
    several: bool = False


@dataclass(frozen=True)
class Option:
    """An option; one without a value is a flag."""

    names: tuple[str, ...]
    help: str
    panel: str = "Options"
    metavar: str = ""
    value: Value | None = None
    repeatable: bool = False
    variable: str = ""  # environment variable of its own, besides EEGCLI_<COMMAND>_<OPTION>


@dataclass(frozen=True)
class Argument:
    """A positional argument."""

    name: str
    help: str
    required: bool
    value: Value
    repeatable: bool = False


@dataclass(frozen=True)
class Command:
    """A command of the tree; the root is one too."""

    name: str
    summary: str
    example: str
    panel: str
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Tree:
    """Command tree: the whole command line."""

    root: Command
    commands: tuple[Command, ...]


HELP = Option(("-h", "--help"), "Show this message and exit.")


def read_tree() -> Tree:
    """Read the command tree that Typer builds."""
    import typer.main

    from eegcli.cli.main import app

    group: Any = typer.main.get_command(app)
    commands = tuple(
        _command(command, name, declared(registry.load(command.entry.settings)) | declared(SessionOptions))
        for name, command in group.commands.items()
    )
    return Tree(_command(group, "eegcli", {}), commands)


def _command(command: Any, name: str, fields: Mapping[str, Declared]) -> Command:
    paragraphs = [" ".join(paragraph.split()) for paragraph in command.help.split("\n\n")]
    examples = [paragraph.removeprefix("Example: ") for paragraph in paragraphs if paragraph.startswith("Example: ")]
    return Command(
        name=name,
        summary=paragraphs[0],
        example=examples[0] if examples else "",
        panel=_panel(command, ""),
        arguments=tuple(_argument(p, fields) for p in command.params if p.param_type_name == "argument"),
        options=(*(_option(p, fields) for p in command.params if p.param_type_name == "option"), HELP),
    )


def _argument(parameter: Any, fields: Mapping[str, Declared]) -> Argument:
    return Argument(parameter.name, parameter.help, parameter.required, _value(parameter, fields), repeatable=parameter.nargs == -1)


def _option(parameter: Any, fields: Mapping[str, Declared]) -> Option:
    return Option(
        names=tuple(sorted(parameter.opts, key=len)),
        help=parameter.help,
        panel=_panel(parameter, "Options"),
        metavar="" if parameter.is_flag else _metavar(parameter),
        value=None if parameter.is_flag else _value(parameter, fields),
        repeatable=parameter.multiple,
        variable=parameter.envvar or "",
    )


def _value(parameter: Any, fields: Mapping[str, Declared]) -> Value:
    setting = fields[parameter.name].setting
    if setting.values is not None:
        value = _offered(setting.values, parameter.name)
    elif setting.is_argument and setting.reads is not None:
        value = Value("artifact", (("-", "read the path from standard input"),), "folders")
    else:
        value = _value_of_type(parameter)
    return replace(value, several=parameter.param_type_name == "option" and parameter.multiple and setting.commas)


def _offered(values: Values, name: str) -> Value:
    """Values that the declaration of a field offers, with the names that stand in its table of the registry."""
    table = getattr(registry, values.table) if values.table else {}
    table = table() if callable(table) else table
    words = (*((word, values.meaning) for word in values.words), *((word, _meaning(entry)) for word, entry in table.items()))
    return Value(values.name or name.replace("_", " "), words, values.paths, values.suffix, values.subjects)


def _meaning(entry: Any) -> str:
    # An entry of a table is its meaning, has a summary, or is the place where the code lies, which says nothing to a user.
    return getattr(entry, "summary", "" if ":" in str(entry) else str(entry))


def _value_of_type(parameter: Any) -> Value:
    if parameter.type.name == "choice":
        return Value(parameter.name.replace("_", " "), tuple((choice, "") for choice in parameter.type.choices))
    return Value(_metavar(parameter).strip("<>"), paths="files" if parameter.type.name == "path" else "")


def _metavar(parameter: Any) -> str:
    # The same words as in --help.
    return parameter.metavar or f"<{'|'.join(getattr(parameter.type, 'choices', ())) or parameter.type.name}>"


def _panel(item: Any, default: str) -> str:
    # Typer puts a placeholder that is no string where nothing was said.
    return item.rich_help_panel if isinstance(item.rich_help_panel, str) else default
