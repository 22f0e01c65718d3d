"""BIDS data set or not: one answer, which `info`, `epoch` and the search for the only input here share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eegcli import epoch
from eegcli.artifacts.folder import open_folder
from eegcli.bids.description import is_dataset
from eegcli.cli.inputs import main_input
from eegcli.describe import describe
from eegcli.errors import ArtifactError, EegcliError, InputError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, FetchSettings


def described(folder: Path) -> None:
    (folder / "dataset_description.json").write_text('{"Name": "a", "BIDSVersion": "1.9.0"}')


def subject(folder: Path) -> None:
    (folder / "sub-01" / "eeg").mkdir(parents=True)
    (folder / "sub-01" / "eeg" / "sub-01_task-rest_eeg.edf").touch()


def fetched(folder: Path) -> None:
    open_folder(folder, "dataset", FetchSettings(source="ds000001"), inputs={}, version=1)
    subject(folder)


def recordings(folder: Path) -> None:
    fetched(folder)
    described(folder)
    (folder / "settings.json").write_text(json.dumps({"kind": "recordings"}))  # unfinished: no table yet


def file_of_a_subject(folder: Path) -> None:
    (folder / "sub-01_topomap.png").touch()


def nothing(folder: Path) -> None:
    """An empty folder."""


@pytest.fixture(
    params=[(described, True), (subject, True), (fetched, True), (recordings, False), (file_of_a_subject, False), (nothing, False)]
)
def folder(request, tmp_path, monkeypatch) -> tuple[Path, bool]:
    make: Callable[[Path], None]
    make, is_one = request.param
    (tmp_path / "here" / "folder").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    make(tmp_path / "here" / "folder")
    return Path("folder"), is_one


def test_every_command_has_the_same_answer(folder):
    path, is_one = folder
    assert is_dataset(path) == is_one
    assert seen_by_epoch(path) == is_one
    assert seen_by_info(path) == is_one
    assert seen_by_the_search(path) == is_one


def seen_by_epoch(path: Path) -> bool:
    with pytest.raises(EegcliError) as refused:
        epoch.run(EpochSettings(recordings=(path,)), reporter=Silent())
    return "a BIDS data set, where a recordings artifact is needed" in str(refused.value)


def seen_by_info(path: Path) -> bool:
    try:
        return describe(path)["kind"] == "BIDS data set"
    except InputError as error:  # of one that is empty, that it has no subjects
        return "no BIDS data set (no sub-* folders in it)" in error.message
    except ArtifactError:  # one of ours, not finished
        return False


def seen_by_the_search(path: Path) -> bool:
    try:
        return main_input(None, "dataset") == path
    except UsageError:
        return False


def test_settings_of_somebody_else_do_not_end_the_search(tmp_path, monkeypatch):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "settings.json").write_text("no JSON")
    (tmp_path / "data" / "sub-01").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main_input(None, "dataset") == Path("data")
