"""The text of `--help`: usage, what the command does, and its arguments, options or commands panel by panel.

Typer's own renderer parses each help as Markdown and lays it out as a table within a table: 40 options cost a third of what starting
Python, Typer and Rich costs, and it imports Rich's Markdown, tracebacks and syntax highlighting, another third. This one lays out one
table of plain text a panel.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

OPTION, SWITCH, METAVAR, CODE = "bold cyan", "bold green", "bold yellow", "bold"


def print_help(command: Any, context: Any) -> None:
    """Print the help of a command, or of the program with its commands.

    Parameters
    ----------
    command : typer.core.TyperCommand or typer.core.TyperGroup
        Command that is described.
    context : click.Context
        Context of the command line.
    """
    console = Console(highlight=False)
    before, _, usage = command.get_usage(context).partition(" ")
    console.print(Padding(Text.assemble((before, "yellow"), f" {usage}", style="bold"), 1))
    for number, paragraph in enumerate(inspect.cleandoc(command.help or "").split("\n\n")):
        console.print(Padding(_marked(" ".join(paragraph.split()), style="dim" if number else ""), (0, 1, 1, 1)))
    for title, rows in _panels(command, context):
        table = Table(box=None, show_header=False, expand=True, padding=(0, 1), pad_edge=False)
        filled = [column for column in zip(*rows, strict=True) if any(column)]
        for _ in filled[:-1]:
            table.add_column(overflow="fold")
        table.add_column(ratio=1)
        for row in zip(*filled, strict=True):
            table.add_row(*row)
        console.print(Panel(table, title=title, title_align="left", border_style="dim"))


def _panels(command: Any, context: Any) -> Iterator[tuple[str, list[tuple[Text, ...]]]]:
    parameters = command.get_params(context)
    arguments = [parameter for parameter in parameters if parameter.param_type_name == "argument"]
    options = [parameter for parameter in parameters if parameter.param_type_name == "option"]
    # What Typer adds itself (--help) comes first, as in every program made with it.
    options.sort(key=lambda option: isinstance(option.rich_help_panel, str))
    for title, group in (*_grouped(arguments, "Arguments"), *_grouped(options, "Options")):
        yield title, [_row(parameter, context) for parameter in group]
    for title, group in _grouped(getattr(command, "commands", {}).values(), "Commands"):
        yield title, [(Text(item.name, OPTION), _marked(item.help.partition("\n\n")[0])) for item in group]


def _grouped(items: Iterable[Any], default: str) -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for item in items:
        # Typer puts a placeholder that is no string where nothing was said.
        groups.setdefault(item.rich_help_panel if isinstance(item.rich_help_panel, str) else default, []).append(item)
    return list(groups.items())


def _row(parameter: Any, context: Any) -> tuple[Text, ...]:
    is_option = parameter.param_type_name == "option"
    long = ",".join(name for name in parameter.opts if name.startswith("--")) if is_option else parameter.name
    short = ",".join(name for name in parameter.opts if not name.startswith("--")) if is_option else "*" if parameter.required else ""
    metavar = "" if is_option and parameter.is_flag else parameter.make_metavar(ctx=context) if is_option else f"<{parameter.type.name}>"
    limits = getattr(parameter.type, "_describe_range", None)
    if limits is not None and parameter.metavar is not None:
        metavar += f" [{limits()}]"
    return Text(long, OPTION), Text(short, SWITCH if is_option else "red"), Text(metavar, METAVAR), _marked(parameter.help or "")


def _marked(text: str, style: str = "") -> Text:
    """Text in which what stands between backticks is a code."""
    parts = text.split("`")
    return Text.assemble(*((part, CODE if number % 2 else "") for number, part in enumerate(parts)), style=style)
