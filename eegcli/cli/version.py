"""The option `--version`, of the program and of every command."""

from __future__ import annotations

from typing import Any

from typer.core import TyperOption

from eegcli.version import __version__


def version_option(panel: str | None = None) -> TyperOption:
    """The option that prints the version and ends.

    Parameters
    ----------
    panel : str, optional
        Panel of `--help`.
    """
    return TyperOption(
        param_decls=["version", "-V", "--version"],
        help="Print the version and end.",
        is_flag=True,
        default=False,
        is_eager=True,
        expose_value=False,
        allow_from_autoenv=False,
        callback=_print_version,
        rich_help_panel=panel,
    )


def _print_version(context: Any, parameter: Any, value: bool) -> None:
    if value:
        print(f"eegcli {__version__}")
        context.exit()
