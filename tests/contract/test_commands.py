"""Contract of every command: help, common options, panels, environment, exit codes, JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import typer.main
from typer._click.exceptions import BadParameter

from eegcli.cli.main import app
from eegcli.registry.commands import COMMANDS as registered
from tests.kit.commands import eegcli, eegcli_process

TREE = typer.main.get_command(app)
COMMANDS = dict(TREE.commands)
PIPELINE = [name for name, entry in registered.items() if entry.stage]
PANELS = {"Data", "Signal", "Model", "Compute", "Output"}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_command_does_and_gives_an_example(name):
    text = COMMANDS[name].help or ""
    assert text.splitlines()[0].endswith(".")
    assert f"Example: eegcli {name}" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented_in_a_known_panel(name):
    for parameter in COMMANDS[name].params:
        if parameter.name == "help":
            continue
        assert parameter.help and parameter.help.rstrip(".)"), parameter.name
        if parameter.param_type_name == "option":
            assert parameter.rich_help_panel in PANELS, parameter.name


@pytest.mark.parametrize("name", PIPELINE)
def test_every_stage_has_the_common_options(name):
    given = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    wanted = {"-V", "-v", "-q", "--json", "-n", "--dry-run", "-f", "--force", "--seed", "--jobs", "--log-file", "--no-color", "--recipe"}
    assert wanted <= given
    assert eegcli(name, "-h").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["models"], 0), (["train", "--archh", "vgg", "--json"], 2), (["info", "no-such-thing", "--json"], 3), (["evaluate", "bad-run"], 4)],
    ids=lambda value: str(value) if isinstance(value, int) else value[0],
)
def test_a_process_ends_with_the_code_and_the_streams_of_a_call_in_this_process(arguments, code, tmp_path):
    (tmp_path / "bad-run").mkdir()
    (tmp_path / "bad-run" / "settings.json").write_text("{")
    apart, here = eegcli_process(*arguments, cwd=tmp_path), eegcli(*arguments, cwd=tmp_path)
    assert (apart.returncode, here.returncode) == (code, code)
    assert apart.stdout == here.stdout and bool(apart.stdout) == (code != 4)
    said = [re.sub(r"^[-0-9]{10} [:0-9]{8} ", "", done.stderr.replace("python -m eegcli", "eegcli")).split() for done in (apart, here)]
    assert said[0] == said[1]
    assert bool(apart.stderr) == (code != 0)


@pytest.mark.parametrize("name", [name for name in PIPELINE if name != "fetch"])
def test_an_empty_pipe_is_exit_3_with_one_line(name, tmp_path):
    done = eegcli(name, "-", cwd=tmp_path)
    assert done.returncode == 3 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "did the command before it fail?" in done.stderr


@pytest.mark.parametrize("name", [name for name in PIPELINE if name != "fetch"])
def test_nothing_named_and_nothing_here_is_a_usage_error(name, tmp_path):
    done = eegcli(name, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert "here" in done.stderr


@pytest.mark.parametrize("name", [*PIPELINE, "info"])
def test_a_missing_path_is_exit_3_and_json_says_so(name, tmp_path):
    done = eegcli(name, "no-such-thing", "--json", cwd=tmp_path)
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert set(answer) == {"schema", "command", "status", "exit_code", "data", "errors"}
    assert (answer["command"], answer["status"], answer["exit_code"]) == (name, "error", 3)
    assert "no-such-thing" in answer["errors"][0]["error"]
    assert list(tmp_path.iterdir()) == [], "a failing command leaves nothing behind"


@pytest.mark.parametrize("arguments", [["train", "--archh", "vgg", "--json"], ["train", "--seeds", "many", "--json"], ["--json", "trian"]])
def test_a_command_line_that_cannot_be_parsed_is_json_too(arguments, tmp_path):
    done = eegcli(*arguments, cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["exit_code"], answer["status"]) == (2, 2, "error")
    assert answer["command"] == next(word for word in arguments if not word.startswith("-"))
    assert "--help" in answer["errors"][0]["hint"] and done.stderr


def test_unknown_names_are_usage_errors_with_a_suggestion(tmp_path):
    (tmp_path / "w").mkdir()
    done = eegcli("train", "w", "--arch", "vvg", cwd=tmp_path)
    assert done.returncode == 2 and "Did you mean vgg?" in done.stderr
    done = eegcli("models", "eegnett", cwd=tmp_path)
    assert done.returncode == 2
    done = eegcli("preprocess", "w", "--recipe", "hnb", cwd=tmp_path)
    assert done.returncode == 2 and "Did you mean hbn?" in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_an_empty_text_is_refused_wherever_it_is_given(name):
    """A shell gives one for a variable that is not set: it meant the default, or the current folder."""
    for number, parameter in enumerate(COMMANDS[name].params):
        text = ("", " ", ",")[number % 3]
        if getattr(parameter, "is_flag", False) or parameter.name == "help":
            continue
        given = [parameter.opts[-1], text] if parameter.param_type_name == "option" else [text]
        with pytest.raises(BadParameter, match="empty"):
            COMMANDS[name].make_context(name, given)


def test_an_option_can_come_from_the_environment(tmp_path):
    done = eegcli("train", "w", cwd=tmp_path, EEGCLI_TRAIN_ARCH="vvg")
    (tmp_path / "w").mkdir()
    done = eegcli("train", "w", cwd=tmp_path, EEGCLI_TRAIN_ARCH="vvg")
    assert done.returncode == 2 and "vvg" in done.stderr


def test_models_answers_in_json():
    done = eegcli("models", "vgg", "--shape", "24x256", "--outputs", "2", "--json")
    data = json.loads(done.stdout)["data"]
    assert (data["n_parameters"], data["representation"]) == (7_452_850, "raw")
    assert json.loads(eegcli("models", "scnn", "--json").stdout)["data"]["n_parameters"] == 12_713_934


def test_no_traceback_reaches_a_user_but_in_debug(tmp_path):
    bad = tmp_path / "bad-windows"
    bad.mkdir()
    (bad / "settings.json").write_text("{")
    done = eegcli("train", "bad-windows", cwd=tmp_path)
    assert done.returncode == 4 and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    assert "Traceback" in eegcli("train", "bad-windows", "--debug", cwd=tmp_path).stderr


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m eegcli models | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
