"""The parts of the documentation that are made of the code, in Markdown."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from eegcli import errors, registry
from eegcli.artifacts.schema import ARTIFACTS, SCHEMA_VERSION, File
from eegcli.catalogue.releases import all_hbn_releases
from eegcli.cli.tree import Argument, Command, Option, Tree
from eegcli.engine.augment.step import read
from eegcli.models.describe import training_of
from eegcli.registry.checks import TOPICS

# Checked against eegcli.errors: a code without a meaning fails.
EXIT_CODES: dict[int, str] = {
    errors.OK: "Done, or nothing to do.",
    errors.BUG: "A bug in eegcli. One line says what; the traceback is in a log file that it names.",
    errors.USAGE: "The command line, an environment variable or a recipe asks for something that does not exist.",
    errors.BAD_INPUT: "The input is missing, broken, or unfit for what was asked; or every recording failed.",
    errors.BAD_ARTIFACT: "An artifact is of another kind or schema version, or was changed by hand.",
    errors.PARTIAL: "Some recordings failed, the rest is written and its path printed. See --max-failures.",
    errors.UNAVAILABLE: "A dependency, device, or memory or disk space is not there.",
    errors.STOPPED: "Run the same command again: it was stopped by SIGTERM, SIGUSR1 or SIGUSR2, or another process is at this work. What is finished is kept.",
    errors.INTERRUPTED: "Stopped by Ctrl-C (SIGINT); what is finished is kept. The same command resumes.",
}

VARIABLES: tuple[tuple[str, str], ...] = (
    ("EEGCLI_COMMAND_OPTION", "Value of an option where the command line does not give it, e.g. EEGCLI_TRAIN_EPOCHS. Several values of one option stand with commas between them; those of --segment and others that take no commas, with blanks, in quotes where they have blanks themselves. A flag takes 1 or 0."),
    ("NO_COLOR", "If set and not empty: no colour, as with --no-color."),
    ("SLURM_CPUS_PER_TASK", "Cores that --jobs and --threads take where they are left out; without it, the least of the process's affinity and the quota of its container (cgroup)."),
    ("OMP_NUM_THREADS", "At most so many threads where --threads is left out; --jobs does not ask for it."),
    ("XDG_STATE_HOME", "Where the log files of bugs are written, in a folder eegcli; by default ~/.local/state."),
)  # fmt: skip

TITLES = {
    "dataset": "Data set",
    "recordings": "Recordings",
    "windows": "Windows",
    "run": "Run",
    "evaluation": "Evaluation",
    "explanation": "Explanation",
    "predictions": "Predictions",
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


def new_page(command: Command) -> str:
    """Page of a command that has none yet: what is made of the code, and the headings that a person fills."""
    return f"""# {command.name}

{command.summary}

## Examples

    {command.example}

## What can go wrong

<!-- reference: made by docs/generate.py -->

{command_reference(command)}

