"""Declarations of options: flag, environment and recipe read the same text to the same settings, in every class."""

from __future__ import annotations

import json
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import typer.main
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eegcli.artifacts.configuration import binding
from eegcli.cli.main import app
from eegcli.config import resolve
from eegcli.errors import UsageError
from eegcli.registry import EXPLANATIONS, MONTAGES, REPRESENTATIONS, load
from eegcli.registry.commands import COMMANDS
from eegcli.settings import ExplainSettings, PreprocessSettings, TrainSettings
from eegcli.settings.setting import Declared, declared, setting

STAGES = {name: load(entry.settings) for name, entry in COMMANDS.items() if entry.stage}
OPTIONS = [
    (command, field)
    for command, cls in STAGES.items()
    for field in declared(cls).values()
    if field.setting.help and not field.setting.is_argument
]
NEEDED = {"fetch": {"source": "demo"}}

# What a parser of its own takes; everything else follows from the type.
TEXTS = {
    "arch": ["scnn", "majority", "./mynet.py:Net"],
    "split": ["0.5,0.3,0.2", "787,197,197", "truong2021"],
    "warmup": ["3", "500steps"],
    "augment": ["noise", "time-shift:seconds=0.2,p=1", "none"],
    "subject": ["01", "sub-01", "sub-01, 02,NDAR3"],
    "session": ["ses-a,b"],
    "task": ["task-rest,RestingState"],
    "run": ["run-1,2"],
    "max_failures": ["3", "10%"],
    "threshold": ["ehq_total=0"],
    "device": ["cpu", "cuda:1"],
    "representation": list(REPRESENTATIONS)[1:],
    "montage": list(MONTAGES)[1:],
    "baseline": ["-0.2:0", "0:0.1"],
    "axes": ["trials,samples", "trials,1,channels,samples"],
    "reshape": ["312x18000", "10x2x500"],
    "method": [next(iter(EXPLANATIONS)), ",".join(EXPLANATIONS)],
}


def texts_of(field: Declared) -> list[str]:
    """Texts that a user may give for an option."""
    is_union = get_origin(field.type) in (Union, UnionType)
    kind = get_args(field.type)[0] if is_union else field.type
    if get_origin(kind) is Literal:
        return [str(choice) for choice in get_args(kind)]
    if field.name in TEXTS:
        return TEXTS[field.name]
    if get_origin(kind) is tuple:
        items = ["50", "100.5"] if get_args(kind)[0] is float else ["one", "two words"]
        return [items[0], ",".join(items)] if field.setting.commas else ["one=a b,c:0:1"]
    return {int: ["3"], float: ["0.25", "4"], Path: ["some/where.tsv"], bool: ["1"]}.get(kind, ["a text", "20"])


CASES = [(command, field, text) for command, field in OPTIONS for text in texts_of(field)]


def from_command_line(command: str, arguments: list[str]) -> Any:
    """The settings that a command line gives, with what the environment adds."""
    parsed = typer.main.get_command(app)
    with parsed.make_context("eegcli", [command, *arguments], auto_envvar_prefix="EEGCLI") as context:
        child = parsed.commands[command].make_context(command, arguments, parent=context)
        cls = STAGES[command]
        given = {name: value for name, value in child.params.items() if name in declared(cls)}
        return resolve(cls, command, given, child.params["recipe"])


@pytest.mark.parametrize(("command", "field", "text"), CASES, ids=lambda value: value.name if isinstance(value, Declared) else str(value))
def test_flag_environment_and_recipe_say_the_same(command, field, text, tmp_path, monkeypatch):
    is_flag = bool in (field.type, *get_args(field.type))
    nothing, mine = tmp_path / "nothing.toml", tmp_path / "mine.toml"
    nothing.write_text("")
    mine.write_text(f"[{command}]\n{field.name} = {'true' if is_flag else json.dumps(text)}\n")
    needed = list(NEEDED.get(command, {}).values())

    flag = field.flags[-1] if is_flag else f"{field.flags[-1]}={text}"
    by_flag = from_command_line(command, [*needed, flag, "--recipe", str(nothing)])
    assert getattr(by_flag, field.name) != field.default or text in (str(field.default), ",".join(map(str, field.default or ())))
    if field.setting.runs_code is not None and field.setting.runs_code(getattr(by_flag, field.name)):
        with pytest.raises(UsageError, match=f"{command}.{field.name} = .* would run code that the command line does not name"):
            from_command_line(command, [*needed, "--recipe", str(mine)])
    else:
        assert from_command_line(command, [*needed, "--recipe", str(mine)]) == by_flag

    monkeypatch.setenv(f"EEGCLI_{command}_{field.name}".upper(), text if field.setting.commas else f"'{text}'")
    assert from_command_line(command, [*needed, "--recipe", str(nothing)]) == by_flag


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(labels=st.lists(st.text("abcXYZ0129", min_size=1), min_size=1, max_size=4), prefixed=st.booleans())
def test_labels_are_read_alike_however_they_are_written(labels, prefixed, tmp_path_factory):
    written = [f"sub-{label}" if prefixed else label for label in labels]
    recipe = tmp_path_factory.mktemp("recipe") / "mine.toml"
    seen = []
    for value in (json.dumps(written), json.dumps(",".join(written))):
        recipe.write_text(f"[epoch]\nsubject = {value}\n")
        seen.append(resolve(STAGES["epoch"], "epoch", {}, str(recipe)).subject)
    seen += [from_command_line("epoch", [f"--subject={','.join(written)}"]).subject]
    seen += [from_command_line("epoch", [f"--subject={label}" for label in written]).subject]
    assert seen == [tuple(labels)] * 4


