"""EDF and BDF: what only they know of time, rates, units, texts and triggers."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest

from eegcli.bids.errors import RecordingError
from eegcli.bids.formats import opened
from eegcli.bids.formats.tal import BROKEN, OUTSIDE
from eegcli.bids.formats.text import NOT_UTF8
from eegcli.bids.reading import BY_THE_CLOCK, BY_THE_DATA, Reading, events_in_file, read_recording
from eegcli.bids.scan import find_recordings
from eegcli.study.events import Events
from tests.kit.formats import write_records
from tests.kit.trees import NAMES, describe, noise, tsv

STEP = 1600 / 65535
GAP = [*range(10), *range(40, 50)]  # s: 30 are missing after the tenth


@pytest.fixture
def file(tmp_path) -> Path:
    describe(tmp_path)
    return tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.edf"


def read(file: Path) -> Reading:
    return read_recording(find_recordings(file.parents[2])[0])


def listed(events: Events) -> list[tuple[float, float, str]]:
    rows = zip(events.onset.tolist(), events.duration.tolist(), events.value.tolist(), strict=True)
    return [(round(onset, 6), round(duration, 6), value) for onset, duration, value in rows]


@pytest.mark.parametrize("kind", ["EDF", "BDF"])
def test_a_gap_between_records_is_a_boundary_and_annotations_keep_their_place_in_the_data(file, kind):
    file = file.with_suffix(f".{kind.lower()}")
    marks = [(45.0, 1.0, b"cue"), (8.0, 4.0, b"into the gap"), (20.0, 0.0, b"in it"), (30.0, 12.0, b"out of it"), (8.0, 35.0, b"over it")]
    write_records(file, noise(), kind=kind, annotations=marks, stamps=GAP)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise(), atol=STEP)
    assert sorted(listed(reading.events)) == sorted(
        [(8.0, 2.0, "into the gap"), (8.0, 5.0, "over it"), (10.0, 0.0, "boundary"), (10.0, 2.0, "out of it"), (15.0, 1.0, "cue")]
    )
    assert reading.warnings == (OUTSIDE,)


@pytest.mark.parametrize(
    ("stamps", "seconds", "cuts"),
    [
        ([float(record) for record in range(20)], 1.0, []),
        ([0.4 + record for record in range(20)], 1.0, []),  # begins 0.4 s after the header's time
        ([record + 0.002 * record for record in range(20)], 1.0, []),  # a clock that is 2 ms slow in each second
        ([0.0] * 20, 1.0, []),  # a program that does not keep time
        ([record + (record >= 7) * 0.005 for record in range(20)], 1.0, [7.0]),  # 5 ms are more than half a sample
        ([record + (record >= 7) - (record >= 12) * 2.5 for record in range(20)], 1.0, [7.0, 12.0]),  # a clock that was set back
        ([round(record * 0.3125, 2) for record in range(64)], 0.3125, []),  # rounded by the program
    ],
)
def test_only_what_is_more_than_half_a_sample_is_a_gap(file, stamps, seconds, cuts):
    write_records(file, noise(), stamps=stamps, seconds=seconds)
    with opened(find_recordings(file.parents[2])[0]) as contents:
        assert [onset for onset, _, value in listed(contents.events) if value == "boundary"] == cuts


def test_annotations_count_from_the_first_record_as_mne_has_it(file):
    write_records(
        file, noise(), annotations=[(1.4, 2.0, b"a"), (5.9, None, b"b")], stamps=[0.4 + record for record in range(20)], plus="EDF+C"
    )
    theirs = mne.io.read_raw_edf(file, verbose="ERROR").annotations
    assert listed(read(file).events) == [(1.0, 2.0, "a"), (5.5, 0.0, "b")]
    np.testing.assert_allclose(theirs.onset, [1.0, 5.5])


def test_a_clock_that_drifts_against_the_samples_moves_annotations_to_the_record_of_their_time(file):
    stamps = [record * 1.002 for record in range(20)]  # 2 ms in each second, below half a sample
    write_records(file, noise(), annotations=[(15 * 1.002 + 0.5, 2.0, b"cue"), (15 * 1.002 + 1.001, 0.0, b"between two")], stamps=stamps)
    assert listed(read(file).events) == [
        (15.5, 1.996, "cue"),
        (16.0, 0.0, "between two"),
    ]  # 2 s of the clock, which end 0.496 s into record 17


def test_a_text_in_latin_1_costs_nothing_and_is_said(file):
    write_records(file, noise(), annotations=[(5.0, 4.0, "Augen geöffnet".encode("latin-1")), (12.0, 4.0, "größer".encode())])
    reading = read(file)
    assert reading.events.value.tolist() == ["Augen geöffnet", "größer"] and reading.warnings == (NOT_UTF8,)


def test_an_annotation_without_a_time_is_left_out_and_said(file):
    write_records(file, noise(), annotations=[(5.0, 4.0, b"kept\x14\x00soon\x14lost")])
    reading = read(file)
    assert reading.events.value.tolist() == ["kept"] and reading.warnings == (BROKEN,)


@pytest.mark.parametrize(
    ("rows", "said", "onsets"),
    [
        ("5 0 a\n45 1 cue", BY_THE_CLOCK, [5.0, 10.0, 15.0]),  # as the file's own annotation has it by the clock
        ("5 0 a\n15 1 cue", BY_THE_DATA, [5.0, 10.0, 15.0]),
        ("5 0 a\n48 1 other", BY_THE_CLOCK, [5.0, 10.0, 18.0]),  # beyond the data
        ("5 0 a\n12 1 other", BY_THE_DATA, [5.0, 10.0, 12.0]),
    ],
)
def test_events_tsv_does_not_hide_a_gap_and_says_by_which_time_it_is_read(file, rows, said, onsets):
    write_records(file, noise(), annotations=[(45.0, 1.0, b"cue")], stamps=GAP)
    tsv(file.with_name("sub-01_task-rest_events.tsv"), f"onset duration trial_type\n{rows}")
    reading = read(file)
    assert reading.events.onset.tolist() == onsets and reading.events.value[1] == "boundary" and reading.warnings == (said,)


def test_eeg_keeps_its_own_rate_whatever_other_channels_have(file):
    data = noise() + 300.0  # an offset, at which resampling would ring
    beat = np.zeros(20 * 512)
    write_records(file, [*data, beat, beat[: 20 * 16]], [*NAMES, "ECG", "Resp belt"], [128] * 10 + [512, 16], span=800.0)
    reading = read(file)
    assert reading.sfreq == 128.0 and reading.ch_names == NAMES
    np.testing.assert_allclose(reading.data, data, atol=STEP)


def test_eeg_channels_at_another_rate_than_most_are_left_out_and_said_and_a_tie_is_refused(file):
    data = noise()
    write_records(file, [*data[:8], *data[8:, :1280]], NAMES, [128] * 8 + [64] * 2)
    reading = read(file)
    assert reading.ch_names == NAMES[:8] and "64 Hz: O1, O2" in reading.warnings[0]
    write_records(file, [*data[:5], *data[5:, :1280]], NAMES, [128] * 5 + [64] * 5)
    with pytest.raises(RecordingError, match="several sampling frequencies") as caught:
        read(file)
    assert caught.value.cause == "rates differ"


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *(
            (b"uV", 1),
            (b"nV", 1e3),
            (b"mV", 1e-3),
            (b"V", 1e-6),
            (b"pV", 1e6),
            (b".V", 1),
            (b"", 1),
            (b"UV", 1),
            (b"microV", 1),
            (b"\xb5V", 1),
        ),
        *((b"\xc2\xb5V", 1), (b"\x83\xcaV", 1), (b"\xa6\xccV", 1), (b"\xe6V", 1), (b"?V", 1), (b"nVolt", 1e3)),
    ],
)
def test_every_unit_of_a_header_gives_the_microvolts_that_were_recorded(file, unit, factor):
    write_records(file, noise() * factor, units=unit, span=800.0 * factor)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise(), atol=STEP)
    assert not reading.warnings


def test_a_unit_that_is_not_known_is_said_and_channels_tsv_decides(file):
    write_records(file, noise() * 1e3, units=b"count", span=8e5)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise() * 1e3, atol=STEP * 1e3)
    assert "count is not known" in reading.warnings[0]
    tsv(file.with_name("sub-01_task-rest_channels.tsv"), "name type units\n" + "\n".join(f"{name} EEG nV" for name in NAMES))
    np.testing.assert_allclose(read(file).data, noise(), atol=STEP)


@pytest.mark.parametrize("kind", ["EDF", "BDF"])
def test_samples_are_those_of_mne_bit_by_bit(file, kind):
    file = file.with_suffix(f".{kind.lower()}")
    write_records(
        file, noise(seconds=60), [*NAMES[:-1], "ECG"], kind=kind, units=[b"uV"] * 5 + [b"mV"] * 5, annotations=[(1.0, None, b"x")]
    )
    theirs = mne.io.read_raw(file, verbose="ERROR").get_data()
    theirs *= 1e6
    with opened(find_recordings(file.parents[2])[0]) as contents:
        np.testing.assert_array_equal(contents.read(range(10)), theirs)
        np.testing.assert_array_equal(contents.read([7, 2]), theirs[[7, 2]])


@pytest.mark.parametrize(
    ("header", "said"),
    [({"n_records": -1}, "are counted"), ({"n_records": 12}, "all are read"), ({"n_bytes": 256}, "wrong length of itself")],
)
def test_a_header_that_is_wrong_about_lengths_is_mended_and_said(file, header, said):
    write_records(file, noise(), **header)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise(), atol=STEP)
    assert said in reading.warnings[0]


def test_equal_channel_names_are_numbered_as_mne_does(file):
    write_records(file, noise(4), ["Cz", "Fz", "Cz", "Cz"])
    with opened(find_recordings(file.parents[2])[0]) as contents:
        assert list(contents.ch_names) == mne.io.read_raw_edf(file, verbose="ERROR").ch_names == ["Cz-0", "Fz", "Cz-1", "Cz-2"]


def status(*pulses: tuple[int, int, int], n_times: int = 2560) -> np.ndarray:
    """Status word: pulses of (first, last + 1, bits), over the bit of a CMS in range."""
    word = np.full(n_times, 1 << 20)
    for start, stop, bits in pulses:
        word[start:stop] |= bits
    return np.where(word >= 1 << 23, word - (1 << 24), word)


def test_biosemi_triggers_are_events_and_a_pause_is_a_boundary(file):
    file = file.with_suffix(".bdf")
    word = status((0, 10, 1 << 16), (1280, 1290, 1 << 16), (640, 650, 5), (1920, 1984, 255), (1984, 1990, 256))
    write_records(file, [*noise(), word], [*NAMES, "Status"], kind="BDF", digital=[10])
    expected = mne.find_events(mne.io.read_raw_bdf(file, verbose="ERROR"), mask=0xFFFF, mask_type="and", shortest_event=1, verbose="ERROR")
    assert expected[:, [0, 2]].tolist() == [[640, 5], [1920, 255], [1984, 256]]
    rows = [(5.0, "5"), (10.0, "boundary"), (15.0, "255"), (15.5, "256")]
    reading = read(file)
    assert [(onset, value) for onset, _, value in listed(reading.events)] == rows and reading.ch_names == NAMES
    tsv(file.with_name("sub-01_task-rest_events.tsv"), "onset duration trial_type\n3 0 go")
    assert [(onset, value) for onset, _, value in listed(read(file).events)] == [(3.0, "go"), (10.0, "boundary")]
    assert [(onset, value) for onset, _, value in listed(events_in_file(find_recordings(file.parents[2])[0]))] == rows


def test_a_trigger_channel_of_an_edf_at_its_own_rate_is_events_unless_the_file_has_annotations(file):
    code = np.repeat([0, 3, 0, 7], 5 * 32)
    write_records(file, [*noise(), code], [*NAMES, "Trigger"], [128] * 10 + [32], digital=[10])
    assert listed(read(file).events) == [(5.0, 5.0, "3"), (15.0, 5.0, "7")]
    write_records(file, [*noise(), code], [*NAMES, "Trigger"], [128] * 10 + [32], digital=[10], annotations=[(2.0, 1.0, b"word")])
    assert listed(read(file).events) == [(2.0, 1.0, "word")]


def test_channels_tsv_names_trigger_channels_and_a_noisy_one_gives_no_events(file):
    code, names = np.repeat([0, 3, 0, 7], 5 * 128), [*NAMES, "DC7"]
    write_records(file, [*noise(), code], names, digital=[10])
    table = file.with_name("sub-01_task-rest_channels.tsv")
    tsv(table, "name type units\n" + "\n".join(f"{name} {'TRIG' if name == 'DC7' else 'EEG'} uV" for name in names))
    assert listed(read(file).events) == [(5.0, 5.0, "3"), (15.0, 5.0, "7")]
    write_records(file, [*noise(), np.round(noise(1, seed=5)[0])], names, digital=[10])
    assert not len(read(file).events)