<!-- end of reference -->
"""


def navigation(tree: Tree) -> str:
    """Entries of the commands in the navigation of the site."""
    return "\n".join(f"      - commands/{command.name}.md" for command in tree.commands)


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


def source_table() -> str:
    """The sources of the registry, as users write them."""
    rows = ((entry.form if " " in entry.form else f"`{entry.form}`", _cell(entry.summary)) for entry in registry.SOURCES.values())
    return _table(("You write", "What it is"), rows)


def split_table() -> str:
    """The split rules of the registry."""

    def option(name: str, entry: registry.SplitEntry) -> str:
        return f"`--{entry.setting.replace('_', '-')} {entry.form}`" if entry.setting else f"`--split {name}`"

    rows = ((option(name, entry), _cell(entry.summary), _cell(entry.source)) for name, entry in registry.SPLITS.items())
    return _table(("Option", "Test set", "Source"), rows)


def augmentation_table() -> str:
    """The augmentations of the registry, each with its options and their defaults."""
    rows = (
        (f"`{read([name])[0]}`", _cell(entry.summary), ", ".join(entry.representations) or "all", _cell(entry.source))
        for name, entry in registry.AUGMENTATIONS.items()
    )
    return _table(("Augmentation", "What it does", "Windows", "Source"), rows)


def method_table() -> str:
    """The explanation methods of the registry."""
    rows = (
        (f"`{name}`", _cell(entry.summary), entry.kind, entry.units, str(entry.controls), _cell(entry.source))
        for name, entry in registry.EXPLANATIONS.items()
    )
    return _table(("Method", "What it computes", "Kind", "Unit", "Untrained networks", "Source"), rows)


def vote_table() -> str:
    """The voting rules of the registry."""
    rows = ((f"`--vote {name}`", _cell(entry.summary), _cell(entry.source)) for name, entry in registry.VOTE_RULES.items())
    return _table(("Option", "How the windows of a unit vote", "Source"), rows)


def check_table(topic: str) -> str:
    """The checks of a topic."""
    rows = ((f"`{name}`", _cell(entry.summary)) for name, entry in registry.CHECKS.items() if entry.topic == topic)
    return _table(("Check", "What is looked for"), rows)


def doctor_table() -> str:
    """The checks of doctor, with their topic and what they may take."""
    rows = (
        (entry.topic, f"`{name}`", _cell(entry.summary), f"{entry.seconds:g}" if entry.seconds else "-", "yes" if entry.quick else "")
        for topic in TOPICS
        for name, entry in registry.CHECKS.items()
        if entry.topic == topic
    )
    return _table(("Topic", "Check", "What is looked for", "s", "by `train`, too"), rows)


def step_table() -> str:
    """The preprocessing steps of the registry, in the order in which they usually stand."""
    return _table(
        ("Step", "What it does", "Columns of `recordings.parquet`"),
        ((f"`{name}`", entry.summary, ", ".join(f"`{column.name}`" for column in entry.columns)) for name, entry in registry.STEPS.items()),
    )


def quality_table() -> str:
    """The figures of quality that every recording has or a step notes."""
    words = {"percent": "100 x {}", "percent of time": "100 x {} / `seconds`", "channels": "{}, each channel counted once"}

    def made_of(figure: registry.QualityFigure) -> str:
        return words.get(figure.how, "{}").format(", ".join(f"`{column}`" for column in figure.columns))

    return _table(
        ("Figure", "What it says", "Made of", "Bad end"),
        ((figure.label, figure.meaning, made_of(figure), figure.worse or "none") for figure in registry.quality_figures()),
    )


def representation_table() -> str:
    """The representations of the registry."""
    return _table(
        ("Name", "What a window holds", "Axes of a window", "Unit"),
        ((f"`{name}`", entry.description, " x ".join(entry.axes), entry.units) for name, entry in registry.REPRESENTATIONS.items()),
    )


def recipe_text(name: str) -> str:
    """A shipped recipe, as it is."""
    text = (Path(registry.__file__).parents[1] / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    return f"```toml\n{text.rstrip()}\n```"


def benchmark_table(scripts: Sequence[Path]) -> str:
    """The scripts in `benchmarks/` and the first line of each."""
    return _table(("Script", "What it measures"), ((f"`benchmarks/{script.name}`", _first_line(script)) for script in scripts))


def artifact_page() -> str:
    """Make the page of artifacts: files, columns and arrays of each."""
    parts = [
        "# Artifacts",
        "<!-- Made by docs/generate.py from eegcli/artifacts/schema/: change that, not this. -->",
        f"Schema version {SCHEMA_VERSION}. Signals are HDF5, float32, in microvolt; tables are Parquet; a name that starts with `@` is an attribute.",
        "Every file is written under a temporary name in the same folder and then renamed: a file that has its name is whole.",
        "The same input, settings and version give the same bytes for any number of jobs, on a CPU; `provenance.json` and `timing.parquet` "
        "hold what varies, and stand outside that promise.",
        "Artifacts stay readable, and finished for the command that made them, when a later version has more settings: one that `settings.json` lacks "
        "held the default it was added with. The version of the program is in `provenance.json`; only that of the stage decides.",
    ]
    for kind, files in ARTIFACTS.items():
        parts += [f"## {TITLES[kind]}", *map(_file, files)]
        if kind == "evaluation":
            parts += ["### Metrics", metric_table()]
    return "\n\n".join(parts) + "\n"


def metric_table() -> str:
    """Metrics of the registry."""
    rows = (
        (
            f"`{name}`",
            entry.kind,
            {"%": "share", "target": "that of the target"}.get(entry.unit, ""),
            entry.better,
            ", ".join(f"`{interval.key}`" for interval in entry.intervals),
            " ".join(["after each epoch"] * entry.in_history + ["(chooses the kept one)"] * entry.chooses),
            _cell(entry.meaning),
        )
        for name, entry in registry.METRICS.items()
    )
    return _table(("Name", "Kind", "Unit", "Better", "95 % interval", "Validation set", "Meaning"), rows)


def _file(file: File) -> str:
    name = file.name if file.name.startswith("(") else f"`{file.name}`"
    parts = [f"**{name}**: {file.meaning}"]
    if file.entries:
        rows = ((f"`{entry.name}`", entry.type, entry.shape, entry.unit, _cell(entry.meaning)) for entry in file.entries)
        parts.append(_table(("Name", "Type", "Shape", "Unit", "Meaning"), rows))
    return "\n\n".join(parts)


def _names(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.names)
    return f"{names} {_code(option.metavar)}" if option.metavar else names


def _code(text: str) -> str:
    # In a table GitHub wants a bar in code escaped, MkDocs shows the backslash: as an entity it is right in both.
    return f"<code>{escape(text).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def _usage(argument: Argument) -> str:
    name = f"{argument.name}{' ...' if argument.repeatable else ''}"
    return name if argument.required else f"[{name}]"


def _training(entry: registry.ModelEntry) -> str:
    if entry.training is None:
        return "closed form, no epochs"
    return ", ".join(f"{name} {value}" for name, value in training_of(entry).items())


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
