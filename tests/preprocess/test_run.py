"""The stage: equal bytes, work done once, failures that stop nobody."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from eegcli import preprocess
from eegcli.artifacts.recordings import open_recordings, read_recording
from eegcli.artifacts.table import read_table
from eegcli.bids.montage import channel_set
from eegcli.bids.scan import find_recordings
from eegcli.config import read_recipe
from eegcli.errors import ArtifactError, InputError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import PreprocessSettings
from tests.kit.files import contents
from tests.kit.trees import NAMES, dangling, describe, make_tree, noise, recording, tsv, write_edf, write_set


@pytest.fixture
def tree(tmp_path) -> Path:
    return make_tree(tmp_path / "ds")


def signals(folder: Path) -> dict[str, int]:
    """Times at which the signal files were written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.h5")}


def test_a_cohort_becomes_a_table_and_a_signal_file_each(run, tree):
    result = run(tree)
    assert (result.ok, result.failed, result.skipped, result.n_items) == (3, 0, 0, 3)
    recordings = open_recordings(result.output)
    table = recordings.table
    assert table["recording"].tolist() == ["sub-01_task-rest", "sub-02_task-rest", "sub-03_task-rest"]
    assert table["sex"].tolist() == ["F", "M", "F"] and table["age"].tolist() == [20, 21, 22]
    assert table["status"].tolist() == ["ok"] * 3 and table["seconds"].tolist() == [20.0] * 3
    assert recordings.dataset == "toy"
    one = recordings.read(1)
    assert one.data.dtype == np.float32 and one.data.shape == (10, 2560) and one.reference == "average"
    np.testing.assert_allclose(one.data.sum(axis=0), 0, atol=1e-3)


def test_the_derivative_says_what_it_is(run, tree):
    output = run(tree).output
    description = json.loads((output / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative" and description["GeneratedBy"][0]["Name"] == "eegcli"
    sidecar = json.loads((output / "sub-01/eeg/sub-01_task-rest_desc-clean_eeg.json").read_text())
    assert sidecar["SamplingFrequency"] == 128.0 and sidecar["Sources"] == ["bids::sub-01/eeg/sub-01_task-rest_eeg.edf"]
    assert [step["step"] for step in sidecar["Steps"]] == ["filter", "resample", "reference"]
    assert "*.h5" in (output / ".bidsignore").read_text()


def test_two_processes_write_the_same_bytes_as_one(run, tree):
    assert contents(run(tree, "one", jobs=1).output) == contents(run(tree, "two", jobs=2).output)


def test_the_spelling_of_the_path_and_of_the_flags_changes_nothing(run, tree, monkeypatch):
    one = contents(run(tree, "one").output)
    monkeypatch.chdir(tree.parent)
    assert contents(run(Path("ds/../ds"), "two", h_freq=25.0, reference=("average",)).output) == one


def test_a_second_run_does_nothing(run, tree, heard):
    output = run(tree).output
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.name != "done.json"}
    result = run(tree)
    assert (result.ok, result.failed, result.skipped) == (0, 0, 3)
    assert heard.infos[-1].endswith("out is finished; nothing to do.")
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.name != "done.json"} == before


def test_a_changed_recording_or_sidecar_recomputes_that_recording_only(run, tree):
    output = run(tree).output
    before = signals(output)
    tsv(
        tree / "sub-02/eeg/sub-02_task-rest_channels.tsv",
        "name type units status\n" + "\n".join(f"{n} EEG uV {'bad' if n == 'O1' else 'good'}" for n in NAMES),
    )
    os.utime(recording(tree, "03"), ns=(1, 1))
    result = run(tree)
    assert (result.ok, result.skipped) == (2, 1)
    after = signals(output)
    assert [name for name in after if after[name] == before[name]] == ["sub-01_task-rest_desc-clean_eeg.h5"]
    assert open_recordings(output).table["bad_channels"].tolist() == ["", "O1", ""]


def test_a_new_participants_file_changes_the_table_and_no_signal(run, tree):
    output = run(tree).output
    before = signals(output)
    tsv(tree / "participants.tsv", "participant_id sex\nsub-01 M\nsub-02 M\nsub-03 M")
    assert run(tree).skipped == 3
    assert signals(output) == before and open_recordings(output).table["sex"].tolist() == ["M"] * 3


def test_other_settings_need_another_name_or_force(run, tree):
    run(tree)
    with pytest.raises(InputError, match=r"holds another configuration \(steps.1.h_freq: 25.0 there, 30.0 here\)"):
        run(tree, h_freq=30.0)
    forced = run(tree, h_freq=30.0, force=True)
    assert forced.ok == 3
    assert contents(forced.output) == contents(run(tree, "fresh", h_freq=30.0).output)


