"""Variables of the environment: a misspelt one is said, and an error names the one that gave the value."""

from __future__ import annotations

import json

import pytest

from tests.kit.cohorts import loud_windows
from tests.kit.commands import eegcli


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    return loud_windows(tmp_path_factory.mktemp("variables") / "demo-windows")


def planned(windows, *arguments, **environment):
    done = eegcli("train", windows, "--arch", "majority", "--dry-run", "--json", *arguments, **environment)
    return done, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("variable", "message", "hint"),
    [
        ("EEGCLI_TRAIN_EPOCH", "EEGCLI_TRAIN_EPOCH: train has no such option", "Did you mean EEGCLI_TRAIN_EPOCHS?"),
        ("EEGCLI_TRAIN_WINDOWS", "EEGCLI_TRAIN_WINDOWS: an argument has no variable", "Give it on the command line, or in a recipe."),
    ],
)
def test_a_variable_of_the_command_that_names_no_option_is_a_wrong_command_line(windows, variable, message, hint):
    done, answer = planned(windows, **{variable: "3"})
    assert done.returncode == answer["exit_code"] == 2
    assert (answer["errors"][0]["error"], answer["errors"][0]["hint"]) == (message, hint)


@pytest.mark.parametrize(
    ("variable", "warned"),
    [
        ("EEGCLI_EPOCHS", "EEGCLI_EPOCHS is no variable of eegcli, and is ignored. Did you mean EEGCLI_TRAIN_EPOCHS?"),
        ("EEGCLI_SEEED", "EEGCLI_SEEED is no variable of eegcli, and is ignored. Did you mean EEGCLI_SEED?"),
        ("EEGCLI_PREPROCESS_SFREQ", ""),
        ("EEGCLI_CACHE", ""),
        ("EEGCLI_JOBS", ""),
    ],
)
def test_a_variable_of_no_command_is_warned_of(windows, variable, warned):
    done, _ = planned(windows, **{variable: "3"})
    assert done.returncode == 0
    assert (warned in done.stderr) if warned else "no variable" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("EEGCLI_TRAIN_ARCH", "vg", "EEGCLI_TRAIN_ARCH: no architecture is named 'vg'"),
        ("EEGCLI_TRAIN_SPLIT", "a,b", "EEGCLI_TRAIN_SPLIT: a,b: three numbers are needed"),
        ("EEGCLI_TRAIN_LR", "nan", "EEGCLI_TRAIN_LR: nan is not a finite number"),
    ],
)
def test_an_error_names_the_variable_that_gave_the_value(windows, variable, value, message):
    done = eegcli("train", windows, "--dry-run", **{variable: value})
    assert done.returncode == 2 and f"error: {message}" in done.stderr


@pytest.mark.parametrize(
    ("recipe", "environment", "arguments", "expected"),
    [
        ("", {"EEGCLI_TRAIN_TARGET": "sex"}, ["--threshold", "age=9"], ("age", "age=9")),
        ('threshold = "age=9"', {}, ["--target", "sex"], ("sex", None)),
        ('threshold = "age=9"', {"EEGCLI_TRAIN_TARGET": "sex"}, [], ("sex", None)),
        ('threshold = "age=9"', {}, ["--target", "age"], ("age", "age=9")),
        ('target = "sex"', {"EEGCLI_TRAIN_THRESHOLD": "age=9"}, [], ("age", "age=9")),
        ("", {"EEGCLI_TRAIN_THRESHOLD": "age=9"}, ["--target", "sex"], ("sex", None)),
    ],
)
def test_target_and_threshold_come_from_the_place_that_goes_first(windows, tmp_path, recipe, environment, arguments, expected):
    (tmp_path / "mine.toml").write_text(f"[train]\n{recipe}\n")
    done, answer = planned(windows, "--recipe", tmp_path / "mine.toml", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    assert (answer["data"]["settings"]["target"], answer["data"]["settings"]["threshold"]) == expected


@pytest.mark.parametrize("environment", [{}, {"EEGCLI_EPOCH_KEEP_DEAD": "1"}])
def test_a_flag_switches_off_what_a_recipe_or_the_environment_switched_on(recordings, tmp_path, environment):
    (tmp_path / "mine.toml").write_text('[epoch]\nkeep_dead = "yes"\n')
    command = ("epoch", recordings, "--recipe", tmp_path / "mine.toml", "--dry-run", "--json")
    for arguments, expected in (((), True), (("--no-keep-dead",), False)):
        done = eegcli(*command, *arguments, **environment)
        assert json.loads(done.stdout)["data"]["settings"]["keep_dead"] is expected


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    from tests.kit.builders import recording, recordings_artifact

    folder = tmp_path_factory.mktemp("variables") / "demo-recordings"
    recordings_artifact(folder, {"01": recording(1, seconds=20.0)}, sex=["F"])
    return folder
