"""Versions of a stage that differ by rounding: what an earlier one finished stands, what it began is another configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eegcli.artifacts.alike import version_there
from eegcli.artifacts.folder import is_finished, open_folder
from eegcli.errors import InputError
from eegcli.settings import TrainSettings

INPUTS = {"windows": "abc"}
NOW, ALIKE = 3, (2,)


def begun(path: Path, version: int, settings: TrainSettings) -> Any:
    folder = open_folder(path, "run", settings, inputs=INPUTS, version=version)
    (path / "metrics.json").write_text("{}")
    return folder


def version(path: Path, *, force: bool = False) -> int:
    return version_there(path, NOW, ALIKE, force=force)


def test_what_an_alike_version_finished_is_finished(tmp_path):
    path, settings = tmp_path / "run", TrainSettings()
    assert version(path) == NOW, "nothing is there"
    begun(path, 2, settings).finish()
    assert is_finished(path, "run", settings, inputs=INPUTS, version=version(path))
    assert not is_finished(path, "run", TrainSettings(seed=1), inputs=INPUTS, version=version(path)), "another setting is another run"


def test_what_it_began_is_another_configuration_that_is_named(tmp_path):
    path, settings = tmp_path / "run", TrainSettings()
    begun(path, 2, settings)
    with pytest.raises(InputError, match="stage_version: 2 there, 3 here"):
        open_folder(path, "run", settings, inputs=INPUTS, version=version(path))


def test_what_is_made_again_is_of_today(tmp_path):
    path, settings = tmp_path / "run", TrainSettings()
    begun(path, 2, settings).finish()
    assert version(path, force=True) == NOW


@pytest.mark.parametrize("other", [1, NOW])
def test_other_versions_are_compared_as_they_are(tmp_path, other):
    path = tmp_path / "run"
    begun(path, other, TrainSettings()).finish()
    assert version(path) == NOW
