"""`fetch demo`: a valid BIDS data set in HBN's form, whole, repeatable, resumable."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import mne
import mne_bids
import numpy as np
import pytest

from eegcli import fetch
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, UsageError
from eegcli.fetch.demo.head import CH_NAMES
from eegcli.files.digest import digest_of_file
from eegcli.reporter import Silent
from eegcli.result import DryRun
from eegcli.settings import FetchSettings
from tests.kit.shared import once_for_all_workers

HEALTHY = ["DEMO001", "DEMO002", "DEMO003", "DEMO004"]
VARYING = {"provenance.json"}

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # MNE on `boundary`, as with the real data set


def run(output, **settings):
    return fetch.run(FetchSettings(source="demo", output=output, **({"subjects": 2, "blocks": 1, "jobs": 1} | settings)), reporter=Silent())


def tsv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def digests(root):
    return {
        path.relative_to(root).as_posix(): digest_of_file(path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in VARYING
    }


@pytest.fixture(scope="module")
def hbn(real_data):
    """Sidecars of HBN's first release."""
    with tarfile.open(real_data / "hbn-meta" / "ds005505.tgz") as archive:
        names = ("participants.tsv", "task-RestingState_eeg.json", "task-RestingState_events.json")
        return {name: archive.extractfile(f"ds005505/{name}").read().decode() for name in names}


@pytest.fixture
def two(tmp_path_factory, tmp_path):
    """A copy of a data set of two persons."""
    made = once_for_all_workers(tmp_path_factory, "demo-of-two", lambda folder: run(folder / "demo"))
    return shutil.copytree(made / "demo", tmp_path / "demo")


# --- the data set ---


@pytest.mark.parametrize("label", [*HEALTHY, "DEMOnocues", "DEMOflat", "DEMOunlisted"])
def test_mne_bids_reads_every_recording(demo, label):
    path = mne_bids.BIDSPath(root=demo, subject=label, task="RestingState", datatype="eeg", suffix="eeg", extension=".set")
    assert path.fpath.exists()
    raw = mne_bids.read_raw_bids(path, verbose="error")
    sidecar = json.loads(path.copy().update(extension=".json").fpath.read_text())
    assert tuple(raw.ch_names) == CH_NAMES
    assert raw.info["sfreq"] == 500
    assert raw.info["line_freq"] == 60
    assert raw.n_times / 500 == pytest.approx(sidecar["RecordingDuration"], abs=0.001)
    assert set(raw.get_channel_types()) == {"eeg"}


def test_mne_bids_finds_all_subjects_and_the_task(demo):
    assert set(mne_bids.get_entity_vals(demo, "subject")) == {*HEALTHY, "DEMOnocues", "DEMOflat", "DEMOunlisted", "DEMOtruncated"}
    assert mne_bids.get_entity_vals(demo, "task") == ["RestingState"]
    assert len(mne_bids.find_matching_paths(demo, extensions=".set")) == 8


def test_sex_and_age_reach_mne(demo):
    raw = mne_bids.read_raw_bids(mne_bids.BIDSPath(root=demo, subject="DEMO001", task="RestingState", datatype="eeg"), verbose="error")
    row = next(row for row in tsv(demo / "participants.tsv") if row["participant_id"] == "sub-DEMO001")
    assert raw.info["subject_info"]["sex"] == {"M": 1, "F": 2}[row["sex"]]


def test_the_file_holds_the_signals_in_microvolt(demo, head):
    from eegcli.fetch.demo.cohort import make_person
    from eegcli.fetch.demo.simulation import simulate

    raw = mne.io.read_raw_eeglab(demo / "sub-DEMO002/eeg/sub-DEMO002_task-RestingState_eeg.set", preload=True, verbose="error")
    data, _ = simulate(make_person(1, 0), head, seed=0, blocks=1)
    np.testing.assert_allclose(raw.get_data() * 1e6, data, rtol=1e-5, atol=1e-3)  # float32; other threads add in another order
    assert np.all(raw.get_data(picks="Cz") == 0)


def test_cues_come_after_20_seconds_open_and_40_closed(tmp_path):
    run(tmp_path / "demo", subjects=1, blocks=5)
    rows = tsv(tmp_path / "demo/sub-DEMO001/eeg/sub-DEMO001_task-RestingState_events.tsv")
    values = [row["value"] for row in rows]
    cues = ["instructed_toOpenEyes", "instructed_toCloseEyes"] * 5 + ["instructed_toOpenEyes"]
    assert values[:2] == ["break cnt", "resting_start"]
    assert values[2:13] == cues
    assert values[13] in ("boundary", "break cnt")
    onsets = np.array([float(row["onset"]) for row in rows])
    np.testing.assert_allclose(np.diff(onsets[2:13]), [20, 40] * 5, atol=1e-9)
    assert 4.4 < onsets[13] - onsets[12] < 4.8
    np.testing.assert_allclose(onsets, [float(row["sample"]) / 500 for row in rows], atol=1e-9)
    codes = {"instructed_toOpenEyes": "20", "instructed_toCloseEyes": "30", "resting_start": "90"}
    assert all(row["event_code"] == codes.get(row["value"], row["value"]) for row in rows)
    assert {row["duration"] for row in rows} == {"n/a"}


