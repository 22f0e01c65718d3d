"""ERP epochs: trials that run past the key, the same samples as MNE's, baseline, rejection, and what is too short."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch, evaluate, preprocess
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.describe import describe
from eegcli.errors import InputError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, PreprocessSettings
from eegcli.study.events import Events
from tests.kit.builders import recording, recordings_artifact
from tests.kit.cohorts import train
from tests.kit.reporters import CapturingReporter

N_TRIALS = 20
SQUARE = ("sq=square:-0.2:0.8",)


def text(values):
    result = np.full(len(values), None, dtype=object)
    result[:] = values
    return result


def trials(*extra: tuple[float, str]) -> Events:
    """A square every 5 s, and a key 0.3 to 0.91 s later; the key is right at every second square."""
    rows = [(5.0 * i + 5, "square", np.nan, i % 2) for i in range(N_TRIALS)]
    rows += [(5.0 * i + 5.3 + 0.032 * i, "rt", 0.3 + 0.032 * i, i % 2) for i in range(N_TRIALS)]
    rows += [(onset, name, np.nan, np.nan) for onset, name in extra]
    onset, value, time, right = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    columns = {"response_time": np.array(time), "accuracy": np.array(right, float), "trial_type": text(value)}
    return Events(np.array(onset), np.zeros(len(onset)), text(value), columns=columns)


@pytest.fixture
def recordings(tmp_path) -> Path:
    return recordings_artifact(
        tmp_path / "toy-recordings", {f"{n:02d}": recording(n, seconds=110.0, sfreq=128.0, events=trials()) for n in (1, 2)}
    )


def run(recordings: Path, reporter=None, name: str = "windows", **settings):
    settings = {"segment": SQUARE, "length": 1.0, **settings}
    output = recordings.with_name(name)
    return epoch.run(EpochSettings(recordings=(recordings,), output=output, **settings), reporter=reporter or Silent())


def test_trials_of_one_window_run_past_the_key(recordings):
    reporter = CapturingReporter()
    result = run(recordings, reporter)
    assert result.n_windows == 2 * N_TRIALS and result.left_out == {}
    assert any("of 40 segments of sq run past other events; --until next-event" in note for note in reporter.infos)
    windows = open_windows(result.output)
    first = recording(1, seconds=110.0, sfreq=128.0).data
    np.testing.assert_array_equal(windows.x[0], first[:, 640 - 26 : 640 - 26 + 128])  # at 128 Hz the event stands 26 samples in
    assert windows.table["onset"][0] == pytest.approx(5 - 26 / 128)


def test_a_window_as_long_as_a_block_still_ends_at_the_next_event(tmp_path):
    blocks = Events(np.array([5.0, 30.0, 45.0]), np.zeros(3), text(["closed", "next task", "closed"]))
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1, seconds=110.0, events=blocks)})
    result = run(source, segment=("closed=closed:0:34",), length=34.0)
    assert open_windows(result.output).table["event_onset"].tolist() == [45.0]
    assert result.lost_segments == {"too short: next event": 1}


@pytest.mark.parametrize("dry", [False, True])
def test_trials_that_another_event_cuts_are_counted_by_reason_and_warned_about(recordings, dry):
    reporter = CapturingReporter()
    result = run(recordings, reporter, until=("next-event",), dry_run=dry)
    # A key at 0.8 s or later leaves the whole trial: 0.3 + 0.032 * i from i = 16 on.
    assert (result.data()["n_windows"], result.data()["lost_segments"]) == (8, {"too short: next event": 32})
    assert any("32 of 40 segments of sq are too short for a window of 1 s (32 next event)" in warning for warning in reporter.warnings)
    if not dry:
        table = read_table(result.output / "left-out.parquet")
        assert table["reason"].tolist() == ["too short: next event"] * 2 and table["n_segments"].tolist() == [16, 16]
        assert result.left_out == {"too short: next event": 32}
        assert "left out: 32 too short: next event" in reporter.infos[-1]


def test_blocks_longer_than_a_window_still_end_at_the_next_event(recordings):
    result = run(recordings, segment=("sq=square:0:4",), length=0.5)
    # Windows of 0.5 s before a key that comes 0.3 + 0.032 * i s later: one where i is 7 or more, none before.
    table = open_windows(result.output).table
    assert table["event_onset"][table["subject"] == "01"].tolist() == [5.0 * i + 5 for i in range(7, 20)]
    assert result.lost_segments == {"too short: next event": 2 * 7}


def test_what_is_too_short_for_few_is_counted_and_no_warning(tmp_path):
    reporter = CapturingReporter()
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1, seconds=100.5, events=trials((15.3, "boundary")))})
    result = run(source, reporter)
    assert result.lost_segments == {"too short: boundary": 1, "too short: recording's end": 1} and result.n_windows == 18
    assert not reporter.warnings  # 2 of 20 are no more than a tenth


def test_a_cut_before_the_cue_costs_the_trial_in_the_dry_run_as_well(tmp_path):
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1, seconds=110.0, events=trials((14.9, "boundary")))})
    assert run(source, dry_run=True).data()["n_windows"] == N_TRIALS - 1
    result = run(source)
    assert result.n_windows == N_TRIALS - 1 and result.left_out == {"boundary": 1}


def test_a_segment_shorter_than_a_window_is_told_with_the_length_that_fits(recordings):
    reporter = CapturingReporter()
    with pytest.raises(InputError, match=r"no segment is as long as a window"):
        run(recordings, reporter, length=2.0)
    assert any("--length 1 makes one window of each" in warning for warning in reporter.warnings)


def test_a_baseline_is_the_mean_between_both_times_in_double_precision(recordings):
    plain, corrected = (open_windows(run(recordings, name=name, baseline=base).output) for name, base in (("a", None), ("b", "-0.2:0")))
    # The event is sample 26; -0.2 s lies between samples 0 and 1, and 0 s counts.
    mean = plain.x[:, :, 1:27].astype(np.float64).mean(axis=2, keepdims=True)
    np.testing.assert_array_equal(corrected.x, (plain.x - mean).astype(np.float32))


def test_a_block_s_baseline_goes_for_all_its_windows(recordings):
    given = {"segment": ("sq=square:-0.5:2.5",), "until": ("boundary",)}
    plain, corrected = (
        open_windows(run(recordings, name=name, **given, **base).output) for name, base in (("a", {}), ("b", {"baseline": "-0.5:-0.1"}))
    )
    assert len(plain) == 3 * 2 * N_TRIALS
    mean = plain.x[::3, :, :52].astype(np.float64).mean(axis=2, keepdims=True).repeat(3, axis=0)
    np.testing.assert_array_equal(corrected.x, (plain.x - mean).astype(np.float32))


def test_windows_whose_channels_swing_too_far_are_left_out(recordings):
    everything = open_windows(run(recordings, name="all").output).x
    apart = (everything.max(axis=2) - everything.min(axis=2)).max(axis=1)
    limit = float(np.median(apart))
    result = run(recordings, name="calm", reject=limit)
    assert result.left_out == {"peak to peak": int((apart > limit).sum())}
    np.testing.assert_array_equal(open_windows(result.output).x, everything[apart <= limit])


def test_each_window_carries_the_columns_of_its_event(recordings):
    table = open_windows(run(recordings, segment=("key=rt:-0.1:0.9",)).output).table
    one = table["subject"] == "01"
    assert set(table["event"]) == {"rt"} and table["event_trial_type"].tolist() == ["rt"] * 40
    np.testing.assert_allclose(table["event_onset"][one], [5.3 + 5.032 * i for i in range(N_TRIALS)])
    np.testing.assert_allclose(table["event_response_time"][one], [0.3 + 0.032 * i for i in range(N_TRIALS)])
    assert table["event_accuracy"][one].tolist() == [0.0, 1.0] * 10


def test_a_condition_chooses_trials_and_a_column_names_events(recordings):
    fast = run(recordings, name="fast", segment=('hit=trial_type == "rt" and response_time < 0.5:-0.2:0.8',))
    assert fast.n_windows == 2 * 7  # 0.3 + 0.032 * i < 0.5
    named = run(recordings, name="named", segment=("right=1:-0.2:0.8",), event_column="accuracy")
    assert named.n_windows == 2 * 20  # squares and keys
    with pytest.raises(InputError, match="there is no column colour"):
        run(recordings, name="none", segment=("x=colour == 1:0:1",))
    reporter = CapturingReporter()
    with pytest.raises(InputError):
        run(recordings, reporter, name="hint", segment=("x=1:0:1",))
    assert "no event is named 1, but the column accuracy holds it: --event-column accuracy" in reporter.warnings


def test_a_column_of_numbers_and_text_is_text_for_all_and_is_told_where_it_is_asked_for(tmp_path):
    odd = trials()
    odd.columns["accuracy"] = text(["?"] * len(odd))
    people = {"01": recording(1, seconds=110.0, events=trials()), "02": recording(2, seconds=110.0, events=odd)}
    source = recordings_artifact(tmp_path / "toy-recordings", people)
    reporter = CapturingReporter()
    table = open_windows(run(source, reporter).output).table
    assert set(table["event_accuracy"]) == {"0", "1", "?"} and not reporter.warnings
    assert run(source, reporter, name="odd", segment=("x=accuracy == '?':-0.2:0.8",)).n_windows == 40
    assert reporter.warnings == ["events: accuracy holds text in one recording and numbers in another: it is text for all"]


def test_whole_recordings_have_no_columns_of_events(recordings):
    assert not [name for name in open_windows(run(recordings, segment=()).output).table if name.startswith("event")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"baseline": "-0.3:0"}, "reaches out of segment sq, which goes from -0.2 to 0.8 s"),
        ({"baseline": "0:0.2", "segment": ()}, "no segment is named"),
        ({"until": ()}, "at least one is needed"),
        ({"until": ("auto", "rt")}, "stand alone"),
    ],
)
def test_what_makes_no_sense_is_refused(recordings, settings, said):
    with pytest.raises(UsageError, match=said):
        run(recordings, **settings)


def test_an_unknown_name_to_end_at_is_told(recordings):
    reporter = CapturingReporter()
    run(recordings, reporter, until=("typo",))
    assert "--until: no recording has an event typo" in reporter.warnings


def test_a_column_of_participants_gives_way_to_that_of_the_event(tmp_path):
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1, events=trials())}, event_accuracy=[0.25], event=["yes"])
    table = open_windows(run(source).output).table
    assert table["event_accuracy"].tolist() == [0.0, 1.0] * 10 and set(table["event"]) == {"square"}
    assert set(table["participant_event_accuracy"]) == {0.25} and set(table["participant_event"]) == {"yes"}


def test_a_target_that_differs_between_trials_votes_by_trial(tmp_path):
    """Right answers have 30 µV at 10 Hz, wrong ones 5; two windows per trial."""
    people = {}
    for n in range(6):
        one = recording(n, seconds=110.0, events=trials())
        time = np.arange(one.data.shape[1]) / one.sfreq
        right = np.floor((time - 4.5) / 5).astype(int) % 2
        data = one.data + np.where(right == 1, 30.0, 5.0) * np.sin(2 * np.pi * 10 * time)
        people[f"{n:02d}"] = type(one)(data.astype(np.float32), one.ch_names, one.sfreq, one.reference, one.events)
    source = recordings_artifact(tmp_path / "toy-recordings", people)
    given = {"segment": ("sq=square:0:2",), "until": ("boundary",), "representation": "bands", "bands": ("alpha=8-12",)}
    result = run(source, **given)
    assert result.n_windows == 6 * N_TRIALS * 2
    made = train(result.output, tmp_path / "run", target="event_accuracy", arch="logistic")
    evaluate.run(EvaluateSettings(run=made), reporter=Silent())
    figures = json.loads((made / "evaluation/metrics.json").read_text())
    votes = read_table(made / "evaluation/votes.parquet")
    assert figures["unit"] == "trial" and set(votes["n_windows"]) == {2}
    assert figures["splits"]["test"]["vote"]["n_subjects"] == figures["splits"]["test"]["window"]["n_subjects"]
    assert figures["splits"]["test"]["vote"]["accuracy"] > 0.9
    test = votes["split"] == "test"
    assert len(set(votes["unit"][test & (votes["subject"] == votes["subject"][test][0])])) == N_TRIALS


@pytest.mark.parametrize(("event", "n"), [("square", 80), ("rt", 74)])
def test_epochs_of_eeglab_s_sample_are_those_of_mne_less_its_last_sample(tmp_path, real_data, event, n):
    import mne

    eeg = tmp_path / "sample/sub-01/eeg"
    eeg.mkdir(parents=True)
    (tmp_path / "sample/dataset_description.json").write_text('{"Name": "sample", "BIDSVersion": "1.9.0"}')
    (tmp_path / "sample/participants.tsv").write_text("participant_id\tsex\nsub-01\tF\n")
    shutil.copy(real_data / "eeglab-sample/eeglab_data.set", eeg / "sub-01_task-square_eeg.set")
    shutil.copy(real_data / "eeglab-sample/eeglab_data.fdt", eeg / "eeglab_data.fdt")
    given = {"segment": (f"s={event}:-0.2:0.8",)}
    plan = run(tmp_path / "sample", **given, dry_run=True)  # the file holds the events, and no events.tsv
    assert plan.data()["segments"] == {"s": n} and plan.data()["n_windows"] == n
    assert describe(tmp_path / "sample")["events"] == {"square": 80, "rt": 74}
    untouched = PreprocessSettings(bids=tmp_path / "sample", output=tmp_path / "recordings", steps=({"step": "crop"},), jobs=1)
    recordings = preprocess.run(untouched, reporter=Silent()).output
    raw = mne.io.read_raw_eeglab(eeg / "sub-01_task-square_eeg.set", preload=True, verbose="error")
    found, ids = mne.events_from_annotations(raw, verbose="error")
    for baseline in (None, (-0.2, 0)):
        windows = open_windows(run(recordings, **given, baseline=baseline and "-0.2:0", name=f"w-{baseline is None}").output)
        names = {name.lower(): name for name in raw.ch_names}
        epochs = mne.Epochs(raw, found, ids[event], -0.2, 0.8, baseline=baseline, preload=True, verbose="error")
        theirs = 1e6 * epochs.get_data(picks=[names[name.lower()] for name in windows.ch_names])[:, :, :-1]
        assert windows.x.shape == theirs.shape == (n, len(windows.ch_names), 128)
        if baseline is None:
            np.testing.assert_array_equal(windows.x, theirs.astype(np.float32))
        else:
            np.testing.assert_array_max_ulp(np.asarray(windows.x), theirs.astype(np.float32), maxulp=1)
