"""Options that several commands share, and the decorator that gives every command the common ones.

Every option's default is None on the command line: what the user left out comes from the environment, the recipe
or the settings class, and the default that `--help` shows is read from that class.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from eegcli import __version__
from eegcli.registry import RECIPES

DATA, SIGNAL, MODEL, COMPUTE, OUTPUT = "Data", "Signal", "Model", "Compute", "Output"


def option(help: str, *names: str, panel: str, default: Any = None, **extra: Any) -> Any:
    """A Typer option whose value stays None when not given; its help ends with the product's default."""
    if isinstance(default, (tuple, list)):
        default = ",".join(f"{item:g}" if isinstance(item, float) else str(item) for item in default)
    if default is not None:
        help = f"{help.rstrip('.')} (default: {default})."
    return typer.Option(*names, help=help, rich_help_panel=panel, show_default=False, show_envvar=False, **extra)


def print_version(value: bool) -> None:
    """Print the version and end."""
    if value:
        print(f"eegcli {__version__}")
        raise typer.Exit


@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command takes; the annotations are the options themselves."""

    output: Annotated[
        Path | None,
        option(
            "Folder of the artifact. Left out: beside the input, named after it (evaluation and explanation: in the run).",
            "-o",
            "--output",
            panel=OUTPUT,
        ),
    ] = None
    force: Annotated[
        bool | None, option("Replace an output of another configuration, or do finished work again.", "-f", "--force", panel=OUTPUT)
    ] = None
    json: Annotated[bool, option("Print one JSON object on standard output instead of the path.", "--json", panel=OUTPUT)] = False
    dry_run: Annotated[
        bool | None,
        option("Print the resolved settings, what would be done and what it takes; write nothing.", "-n", "--dry-run", panel=OUTPUT),
    ] = None
    verbose: Annotated[bool, option("Say more on standard error.", "-v", "--verbose", panel=OUTPUT)] = False
    quiet: Annotated[bool, option("Say only warnings and errors.", "-q", "--quiet", panel=OUTPUT)] = False
    log_file: Annotated[
        Path | None,
        option("Append everything that is said, and tracebacks, to this file.", "--log-file", panel=OUTPUT, envvar="EEGCLI_LOG_FILE"),
    ] = None
    no_color: Annotated[bool, option("No colour (NO_COLOR works, too).", "--no-color", panel=OUTPUT)] = False
    version: Annotated[
        bool,
        option(
            "Print the version and end.", "-V", "--version", panel=OUTPUT, callback=print_version, is_eager=True, allow_from_autoenv=False
        ),
    ] = False
    debug: Annotated[bool, option("Show the traceback of an error.", "--debug", panel=OUTPUT, envvar="EEGCLI_DEBUG")] = False
    recipe: Annotated[
        str | None,
        option(f"Settings from a shipped recipe ({', '.join(RECIPES)}) or a TOML file.", "--recipe", panel=DATA, envvar="EEGCLI_RECIPE"),
    ] = None
    seed: Annotated[int | None, option("Seed of everything random.", "--seed", panel=COMPUTE, default="0", envvar="EEGCLI_SEED")] = None
    jobs: Annotated[
        int | None,
        option(
            "Processes. Left out: one per core granted (SLURM_CPUS_PER_TASK, else the affinity).",
            "-j",
            "--jobs",
            panel=COMPUTE,
            envvar="EEGCLI_JOBS",
        ),
    ] = None

    def flags(self) -> dict[str, Any]:
        """Those that are settings of a stage."""
        return {name: getattr(self, name) for name in ("output", "force", "dry_run", "seed", "jobs")}


def with_common(*without: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the common options: its `common` parameter becomes them.

    Parameters
    ----------
    *without : str
        Common options that make no sense for the command.
    """
    names = [f.name for f in fields(Common) if f.name not in without]
    hints = get_type_hints(Common, include_extras=True)

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def command(**values: Any) -> None:
            common = Common(**{name: values.pop(name) for name in names})
            function(common=common, **values)

        own = inspect.signature(function, eval_str=True)
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for name, p in own.parameters.items() if name != "common"]
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(Common, name), annotation=hints[name]) for name in names
        ]
        command.__signature__ = own.replace(parameters=[*parameters, *shared])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*parameters, *shared)}
        return command

    return decorate


def split_list(values: list[str] | None) -> list[str]:
    """`--subject 01,02 --subject 03` as one list."""
    return [part.strip() for value in values or [] for part in value.split(",") if part.strip()]


def labels(prefix: str) -> Callable[[list[str] | None], list[str]]:
    """Parse BIDS labels: comma-separated, repeated, with or without their prefix."""
    return lambda values: [label.removeprefix(f"{prefix}-") for label in split_list(values)]


SubjectOption = Annotated[list[str] | None, option("Only these subjects (labels, comma-separated or repeated).", "--subject", panel=DATA)]
SessionOption = Annotated[list[str] | None, option("Only these sessions.", "--session", panel=DATA)]
TaskOption = Annotated[list[str] | None, option("Only these tasks.", "--task", panel=DATA)]
RunOption = Annotated[list[str] | None, option("Only these runs.", "--run", panel=DATA)]
MaxFailuresOption = Annotated[
    str | None, option("End with 0 although up to N (or P%) recordings failed.", "--max-failures", panel=OUTPUT, metavar="N|P%")
]
DeviceOption = Annotated[str | None, option("auto, cpu, cuda, cuda:N or mps.", "--device", panel=COMPUTE, default="auto")]
ThreadsOption = Annotated[int | None, option("Threads of one process. Left out: one per core granted.", "--threads", panel=COMPUTE)]


def selection(subject: list[str] | None, session: list[str] | None, task: list[str] | None, run: list[str] | None) -> dict[str, list[str]]:
    """The four selection options as settings."""
    return {"subject": labels("sub")(subject), "session": labels("ses")(session), "task": labels("task")(task), "run": labels("run")(run)}
