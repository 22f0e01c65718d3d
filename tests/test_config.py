"""Settings: flags before recipe before default; a recipe that is wrong is said so by name."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from eegcli.config import read_recipe, resolve
from eegcli.errors import UsageError
from eegcli.registry import EXPLANATIONS, MODELS, RECIPES, load, lookup
from eegcli.registry.commands import COMMANDS as registered
from eegcli.settings import EpochSettings, TrainSettings

COMMANDS = {name: load(entry.settings) for name, entry in registered.items() if entry.stage}


def recipe(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


def test_flags_come_before_the_recipe_and_the_recipe_before_the_default(tmp_path):
    mine = recipe(tmp_path, '[epoch]\nlength = 4\noverlap = 1.5\nsegment = ["a=x:0:1"]')
    got = resolve(EpochSettings, "epoch", {"length": 8.0, "overlap": None, "segment": []}, mine)
    assert (got.length, got.overlap, got.segment, got.keep_dead) == (8.0, 1.5, ("a=x:0:1",), False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[epoch]\nlenght = 4", "Did you mean length|no setting named 'lenght'"),
        ('[epoch]\nlength = "long"', "epoch.length: 'long' is not a number"),
        ("[epoch]\nlength = true", "is not a number"),
        ("[train]\n", ""),
        ("[epoch\n", "not TOML"),
        ("epoch = 3\n", "epoch is not a table"),
        ("[epohc]\n", "epohc"),
        ('[train]\nclass_weights = "some"', "none of auto, none, balanced"),
        ("[train]\nseeds = 1.5", "is not a whole number"),
    ],
)
def test_a_wrong_recipe_is_said_by_name(tmp_path, text, message):
    mine = recipe(tmp_path, text)
    if not message:
        assert resolve(TrainSettings, "train", {}, mine) == TrainSettings()
        return
    command = "train" if text.startswith("[train") else "epoch"
    with pytest.raises(UsageError, match=message):
        resolve(COMMANDS[command], command, {}, mine)


def test_an_unknown_recipe_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no recipe is named 'hbm'"):
        read_recipe("hbm")
    with pytest.raises(UsageError, match="no such file"):
        read_recipe(str(tmp_path / "none.toml"))


@pytest.mark.parametrize("name", RECIPES)
def test_every_shipped_recipe_resolves_for_every_command(name):
    for command, cls in COMMANDS.items():
        needed = {"source": "demo"} if command == "fetch" else {}
        resolve(cls, command, needed, name)
    assert set(read_recipe(name)) <= set(COMMANDS)


@pytest.mark.parametrize("cls", COMMANDS.values())
def test_settings_are_frozen_and_hashable_by_field(cls):
    assert cls.__dataclass_params__.frozen
    assert {f.name for f in fields(cls) if f.metadata.get("free")} >= {"output", "force", "jobs"}


@pytest.mark.parametrize(
    "path",
    [
        *(form for entry in MODELS.values() for form in (entry.path, *entry.forms.values()) if form),
        *(entry.path for entry in EXPLANATIONS.values()),
    ],
)
def test_every_registered_name_can_be_imported(path):
    assert callable(load(path))


def test_a_near_miss_is_suggested():
    with pytest.raises(UsageError) as caught:
        lookup("architecture", "vvg", MODELS)
    assert caught.value.hint == "Did you mean vgg?"