def test_columns_and_hed_strings_are_those_of_hbn(demo, hbn):
    theirs = hbn["participants.tsv"].splitlines()[0]
    assert (demo / "participants.tsv").read_text().splitlines()[0] == theirs
    ours, public = (
        json.loads(text) for text in ((demo / "task-RestingState_events.json").read_text(), hbn["task-RestingState_events.json"])
    )
    assert list(ours) == list(public)
    for column in public:
        assert ours[column].get("HED") == public[column].get("HED")
        assert list(ours[column].get("Levels", {})) == list(public[column].get("Levels", {}))
    eeg, public = (json.loads(text) for text in ((demo / "task-RestingState_eeg.json").read_text(), hbn["task-RestingState_eeg.json"]))
    assert list(eeg) == list(public)
    for name in ("TaskName", "SamplingFrequency", "PowerLineFrequency", "EEGReference", "RecordingType"):
        assert eeg[name] == public[name]


def test_values_of_participants_are_in_the_range_of_hbn(demo, hbn):
    public = list(csv.DictReader(io.StringIO(hbn["participants.tsv"]), delimiter="\t"))
    for row in tsv(demo / "participants.tsv"):
        assert row["sex"] in "FM"
        for name in ("age", "ehq_total", "p_factor", "attention", "internalizing", "externalizing"):
            values = [float(other[name]) for other in public if other[name] != "n/a"]
            if row[name] != "n/a":
                assert min(values) - 0.8 <= float(row[name]) <= max(values) + 0.8
        assert row["RestingState"] == "available"


def test_our_own_files_are_hidden_from_bids_validators(demo):
    hidden = (demo / ".bidsignore").read_text().split()
    assert {"demo-truth.json", "fetch.parquet", "settings.json", "done.json", "provenance.json"} == set(hidden)
    for path in demo.iterdir():
        known = ("participants.", "task-RestingState_", "sub-", "README", "CHANGES", "dataset_description.json", ".bidsignore")
        assert path.name in hidden or path.name.startswith(known)


def test_every_file_is_in_the_manifest_with_its_size_and_digest(demo):
    table = read_table(demo / "fetch.parquet")
    listed = dict(zip(table["path"], zip(table["bytes"], table["digest"], strict=True), strict=True))
    ours = {"fetch.parquet", "settings.json", "done.json", "provenance.json"}
    there = {path.relative_to(demo).as_posix() for path in demo.rglob("*") if path.is_file()} - ours
    assert set(listed) == there
    assert set(table["status"]) == {"ok"}
    for name, (size, digest) in listed.items():
        assert (demo / name).stat().st_size == size
        assert digest == f"xxh3-128:{digest_of_file(demo / name)}"


# --- the truth ---


def test_the_truth_agrees_with_participants_and_names_bands_places_and_faults(demo):
    truth = json.loads((demo / "demo-truth.json").read_text())
    for row in tsv(demo / "participants.tsv"):
        person = truth["subjects"][row["participant_id"]]
        assert person["sex"] == row["sex"]
        assert person["age"] == pytest.approx(float(row["age"]), abs=1e-3)
    assert truth["effects"]["theta"]["band_hz"] == [6, 8]
    assert truth["effects"]["upper_alpha"]["band_hz"] == [9, 11]
    assert set(truth["effects"]["theta"]["strongest_channels"]) & {"E11", "E24", "E124"}
    assert {person["fault"] for person in truth["subjects"].values()} == {None, "nocues", "truncated", "flat", "unlisted"}
    assert len(truth["sources"]["theta"]["position_mm"]) == 4


# --- the faults ---


def test_the_recording_without_cues_has_none(demo):
    values = {row["value"] for row in tsv(demo / "sub-DEMOnocues/eeg/sub-DEMOnocues_task-RestingState_events.tsv")}
    assert not any(value.startswith("instructed") for value in values)


def test_the_truncated_file_cannot_be_read(demo):
    path = mne_bids.BIDSPath(root=demo, subject="DEMOtruncated", task="RestingState", datatype="eeg")
    with pytest.raises(Exception, match=r".+"):
        mne_bids.read_raw_bids(path, verbose="error").load_data()


