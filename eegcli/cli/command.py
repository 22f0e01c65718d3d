"""A command of the command line: what the table of commands and a settings class say, as Typer runs it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from typer._click.globals import get_current_context
from typer.core import TyperCommand, TyperGroup

from eegcli.cli.version import version_option
from eegcli.registry.commands import COMMANDS, CommandEntry
from eegcli.registry.lookup import load

if TYPE_CHECKING:
    from eegcli.cli.session import Session


class Command(TyperCommand):
    """A command of the table. Its settings class is imported when its parameters are first asked for: `eegcli --help` needs none."""

    def __init__(self, name: str, entry: CommandEntry) -> None:
        self.entry = entry
        self._parameters: list[Any] | None = None
        super().__init__(
            name,
            help=f"{entry.summary}\n\nExample: {entry.example}",
            callback=functools.partial(run, name, entry),
            rich_help_panel=entry.panel,
            rich_markup_mode="markdown",
        )

    @property
    def params(self) -> list[Any]:
        """Arguments and options."""
        if self._parameters is None:
            from eegcli.cli.options import SessionOptions
            from eegcli.cli.parameters import parameters

            self._parameters = parameters(load(self.entry.settings), SessionOptions, () if self.entry.stage else ("recipe",))
        return self._parameters

    @params.setter
    def params(self, value: list[Any]) -> None:
        # Click assigns an empty list when it makes the command.
        self._parameters = value or None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        from eegcli.cli.help import print_help

        print_help(self, ctx)


class Commands(TyperGroup):
    """The commands of the table."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "params": [version_option()]})
        for name, entry in COMMANDS.items():
            self.add_command(Command(name, entry))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        from eegcli.cli.help import print_help

        print_help(self, ctx)


def run(name: str, entry: CommandEntry, /, **given: Any) -> None:
    """Run a command with what the command line and the environment give."""
    from dataclasses import fields

    from eegcli.cli.options import SessionOptions
    from eegcli.cli.session import calling
    from eegcli.cli.variables import variables_given

    own = {field.name for field in fields(SessionOptions)} & given.keys()
    options = SessionOptions(**{option: value for option in own if (value := given.pop(option)) is not None})
    with calling(name, options) as call:
        call.variables = variables_given(get_current_context(), call.reporter)
        (load(entry.call) if entry.call else run_stage)(call, given)


def run_stage(call: Session, given: dict[str, Any]) -> None:
    """Find the inputs, resolve the settings, run the stage: what most commands do. The stage names its output."""
    call.run(load(call.entry.stage), call.settings(**given | call.inputs(given)))
