"""Arguments that a recipe gives: the data set, the source, the artifact that it names is the one that is taken."""

from __future__ import annotations

import json

import pytest

from tests.kit.commands import eegcli
from tests.kit.trees import make_tree


@pytest.fixture
def folder(tmp_path):
    for name in ("wanted", "other"):
        make_tree(tmp_path / name, ["01"])
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "other").symlink_to(tmp_path / "other")
    return tmp_path


def settings_of(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]["settings"]


def test_preprocess_cleans_the_data_set_of_the_recipe_and_not_the_only_one_here(folder):
    (folder / "mine.toml").write_text(f'[preprocess]\nbids = "{folder / "wanted"}"\n')
    command = ("preprocess", "--recipe", folder / "mine.toml", "--dry-run", "--json")
    assert settings_of(eegcli(*command, cwd=folder / "here"))["bids"] == str(folder / "wanted")
    assert settings_of(eegcli(*command[:1], folder / "other", *command[1:], cwd=folder / "here"))["bids"] == str(folder / "other")


def test_fetch_takes_the_source_of_the_recipe_and_says_when_there_is_none(folder):
    (folder / "mine.toml").write_text('[fetch]\nsource = "demo"\n')
    assert settings_of(eegcli("fetch", "--recipe", folder / "mine.toml", "--dry-run", "--json", cwd=folder))["source"] == "demo"
    done = eegcli("fetch", "--dry-run", cwd=folder)
    assert done.returncode == 2 and "error: source is missing" in done.stderr


def test_what_a_command_finds_out_by_itself_is_no_key_of_a_recipe(folder):
    (folder / "mine.toml").write_text('[preprocess]\nsource = "ds000001"\n')
    done = eegcli("preprocess", folder / "wanted", "--recipe", folder / "mine.toml", "--dry-run")
    assert done.returncode == 2 and "has no setting named 'source'" in done.stderr