def test_the_flat_recording_is_flat_and_the_unlisted_subject_is_in_no_table(demo):
    raw = mne.io.read_raw_eeglab(demo / "sub-DEMOflat/eeg/sub-DEMOflat_task-RestingState_eeg.set", preload=True, verbose="error")
    assert np.all(raw.get_data() == 0)
    assert "sub-DEMOunlisted" not in {row["participant_id"] for row in tsv(demo / "participants.tsv")}
    assert {"sub-DEMOflat", "sub-DEMOnocues", "sub-DEMOtruncated"} <= {row["participant_id"] for row in tsv(demo / "participants.tsv")}


def test_without_the_option_there_is_no_fault(two):
    assert {path.name for path in two.glob("sub-*")} == {"sub-DEMO001", "sub-DEMO002"}


# --- repeatable and resumable ---


def test_bytes_do_not_depend_on_jobs_or_on_the_number_of_subjects(demo, two, tmp_path):
    run(tmp_path / "again", subjects=4, with_faults=True, jobs=2)
    assert digests(tmp_path / "again") == digests(demo)
    few = digests(two)
    assert {name: digest for name, digest in digests(demo).items() if name.startswith(("sub-DEMO001", "sub-DEMO002"))} == {
        name: digest for name, digest in few.items() if name.startswith("sub-")
    }


def test_a_second_run_does_nothing_in_under_a_second_of_cpu(tmp_path):
    first = run(tmp_path / "demo")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "demo").rglob("*") if path.name != "done.json"}
    start = time.process_time()
    assert run(tmp_path / "demo") == first
    assert time.process_time() - start < 1
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "demo").rglob("*") if path.name != "done.json"} == times


def test_a_lost_file_is_made_again_and_no_other(two):
    before = digests(two)
    lost = two / "sub-DEMO002/eeg/sub-DEMO002_task-RestingState_eeg.set"
    kept = two / "sub-DEMO001/eeg/sub-DEMO001_task-RestingState_eeg.set"
    made = kept.stat().st_mtime_ns
    lost.unlink()
    run(two)
    assert digests(two) == before
    assert kept.stat().st_mtime_ns == made


def test_a_killed_run_leaves_only_whole_files_and_resumes_to_the_same_bytes(tmp_path):
    output = tmp_path / "demo"
    code = (
        "from pathlib import Path; from eegcli import fetch; from eegcli.settings import FetchSettings; from eegcli.reporter import Silent\n"
        f"fetch.run(FetchSettings(source='demo', subjects=4, blocks=1, jobs=1, output=Path({str(output)!r})), reporter=Silent())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(fetch.__file__).parents[2], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    deadline = time.monotonic() + 120
    while not list(output.glob("sub-*/eeg/*_eeg.set")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (output / "done.json").exists()
    whole = {path: digest_of_file(path) for path in output.glob("sub-*/eeg/*.set")}
    assert 0 < len(whole) < 4
    run(output, subjects=4, blocks=1)
    run(tmp_path / "undisturbed", subjects=4, blocks=1)
    assert digests(output) == digests(tmp_path / "undisturbed")
    assert all(digest_of_file(path) == digest for path, digest in whole.items())
    assert not list(output.rglob(".*.tmp"))


def test_another_configuration_is_refused_and_named_unless_forced(two):
    with pytest.raises(InputError, match=r"subjects.*2 there, 3 here"):
        run(two, subjects=3)
    with pytest.raises(InputError, match="seed"):
        run(two, seed=1)
    run(two, subjects=1, force=True)
    assert {path.name for path in two.glob("sub-*")} == {"sub-DEMO001"}


def test_a_dry_run_writes_nothing_and_foresees_what_is_written(demo, tmp_path):
    plan = run(tmp_path / "demo", subjects=4, with_faults=True, dry_run=True)
    assert isinstance(plan, DryRun)
    assert not (tmp_path / "demo").exists()
    table = read_table(demo / "fetch.parquet")
    assert plan.data()["n_recordings"] == 8
    assert plan.data()["n_files"] == len(table["path"])
    assert plan.data()["bytes"] == pytest.approx(table["bytes"].sum(), rel=0.1)
    assert plan.data()["seconds"] > 0


def test_the_default_cohort_stays_under_800_megabytes():
    assert fetch.run(FetchSettings(source="demo", with_faults=True, dry_run=True), reporter=Silent()).data()["bytes"] < 800e6


@pytest.mark.parametrize(("settings", "named"), [({"subjects": 0}, "--subjects"), ({"blocks": 0}, "--blocks"), ({"seed": -1}, "--seed")])
@pytest.mark.parametrize("dry_run", [False, True])
def test_impossible_numbers_are_refused(tmp_path, settings, named, dry_run):
    with pytest.raises(UsageError, match=named):
        run(tmp_path / "demo", **settings, dry_run=dry_run)
    assert not (tmp_path / "demo").exists()
