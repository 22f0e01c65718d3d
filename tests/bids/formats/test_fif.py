"""FIF: parts under both ways of naming, skips, joins, units, trigger channels."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest

from eegcli import preprocess
from eegcli.bids.companions import Companions
from eegcli.bids.errors import RecordingError
from eegcli.bids.formats.pointers import RENAMED
from eegcli.bids.formats.tal import OUTSIDE
from eegcli.bids.reading import Reading, read_recording
from eegcli.bids.scan import find_recordings
from eegcli.errors import UnavailableError
from eegcli.reporter import Silent
from eegcli.settings import PreprocessSettings
from tests.kit.trees import NAMES, SFREQ, dangling, describe, noise, tsv


@pytest.fixture
def file(tmp_path) -> Path:
    describe(tmp_path)
    path = tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.fif"
    path.parent.mkdir(parents=True)
    return path


def made(data: np.ndarray, *extra: np.ndarray) -> mne.io.RawArray:
    names = [*NAMES[: len(data)], *["STI 014"][: len(extra)]]
    info = mne.create_info(names, SFREQ, ["eeg"] * len(data) + ["stim"] * len(extra))
    return mne.io.RawArray(np.vstack([data / 1e6, *extra]), info, verbose="ERROR")


def read(file: Path) -> Reading:
    return read_recording(find_recordings(file.parents[2])[0])


def listed(reading: Reading) -> list[tuple[float, float, str]]:
    rows = zip(reading.events.onset.tolist(), reading.events.duration.tolist(), reading.events.value.tolist(), strict=True)
    return [(round(onset, 6), round(duration, 6), value) for onset, duration, value in rows]


@pytest.mark.parametrize("naming", ["bids", "neuromag"])
def test_all_parts_are_read_and_belong_to_the_recording(file, naming):
    data = noise(seconds=500)
    made(data).save(file, split_size="2MB", split_naming=naming, buffer_size_sec=5, verbose="ERROR")
    assert len(parts := sorted(file.parent.iterdir())) > 1
    found = find_recordings(file.parents[2])
    assert len(found) == 1 and len(found[0].companions) == len(parts) - 1
    assert found[0].size == sum(part.stat().st_size for part in parts)
    np.testing.assert_allclose(read(file).data, data, atol=1e-4)
    last = found[0].companions[-1].name
    (file.parent / last).unlink()
    with pytest.raises(RecordingError, match=f"its next part, {last}, is not here") as caught:
        read(file)
    assert caught.value.cause == "companion"
    dangling(file.parent / last, size=1000)
    assert not find_recordings(file.parents[2])[0].fetched


@pytest.mark.parametrize("naming", ["bids", "neuromag"])
def test_parts_that_were_renamed_are_read_in_their_order_and_that_is_said(file, naming):
    data = noise(seconds=700)
    first = file.with_name("s2_run1_eeg.fif")
    made(data).save(first, split_size="2MB", split_naming=naming, buffer_size_sec=5, verbose="ERROR")
    parts = sorted(file.parent.iterdir(), key=lambda path: mne.io.read_raw_fif(path, on_split_missing="ignore", verbose="ERROR").first_samp)
    assert len(parts) > 2
    for number, part in enumerate(parts, start=1):
        part.rename(file.with_name(f"sub-01_task-rest_split-0{number}_eeg.fif"))
    reading = read(file)
    np.testing.assert_allclose(reading.data, data, atol=1e-4)
    assert reading.warnings == (RENAMED,)
    for lost in (len(parts), 2):  # the last one, and one between
        file.with_name(f"sub-01_task-rest_split-0{lost}_eeg.fif").unlink()
        with pytest.raises(RecordingError, match=r"its next part, s2_run1.*, is not here"):
            read(file)


def test_a_skip_is_a_cut_at_both_ends_and_nothing_of_it_is_data(file):
    raw = made(noise())
    raw.set_annotations(mne.Annotations([10, 16], [2, 1], ["BAD_ACQ_SKIP", "go"]))
    raw.save(file, buffer_size_sec=1, verbose="ERROR")
    assert (mne.io.read_raw_fif(file, verbose="ERROR").get_data(start=1280, stop=1536) == 0).all()  # what MNE gives for it
    tsv(file.with_name("sub-01_task-rest_events.tsv"), "onset duration trial_type\n3 0 go")
    rows = listed(read(file))
    assert [row for row in rows if row[2] == "boundary"] == [(10.0, 0.0, "boundary"), (12.0, 0.0, "boundary")]
    assert rows.count((10.0, 2.0, "BAD_ACQ_SKIP")) == 1 and (3.0, 0.0, "go") in rows


def test_where_mne_joined_two_recordings_is_a_boundary_in_any_case(file):
    joined = mne.concatenate_raws([made(noise()), made(noise(seed=1))], verbose="ERROR")
    joined.save(file, verbose="ERROR")
    tsv(file.with_name("sub-01_task-rest_events.tsv"), "onset duration trial_type\n3 0 go")
    assert {(20.0, 0.0, "BAD boundary"), (20.0, 0.0, "EDGE boundary")} < set(listed(read(file)))


def test_a_multiplier_of_the_unit_is_applied(file):
    raw = made(noise() * 1e6)
    with raw.info._unlock():
        for channel in raw.info["chs"]:
            channel["unit_mul"] = -6
    raw.save(file, fmt="double", verbose="ERROR")
    np.testing.assert_allclose(read(file).data, noise(), rtol=1e-9)


def test_a_trigger_channel_is_events_where_there_is_no_events_tsv(file):
    code = np.zeros((1, 2560))
    code[0, 640:660], code[0, 1280:1290] = 5, 260
    made(noise(), code).save(file, verbose="ERROR")
    assert [(onset, value) for onset, _, value in listed(read(file))] == [(5.0, "5"), (10.0, "260")]


def test_companions_of_other_recordings_are_not_ones_own():
    names = [
        "a_eeg.vhdr",
        "a_eeg.EEG",
        "a_eeg.vmrk",
        "b_eeg.vhdr",
        "old.eeg",
        "old.vmrk",
        "c_eeg.set",
        "c_eeg.fdt",
        "d_eeg.set",
        "notes.dat",
    ]
    names += ["a_split-01_eeg.fif", "a_split-02_eeg.fif", "b_split-02_eeg.fif", "e_eeg.fif", "e_eeg-2.fif", "e_eeg-1.fif", "f_eeg.edf"]
    found = Companions(names)
    assert found.of("a_eeg.vhdr") == ["a_eeg.EEG", "a_eeg.vmrk"] and found.of("b_eeg.vhdr") == ["old.eeg", "old.vmrk"]
    assert found.of("c_eeg.set") == ["c_eeg.fdt"] and found.of("d_eeg.set") == [] == found.of("f_eeg.edf")
    assert found.of("a_split-01_eeg.fif") == ["a_split-02_eeg.fif"] and found.of("e_eeg.fif") == ["e_eeg-1.fif", "e_eeg-2.fif"]


def test_annotations_outside_the_data_which_mne_leaves_out_in_silence_are_said(file):
    raw = made(noise())
    raw.set_annotations(mne.Annotations([5, 12], [1, 1], ["go", "late"]))
    raw.save(file, verbose="ERROR")
    assert read(file).warnings == ()
    shorter = made(noise(seconds=10))
    shorter.set_annotations(raw.annotations, emit_warning=False)
    shorter._annotations = raw.annotations
    shorter.save(file, overwrite=True, verbose="ERROR")
    reading = read(file)
    assert listed(reading) == [(5.0, 1.0, "go")] and reading.warnings == (OUTSIDE,)


def test_a_part_that_does_not_go_on_where_the_one_before_ended_begins_after_a_cut(file):
    made(noise(seconds=500)).save(file, split_size="2MB", split_naming="neuromag", buffer_size_sec=5, verbose="ERROR")
    second = file.with_name("sub-01_task-rest_eeg-1.fif")
    n_first = (
        mne.io.read_raw_fif(file, on_split_missing="ignore", verbose="ERROR").n_times - mne.io.read_raw_fif(second, verbose="ERROR").n_times
    )
    later = mne.io.RawArray(noise() / 1e6, made(noise()).info, first_samp=n_first + 1000, verbose="ERROR")
    later.save(second, overwrite=True, verbose="ERROR")
    reading = read(file)
    assert reading.data.shape[1] == n_first + 2560
    assert [(onset, value) for onset, _, value in listed(reading)] == [(round(n_first / SFREQ, 6), "boundary")]


def test_a_package_that_is_missing_is_named_and_is_no_fault_of_the_data(file, monkeypatch, tmp_path):
    made(noise()).save(file, verbose="ERROR")

    def missing(*args: object, **options: object) -> None:
        raise ModuleNotFoundError("No module named 'some_codec'", name="some_codec")

    monkeypatch.setattr(mne.io, "read_raw_fif", missing)
    with pytest.raises(RecordingError, match=r"the package some_codec is not installed\. pip install some_codec") as caught:
        read(file)
    assert caught.value.cause == "dependency"
    with pytest.raises(UnavailableError, match="no recording can be read") as stopped:
        preprocess.run(PreprocessSettings(bids=file.parents[2], output=tmp_path / "out", jobs=1), reporter=Silent())
    assert stopped.value.exit_code == 6
