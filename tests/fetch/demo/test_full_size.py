"""`fetch demo --full-size --artifacts`: recordings as large as HBN's, and a true table of what is wrong with them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import mne
import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt, welch

from eegcli import fetch
from eegcli.artifacts.table import read_table
from eegcli.bids.scan import find_recordings
from eegcli.fetch.demo.cohort import make_cohort, make_person
from eegcli.fetch.demo.disturbance import bad_channels, disturb, undisturbed
from eegcli.fetch.demo.head import CH_NAMES, FULL_NAMES, make_head
from eegcli.fetch.demo.paradigm import make_course
from eegcli.fetch.demo.simulation import simulate
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # MNE on `boundary`, as with the real data set
STEM = "sub-DEMO001/eeg/sub-DEMO001_task-RestingState"


def run(output: Path, **settings: object) -> Path:
    asked = {"subjects": 1, "blocks": 1, "jobs": 1, "artifacts": True} | settings
    fetch.run(FetchSettings(source="demo", output=output, **asked), reporter=Silent())
    return output


@pytest.fixture
def full(full_size_demo) -> Path:
    return full_size_demo


@pytest.fixture
def table(full) -> list[dict[str, str]]:
    with (full / f"{STEM}_artifacts.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def parts(head) -> tuple[np.ndarray, np.ndarray, list]:
    """A recording of the small cap without and with artifacts, and what was added."""
    person = make_person(0, 0)
    clean, course = simulate(undisturbed(person), head, seed=0, blocks=1)
    data = clean.copy()
    return clean, data, disturb(data, person, head, course, seed=0)


def test_five_blocks_make_a_recording_of_hbn_s_size():
    data, _ = simulate(undisturbed(make_person(0, 0)), make_head(FULL_NAMES), seed=0, blocks=5, full_size=True)
    assert data.shape == (129, 360 * 500) and data.dtype == np.float32
    assert np.isfinite(data).all() and not data[-1].any()


def test_hbn_s_course_fills_360_seconds_in_everyone():
    people = make_cohort(16, 0)
    assert len({person.ends_with_break for person in people}) == 2
    for person in people:
        course = make_course(person, 5, np.random.default_rng(person.index), full_size=True)
        cues = [event for event in course.events if event.value.startswith("instructed")]
        assert course.n_times == 180_000 and cues[0].sample / 500 > 40  # HBN waits that long
        np.testing.assert_allclose(np.diff([event.sample / 500 for event in cues]), [20, 40] * 5)


def test_mne_reads_it_as_the_whole_net(full):
    raw = mne.io.read_raw_eeglab(full / f"{STEM}_eeg.set", preload=True, verbose="error")
    assert raw.ch_names == [*(f"E{n}" for n in range(1, 129)), "Cz"] and raw.info["sfreq"] == 500
    assert raw.times[-1] == pytest.approx(180, abs=0.01)  # two blocks of 60 s, and 60 s outside
    net = mne.channels.make_standard_montage("GSN-HydroCel-129").get_positions()["ch_pos"]
    ours = raw.get_montage().get_positions()["ch_pos"]
    # The reader fits its own head to the positions, so angles between electrodes are compared, not places.
    for one, other in (("E1", "E128"), ("E22", "E70"), ("E57", "E100"), ("E11", "Cz")):
        assert np.linalg.norm(ours[one] - ours[other]) == pytest.approx(np.linalg.norm(net[one] - net[other]), rel=0.25)
    sidecar = json.loads((full / f"{STEM}_eeg.json").read_text())
    assert sidecar["EEGChannelCount"] == 129
    assert len((full / f"{STEM}_channels.tsv").read_text().splitlines()) == 130


def test_the_table_of_artifacts_is_no_recording_and_is_in_the_manifest(full):
    assert [recording.stem for recording in find_recordings(full)] == ["sub-DEMO001_task-RestingState"]
    assert f"{STEM}_artifacts.tsv" in read_table(full / "fetch.parquet")["path"].tolist()
    assert "*_artifacts.tsv" in (full / ".bidsignore").read_text().split()


def test_the_dry_run_foresees_size_and_files(full):
    plan = fetch.run(
        FetchSettings(source="demo", subjects=1, blocks=2, full_size=True, artifacts=True, dry_run=True), reporter=Silent()
    ).data()
    manifest = read_table(full / "fetch.parquet")
    assert plan["n_files"] == len(manifest["path"]) and plan["bytes"] == pytest.approx(manifest["bytes"].sum(), rel=0.02)


def test_the_truth_and_the_table_name_the_same_bad_channels_of_every_kind(full, table):
    truth = json.loads((full / "demo-truth.json").read_text())["subjects"]["sub-DEMO001"]
    assert {row["channel"]: row["kind"] for row in table if row["kind"].startswith("bad-")} == {
        name: f"bad-{kind}" for name, kind in truth["bad_channels"].items()
    }
    assert sorted(truth["bad_channels"].values()) == sorted(["flat", "noisy", "loose", "line"] * 2)
    assert not {"E57", "E100", "Cz"} & set(truth["bad_channels"])
    assert all(float(row["duration"]) == 180 for row in table if row["kind"].startswith("bad-"))


def test_a_bad_channel_is_what_its_kind_says(full, table):
    data = mne.io.read_raw_eeglab(full / f"{STEM}_eeg.set", preload=True, verbose="error").get_data() * 1e6
    bad = {row["channel"]: row["kind"] for row in table if row["kind"].startswith("bad-")}
    good = [row for row, name in enumerate(FULL_NAMES[:-1]) if name not in bad][::6]
    freqs, density = welch(data[good], 500, nperseg=1000)
    for name, kind in bad.items():
        row = FULL_NAMES.index(name)
        if kind == "bad-flat":
            assert not data[row].any()
        elif kind == "bad-loose":
            band = butter(2, (1, 25), "bandpass", fs=500, output="sos")
            filtered = sosfiltfilt(band, data[[row, *good]])
            assert np.abs(np.corrcoef(filtered)[0, 1:]).max() < 0.3
        else:
            low, high = (100, 200) if kind == "bad-noisy" else (59.5, 60.5)
            inside = (freqs >= low) & (freqs <= high)
            ours = welch(data[row], 500, nperseg=1000)[1]
            assert ours[inside].mean() > 30 * np.median(density[:, inside].mean(axis=1))


def test_outside_the_stretches_of_the_table_nothing_was_added(parts):
    clean, data, found = parts
    channels = [row for row, name in enumerate(CH_NAMES) if name not in {a.channel for a in found if a.kind.startswith("bad-")}]
    touched = np.zeros(data.shape[1], bool)
    for artifact in found:
        if not artifact.kind.startswith("bad-"):
            touched[artifact.start : artifact.start + artifact.n_times] = True
    assert 0.02 < touched.mean() < 0.6
    np.testing.assert_array_equal(data[channels][:, ~touched], clean[channels][:, ~touched])
    assert np.abs(data[channels] - clean[channels])[:, touched].max() > 100
    assert not data[-1].any()  # the reference stays the reference


def test_every_stretch_adds_its_peak_at_its_channel(parts):
    clean, data, found = parts
    added = data - clean
    bursts = [a for a in found if not a.kind.startswith("bad-")]
    bad = {a.channel for a in found if a.kind.startswith("bad-")}
    assert {a.kind for a in found} >= {"blink", "muscle", "movement", "bad-flat"}
    for one in bursts:
        alone = not any(o is not one and o.start < one.start + one.n_times and one.start < o.start + o.n_times for o in bursts)
        if alone and one.channel not in bad:
            stretch = added[CH_NAMES.index(one.channel), one.start : one.start + one.n_times]
            assert np.abs(stretch).max() == pytest.approx(one.peak, abs=0.1)
    span = {"blink": (40, 250), "muscle": (99, 301), "movement": (299, 1501)}
    assert all(span[a.kind][0] <= a.peak <= span[a.kind][1] for a in bursts)


def test_muscle_is_fast_and_movements_are_slow(head, parts):
    clean, data, found = parts
    for artifact in found:
        if artifact.kind in ("muscle", "movement"):
            part = (data - clean)[CH_NAMES.index(artifact.channel), artifact.start : artifact.start + artifact.n_times]
            power = np.abs(np.fft.rfft(part)) ** 2
            centre = (power * np.fft.rfftfreq(len(part), 1 / 500)).sum() / power.sum()
            assert centre > 20 if artifact.kind == "muscle" else centre < 10


def test_bad_channels_cannot_tell_sex():
    people = make_cohort(40, 3)
    for names in (CH_NAMES, FULL_NAMES):
        kinds = {
            sex: sorted(kind for person in people if person.sex == sex for kind in bad_channels(person, names, seed=3).values())
            for sex in "FM"
        }
        assert kinds["F"] == kinds["M"]


def test_bytes_depend_on_neither_jobs_nor_the_number_of_subjects(tmp_path):
    one = run(tmp_path / "one", subjects=1)
    two = run(tmp_path / "two", subjects=3, jobs=2)
    for path in (one / "sub-DEMO001").rglob("*.*"):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


def test_the_flat_recording_has_no_artifacts(tmp_path):
    output = run(tmp_path / "demo", with_faults=True)
    assert len((output / "sub-DEMOflat/eeg/sub-DEMOflat_task-RestingState_artifacts.tsv").read_text().splitlines()) == 1
    assert json.loads((output / "demo-truth.json").read_text())["subjects"]["sub-DEMOflat"]["bad_channels"] == {}


@pytest.mark.parametrize("n_channels", [28, 129])
def test_the_noise_of_electrodes_is_the_same_however_many_are_made_at_once(monkeypatch, n_channels):
    from eegcli.fetch.demo import simulation

    person = make_person(0, 0)
    whole = simulation._electrodes(person, n_channels, 5000, np.random.default_rng(1))
    monkeypatch.setattr(simulation, "CHANNELS_AT_ONCE", 7)
    assert whole.tobytes() == simulation._electrodes(person, n_channels, 5000, np.random.default_rng(1)).tobytes()
