"""Several data sets in one windows artifact: channels by name, rates alike, participants' columns united."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch
from eegcli.artifacts import folder
from eegcli.artifacts.recordings import Recording, write_recording
from eegcli.artifacts.table import column, from_rows, read_table, write_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, UsageError
from eegcli.settings import EpochSettings, PreprocessSettings
from tests.kit.builders import recording
from tests.kit.reporters import CapturingReporter


def artifact(path: Path, dataset: str, recordings: dict[str, Recording], task: str = "rest", **participants) -> Path:
    """A finished recordings artifact of a data set."""
    target = folder.open_folder(path, "recordings", PreprocessSettings(bids=Path("b")), inputs={"dataset": dataset}, version=1)
    rows = []
    for subject, one in recordings.items():
        stem = f"sub-{subject}_task-{task}"
        write_recording(path / f"sub-{subject}/eeg/{stem}_desc-clean_eeg.h5", one, digest=f"{dataset}{subject}")
        labels = {"recording": stem, "subject": subject, "session": None, "task": task, "run": None, "status": "ok"}
        facts = {"sfreq": one.sfreq, "ch_names": ",".join(one.ch_names), "n_channels": float(len(one.ch_names))}
        rows.append(labels | facts | {"path": f"sub-{subject}/eeg/{stem}_desc-clean_eeg.h5", "digest": f"{dataset}{subject}"})
    write_table(path / "recordings.parquet", from_rows(rows) | {name: column(values) for name, values in participants.items()})
    target.finish()
    return path


def reordered(one: Recording, names: tuple[str, ...]) -> Recording:
    return replace(one, data=one.data[[one.ch_names.index(name) for name in names]], ch_names=names)


@pytest.fixture
def pair(tmp_path) -> tuple[Path, Path]:
    """Data sets alpha and beta with a subject 01 each, beta's channels in another order."""
    first = artifact(tmp_path / "a-recordings", "alpha", {"01": recording(1), "02": recording(2)}, sex=["F", "M"], age=[8.5, 9.0])
    second = artifact(
        tmp_path / "b-recordings", "beta", {"01": reordered(recording(3), ("E3", "E1", "E4", "E2"))}, sex=["M"], hand=["left"]
    )
    return first, second


def run(*recordings: Path, output: str = "pool", reporter=None, **settings):
    where = recordings[0].parent / output
    return epoch.run(EpochSettings(recordings=recordings, output=where, **settings), reporter=reporter or CapturingReporter())


def test_two_data_sets_become_one_with_channels_in_one_order(pair):
    result = run(*pair)
    windows = open_windows(result.output)
    table = windows.table
    assert windows.ch_names == ("E1", "E2", "E3", "E4")
    assert (result.n_windows, result.n_recordings) == (210, 3)
    assert set(zip(table["dataset"], table["subject"], strict=True)) == {("alpha", "01"), ("alpha", "02"), ("beta", "01")}
    last = np.flatnonzero(table["dataset"] == "beta")
    np.testing.assert_array_equal(windows.x[last[0]], recording(3).data[:, :128])


def test_participants_columns_are_united_and_missing_where_a_data_set_has_none(pair):
    table = open_windows(run(*pair).output).table
    beta = table["dataset"] == "beta"
    assert set(table["sex"][beta]) == {"M"} and np.isnan(table["age"][beta]).all() and set(table["age"][~beta]) == {8.5, 9.0}
    assert set(table["hand"][beta]) == {"left"} and set(table["hand"][~beta]) == {None}


def test_a_column_of_numbers_here_and_text_there_becomes_text_and_is_said(tmp_path):
    first = artifact(tmp_path / "a", "alpha", {"01": recording(1), "02": recording(2)}, score=[1, 2.5], level=[1, 2], empty=[None, None])
    second = artifact(tmp_path / "b", "beta", {"01": recording(3)}, score=["high"], level=[3], empty=[4.0])
    reporter = CapturingReporter()
    table = open_windows(run(first, second, reporter=reporter).output).table
    assert set(table["score"]) == {"1", "2.5", "high"} and set(table["level"]) == {1, 2, 3}
    assert np.isnan(table["empty"][table["dataset"] == "alpha"]).all() and set(table["empty"][table["dataset"] == "beta"]) == {4.0}
    assert [warning for warning in reporter.warnings if "score" in warning] == [
        "column score holds text in one data set and numbers in another: it is text in the windows"
    ]


def test_the_order_and_the_spelling_of_the_inputs_change_no_byte(pair, monkeypatch):
    first, second = pair
    outputs = [run(first, second, output="one").output, run(second, first, output="two").output]
    monkeypatch.chdir(first.parent)
    spelled = (Path("b-recordings"), Path(os.path.relpath(first, first.parent)) / "." / ".." / first.name)
    outputs.append(epoch.run(EpochSettings(recordings=spelled, output=Path("three")), reporter=CapturingReporter()).output)
    for name in ("windows.h5", "windows.parquet", "left-out.parquet", "settings.json", "done.json"):
        assert len({(output / name).read_bytes() for output in outputs}) == 1, name


