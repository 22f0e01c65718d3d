"""The command tree as plain data: shell completions, the man page and the documentation are made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from eegcli.bands import PAPER_CLOSED
from eegcli.registry import CHANNEL_SETS, EXPLANATIONS, MODELS, MONTAGES, RECIPES, REPRESENTATIONS, named_splits, source_words


@dataclass(frozen=True)
class Value:
    """What may stand where an option or argument takes a value.

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
    """The whole command line."""

    root: Command
    commands: tuple[Command, ...]


HELP = Option(("-h", "--help"), "Show this message and exit.")

ARTIFACT = Value("artifact", (("-", "read the path from standard input"),), "folders")
ARCHITECTURE = Value("architecture", tuple((name, entry.summary) for name, entry in MODELS.items()))

# What Typer knows only as text or as a path. `command.parameter` comes before `parameter`.
VALUES: dict[str, Value] = {
    "fetch.source": Value("source", tuple(source_words().items()), "folders"),
    "preprocess.bids": ARTIFACT,
    "epoch.recordings": ARTIFACT,
    "train.windows": ARTIFACT,
    "evaluate.run": ARTIFACT,
    "explain.run": ARTIFACT,
    "info.path": ARTIFACT,
    "models.name": ARCHITECTURE,
    "arch": ARCHITECTURE,
    "bands": Value("band", tuple((str(band), "") for band in PAPER_CLOSED)),
    "epoch.channels": Value("channels", (("common", "those that all recordings have"),)),
    "channels": Value("channels", tuple(CHANNEL_SETS.items())),
    "device": Value("device", (("auto", ""), ("cpu", ""), ("cuda", ""), ("mps", ""))),
    "method": Value("method", tuple((name, entry.summary) for name, entry in EXPLANATIONS.items())),
    "montage": Value("montage", tuple(MONTAGES.items())),
    "output": Value("folder", paths="folders"),
    "recipe": Value("recipe", tuple(RECIPES.items()), "files", ".toml"),
    "reference": Value("reference", (("average", "mean of all channels"),)),
    "representation": Value("representation", tuple((name, entry.summary) for name, entry in REPRESENTATIONS.items())),
    "scheduler": Value("scheduler file", paths="files", suffix=".json"),
    "shard": Value("shard", (("1/1", "all recordings, in a Slurm array, too"),)),
    "split_file": Value("table", paths="files", suffix=".tsv"),
    "subject": Value("subject", subjects=True),
    "train.split": Value("shares or rule", tuple((name, entry.summary) for name, entry in named_splits().items())),
    "target": Value("column", (("sex", ""), ("age", ""), ("task", ""), ("segment", ""))),
    "windows": Value("folder", paths="folders"),
}


def read_tree() -> Tree:
    """Read the command tree that Typer builds."""
    import typer.main

    from eegcli.cli.main import app

    group: Any = typer.main.get_command(app)
    return Tree(_command(group, "eegcli"), tuple(_command(command, name) for name, command in group.commands.items()))


def _command(command: Any, name: str) -> Command:
    paragraphs = [" ".join(paragraph.split()) for paragraph in command.help.split("\n\n")]
    examples = [paragraph.removeprefix("Example: ") for paragraph in paragraphs if paragraph.startswith("Example: ")]
    return Command(
        name=name,
        summary=paragraphs[0],
        example=examples[0] if examples else "",
        panel=_panel(command, ""),
        arguments=tuple(_argument(p, name) for p in command.params if p.param_type_name == "argument"),
        options=(*(_option(p, name) for p in command.params if p.param_type_name == "option"), HELP),
    )


def _argument(parameter: Any, command: str) -> Argument:
    return Argument(parameter.name, parameter.help, parameter.required, _value(parameter, command), repeatable=parameter.nargs == -1)


def _option(parameter: Any, command: str) -> Option:
    help = parameter.help
    if parameter.show_default and parameter.default is not None:
        help = f"{help.rstrip('.')} (default: {parameter.default})."
    return Option(
        names=tuple(sorted((*parameter.opts, *parameter.secondary_opts), key=len)),
        help=help,
        panel=_panel(parameter, "Options"),
        metavar="" if parameter.is_flag else _metavar(parameter),
        value=None if parameter.is_flag else _value(parameter, command),
        repeatable=parameter.multiple,
        variable=parameter.envvar or "",
    )


def _value(parameter: Any, command: str) -> Value:
    value = VALUES.get(f"{command}.{parameter.name}") or VALUES.get(parameter.name) or _value_of_type(parameter)
    return replace(value, several=parameter.param_type_name == "option" and parameter.multiple)


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
