"""BrainVision: segments, encodings, names of before a rename, units."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest

from eegcli.bids.errors import RecordingError
from eegcli.bids.formats import opened
from eegcli.bids.formats.brainvision import MARKERS_BROKEN, MARKERS_OUTSIDE, NO_MARKERS
from eegcli.bids.formats.pointers import RENAMED
from eegcli.bids.formats.text import NOT_UTF8
from eegcli.bids.reading import BY_THE_CLOCK, Reading, read_recording
from eegcli.bids.scan import find_recordings
from tests.kit.formats import write_brainvision
from tests.kit.trees import NAMES, SFREQ, describe, noise, tsv

FIRST = "New Segment,,1,1,0,20200101120000000000"
CUE = "Stimulus,S  1,641,1,0"


@pytest.fixture
def file(tmp_path) -> Path:
    describe(tmp_path)
    return tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.vhdr"


def read(file: Path) -> Reading:
    return read_recording(find_recordings(file.parents[2])[0])


def listed(reading: Reading) -> list[tuple[float, str]]:
    return list(zip(reading.events.onset.tolist(), reading.events.value.tolist(), strict=True))


def test_segments_from_the_second_on_are_boundaries_which_events_tsv_does_not_hide(file):
    write_brainvision(file, noise(), [FIRST, CUE, "New Segment,,1281,1,0", "Response,R  1,1921,1,0"])
    assert listed(read(file)) == [(5.0, "Stimulus/S  1"), (10.0, "boundary"), (15.0, "Response/R  1")]
    tsv(file.with_name("sub-01_task-rest_events.tsv"), "onset duration trial_type\n3 0 go")
    assert listed(read(file)) == [(3.0, "go"), (10.0, "boundary")]


def test_dates_of_segments_tell_that_events_tsv_counts_the_clock(file):
    write_brainvision(file, noise(), [FIRST, "New Segment,,1281,1,0,20200101120100000000", "Stimulus,S  1,1921,1,0"])
    tsv(file.with_name("sub-01_task-rest_events.tsv"), "onset duration trial_type\n3 0 go\n65 0 stop")
    reading = read(file)
    assert listed(reading) == [(3.0, "go"), (10.0, "boundary"), (15.0, "stop")] and reading.warnings == (BY_THE_CLOCK,)


@pytest.mark.parametrize(
    ("encoding", "codepage", "word", "guessed"),
    [
        ("utf-8", "UTF-8", "geöffnet", False),
        ("latin-1", None, "geöffnet", True),
        ("latin-1", "UTF-8", "geöffnet", True),  # stated wrongly
        ("cp1252", "ANSI", "geöffnet", False),
        ("shift-jis", "Shift_JIS", "開眼", False),
        ("gbk", "GBK", "睁眼", False),
        ("utf-8-sig", None, "geöffnet", False),
    ],
)
def test_header_and_markers_are_read_in_any_encoding(file, encoding, codepage, word, guessed):
    unit = "μV" if encoding in ("gbk", "shift-jis") else "µV"  # those have the Greek letter only
    write_brainvision(file, noise(), [FIRST, f"Comment,{word},641,1,0"], unit=unit, codepage=codepage, encoding=encoding)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise(), atol=0.051)
    assert listed(reading) == [(5.0, f"Comment/{word}")] and reading.warnings == ((NOT_UTF8,) if guessed else ())


@pytest.mark.parametrize(
    "pointers",
    [
        ("s2_run1.eeg", "s2_run1.vmrk"),
        ("SHA256E-s80000--aa.eeg", "SHA256E-s300--bb.vmrk"),  # git-annex keys
        (r"C:\data\s2_run1.eeg", "raw/s2_run1.vmrk"),
        ("SUB-01_TASK-REST_EEG.EEG", "SUB-01_TASK-REST_EEG.VMRK"),
        ("", ""),
    ],
)
def test_a_header_that_names_files_as_before_a_rename_is_read_and_said(file, pointers):
    write_brainvision(file, noise(), [FIRST, CUE], pointers=pointers)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise(), atol=0.051)
    assert listed(reading) == [(5.0, "Stimulus/S  1")] and reading.warnings == (RENAMED,)


def test_the_placeholder_of_the_recorder_is_the_name_of_the_header(file):
    write_brainvision(file, noise(), [FIRST, CUE], pointers=("$b.eeg", "$b.vmrk"))
    assert listed(read(file)) == [(5.0, "Stimulus/S  1")] and not read(file).warnings


def test_a_copied_header_does_not_read_the_recording_that_it_still_names(file):
    write_brainvision(file, noise(seed=1))
    other = file.with_name("sub-01_task-rest_run-2_eeg.vhdr")
    write_brainvision(other, noise(seed=2), pointers=(file.with_suffix(".eeg").name, file.with_suffix(".vmrk").name))
    readings = [read_recording(found) for found in find_recordings(file.parents[2])]
    for seed, reading in enumerate(readings, start=1):
        np.testing.assert_allclose(reading.data, noise(seed=seed), atol=0.051)
    assert [reading.warnings for reading in readings] == [(), (RENAMED,)]


def test_files_that_kept_their_names_are_found_by_the_header_and_belong_to_the_recording(file):
    write_brainvision(file, noise(), [FIRST, CUE], stored={".eeg": "s2_run1.eeg", ".vmrk": "s2_run1.vmrk"})
    found = find_recordings(file.parents[2])[0]
    assert [path.name for path in found.companions] == ["s2_run1.eeg", "s2_run1.vmrk"]
    assert found.size == sum(path.stat().st_size for path in file.parent.iterdir())
    assert listed(read(file)) == [(5.0, "Stimulus/S  1")] and not read(file).warnings


def test_a_file_of_a_third_name_is_not_taken_for_the_one_that_is_missing(file):
    write_brainvision(file, noise(), [FIRST, CUE], stored={".eeg": "s3.eeg", ".vmrk": "s3.vmrk"}, pointers=("s2.eeg", "s2.vmrk"))
    with pytest.raises(RecordingError, match=r"it names s2.eeg, which is not here, nor is sub-01_task-rest_eeg.eeg"):
        read(file)


@pytest.mark.parametrize("pointers", [None, ("s2.eeg", "s2.vmrk")])
def test_another_file_of_the_same_name_is_not_taken_for_the_samples(file, pointers):
    write_brainvision(file, noise(), pointers=pointers)
    file.with_suffix(".dat").write_bytes(bytes(2560 * 20))
    np.testing.assert_allclose(read(file).data, noise(), atol=0.051)


def test_what_is_missing_is_named_and_markers_that_are_missing_cost_only_them(file):
    write_brainvision(file, noise(), [FIRST, CUE])
    file.with_suffix(".vmrk").unlink()
    assert listed(read(file)) == [] and read(file).warnings == (NO_MARKERS,)
    file.with_suffix(".eeg").unlink()
    with pytest.raises(RecordingError, match=r"it names sub-01_task-rest_eeg\.eeg, which is not here") as caught:
        read(file)
    assert caught.value.cause == "companion" and "damaged" not in caught.value.message


@pytest.mark.parametrize(
    ("unit", "factor"), [("nV", 1e3), ("mV", 1e-3), ("", 1.0), ("uV", 1.0), ("Â µV".replace(" ", ""), 1.0), ("V", 1e-6)]
)
def test_every_unit_of_a_resolution_gives_microvolts(file, unit, factor):
    write_brainvision(file, noise() * factor, unit=unit, resolution=0.1 * factor)
    np.testing.assert_allclose(read(file).data, noise(), atol=0.051)


def test_markers_that_cannot_be_placed_are_left_out_and_said(file):
    write_brainvision(file, noise(), [FIRST, CUE, "Stimulus,S  2,soon,1,0", "Stimulus,S  3,99999,1,0"])
    reading = read(file)
    assert listed(reading) == [(5.0, "Stimulus/S  1")] and set(reading.warnings) == {MARKERS_BROKEN, MARKERS_OUTSIDE}


def test_samples_markers_and_types_are_those_of_mne(file):
    names = [*NAMES[:8], "HEOGL", "STI 014"]
    write_brainvision(file, noise(seconds=60), [FIRST, CUE, r"Comment,a\1b,1281,128,0"], names=names, resolution=0.0488281)
    raw = mne.io.read_raw_brainvision(file, verbose="ERROR")
    theirs = raw.get_data()
    theirs *= 1e6
    with opened(find_recordings(file.parents[2])[0]) as contents:
        np.testing.assert_array_equal(contents.read(range(9)), theirs[:9])
        assert contents.types[:8] == ("eeg",) * 8 and list(contents.types) == raw.get_channel_types()
        assert contents.events.value.tolist() == raw.annotations.description.tolist() == ["Stimulus/S  1", "Comment/a,b"]
        np.testing.assert_allclose(contents.events.duration, [1 / SFREQ, 1.0])


def test_samples_written_as_text_are_read(file):
    write_brainvision(file, noise(), [FIRST, CUE], text=True)
    np.testing.assert_allclose(read(file).data, noise(), atol=0.051)


def test_a_file_that_holds_less_than_its_header_says_is_truncated(file):
    write_brainvision(file, noise())
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[Binary Infos]", f"DataPoints={20 * 128}\n[Binary Infos]"), encoding="utf-8")
    read(file)
    samples = file.with_suffix(".eeg")
    samples.write_bytes(samples.read_bytes()[:-400])
    with pytest.raises(RecordingError, match="holds 2,540 samples of 2,560") as caught:
        read(file)
    assert caught.value.cause == "truncated" and "Fetch the file again" in caught.value.message
