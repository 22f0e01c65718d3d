"""A command is a settings class, a stage and a line of the table: everything else is made of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eegcli.cli.main import app
from eegcli.cli.tree import read_tree
from eegcli.registry.commands import COMMANDS, LOOK, CommandEntry

ROOT = Path(__file__).parents[2]


@pytest.fixture
def count(monkeypatch, tmp_path):
    """Call the program with one command more, in a folder with a windows artifact of one file."""
    entry = CommandEntry(
        "tests.cli.new_command:CountSettings",
        "Count windows.",
        "eegcli count demo-windows",
        LOOK,
        stage="tests.cli.new_command:run",
    )
    monkeypatch.setitem(COMMANDS, "count", entry)
    (tmp_path / "demo-windows").mkdir()
    (tmp_path / "demo-windows" / "settings.json").write_text('{"kind": "windows"}')
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["count", *arguments])


@pytest.fixture
def makers(monkeypatch):
    """The modules that make completions and documentation."""
    monkeypatch.syspath_prepend(str(ROOT / "completions"))
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import bash
    import reference

    return bash, reference


def test_a_new_command_runs_and_prints_its_output(count):
    assert count("demo-windows").stdout == "demo-count-subject\n"
    assert Path("demo-count-subject/n.txt").read_text() == "2"


def test_it_takes_the_only_input_here_and_names_the_output_after_its_settings(count):
    assert count("--weight", "5", "--by", "task").stdout == "demo-count-task\n"
    assert Path("demo-count-task/n.txt").read_text() == "5"


def test_it_has_json_and_a_dry_run(count):
    answer = json.loads(count("demo-windows", "--json", "--dry-run").stdout)
    assert (answer["command"], answer["status"], answer["data"]["n"]) == ("count", "ok", 2)
    assert answer["data"]["settings"]["arch"] == "vgg"
    assert not Path("demo-count-subject").exists()
    assert json.loads(count("demo-windows", "--json").stdout)["data"] == {"n": 2, "output": "demo-count-subject"}


def test_it_has_a_table_in_recipes_and_variables_of_the_environment(count, monkeypatch):
    Path("mine.toml").write_text("[count]\nweight = 7\n")
    assert json.loads(count("-n", "--json", "--recipe", "mine.toml").stdout)["data"]["n"] == 7
    monkeypatch.setenv("EEGCLI_COUNT_WEIGHT", "11")
    assert json.loads(count("-n", "--json", "--recipe", "mine.toml").stdout)["data"]["n"] == 11


def test_an_error_names_the_variable_that_a_value_came_from(monkeypatch):
    monkeypatch.setenv("EEGCLI_TRAIN_EPOCHS", "many")
    refused = CliRunner().invoke(app, ["train", "some-windows"])
    assert refused.exit_code == 2 and "'EEGCLI_TRAIN_EPOCHS'" in refused.stderr
    refused = CliRunner().invoke(app, ["train", "some-windows", "--epochs", "more"])
    assert "'--epochs'" in refused.stderr and "EEGCLI" not in refused.stderr, "the command line comes first"


def test_help_shows_it(count, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = count("--help").stdout
    assert "Count windows." in text and "Weight of a window (default: 2)." in text and "<subject|task>" in text and "--recipe" in text
    assert "Count windows." in CliRunner().invoke(app, ["--help"]).stdout


def test_its_errors_are_those_of_every_command(count):
    assert count("no-such-windows").exit_code == 3
    assert count("--weight", "many").exit_code == 2
    assert count("--by", "moon").exit_code == 2


def test_tab_offers_it_its_options_and_their_values(count, makers, tmp_path):
    script = tmp_path / "eegcli.bash"
    script.write_text(makers[0].render(read_tree()))

    def offered(*words: str) -> list[str]:
        line = " ".join(words)
        call = (
            'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; shift 2; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _eegcli; echo "${COMPREPLY[*]}"'
        )
        done = subprocess.run(["bash", "--norc", "-c", call, "bash", str(script), line, *words], check=True, capture_output=True, text=True)
        return done.stdout.split()

    assert offered("eegcli", "cou") == ["count"]
    assert "--weight" in offered("eegcli", "count", "--w")
    assert offered("eegcli", "count", "--by", "") == ["subject", "task"]
    assert "vgg" in offered("eegcli", "count", "--arch", "v")


def test_the_documentation_has_it(count, makers):
    command = next(command for command in read_tree().commands if command.name == "count")
    page = makers[1].new_page(command)
    assert "| `--weight` `W` | Weight of a window (default: 2). |" in page and "eegcli count demo-windows" in page
    assert "      - commands/count.md" in makers[1].navigation(read_tree())


def test_help_of_the_program_imports_no_settings():
    program = (
        "import sys\nfrom eegcli.cli.main import main\nsys.argv = ['eegcli', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint([name for name in sys.modules if name.startswith('eegcli.settings')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
