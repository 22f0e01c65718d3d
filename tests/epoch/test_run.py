"""The stage: counts that follow from the paradigm, equal bytes, failures that stop nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings
from eegcli.study.events import Events
from tests.kit.builders import SFREQ, recording, recordings_artifact
from tests.kit.reporters import CapturingReporter

CLOSED = ("closed=instructed_toCloseEyes:3:37",)


@pytest.fixture
def recordings(tmp_path) -> Path:
    return recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1), "02": recording(2)}, sex=["F", "M"], age=[8.5, None])


def run(recordings: Path, **settings):
    return epoch.run(EpochSettings(recordings=recordings, output=recordings.with_name("toy-windows"), **settings), reporter=Silent())


def test_two_closed_blocks_of_34_s_give_17_windows_each(recordings):
    result = run(recordings, segment=CLOSED)
    windows = open_windows(result.output)
    assert (result.n_windows, result.n_recordings) == (68, 2)
    assert windows.x.shape == (68, 4, 128)
    assert windows.table["segment_count"].tolist() == [34] * 68
    assert windows.table["onset"][:2].tolist() == [28.0, 30.0]  # cue at 25 s, 3 s after it
    np.testing.assert_array_equal(windows.x[34], recording(2).data[:, round(28 * SFREQ) : round(30 * SFREQ)])


def test_rows_carry_who_what_and_the_participants_columns(recordings):
    table = open_windows(run(recordings).output).table
    assert list(table)[:9] == ["dataset", "recording", "subject", "session", "task", "run", "segment", "segment_count", "onset"]
    assert table["dataset"][0] == "toy" and table["segment"][0] == "all"
    assert table["sex"][[0, -1]].tolist() == ["F", "M"]
    assert table["age"][0] == 8.5 and np.isnan(table["age"][-1])
    assert "status" not in table and "path" not in table


def test_overlap_adds_windows(recordings):
    assert run(recordings, segment=CLOSED, overlap=1.0).n_windows == 2 * 2 * 33


def test_the_same_command_again_does_nothing_and_says_the_same(recordings):
    first = run(recordings, segment=CLOSED)
    before = {path.name: path.stat().st_mtime_ns for path in first.output.iterdir() if path.name != "done.json"}
    assert run(recordings, segment=CLOSED) == first
    assert before == {path.name: path.stat().st_mtime_ns for path in first.output.iterdir() if path.name != "done.json"}


def test_equal_input_is_equal_bytes(tmp_path):
    outputs = []
    for name in "ab":
        (tmp_path / name).mkdir()
        source = recordings_artifact(tmp_path / name / "toy-recordings", {"01": recording(1), "02": recording(2)}, sex=["F", "M"])
        outputs.append(run(source, segment=CLOSED).output)
    for name in ("windows.h5", "windows.parquet", "left-out.parquet", "settings.json", "done.json"):
        assert (outputs[0] / name).read_bytes() == (outputs[1] / name).read_bytes(), name


def test_a_recording_without_cues_gets_a_reason_and_stops_nobody(tmp_path):
    silent = recording(2, events=Events())
    short = recording(3, seconds=29.0)
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1), "02": silent, "03": short}, failed=("04",))
    result = run(source, segment=CLOSED)
    assert {failure.name: failure.cause for failure in result.failures} == {"sub-02_task-rest": "no cue", "sub-03_task-rest": "too short"}
    assert result.n_windows == 34
    reasons = read_table(result.output / "left-out.parquet")
    assert reasons["reason"].tolist() == ["no cue", "too short: recording's end"]
    assert reasons["n_segments"].tolist() == [0, 2]


def test_recordings_of_other_channels_or_rate_are_refused_by_name(tmp_path):
    source = recordings_artifact(
        tmp_path / "toy-recordings",
        {"01": recording(1), "02": recording(2), "03": recording(3, n_channels=3), "04": recording(4, sfreq=100.0)},
    )
    result = run(source)
    assert [failure.cause for failure in result.failures] == ["other channels", "other rate"]
    assert "E4" in result.failures[0].error


def test_no_window_at_all_is_bad_input(recordings):
    with pytest.raises(InputError, match="no event closed_eyes"):
        run(recordings, segment=("closed=closed_eyes:3:37",))
    assert not (recordings.with_name("toy-windows") / "done.json").exists()


def test_a_selection_that_fits_nobody_is_bad_input(recordings):
    with pytest.raises(InputError, match="no recording has subject 99"):
        run(recordings, subject=("99",))
    with pytest.raises(InputError, match="no recording has subject 99"):
        run(recordings, subject=("01", "99"))
    assert run(recordings, subject=("02",)).n_recordings == 1


def test_a_segment_without_a_cue_anywhere_is_said(recordings):
    reporter = CapturingReporter()
    settings = EpochSettings(recordings=recordings, output=recordings.with_name("w"), segment=(*CLOSED, "b=typo:3:37"))
    epoch.run(settings, reporter=reporter)
    assert reporter.warnings == ["no recording has an event typo"]
    assert epoch.run(replace(settings, dry_run=True), reporter=Silent()).data()["segments"] == {"closed": 4, "b": 0}


@pytest.mark.parametrize(
    "settings", [{"length": 0.001}, {"overlap": 2.0}, {"overlap": -1.0}, {"length": float("nan")}, {"length": float("inf")}]
)
def test_lengths_that_make_no_sense_are_usage_errors(recordings, settings):
    with pytest.raises(UsageError):
        run(recordings, **settings)


def test_a_dry_run_counts_and_writes_nothing(recordings):
    plan = run(recordings, segment=("closed=instructed_toCloseEyes:3:37", "open=instructed_toOpenEyes:2:18"), dry_run=True)
    data = plan.data()
    assert data["n_recordings"] == 2
    # Two closed blocks each; two whole open ones, and the last, of which 13 s are left.
    assert data["segments"] == {"closed": 4, "open": 6} and data["segments_too_short"] == 0
    assert data["n_windows"] == 2 * (2 * 17 + 2 * 8 + 6)
    assert not plan.output.exists()


def test_a_column_of_events_without_a_segment_to_begin_is_refused(recordings):
    with pytest.raises(UsageError, match="--event-column nope names the events that segments begin at, and no segment is named"):
        run(recordings, event_column="nope")
