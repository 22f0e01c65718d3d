"""The documentation says what is: generated parts are fresh, every option and exit code is in it, every command line parses."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import typer.main

from eegcli import errors
from eegcli.cli.main import app
from eegcli.cli.tree import Command, read_tree
from eegcli.config import read_recipe, resolve
from eegcli.registry import EXPLANATIONS, entry_of, load, lookup
from eegcli.registry.commands import COMMANDS
from eegcli.settings.setting import declared

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MAN = DOCS / "man" / "eegcli.1"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
TREE = read_tree()


def test_the_generated_parts_are_those_of_the_code() -> None:
    checked = subprocess.run([sys.executable, DOCS / "generate.py", "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("command", TREE.commands, ids=lambda command: command.name)
def test_every_option_and_argument_is_on_its_page_and_in_the_man_page(command: Command) -> None:
    page = (DOCS / "commands" / f"{command.name}.md").read_text(encoding="utf-8")
    man_page = MAN.read_text(encoding="utf-8").replace("\\-", "-")
    for option in command.options:
        assert all(f"`{name}`" in page and f"\\fB{name}\\fR" in man_page for name in option.names)
    assert all(f"`{argument.name}`" in page for argument in command.arguments)


@pytest.mark.parametrize("command", TREE.commands, ids=lambda command: command.name)
def test_a_page_says_what_a_person_needs_to_know(command: Command) -> None:
    page = (DOCS / "commands" / f"{command.name}.md").read_text(encoding="utf-8")
    assert {"## Examples", "## What can go wrong", "## Reference"} <= set(re.findall("^## .*$", page, re.MULTILINE))


def test_every_exit_code_is_documented_and_no_other() -> None:
    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    page = (DOCS / "exit-codes.md").read_text(encoding="utf-8")
    man_page = MAN.read_text(encoding="utf-8").partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes
    assert {int(code) for code in re.findall(r"^\.B (\d+)$", man_page, re.MULTILINE)} == codes


def code_blocks(text: str) -> Iterator[str]:
    """Fenced and indented blocks of a page in Markdown."""
    yield from re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    yield from re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)


def command_lines() -> list[tuple[str, str]]:
    """Every call of eegcli in a code block, an example of `--help` or the Makefile, with the place where it stands."""
    texts = {str(page.relative_to(ROOT)): "\n".join(code_blocks(page.read_text(encoding="utf-8"))) for page in PAGES}
    texts |= {f"eegcli {command.name} --help": command.example for command in (TREE.root, *TREE.commands)}
    texts["Makefile"] = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)/", "").replace("$(EPOCHS)", "10")
    calls = re.compile(r"(?:^|[|&;]\s*)(eegcli [^|&;#>\n]+)", re.MULTILINE)
    lines = [
        (place, call.strip())
        for place, text in texts.items()
        for call in calls.findall(re.sub(r"^\s+", "", text.replace("\\\n", " "), flags=re.MULTILINE))
    ]
    return [(place, line) for place, line in dict.fromkeys(lines) if "[OPTIONS]" not in line]


def test_command_lines_are_found_at_all() -> None:
    found = command_lines()
    assert ("docs/tutorial.md", "eegcli fetch demo") in found
    assert ("README.md", "eegcli evaluate -") in found
    assert ("Makefile", "eegcli train - --recipe hbn --epochs 10") in found


@pytest.mark.parametrize(("place", "line"), command_lines())
def test_every_documented_command_line_parses(place: str, line: str) -> None:
    name, *arguments = shlex.split(line)[1:]
    command = typer.main.get_command(app).commands[name]
    values = command.make_context(name, arguments).params
    if values.get("arch"):
        entry_of(values["arch"])
    for method in values.get("method") or []:
        lookup("method", method, EXPLANATIONS)
    if values.get("recipe") and not values["recipe"].endswith(".toml"):
        read_recipe(values["recipe"])


def documented_results(name: str) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    """Place, line, default output and settings that make the result, of every documented call of a command on the demo."""
    piped = ("README.md", "docs/tutorial.md", "Makefile")  # whose pipes begin with the demo
    demo = {
        "preprocess": "demo",
        "epoch": "demo-recordings",
        "train": "demo-windows",
        "evaluate": "demo-run-vgg-sex",
        "explain": "demo-run-vgg-sex",
    }
    cls = load(COMMANDS[name].settings)
    for place, line in command_lines():
        words = shlex.split(line)[1:]
        if words[0] != name or not (demo[name] in words or ("-" in words and place in piped)):
            continue
        values = typer.main.get_command(app).commands[name].make_context(name, words[1:]).params
        given = {key: value for key, value in values.items() if key in declared(cls) and value is not None}
        if str(values.get("recipe")).endswith(".toml"):  # a file of the reader's own
            continue
        settings = resolve(cls, name, given, values.get("recipe"))
        if settings.dry_run or settings.output is not None:
            continue
        inputs = {key for key, field in declared(cls).items() if field.setting.is_argument}
        named = f"{settings.arch}-{settings.target}" if name == "train" else str(getattr(settings, "windows", None))
        yield (
            place,
            line,
            named,
            {f.name: getattr(settings, f.name) for f in fields(cls) if not f.metadata.get("free") and f.name not in inputs},
        )


@pytest.mark.parametrize("name", ["preprocess", "epoch", "train", "evaluate", "explain"])
def test_documented_calls_on_the_demo_may_be_given_in_one_folder(name: str) -> None:
    """Each takes up what another made, or names an output of its own: none meets the output of another configuration."""
    made: dict[str, tuple[str, dict[str, object]]] = {}
    for place, line, output, settings in documented_results(name):
        first, before = made.setdefault(output, (f"{place}: {line}", settings))
        other = [key for key in settings if settings[key] != before[key]]
        assert not other, f"{place}: {line}\nmeets the output of {first} ({', '.join(other)})"
    assert made


def test_commands_that_are_only_mentioned_exist() -> None:
    commands = {command.name: command for command in TREE.commands}
    for page in PAGES:
        for mention in re.findall(r"`eegcli ([^`]+)`", page.read_text(encoding="utf-8")):
            name, *words = mention.split()
            assert name in commands, f"{page}: eegcli {mention}"
            options = {option for known in commands[name].options for option in known.names}
            assert {word for word in words if word.startswith("--")} <= options, f"{page}: eegcli {mention}"


def test_the_site_builds_without_warnings_and_loads_nothing_from_other_hosts(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    build = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        ROOT / ".ci" / "mkdocs.yml",
        "--site-dir",
        tmp_path / "site",
    ]
    built = subprocess.run(build, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    assert built.returncode == 0, built.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"?(?:https?:)?//", page.read_text(encoding="utf-8")), page


@pytest.mark.parametrize(
    "checker", [["mandoc", "-T", "lint"], ["man", "--warnings", "-E", "UTF-8", "-Tutf8", "-l"]], ids=lambda command: command[0]
)
def test_the_man_page_is_sound(checker: list[str]) -> None:
    if shutil.which(checker[0]) is None:
        pytest.skip(f"{checker[0]} is not installed")
    checked = subprocess.run([*checker, MAN], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stderr == ""
