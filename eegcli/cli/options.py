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

from eegcli.registry import RECIPES
from eegcli.version import __version__

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
    """Give a command the common options: its `common` parameter becomes them, and `selected`, if it has one, those of a selection.

    Parameters
    ----------
    *without : str
        Common options that make no sense for the command.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function, eval_str=True)
        groups = {"common": Common} | ({"selected": Selection} if "selected" in own.parameters else {})
        names = {group: [f.name for f in fields(cls) if f.name not in without] for group, cls in groups.items()}

        @functools.wraps(function)
        def command(**values: Any) -> None:
            for group, cls in groups.items():
                values[group] = cls(**{name: values.pop(name) for name in names[group]})
            function(**values)

        parameters: list[inspect.Parameter] = []
        for name, parameter in own.parameters.items():
            if name == "selected":
                parameters += _parameters(Selection, names["selected"])
            elif name != "common":
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        parameters += _parameters(Common, names["common"])
        command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


def _parameters(group: type, names: list[str]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(group, name), annotation=hints[name]) for name in names]


def split_list(values: list[str] | None) -> list[str]:
    """`--subject 01,02 --subject 03` as one list."""
    return [part.strip() for value in values or [] for part in value.split(",") if part.strip()]


def labels(prefix: str) -> Callable[[list[str] | None], list[str]]:
    """Parse BIDS labels: comma-separated, repeated, with or without their prefix."""
    return lambda values: [label.removeprefix(f"{prefix}-") for label in split_list(values)]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What every command that reads a cohort takes: which recordings of it."""

    subject: Annotated[list[str] | None, option("Only these subjects (labels, comma-separated or repeated).", "--subject", panel=DATA)] = (
        None
    )
    session: Annotated[list[str] | None, option("Only these sessions.", "--session", panel=DATA)] = None
    task: Annotated[list[str] | None, option("Only these tasks.", "--task", panel=DATA)] = None
    run: Annotated[list[str] | None, option("Only these runs.", "--run", panel=DATA)] = None
    suffix: Annotated[list[str] | None, option("Only files with these BIDS suffixes.", "--suffix", panel=DATA)] = None
    release: Annotated[list[str] | None, option("Only these releases of HBN, such as R1,R5.", "--release", panel=DATA)] = None
    include: Annotated[
        list[str] | None,
        option(
            "Only recordings whose path fits a pattern (repeatable): * within a name, ** across folders.",
            "--include",
            panel=DATA,
            metavar="GLOB",
        ),
    ] = None
    exclude: Annotated[
        list[str] | None, option("Leave out recordings whose path fits a pattern (repeatable).", "--exclude", panel=DATA, metavar="GLOB")
    ] = None
    where: Annotated[
        str | None,
        option("Only participants of whom this holds: \"sex == 'F' and age < 12\".", "--where", panel=DATA, metavar="CONDITION"),
    ] = None
    max_subjects: Annotated[
        int | None, option("Only the first N subjects (by label) of those selected.", "--max-subjects", panel=DATA, min=1, metavar="N")
    ] = None
    exclude_known_bad: Annotated[
        bool | None, option("Leave out what the catalogue says is bad (HBN).", "--exclude-known-bad", panel=DATA)
    ] = None

    def flags(self) -> dict[str, Any]:
        """As settings of a stage."""
        prefixes = {"subject": "sub", "session": "ses", "task": "task", "run": "run"}
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values |= {name: labels(prefix)(values[name]) for name, prefix in prefixes.items()}
        return values | {name: split_list(values[name]) for name in ("suffix", "release")}


MaxFailuresOption = Annotated[
    str | None, option("End with 0 although up to N (or P%) recordings failed.", "--max-failures", panel=OUTPUT, metavar="N|P%")
]
DeviceOption = Annotated[str | None, option("auto, cpu, cuda, cuda:N or mps.", "--device", panel=COMPUTE, default="auto")]
ThreadsOption = Annotated[int | None, option("Threads of one process. Left out: one per core granted.", "--threads", panel=COMPUTE)]
