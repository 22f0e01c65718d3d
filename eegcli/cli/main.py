"""Entry point of the command line, and its command tree."""

from __future__ import annotations

import os
import sys

import typer

from eegcli.cli.command import Commands

app = typer.Typer(
    name="eegcli",
    cls=Commands,
    add_completion=False,  # ours are static files in completions/: Typer's run Python on every TAB
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "EEGCLI"},
)


@app.callback()
def root() -> None:
    """Take any BIDS EEG data set, from a shell, to a deep-learning result that a scientist can defend.

    Example: eegcli fetch demo | eegcli preprocess - --recipe hbn | eegcli epoch - --recipe hbn | eegcli train - --recipe hbn | eegcli evaluate - | eegcli explain -
    """


def main() -> None:
    """Run the command line; the exit code is the command's (`eegcli.errors` has the table)."""
    if os.name == "posix" and sys.getfilesystemencoding() == "ascii":
        # A locale that knows no letters but these (LC_ALL=C, and Python told not to mend it): names are UTF-8 all the same.
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this very program
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemExit as end:
        # Typer has told people what is wrong with the command line; `--json` tells scripts.
        describe = getattr(end.__context__, "format_message", None)
        if "--json" in sys.argv and describe is not None:
            from eegcli.cli.session import print_usage_error

            print_usage_error(next((word for word in sys.argv[1:] if not word.startswith("-")), None), describe())
        raise
