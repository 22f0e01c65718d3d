"""Remains of a refused command: nothing where nothing was computed, and everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from eegcli import epoch
from eegcli.artifacts.folder import open_folder
from eegcli.errors import EegcliError, InputError, Stopped
from eegcli.files.block import releasing
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings
from tests.kit.builders import recording, recordings_artifact


def begin(path: Path, error: Exception, *written: str) -> None:
    """A stage that opens its folder, writes files and ends with an error."""
    with pytest.raises(type(error)), releasing():
        open_folder(path, "windows", EpochSettings(recordings=Path("r")), inputs={}, version=1)
        for name in written:
            (path / name).parent.mkdir(exist_ok=True)
            (path / name).write_text("x")
        raise error


@pytest.mark.parametrize("written", [(), ("splits.parquet", "cleaning.json", "fold-00/splits.parquet", "fold-01/splits.parquet")])
def test_a_refusal_before_anything_is_computed_leaves_nothing(written, tmp_path):
    begin(tmp_path / "a", InputError("no"), *written)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "written"),
    [(InputError("no"), "fold-00/model.safetensors"), (Stopped("later"), "splits.parquet"), (ValueError("bug"), "a.h5")],
)
def test_work_a_stop_and_a_bug_leave_the_folder_as_it_is(error, written, tmp_path):
    begin(tmp_path / "a", error, written)
    assert {"settings.json", "provenance.json", written.partition("/")[0]} <= {item.name for item in (tmp_path / "a").iterdir()}


def test_files_of_others_stay_where_a_stage_registers_them(tmp_path):
    (tmp_path / "a").mkdir()
    begin(tmp_path / "a", InputError("no"), "sub-01_eeg.set")
    assert (tmp_path / "a" / "sub-01_eeg.set").exists()


def test_segments_that_are_all_too_short_leave_no_windows(tmp_path):
    recordings = recordings_artifact(tmp_path / "r", {"01": recording(1)})
    with pytest.raises(EegcliError):
        epoch.run(EpochSettings(recordings=recordings, length=2.0, reject=1e-6, output=tmp_path / "w"), reporter=Silent())
    assert not (tmp_path / "w").exists()