def test_a_smaller_selection_by_force_leaves_nothing_of_the_rest(run, tree):
    run(tree)
    forced = run(tree, subject=("02",), force=True)
    assert (forced.ok, forced.skipped) == (0, 1)
    assert list(signals(forced.output)) == ["sub-02_task-rest_desc-clean_eeg.h5"]
    assert contents(forced.output) == contents(run(tree, "fresh", subject=("02",)).output)


def test_an_interrupted_run_goes_on_where_it_stopped(run, tree):
    whole = contents(run(tree, "whole").output)
    output = run(tree).output
    # What a kill leaves behind: no done mark, no table, one signal without its sidecar, a temporary file.
    (output / "done.json").unlink()
    (output / "recordings.parquet").unlink()
    (output / "sub-03/eeg/sub-03_task-rest_desc-clean_eeg.json").unlink()
    shutil.rmtree(output / "sub-02")
    result = run(tree)
    assert (result.ok, result.skipped) == (2, 1) and contents(output) == whole


def test_one_bad_recording_stops_nobody_and_is_tried_again(run, tree, heard):
    whole = recording(tree, "02").read_bytes()
    status = recording(tree, "02").stat()
    recording(tree, "02").write_bytes(whole[:-5000])
    result = run(tree)
    assert (result.ok, result.failed, result.causes) == (2, 1, {"truncated": 1})
    table = open_recordings(result.output).table
    assert table["status"].tolist() == ["ok", "failed", "ok"] and table["path"][1] is None and np.isnan(table["sfreq"][1])
    assert "truncated" in table["error"][1] and result.failures[0].name == "sub-02_task-rest"
    assert ["failed: truncated", "1", ""] in heard.tables[-1].rows
    again = run(tree)
    assert (again.ok, again.failed, again.skipped) == (0, 1, 2)
    recording(tree, "02").write_bytes(whole)
    os.utime(recording(tree, "02"), ns=(status.st_atime_ns, status.st_mtime_ns))
    mended = run(tree)
    assert (mended.ok, mended.failed, mended.skipped) == (1, 0, 2)
    assert contents(mended.output) == contents(run(tree, "fresh").output)


def test_a_failure_that_another_process_notes_meanwhile_is_told_by_both(run, tree, monkeypatch):
    """Two processes at one data set: the one that finds the bad recording claimed by the other must not end as if all were well."""
    from eegcli import preprocess
    from eegcli.preprocess.cleaning import Attempt

    recording(tree, "02").write_bytes(recording(tree, "02").read_bytes()[:-5000])
    clean = preprocess.clean_works

    def by_the_other(*arguments):
        clean(*arguments)
        return Attempt([], {}, 0)

    monkeypatch.setattr(preprocess, "clean_works", by_the_other)
    result = run(tree)
    assert (result.ok, result.failed, [one.name for one in result.failures]) == (0, 1, ["sub-02_task-rest"])


def test_a_recording_that_breaks_later_takes_its_old_signal_with_it(run, tree):
    output = run(tree).output
    recording(tree, "02").write_bytes(b"")
    assert run(tree).failed == 1
    assert not list((output / "sub-02").rglob("*.*"))


def test_every_recording_failing_is_bad_input(run, tree):
    for subject in ("01", "02", "03"):
        recording(tree, subject).write_bytes(b"")
    with pytest.raises(InputError, match=r"every recording failed \(truncated: 3\); the first: sub-01_task-rest: cannot be read"):
        run(tree)


def test_missing_samples_fail_unless_their_channel_is_left_out(run, tmp_path):
    describe(tmp_path / "ds")
    data = noise()
    data[3, 500] = np.nan
    write_set(tmp_path / "ds/sub-01/eeg/sub-01_task-rest_eeg.set", data)
    with pytest.raises(InputError, match=r"samples are missing \(NaN or infinite\) in 1 of 10 channels \(F4\)"):
        run(tmp_path / "ds")
    kept = run(tmp_path / "ds", "kept", steps=({"step": "drop-channels", "channels": ["F4"]}, {"step": "reference", "channels": "average"}))
    assert kept.ok == 1


def test_one_name_in_two_folders_is_ambiguous(run, tree, heard):
    write_edf(tree / "sub-01/ses-a/eeg/sub-01_task-rest_eeg.edf", noise())
    result = run(tree)
    assert result.causes == {"ambiguous": 1} and "sub-01/ses-a/eeg/sub-01_task-rest_eeg.edf" in result.failures[0].error
    assert any("1 name stands in more than one folder" in warning for warning in heard.warnings)