def test_the_same_command_again_does_nothing_and_another_input_is_refused(pair, tmp_path):
    first = run(*pair)
    before = (first.output / "windows.h5").stat().st_mtime_ns
    assert run(*reversed(pair)) == first and (first.output / "windows.h5").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="holds another configuration"):
        run(pair[0])


def test_data_sets_that_differ_in_channels_are_refused_naming_what_differs(tmp_path):
    first = artifact(tmp_path / "a", "alpha", {"01": recording(1)})
    second = artifact(tmp_path / "b", "beta", {"01": reordered(recording(2), ("E4", "E2", "E1"))})
    with pytest.raises(InputError, match="only a: E3") as caught:
        run(first, second)
    assert "--channels common" in caught.value.hint
    windows = open_windows(run(first, second, channels=("common",)).output)
    assert windows.ch_names == ("E1", "E2", "E4")
    np.testing.assert_array_equal(windows.x[-1], recording(2).data[[0, 1, 3], -128 - 8960 % 128 :][:, :128])


def test_named_channels_are_taken_in_that_order_and_a_recording_that_lacks_one_is_left_out(tmp_path):
    first = artifact(tmp_path / "a", "alpha", {"01": recording(1), "02": reordered(recording(2), ("E1", "E2"))})
    result = run(first, channels=("E3", "E1"))
    assert open_windows(result.output).ch_names == ("E3", "E1")
    assert [(failure.cause, "E3" in failure.error) for failure in result.failures] == [("other channels", True)]
    with pytest.raises(InputError, match="no recording gives a window"):
        run(first, output="none", channels=("Oz",))
    for wrong in (("E1", "E1"), ("common", "E1")):
        with pytest.raises(UsageError, match="each channel once"):
            run(first, output="none", channels=wrong)


def test_nothing_in_common_is_bad_input(tmp_path):
    first = artifact(tmp_path / "a", "alpha", {"01": reordered(recording(1), ("E1", "E2"))})
    second = artifact(tmp_path / "b", "beta", {"01": reordered(recording(2), ("E3", "E4"))})
    with pytest.raises(InputError, match="no channel in common"):
        run(first, second, channels=("common",))


def test_data_sets_that_differ_in_rate_are_refused(tmp_path):
    first = artifact(tmp_path / "a", "alpha", {"01": recording(1)})
    second = artifact(tmp_path / "b", "beta", {"01": recording(2, sfreq=100.0)})
    with pytest.raises(InputError, match=r"a 64 Hz, b 100 Hz") as caught:
        run(first, second)
    assert "--sfreq" in caught.value.hint


def test_one_recording_must_not_come_in_twice(pair, tmp_path):
    with pytest.raises(InputError, match="both hold sub-01_task-rest of the data set 'alpha'"):
        run(pair[0], pair[0])
    again = artifact(tmp_path / "c", "alpha", {"02": recording(9)})
    with pytest.raises(InputError, match="sub-02_task-rest"):
        run(pair[0], again)


def test_parts_of_one_data_set_keep_its_subjects_together(tmp_path):
    rest = artifact(tmp_path / "a", "alpha", {"01": recording(1)})
    sums = artifact(tmp_path / "b", "alpha", {"01": recording(2)}, task="sums")
    table = open_windows(run(rest, sums).output).table
    assert set(zip(table["dataset"], table["subject"], strict=True)) == {("alpha", "01")} and set(table["task"]) == {"rest", "sums"}


def test_failures_name_the_data_set(tmp_path):
    from eegcli.study.events import Events

    first = artifact(tmp_path / "a", "alpha", {"01": recording(1)})
    second = artifact(tmp_path / "b", "beta", {"01": recording(2, events=Events())})
    result = run(first, second, segment=("closed=instructed_toCloseEyes:3:37",))
    assert [failure.name for failure in result.failures] == ["beta: sub-01_task-rest"]
    left_out = read_table(result.output / "left-out.parquet")
    assert (left_out["dataset"].tolist(), left_out["reason"].tolist()) == (["beta"], ["no cue"])


def test_a_dry_run_counts_all_data_sets(pair):
    data = run(*pair, segment=("closed=instructed_toCloseEyes:3:37",), dry_run=True).data()
    assert (data["n_recordings"], data["segments"], data["n_windows"]) == (3, {"closed": 6}, 102)


def test_the_command_takes_several_and_names_the_output(pair, monkeypatch, capsys):
    from eegcli.cli.main import main

    monkeypatch.chdir(pair[0].parent)
    monkeypatch.setattr("sys.argv", ["eegcli", "epoch", "a-recordings", "b-recordings", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out)["data"]["output"] == "pooled-windows"
    assert open_windows("pooled-windows").table["dataset"][-1] == "beta"
