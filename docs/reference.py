"""The parts of the documentation that are made of the code, in Markdown."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from eegcli import errors, registry
from eegcli.artifacts.schema import ARTIFACTS, SCHEMA_VERSION, File
from eegcli.catalogue.releases import all_hbn_releases
from eegcli.cli.tree import Argument, Command, Option, Tree

# Checked against eegcli.errors: a code without a meaning fails.
EXIT_CODES: dict[int, str] = {
    errors.OK: "Done, or nothing to do.",
    errors.BUG: "A bug in eegcli. One line says what; the traceback is in a log file that it names.",
    errors.USAGE: "The command line, an environment variable or a recipe asks for something that does not exist.",
    errors.BAD_INPUT: "The input is missing, broken, or unfit for what was asked; or every recording failed.",
    errors.BAD_ARTIFACT: "An artifact is of another kind or schema version, or was changed by hand.",
    errors.PARTIAL: "Some recordings failed, the rest is written and its path printed. See --max-failures.",
    errors.UNAVAILABLE: "A dependency, device, or memory or disk space is not there.",
    errors.STOPPED: "Stopped by SIGTERM, SIGUSR1 or SIGUSR2; what is finished is kept. The same command resumes.",
    errors.INTERRUPTED: "Stopped by Ctrl-C (SIGINT); what is finished is kept. The same command resumes.",
}

VARIABLES: tuple[tuple[str, str], ...] = (
    ("EEGCLI_COMMAND_OPTION", "Value of an option where the command line does not give it, e.g. EEGCLI_TRAIN_EPOCHS. Several values of one option stand with commas between them (--segment: blanks); a flag takes 1 or 0."),
    ("NO_COLOR", "If set and not empty: no colour, as with --no-color."),
    ("SLURM_CPUS_PER_TASK", "Cores that --jobs and --threads take where they are left out; without it, those of the process's affinity."),
    ("XDG_STATE_HOME", "Where the log files of bugs are written, in a folder eegcli; by default ~/.local/state."),
)  # fmt: skip

TITLES = {
    "dataset": "Data set",
    "recordings": "Recordings",
    "windows": "Windows",
    "run": "Run",
    "evaluation": "Evaluation",
    "explanation": "Explanation",
}


def variables(tree: Tree) -> list[tuple[str, str]]:
    """Environment variables and their meaning: those of single options that all commands share, and the others."""
    shared = {option.variable: option for command in tree.commands for option in command.options if option.variable}
    return [VARIABLES[0], *((name, f"{option.names[-1]} of every command that has it.") for name, option in shared.items()), *VARIABLES[1:]]


def command_reference(command: Command) -> str:
    """Usage, arguments and options of a command, panel by panel as in `--help`."""
    usage = " ".join(["eegcli", command.name, "[OPTIONS]", *(_usage(argument) for argument in command.arguments)])
    parts = ["## Reference", f"    {usage}"]
    if command.arguments:
        parts.append(_table(("Argument", "Meaning"), ((f"`{argument.name}`", _cell(argument.help)) for argument in command.arguments)))
    for panel in dict.fromkeys(option.panel for option in command.options):
        rows = ((_names(option), _cell(option.help)) for option in command.options if option.panel == panel)
        parts += [f"### {panel}", _table(("Option", "Meaning"), rows)]
    return "\n\n".join(parts)


def variables_table(tree: Tree) -> str:
    """The environment variables."""
    return _table(("Variable", "Meaning"), ((f"`{name}`", _cell(meaning)) for name, meaning in variables(tree)))


def exit_code_table() -> str:
    """The exit codes."""
    return _table(("Code", "Meaning"), ((str(code), _cell(meaning)) for code, meaning in EXIT_CODES.items()))


def architecture_table() -> str:
    """The architectures of the registry."""
    return _table(
        ("Name", "What it is", "Training by default", "Source"),
        ((f"`{name}`", entry.summary, _training(entry), _cell(entry.source)) for name, entry in registry.MODELS.items()),
    )


def recipe_text(name: str) -> str:
    """A shipped recipe, as it is."""
    text = (Path(registry.__file__).parents[1] / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    return f"```toml\n{text.rstrip()}\n```"


def benchmark_table(scripts: Sequence[Path]) -> str:
    """The scripts in `benchmarks/` and the first line of each."""
    return _table(("Script", "What it measures"), ((f"`benchmarks/{script.name}`", _first_line(script)) for script in scripts))


def artifact_page() -> str:
    """What lies in every artifact."""
    parts = [
        "# Artifacts",
        "<!-- Made by docs/generate.py from eegcli/artifacts/schema.py: change that, not this. -->",
        f"Schema version {SCHEMA_VERSION}. Signals are HDF5, float32, in microvolt; tables are Parquet; a name that starts with `@` is an attribute.",
        "Every file is written under a temporary name in the same folder and then renamed: a file that has its name is whole.",
        "The same input, settings and version give the same bytes for any number of jobs, on a CPU; `provenance.json` and `timing.parquet` "
        "hold what varies, and stand outside that promise.",
    ]
    for kind, files in ARTIFACTS.items():
        parts += [f"## {TITLES[kind]}", *map(_file, files)]
    return "\n\n".join(parts) + "\n"


def _file(file: File) -> str:
    name = file.name if file.name.startswith("(") else f"`{file.name}`"
    parts = [f"**{name}**: {file.meaning}"]
    if file.entries:
        rows = ((f"`{entry.name}`", entry.type, entry.shape, entry.unit, _cell(entry.meaning)) for entry in file.entries)
        parts.append(_table(("Name", "Type", "Shape", "Unit", "Meaning"), rows))
    return "\n\n".join(parts)


def _names(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.names)
    return _cell(f"{names} `{option.metavar}`" if option.metavar else names)


def _usage(argument: Argument) -> str:
    name = f"{argument.name}{' ...' if argument.repeatable else ''}"
    return name if argument.required else f"[{name}]"


def _training(entry: registry.ModelEntry) -> str:
    if entry.training is None:
        return "closed form, no epochs"
    return ", ".join(f"{name} {value}" for name, value in asdict(entry.training).items())


def _first_line(script: Path) -> str:
    docstring = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    return _cell(docstring.partition("\n")[0])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    # A bar would end the cell, and <name> would be a tag outside of code.
    return text.replace("|", "\\|")


def release_table() -> str:
    """The releases of HBN, from the catalogue."""

    def gigabytes(value: int | None) -> str:
        return "not stated" if value is None else f"{value / 1e9:.1f}"

    rows = [
        (f"`hbn:{item.release}`", item.id, str(item.subjects), gigabytes(item.bytes), str(item.resting_recordings or "not stated"),
         gigabytes(item.resting_bytes))
        for item in all_hbn_releases()
    ]  # fmt: skip
    return _table(["release", "data set", "subjects", "all tasks, GB", "resting state, recordings", "resting state, GB"], rows)
