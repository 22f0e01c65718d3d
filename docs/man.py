"""The man page, in the macros of man(7)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from eegcli.cli.tree import Argument, Command, Option, Tree
from eegcli.version import __version__

WIDTH = 78

DESCRIPTION = """\
eegcli takes a BIDS EEG data set to a deep-learning result: who was classified, how well, how sure, and why.
Each command reads one artifact and writes the next: a BIDS data set becomes recordings, windows, a run, its evaluation and its explanation.

Standard output carries one line, the path of the artifact, or with --json one JSON object; info, models, compare and doctor print their answer instead.
Everything else goes to standard error.
The main input is the first argument. - reads it from standard input; left out, it is the only artifact of its kind in the current folder.

The same command again skips what is finished and resumes what is not.
An output of another configuration is never overwritten without --force.
"""

FILES = (
    ("NAME-recordings/", "cleaned recordings: a BIDS derivative with recordings.parquet, one HDF5 file per recording"),
    ("NAME-windows/", "windows.h5 and windows.parquet"),
    ("NAME-run-ARCH-TARGET/", "weights, splits, history, metrics.json; after evaluate and explain also evaluation/ and explanation/"),
    ("$XDG_STATE_HOME/eegcli/*.log", "tracebacks of bugs; by default in ~/.local/state/eegcli"),
)


def render(tree: Tree, exit_codes: dict[int, str], variables: Sequence[tuple[str, str]], date: str) -> str:
    """The whole page.

    Parameters
    ----------
    tree : Tree
        The command tree.
    exit_codes : dict of int to str
        Meaning of each exit code.
    variables : sequence of (str, str)
        Environment variables and their meaning.
    date : str
        Of the release, YYYY-MM-DD.
    """
    common = _common_options(tree)
    lines = [
        '.\\" Made by docs/generate.py from the command tree: change that, not this.',
        f'.TH EEGCLI 1 {date} "eegcli {__version__}" "User Commands"',
        ".SH NAME",
        "eegcli \\- from a BIDS EEG data set to a deep\\-learning result",
        ".SH SYNOPSIS",
        ".B eegcli",
        ".I command",
        "[options] [argument]",
        *[line for option in tree.root.options for line in (".br", ".B eegcli", f".B {_escape(option.names[-1])}")],
        ".SH DESCRIPTION",
        *_paragraphs(DESCRIPTION),
        ".SH COMMANDS",
        *[line for command in tree.commands for line in _command(command, common)],
        ".SH COMMON OPTIONS",
        *[line for option, names in common.items() for line in _option(option, _but(tree, names))],
        ".SH ENVIRONMENT",
        *[line for name, meaning in variables for line in _item(f".B {_escape(name)}", meaning)],
        ".SH EXIT STATUS",
        *[line for code, meaning in exit_codes.items() for line in _item(f".B {code}", meaning)],
        ".SH FILES",
        *[line for name, meaning in FILES for line in _item(f".I {_escape(name)}", meaning)],
        ".SH EXAMPLES",
        *[line for command in (tree.root, *tree.commands) for line in (".PP", *_example(command))][1:],
        ".SH SEE ALSO",
        *_paragraphs("The documentation in docs/ of the source: a tutorial, a page per command, the contents of every artifact."),
    ]
    return "\n".join(lines) + "\n"


def _common_options(tree: Tree) -> dict[Option, list[str]]:
    """Options that at least half of the commands have alike, with the names of these."""
    names: dict[Option, list[str]] = {}
    for command in tree.commands:
        for option in command.options:
            names.setdefault(option, []).append(command.name)
    return {option: commands for option, commands in names.items() if 2 * len(commands) >= len(tree.commands)}


def _but(tree: Tree, names: list[str]) -> str:
    others = [command.name for command in tree.commands if command.name not in names]
    return f" Not for {', '.join(others)}." if others else ""


def _command(command: Command, common: dict[Option, list[str]]) -> list[str]:
    arguments = [f".I {_escape(_argument(argument))}" for argument in command.arguments]
    lines = [f".SS {command.name}", f".B eegcli {command.name}", *arguments, "[options]", ".PP", *_paragraphs(command.summary)]
    for argument in command.arguments:
        lines += _item(f".I {_escape(argument.name)}", argument.help)
    for option in command.options:
        if option not in common:
            lines += _option(option)
    return lines


def _argument(argument: Argument) -> str:
    name = f"{argument.name}{' ...' if argument.repeatable else ''}"
    return name if argument.required else f"[{name}]"


def _option(option: Option, remark: str = "") -> list[str]:
    names = ", ".join(f"\\fB{_escape(name)}\\fR" for name in option.names)
    metavar = f" \\fI{_escape(option.metavar)}\\fR" if option.metavar else ""
    repeatable = " May be repeated." if option.repeatable and "repeat" not in option.help else ""
    return _item(names + metavar, f"{option.help}{repeatable}{remark}")


def _item(head: str, meaning: str) -> list[str]:
    return [".TP", head, *_paragraphs(meaning)]


def _example(command: Command) -> list[str]:
    # Broken before a pipe, so that no terminal has to.
    shown = _escape(command.example).replace(" | ", " \\e\n  | ")
    return [*_paragraphs(command.summary), ".PP", ".nf", ".RS", *shown.split("\n"), ".RE", ".fi"]


def _paragraphs(text: str) -> list[str]:
    lines: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        if lines:
            lines.append(".PP")
        for sentence in re.split(r"(?<=[a-z)][.:;]) (?=[A-Z])", paragraph.replace("`", "").replace("\n", " ")):
            lines += [_protect(_escape(line)) for line in textwrap.wrap(sentence, WIDTH, break_on_hyphens=False)]
    return lines


def _escape(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")


def _protect(line: str) -> str:
    # A line that starts with a dot or a quote would be a macro.
    return f"\\&{line}" if line.startswith((".", "'")) else line