def test_numbers_of_a_recipe_are_those_of_a_flag(tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text("[train]\nsplit = [787, 197, 197]\nlr = 1\n[preprocess]\nnotch = 50\nmax_failures = 3\nasr_cutoff = 20\n")
    train = resolve(TrainSettings, "train", {}, str(recipe))
    assert repr((train.split, train.lr)) == repr(((787.0, 197.0, 197.0), 1.0))
    cleaned = resolve(STAGES["preprocess"], "preprocess", {}, str(recipe))
    assert (cleaned.notch, cleaned.max_failures, cleaned.asr_cutoff) == ((50.0,), "3", "20")


def test_a_threshold_names_the_target_whichever_way_it_is_given(tmp_path, monkeypatch):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('[train]\nthreshold = "ehq_total=0"\n')
    assert resolve(TrainSettings, "train", {}, str(recipe)).target == "ehq_total"
    assert resolve(TrainSettings, "train", {"target": "age"}, str(recipe)).target == "age", "a flag comes before a recipe"
    assert from_command_line("train", ["--threshold", "age=10", "--recipe", "hbn"]).target == "age", "hbn says sex"
    monkeypatch.setenv("EEGCLI_TRAIN_THRESHOLD", "ehq_total=0")
    assert from_command_line("train", []).target == "ehq_total"
    assert from_command_line("train", ["--target", "sex"]).target == "sex"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('split = "0.6,x"', "train.split: 0.6,x: three numbers are needed"),
        ('split = "truong"', "train.split: no split is named 'truong'"),
        ('arch = "vvg"', "train.arch: no architecture is named 'vvg'"),
        ('epochs = "many"', "'many' is not a whole number"),
        ("lr = nan", "nan is not a finite number"),
        ('lr = "inf"', "inf is not a finite number"),
        ('split = "0.6,0.2,nan"', "three numbers are needed"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, message, tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f"[train]\n{text}\n")
    with pytest.raises(UsageError, match=message):
        resolve(TrainSettings, "train", {}, str(recipe))


@pytest.mark.parametrize("name", ["seed", "shuffle_labels"])
def test_a_seed_below_zero_is_a_wrong_command_line(name):
    with pytest.raises(UsageError, match="must be at least 0, not -1"):
        resolve(TrainSettings, "train", {name: -1})


def test_a_variable_of_the_command_comes_before_that_of_all_commands(monkeypatch):
    monkeypatch.setenv("EEGCLI_SEED", "7")
    assert from_command_line("train", []).seed == 7
    monkeypatch.setenv("EEGCLI_TRAIN_SEED", "8")
    assert from_command_line("train", []).seed == 8
    assert from_command_line("train", ["--seed", "9"]).seed == 9


def test_a_least_value_holds_for_recipes(tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text("[epoch]\nmax_subjects = 0\n")
    with pytest.raises(UsageError, match="must be at least 1, not 0"):
        resolve(STAGES["epoch"], "epoch", {}, str(recipe))


@pytest.mark.parametrize("cls", STAGES.values())
def test_every_option_has_a_help_that_ends_in_its_default(cls):
    for field in declared(cls).values():
        if field.setting.help and not field.setting.is_argument:
            assert "Left out" not in field.help
            assert field.help.endswith(".") and field.help.count("(default:") <= 1


def test_what_does_not_change_the_result_is_not_in_the_digest():
    assert {"arch", "target", "split", "seed"} <= binding(TrainSettings()).keys()
    assert not {"windows", "output", "jobs", "device", "threads"} & binding(TrainSettings()).keys()


def test_a_default_at_the_time_of_adding_is_kept_with_the_field():
    assert setting(3, help="N.", added_with=2).metadata["added_with"] == 2
    assert "added_with" not in setting(3, help="N.").metadata
    assert "added_with" in setting(3, help="N.", added_with=None).metadata


@pytest.mark.parametrize(
    ("text", "split"),
    [('["0.6", "0.2", "0.2"]', (0.6, 0.2, 0.2)), ("[0.6, 0.2, 0.2]", (0.6, 0.2, 0.2)), ('["truong2021"]', "truong2021")],
)
def test_a_list_of_texts_is_the_text_with_commas(text, split, tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f"[train]\nsplit = {text}\n")
    assert resolve(TrainSettings, "train", {}, str(recipe)).split == split


def test_in_python_a_threshold_names_the_target_as_on_the_command_line():
    assert TrainSettings(threshold="age=9").target == "age"
    assert TrainSettings().target == TrainSettings(target="sex").target == "sex"
    assert TrainSettings(threshold="age=9", target="sex").target == "sex"  # which the stage refuses: they contradict each other


def test_in_python_one_item_is_a_list_of_one():
    assert ExplainSettings(method="saliency") == ExplainSettings(method=["saliency"]) == ExplainSettings(method=("saliency",))
    assert PreprocessSettings(notch=50.0, subject="01") == PreprocessSettings(notch=[50.0], subject=["01"])
    assert TrainSettings(split=[0.5, 0.3, 0.2]).split == (0.5, 0.3, 0.2)


@pytest.mark.parametrize("text", ["nan", "nan%", "-1", "many", "10%%"])
def test_a_number_of_failures_that_is_none_is_refused_before_anything_is_done(text):
    with pytest.raises(UsageError, match=r"--max-failures: .*not a count or a share"):
        resolve(PreprocessSettings, "preprocess", {"max_failures": text})
    assert resolve(PreprocessSettings, "preprocess", {"max_failures": "10%"}).max_failures == "10%"
