"""Recordings: one signal, one file, deterministic bytes."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest

from eegcli.artifacts.recordings import Recording, read_events_of, read_recording, stored_digest, write_recording
from eegcli.errors import ArtifactError, InputError
from eegcli.study.events import Events


@pytest.fixture
def recording() -> Recording:
    data = np.random.default_rng(0).standard_normal((3, 50)).astype(np.float32)
    events = Events(np.array([0.5, 1.0]), np.array([0.0, 2.0]), np.array(["ouvrir les yeux à 20 µV", "boundary"], dtype=object))
    return Recording(data, ("Fp1", "Cz", "Oz"), 128.0, "average", events)


def test_a_recording_comes_back_as_it_was(tmp_path, recording):
    write_recording(tmp_path / "a.h5", recording, digest="d1")
    back = read_recording(tmp_path / "a.h5")
    np.testing.assert_array_equal(back.data, recording.data)
    np.testing.assert_array_equal(back.events.onset, recording.events.onset)
    assert (back.ch_names, back.sfreq, back.reference) == (recording.ch_names, 128.0, "average")
    assert back.events.value.tolist() == recording.events.value.tolist()
    assert stored_digest(tmp_path / "a.h5") == "d1"


def test_equal_recordings_are_equal_bytes(tmp_path, recording):
    for name in "ab":
        write_recording(tmp_path / name, recording, digest="d")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_every_column_of_events_comes_back_whatever_it_is_called(tmp_path, recording):
    file = np.array(["bilder/ä.png", None], dtype=object)
    columns = {
        "value": np.array([11, 12]),
        "response time": np.array([0.25, np.nan]),
        "stim/file": file,
        "stim%2Ffile": file[::-1],
        "names": file,
        ".": np.array([1.0, 2.0]),
        "nothing": np.full(2, np.nan),
        "no text": np.full(2, None, dtype=object),
        "hed": np.array(["a", "b"], dtype=object),
        "event_value": np.array([1, 2]),
    }
    whole = replace(recording, events=replace(recording.events, columns=columns))
    write_recording(tmp_path / "a.h5", whole, digest="d")
    back = read_recording(tmp_path / "a.h5").events
    assert list(back.columns) == list(columns)
    for name, values in columns.items():
        assert back.columns[name].dtype == values.dtype, name
        np.testing.assert_array_equal(back.columns[name], values)
    np.testing.assert_array_equal(read_events_of(tmp_path / "a.h5", hed=False)[0].columns["value"], [11, 12])
    frame = whole.frame()
    assert frame["value"].tolist() == recording.events.value.tolist() and frame["onset"].tolist() == [0.5, 1.0]
    assert frame["event_event_value"].tolist() == [11, 12] and frame["event_value"].tolist() == [1, 2]
    assert frame["event_hed"].tolist() == ["a", "b"] and frame["stim/file"].isna().tolist() == [False, True]


def test_a_file_from_before_columns_were_kept_has_none(tmp_path, recording):
    write_recording(tmp_path / "a.h5", recording, digest="d")
    with h5py.File(tmp_path / "a.h5") as file:
        assert "columns" not in file["events"]
    assert read_recording(tmp_path / "a.h5").events.columns == {}


def test_a_recording_without_events(tmp_path, recording):
    write_recording(tmp_path / "a.h5", Recording(recording.data, recording.ch_names, 1.0, "", Events()), digest="")
    assert len(read_recording(tmp_path / "a.h5").events.value) == 0


def test_damaged_and_missing_files_are_one_clear_line(tmp_path, recording):
    write_recording(tmp_path / "a.h5", recording, digest="d")
    (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:1000])
    with pytest.raises(ArtifactError, match=r"b\.h5"):
        read_recording(tmp_path / "b.h5")
    with pytest.raises(InputError, match="not found"):
        read_recording(tmp_path / "none.h5")
    assert stored_digest(tmp_path / "b.h5") is None


def test_another_unit_is_refused(tmp_path, recording):
    write_recording(tmp_path / "a.h5", recording, digest="d")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["units"] = np.bytes_(b"V")
    with pytest.raises(ArtifactError, match="the unit is 'V'"):
        read_recording(tmp_path / "a.h5")
