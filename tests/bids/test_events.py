"""events.tsv as people write it."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.bids.errors import RecordingError
from eegcli.bids.events import read_events
from tests.kit.trees import tsv


def test_events_are_in_order_of_onset_with_missing_durations_zero(tmp_path):
    tsv(tmp_path / "e.tsv", "onset duration value\n3.5 n/a b\n1 2 a\n3.5 0 c\nn/a 0 lost\n9 1 n/a")
    events = read_events(tmp_path / "e.tsv")
    assert events.onset.tolist() == [1.0, 3.5, 3.5]
    assert events.duration.tolist() == [2.0, 0.0, 0.0]
    assert events.value.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("onset duration value trial_type\n1 0 go x", ["go"]),
        ("onset duration trial_type value\n1 0 eyes_closed 2", ["eyes_closed"]),  # a trigger code is no name
        ("onset duration trial_type value\n1 0 n/a 2", ["2"]),
        ("onset duration\n1 0", ["event"]),
        ("onset duration value event_code\n1 n/a 9999 9999\n2 n/a boundary boundary", ["9999", "boundary"]),
    ],
)
def test_the_column_that_holds_names_gives_the_names(tmp_path, text, names):
    tsv(tmp_path / "e.tsv", text)
    assert read_events(tmp_path / "e.tsv").value.tolist() == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("onset duration value\n1 0 a\nsoon 0 b", "e.tsv, line 3: onset 'soon'"),
        ("onset duration value\n1 inf a", "line 2: duration 'inf'"),
        ("onset duration value\n1 0", "line 2: 2 columns"),
        ("start duration value\n1 0 a", "no column onset"),
    ],
)
def test_a_bad_row_of_events_is_named_with_its_line(tmp_path, text, said):
    tsv(tmp_path / "e.tsv", text)
    with pytest.raises(RecordingError, match=said) as caught:
        read_events(tmp_path / "e.tsv")
    assert caught.value.cause == "events.tsv"


def test_every_events_file_of_two_hbn_releases_can_be_read(hbn):
    files = sorted((hbn["R1"]).glob("sub-*/eeg/*RestingState_events.tsv"))
    cues = [int((read_events(path).value == "instructed_toCloseEyes").sum()) for path in files]
    assert cues == [5] * 136
    for path in (hbn["R10"]).glob("sub-*/eeg/*_events.tsv"):
        read_events(path)


def test_every_column_is_kept_under_its_own_name_and_typed(tmp_path):
    rows = "1 0 go 11 0.35 007 a.png n/a\n2 0 key n/a n/a 008 n/a n/a\n0.5 0 go 12 1e3 009 b.png n/a"
    tsv(tmp_path / "e.tsv", f"onset duration trial_type value response_time code file empty\n{rows}")
    events = read_events(tmp_path / "e.tsv")
    assert list(events.columns) == ["trial_type", "value", "response_time", "code", "file", "empty"]
    assert events.value.tolist() == ["go", "go", "key"] == events.columns["trial_type"].tolist()
    np.testing.assert_array_equal(events.columns["value"], [12, 11, np.nan])
    np.testing.assert_array_equal(events.columns["response_time"], [1000.0, 0.35, np.nan])
    assert events.columns["code"].tolist() == ["009", "007", "008"]
    assert events.columns["file"].tolist() == ["b.png", "a.png", None]
    assert np.isnan(events.columns["empty"]).all()


def test_numbers_too_long_for_a_float_are_names(tmp_path):
    tsv(tmp_path / "e.tsv", "onset duration value id\n1 0 a 12345678901234567891\n2 0 b 3")
    assert read_events(tmp_path / "e.tsv").columns["id"].tolist() == ["12345678901234567891", "3"]


def test_a_row_whose_name_is_missing_is_named_by_what_else_says_it(tmp_path):
    tsv(tmp_path / "e.tsv", "onset duration trial_type value\n10 0 cue 1\n14 0 n/a 16\n30 0 cue 1\n34 0 other n/a")
    assert read_events(tmp_path / "e.tsv").value.tolist() == ["cue", "16", "cue", "other"]
    tsv(tmp_path / "e.tsv", "onset duration trial_type value\n10 0 left cue\n14 0 right n/a")
    assert read_events(tmp_path / "e.tsv").value.tolist() == ["cue", "right"]
    tsv(tmp_path / "e.tsv", "onset duration trial_type accuracy\n10 0 cue n/a\n14 0 n/a 1\n20 0 n/a n/a")
    remarks: dict[str, None] = {}
    events = read_events(tmp_path / "e.tsv", remarks=remarks)
    assert events.value.tolist() == ["cue", "event"]
    assert list(remarks) == ["events.tsv has rows that hold nothing but times: they are no events"]


def test_rows_without_an_onset_are_told(tmp_path):
    tsv(tmp_path / "e.tsv", "onset duration value\n1 0 a\nn/a 0 b\nn/a 0 c")
    remarks: dict[str, None] = {}
    assert read_events(tmp_path / "e.tsv", remarks=remarks).value.tolist() == ["a"]
    assert list(remarks) == ["events.tsv has rows without an onset: they are no events"]


def test_columns_of_numbers_are_read_as_in_every_table_and_it_is_said_without_the_line(tmp_path):
    rows = ["0.3 0,5 10 a", "NA 1,5 89+ NA", "0.5 2,5 20 b", "- 3,5 30 none"]
    tsv(tmp_path / "e.tsv", "onset duration trial_type RT score age word\n" + "\n".join(f"{n} 0 go {row}" for n, row in enumerate(rows, 1)))
    remarks: dict[str, None] = {}
    columns = read_events(tmp_path / "e.tsv", remarks=remarks).columns
    np.testing.assert_array_equal(columns["RT"], [0.3, np.nan, 0.5, np.nan])
    assert columns["score"].tolist() == [0.5, 1.5, 2.5, 3.5] and columns["age"].tolist() == [10, 89, 20, 30]
    assert columns["word"].tolist() == ["a", "NA", "b", "none"]
    assert [remark.split(":")[0] for remark in remarks] == [f"events.tsv, column {name}" for name in ("RT", "score", "age")]
    assert not any("line" in remark for remark in remarks)


def test_a_cell_that_makes_a_column_text_is_named(tmp_path):
    tsv(tmp_path / "e.tsv", "onset trial_type RT\n1 go 0.3\n2 go 0.4\n3 go slow")
    remarks: dict[str, None] = {}
    assert read_events(tmp_path / "e.tsv", remarks=remarks).columns["RT"].tolist() == ["0.3", "0.4", "slow"]
    assert "is text, since 'slow' is no number" in next(iter(remarks))


def test_times_may_have_decimal_commas_and_words_for_missing_ones(tmp_path):
    tsv(tmp_path / "e.tsv", "onset duration value\n1,5 NA a\nNA 0 b\n2.5 0,25 c")
    remarks: dict[str, None] = {}
    events = read_events(tmp_path / "e.tsv", remarks=remarks)
    assert events.onset.tolist() == [1.5, 2.5] and events.duration.tolist() == [0.0, 0.25] and events.value.tolist() == ["a", "c"]
    assert len(remarks) == 5