def test_the_sex_in_edf_headers_is_warned_of_once(run, tmp_path, heard):
    tree = make_tree(tmp_path / "ds", sex="F")  # participants.tsv: F, M, F
    result = run(tree)
    assert [warning for warning in heard.warnings if "sex" in warning] == [
        "the sex in the file header contradicts participants.tsv, which is right (1 of 3 recordings)"
    ]
    assert open_recordings(result.output).table["sex"].tolist() == ["F", "M", "F"]


def test_subjects_that_are_not_listed_have_missing_columns(run, tree, heard):
    tsv(tree / "participants.tsv", "participant_id sex status n_times\nsub-01 F x 5\nsub-77 M y 6")
    table = open_recordings(run(tree).output).table
    assert table["sex"].tolist() == ["F", None, None] and table["participant_status"].tolist() == ["x", None, None]
    assert table["status"].tolist() == ["ok"] * 3 and "participant_n_times" in table
    assert heard.warnings == ["not in participants.tsv, so without its columns: sub-02, sub-03"]


def test_a_dry_run_writes_nothing_and_says_what_it_would_cost(run, tree):
    (tree / "task-rest_eeg.json").write_text(json.dumps({"RecordingDuration": 20, "SamplingFrequency": 128, "EEGChannelCount": 10}))
    plan = run(tree, dry_run=True, sfreq=64.0, channels=("O1", "O2"))
    assert not plan.output.exists()
    assert plan.summary["n_recordings"] == 3 and plan.summary["n_not_fetched"] == 0
    assert plan.summary["bytes_in"] == sum(recording(tree, subject).stat().st_size for subject in ("01", "02", "03"))
    assert plan.summary["bytes_out"] == 3 * 4 * 2 * 20 * 64
    assert [step["step"] for step in plan.summary["steps"]] == ["filter", "resample", "reference", "pick"]
    assert plan.summary["memory_bytes"] > 0 and plan.summary["seconds"] >= 0


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_malformed_description_is_bad_input(run, tree, text):
    (tree / "dataset_description.json").write_text(text)
    with pytest.raises(InputError, match=r"dataset_description.json: not (a )?JSON"):
        run(tree)


def test_a_data_set_without_a_name_has_that_of_its_folder(run, tree):
    (tree / "dataset_description.json").unlink()
    assert open_recordings(run(tree).output).dataset == "ds"


def test_a_relative_output_is_relative_to_the_current_folder(run, tree, monkeypatch):
    monkeypatch.chdir(tree.parent)
    result = preprocess.run(PreprocessSettings(bids=Path("ds"), output=Path("here/out"), jobs=2), reporter=Silent())
    assert result.output == Path("here/out") and len(open_recordings(tree.parent / "here/out")) == 3


def test_what_cannot_be_is_said_before_anything_is_written(run, tree, tmp_path):
    with pytest.raises(UsageError):
        run(tree, channels=("hbn-23",))
    with pytest.raises(InputError, match="no recording has task"):
        run(tree, task=("sleep",))
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.docx").write_text("mine")
    with pytest.raises(InputError, match="not made by eegcli"):
        run(tree)
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/settings.json").write_text('{"kind": "windows"}')
    with pytest.raises(ArtifactError, match="holds a windows artifact"):
        run(tree)


def test_both_hbn_releases_say_what_is_not_fetched_and_how_to_fetch_it(run, hbn, tmp_path):
    for release, count, accession in (("R1", 1342, "ds005505"), ("R10", 2516, "ds005515")):
        with pytest.raises(InputError, match=f"{count} of {count:,} recordings are not fetched") as caught:
            run(hbn[release])
        assert accession in caught.value.hint and not (tmp_path / "out").exists()


def test_what_is_fetched_is_cleaned_and_the_rest_is_named_once(run, tree, heard):
    dangling(recording(tree, "04", ".set"), size=105_079_776)
    dangling(recording(tree, "05", ".set"))
    result = run(tree)
    assert (result.ok, result.causes) == (3, {"not fetched": 2})
    assert [failure.error for failure in result.failures] == ["not fetched (105 MB)"] * 2
    assert heard.warnings[0].startswith("2 of 5 recordings are not fetched (dangling links). Fetch them with: cd ")
    assert len([warning for warning in heard.warnings if "not fetched" in warning]) == 1


def test_nothing_is_printed(run, tree, capfd):
    write_set(recording(tree, "01", ".set").with_name("sub-01_task-other_eeg.set"), noise(), events=[(5.0, "boundary")])
    run(tree)
    assert capfd.readouterr() == ("", "")


