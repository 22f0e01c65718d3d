"""An artifact's folder: finished work is recognised, unfinished resumed, another configuration refused."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from eegcli.artifacts.folder import kind_of, open_folder, require
from eegcli.errors import ArtifactError, InputError
from eegcli.settings import EpochSettings
from tests.kit.marks import restate

SETTINGS = EpochSettings(recordings=Path("r"), length=2.0)


def begin(path, settings=SETTINGS, *, kind="windows", inputs=None, **options):
    return open_folder(path, kind, settings, inputs=inputs or {"recordings": "abc"}, version=1, **options)


def test_finished_work_is_recognised(tmp_path):
    begin(tmp_path / "a").finish(n=3)
    assert begin(tmp_path / "a").finished


def test_unfinished_work_is_resumed(tmp_path):
    begin(tmp_path / "a")
    assert not begin(tmp_path / "a").finished


def test_what_a_killed_run_left_half_written_is_swept_when_it_goes_on(tmp_path):
    begin(tmp_path / "a")
    dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "a" / "deep").mkdir()
    left = tmp_path / "a" / "deep" / f".figure.png.{socket.gethostname()}.{dead}.tmp"
    left.write_text("half")
    assert not begin(tmp_path / "a").finished
    assert not left.exists()


def test_what_was_killed_before_its_provenance_gets_one_when_it_goes_on(tmp_path):
    begin(tmp_path / "a")
    (tmp_path / "a" / "provenance.json").unlink()
    begin(tmp_path / "a").finish()
    begin(tmp_path / "undisturbed").finish()
    assert (tmp_path / "a" / "done.json").read_text() == (tmp_path / "undisturbed" / "done.json").read_text()


def test_settings_that_change_no_byte_are_no_other_configuration(tmp_path):
    begin(tmp_path / "a").finish()
    assert begin(tmp_path / "a", replace(SETTINGS, recordings=Path("elsewhere"), jobs=7)).finished


def test_another_configuration_is_refused_and_the_difference_named(tmp_path):
    begin(tmp_path / "a").finish()
    (tmp_path / "a" / "work.h5").write_text("x")
    with pytest.raises(InputError, match=r"length: 2\.0 there, 4\.0 here") as caught:
        begin(tmp_path / "a", replace(SETTINGS, length=4.0))
    assert "--force" in (caught.value.hint or "")


def test_an_output_with_settings_of_a_newer_version_says_so(tmp_path):
    begin(tmp_path / "a").finish()
    settings = json.loads((tmp_path / "a" / "settings.json").read_text())
    settings["settings"]["colour"] = "red"
    (tmp_path / "a" / "settings.json").write_text(json.dumps(settings))
    restate(tmp_path / "a")
    with pytest.raises(ArtifactError, match=r"settings that this version does not know \(colour\)"):
        begin(tmp_path / "a")
    assert not begin(tmp_path / "a", force=True).finished


def test_force_replaces_it(tmp_path):
    begin(tmp_path / "a").finish()
    (tmp_path / "a" / "old.h5").write_text("x")
    assert not begin(tmp_path / "a", replace(SETTINGS, length=4.0), force=True).finished
    assert not (tmp_path / "a" / "old.h5").exists()


def test_another_input_is_refused_but_for_a_growing_artifact(tmp_path):
    begin(tmp_path / "a").finish()
    with pytest.raises(InputError, match=r"inputs\.recordings are others"):
        begin(tmp_path / "a", inputs={"recordings": "def"})
    (tmp_path / "a" / "kept.h5").write_text("x")
    assert not begin(tmp_path / "a", inputs={"recordings": "def"}, growing=("recordings",)).finished
    assert (tmp_path / "a" / "kept.h5").exists()
    with pytest.raises(InputError, match=r"inputs\.dataset"):
        begin(tmp_path / "a", inputs={"recordings": "def", "dataset": "another"}, growing=("recordings",))


def test_what_never_came_to_work_is_not_in_the_way_of_its_correction(tmp_path):
    begin(tmp_path / "a", replace(SETTINGS, segment=("closed=typo:3:37",)))
    assert not begin(tmp_path / "a", replace(SETTINGS, segment=("closed=close:3:37",))).finished


def test_force_does_finished_work_again_but_spares_the_items_of_a_growing_artifact(tmp_path):
    begin(tmp_path / "a", growing=("recordings",)).finish()
    (tmp_path / "a" / "item.h5").write_text("x")
    begin(tmp_path / "a", replace(SETTINGS, length=4.0), growing=("recordings",), force=True).finish()
    assert (tmp_path / "a" / "item.h5").exists()
    assert not begin(tmp_path / "a", replace(SETTINGS, length=4.0), growing=("recordings",), force=True).finished
    assert not (tmp_path / "a" / "item.h5").exists()


def test_a_folder_that_is_not_ours_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match="not made by eegcli"):
        begin(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        begin(tmp_path / "thesis.tex")


def test_another_kind_is_refused(tmp_path):
    begin(tmp_path / "a").finish()
    with pytest.raises(ArtifactError, match="holds a windows artifact, not a recordings artifact"):
        begin(tmp_path / "a", kind="recordings")
    with pytest.raises(ArtifactError, match="holds a windows artifact, where a run is needed"):
        require(tmp_path / "a", "run")


def test_what_is_missing_or_unfinished_is_said(tmp_path):
    with pytest.raises(InputError, match="not found"):
        require(tmp_path / "none", "windows")
    with pytest.raises(InputError, match="not an artifact"):
        require(tmp_path, "windows")
    begin(tmp_path / "a")
    with pytest.raises(InputError, match="unfinished"):
        require(tmp_path / "a", "windows")


def test_another_schema_is_refused(tmp_path):
    begin(tmp_path / "a").finish()
    settings = tmp_path / "a" / "settings.json"
    settings.write_text(settings.read_text().replace('"schema": 1', '"schema": 999'))
    with pytest.raises(ArtifactError, match="schema 999"):
        require(tmp_path / "a", "windows")


def test_kinds_are_recognised(tmp_path):
    assert kind_of(tmp_path) is None
    begin(tmp_path / "a")
    assert kind_of(tmp_path / "a") == "windows"
