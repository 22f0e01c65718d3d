"""events.tsv as people write it."""

from __future__ import annotations

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