def test_hydrocel_recordings_become_the_24_channels_of_the_paper(run, tmp_path):
    describe(tmp_path / "ds")
    names = [
        f"E{i}" for i in (22, 9, 33, 24, 11, 124, 122, 29, 6, 111, 45, 36, 104, 108, 42, 55, 93, 58, 52, 62, 92, 96, 70, 57, 100, 17, 129)
    ]
    data = noise(27, sfreq=500.0)
    data[-1] = 0.0
    write_set(tmp_path / "ds/sub-01/eeg/sub-01_task-RestingState_eeg.set", data, names, 500.0)
    # On noise, no channel is like its neighbours: the steps that look for bad ones are left out.
    steps = [step for step in read_recipe("hbn")["preprocess"]["steps"] if step["step"] not in ("bad-channels", "interpolate", "asr")]
    output = run(tmp_path / "ds", steps=tuple(steps)).output
    one = open_recordings(output).read(0)
    assert one.ch_names == channel_set(("hbn-24",)) and one.reference == "E57, E100" and one.data.shape == (24, 2560)
    assert open_recordings(output).table["interpolated"][0] == ""


def test_real_recordings_of_two_data_sets_end_in_the_same_channels(real_data, run, heard, tmp_path):
    options = {"channels": ("hbn-24",), "missing_channels": "interpolate"}
    eegmat = run(real_data / "eegmat", "eegmat", subject=("00", "01"), task=("arithmetic",), **options)
    assert (eegmat.ok, eegmat.failed) == (2, 0)
    assert len([warning for warning in heard.warnings if "sex" in warning]) == 1
    describe(tmp_path / "physionet", "physionet")
    target = tmp_path / "physionet/sub-S001/eeg/sub-S001_task-open_eeg.edf"
    target.parent.mkdir(parents=True)
    target.symlink_to(real_data / "physionet-s001/S001R01.edf")
    physionet = run(tmp_path / "physionet", "physionet-out", **options)
    first, second = (open_recordings(result.output) for result in (eegmat, physionet))
    assert first.read(0).ch_names == second.read(0).ch_names == channel_set(("hbn-24",))
    assert first.table["interpolated"].tolist() == ["FC3,FCz,FC4,CP3,CPz,CP4"] * 2 and second.table["interpolated"].tolist() == [""]
    assert first.read(0).data.shape == (24, 62 * 128) and second.read(0).data.shape == (24, 60 * 128)
    assert "T0" in second.read(0).events.value


def test_a_cleaned_real_recording_has_its_power_below_25_hz(real_data, run):
    output = run(real_data / "eegmat", subject=("01",), task=("rest",)).output
    data = open_recordings(output).read(0).data
    power = np.abs(np.fft.rfft(data * np.hanning(data.shape[1]))) ** 2
    frequency = np.fft.rfftfreq(data.shape[1], 1 / 128)
    assert power[:, frequency > 32].sum() / power.sum() < 1e-6
    assert power[:, frequency < 0.05].sum() / power.sum() < 1e-3


def test_a_data_set_that_may_not_be_written_to_is_fine(run, tree):
    folders = [tree, *(path for path in tree.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    before = sorted(tree.rglob("*"))
    try:
        assert run(tree).ok == 3
        assert sorted(tree.rglob("*")) == before
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_derivatives_can_be_cleaned_and_lose_their_desc(run, tmp_path):
    describe(tmp_path / "ds")
    write_edf(tmp_path / "ds/sub-01/eeg/sub-01_task-rest_desc-raw_eeg.edf", noise())
    result = run(tmp_path / "ds", desc="raw")
    assert [path.name for path in result.output.rglob("*.h5")] == ["sub-01_task-rest_desc-clean_eeg.h5"]
    assert find_recordings(tmp_path / "ds", desc="raw")[0].stem == read_table(result.output / "recordings.parquet")["recording"][0]


def test_clipping_and_bad_channels_are_in_the_table_and_in_the_events(run, tmp_path):
    describe(tmp_path / "ds")
    data = np.clip(noise(), -60, 60)
    data[:4, 256:512] = 60.0
    write_set(tmp_path / "ds/sub-01/eeg/sub-01_task-rest_eeg.set", data)
    output = run(tmp_path / "ds").output
    assert open_recordings(output).table["clipped_seconds"].tolist() == [2.0]
    events = read_recording(next(output.rglob("*.h5"))).events
    assert (events.value.tolist(), events.onset.tolist(), events.duration.tolist()) == (["BAD_clipped"], [2.0], [2.0])
