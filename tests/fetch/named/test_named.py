"""`fetch FOLDER --pattern`: files with names of their own become a BIDS data set that is read as the files are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from eegcli import fetch, registry
from eegcli.artifacts.table import read_table
from eegcli.bids.participants import read_participants
from eegcli.bids.reading import read_recording
from eegcli.bids.scan import find_recordings
from eegcli.cli.main import app
from eegcli.errors import InputError, UnavailableError, UsageError
from eegcli.fetch.named import placing
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings
from tests.kit.laboratory import write_cnt, write_gdf, write_mat
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import NAMES, SFREQ, noise, write_edf, write_set, write_vhdr

PATTERN = "{subject}_{task}.*"


def bring(folder: Path, reporter=None, pattern=PATTERN, **wishes):
    settings = FetchSettings(source=str(folder), output=folder.with_name("out"), pattern=pattern, **wishes)
    return fetch.run(settings, reporter=reporter or Silent())


def rows(path: Path) -> list[dict]:
    """Rows of a TSV, split by the test itself."""
    head, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


def readings(root: Path) -> dict:
    return {recording.stem: read_recording(recording) for recording in find_recordings(root)}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two recordings, one with a heart and a trigger, and a note."""
    root = tmp_path / "lab"
    names = (*NAMES[:8], "ECG", "Status")
    for seed, subject in enumerate(("p1", "p2")):
        write_edf(root / f"{subject}_rest.edf", noise(seed=seed), names)
    (root / "notes.txt").write_text("x")
    return root


def test_bytes_are_kept_and_only_eeg_is_called_eeg(folder):
    result = bring(folder)
    assert (result.n_recordings, result.failures) == (2, ())
    out = result.output
    for recording in find_recordings(out):
        assert recording.file.read_bytes() == (folder / f"{recording.subject}_rest.edf").read_bytes()
        channels = rows(recording.file.with_name(f"{recording.stem}_channels.tsv"))
        assert [row["type"] for row in channels] == ["EEG"] * 8 + ["ECG", "TRIG"]
        np.testing.assert_allclose(read_recording(recording).data, noise(seed=int(recording.subject[1]) - 1)[:8], atol=0.02)
    facts = json.loads((out / "sub-p1/eeg/sub-p1_task-rest_eeg.json").read_text())
    assert (facts["TaskName"], facts["EEGChannelCount"], facts["SamplingFrequency"], facts["RecordingDuration"]) == ("rest", 8, 128.0, 20.0)
    assert json.loads((out / "dataset_description.json").read_text())["Name"] == "lab"
    assert read_participants(out)["subject"].tolist() == ["p1", "p2"]
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "p1_rest.edf", "p2_rest.edf"]


@pytest.mark.parametrize(("version", "unit", "factor"), [("2.20", "uV", 1.0), ("1.25", "mV", 1e-3), ("2.20", "nV", 1e3)])
def test_gdf_becomes_brainvision_with_its_units_and_events(tmp_path, version, unit, factor):
    data = noise(4)
    write_gdf(tmp_path / "lab/p1_task.gdf", data * factor, NAMES[:4], 128, version=version, unit=unit, events=[(1.0, 769), (2.5, 770)])
    [(stem, reading)] = readings(bring(tmp_path / "lab").output).items()
    assert stem == "sub-p1_task-task"
    np.testing.assert_allclose(reading.data, data, atol=1e-4)
    assert list(zip(reading.events.onset, reading.events.value, strict=True)) == [(1.0, "769"), (2.5, "770")]
    assert {path.suffix for path in (tmp_path / "out/sub-p1/eeg").glob("*_eeg.*")} == {".vhdr", ".eeg", ".vmrk", ".json"}


def test_a_mat_of_eeglab_becomes_brainvision_with_every_field_of_its_events(tmp_path):
    events = [{"type": "boundary", "latency": 1.5, "duration": 300.0}, {"type": "go", "latency": 129.0, "rt": 0.432, "side": "left"}]
    write_mat(tmp_path / "lab/p1_rest.mat", noise(4), NAMES[:4], SFREQ, events=events)
    out = bring(tmp_path / "lab").output
    np.testing.assert_allclose(readings(out)["sub-p1_task-rest"].data, noise(4), atol=1e-4)
    events = rows(out / "sub-p1/eeg/sub-p1_task-rest_events.tsv")
    assert events[1] == {"onset": "1", "duration": "0", "trial_type": "go", "rt": "0.432", "side": "left"}
    assert (events[0]["trial_type"], events[0]["duration"], events[0]["rt"]) == ("boundary", "0", "n/a")


def test_cnt_becomes_brainvision_with_its_codes_and_bad_channels(tmp_path):
    names = (*NAMES[:3], "VEO")
    write_cnt(tmp_path / "lab/p1_rest.cnt", noise(4), names, 128, events=[(1.0, 5), (2.5, 7)], bad=("F3",))
    out = bring(tmp_path / "lab").output
    [reading] = readings(out).values()
    assert (reading.ch_names[:3], reading.bad_channels) == (NAMES[:3], ("F3",))
    np.testing.assert_allclose(reading.data[:3], noise(4)[:3], atol=0.006)
    assert list(zip(reading.events.onset, reading.events.value, strict=True)) == [(1.0, "5"), (2.5, "7")]
    assert not list(out.rglob("*electrodes*"))  # a drawing of the head is no digitisation


def test_a_cnt_that_cannot_be_read_may_be_of_another_maker_and_says_what_that_needs(tmp_path, monkeypatch):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/p1_rest.cnt").write_bytes(b"RIFF" + b"x" * 2000)
    monkeypatch.setitem(sys.modules, "antio", None)
    with pytest.raises(InputError, match=r"no recording could be brought.*if it is of another maker, reading it needs antio"):
        bring(tmp_path / "lab")


def test_without_the_package_that_writes_brainvision_it_is_named(tmp_path, monkeypatch):
    write_gdf(tmp_path / "lab/p1_rest.gdf", noise(4), NAMES[:4], 128)
    monkeypatch.setitem(sys.modules, "pybv", None)
    with pytest.raises(UnavailableError, match="pybv is not installed"):
        bring(tmp_path / "lab")


def test_fif_becomes_brainvision_on_its_own_clock(tmp_path):
    import mne

    info = mne.create_info([*NAMES[:4], "STI 014"], SFREQ, ["eeg"] * 4 + ["stim"])
    trigger = np.zeros((1, 2560))
    trigger[0, 512:514], trigger[0, 514:520], trigger[0, 1280:] = 3, 4, 9
    raw = mne.io.RawArray(np.vstack([noise(4) * 1e-6, trigger]), info, verbose=False)
    raw.set_annotations(mne.Annotations([5.0], [0.0], ["go"]))
    places = {name: np.array([0.01 * row, 0.05, 0.08]) for row, name in enumerate(NAMES[:4])}
    raw.set_montage(mne.channels.make_dig_montage(places, nasion=[0, 0.1, 0], lpa=[-0.08, 0, 0], rpa=[0.08, 0, 0], coord_frame="head"))
    raw.info["bads"] = ["Fp2"]
    (tmp_path / "lab").mkdir()
    raw.crop(2.0).save(tmp_path / "lab/p1_rest_eeg.fif", verbose=False)  # the data begin 2 s into the measurement
    [reading] = readings(bring(tmp_path / "lab", pattern="{subject:p?}_{task}_eeg.fif").output).values()
    np.testing.assert_allclose(reading.data, noise(4)[:, 256:], atol=1e-4)
    assert (reading.ch_names, reading.bad_channels) == (NAMES[:4], ("Fp2",))
    expected = [(2.0, "3"), (2 + 2 / 128, "4"), (3.0, "go"), (8.0, "9")]  # the trigger channel speaks as well
    assert list(zip(reading.events.onset, reading.events.value, strict=True)) == expected
    channels = rows(tmp_path / "out/sub-p1/eeg/sub-p1_task-rest_channels.tsv")
    assert [(row["type"], row["units"], row["status"]) for row in channels[1:]] == [
        ("EEG", "µV", "bad"),
        ("EEG", "µV", "good"),
        ("EEG", "µV", "good"),
        ("TRIG", "n/a", "good"),
    ]
    [positions] = (tmp_path / "out").rglob("*_electrodes.tsv")  # digitised, and so they stay
    assert positions.name.startswith("sub-p1_task-rest_space-")
    np.testing.assert_allclose([float(row["x"]) for row in rows(positions)], [0.01 * row for row in range(4)], atol=1e-6)


def test_brainvision_and_two_file_eeglab_name_their_new_files_and_keep_their_samples(tmp_path):
    write_vhdr(tmp_path / "lab/p1_rest.vhdr", noise())
    write_mat(tmp_path / "lab/p2_rest.set", noise(4, seed=1), NAMES[:4], SFREQ, samples="p2_rest.fdt")
    write_set(tmp_path / "lab/p3_rest.set", noise(seed=2), events=[(1.0, "go")])
    out = bring(tmp_path / "lab").output
    found = readings(out)
    for stem, expected in (("sub-p1", noise()), ("sub-p2", noise(4, seed=1)), ("sub-p3", noise(seed=2))):
        np.testing.assert_allclose(found[f"{stem}_task-rest"].data, expected, atol=1e-4)
    header = (out / "sub-p1/eeg/sub-p1_task-rest_eeg.vhdr").read_text()
    assert "DataFile=sub-p1_task-rest_eeg.eeg" in header and "MarkerFile=sub-p1_task-rest_eeg.vmrk" in header
    assert (out / "sub-p1/eeg/sub-p1_task-rest_eeg.eeg").read_bytes() == (tmp_path / "lab/p1_rest.eeg").read_bytes()
    assert (out / "sub-p2/eeg/sub-p2_task-rest_eeg.set").read_bytes() == (tmp_path / "lab/p2_rest.set").read_bytes()


def test_every_name_is_said_before_anything_is_written(folder):
    heard = CapturingReporter()
    plan = bring(folder, heard, dry_run=True).data()
    assert plan["files"][1] == {
        "file": "p2_rest.edf",
        "subject": "p2",
        "session": None,
        "task": "rest",
        "acquisition": None,
        "run": None,
        "target": "sub-p2/eeg/sub-p2_task-rest_eeg.edf",
        "converted": False,
    }
    assert (plan["n_recordings"], plan["n_converted"], plan["n_other_files"], plan["unmatched"]) == (2, 0, 1, [])
    assert [list(row)[:3] for row in heard.tables[0].rows] == [["p1_rest.edf", "p1", "rest"], ["p2_rest.edf", "p2", "rest"]]
    assert not folder.with_name("out").exists()


def test_the_command_line_prints_what_it_understood(folder, tmp_path):
    line = ["fetch", str(folder), "--pattern", "{subject}_{}.edf", "--task-label", "rest", "-o", str(tmp_path / "o"), "-n", "--json"]
    result = CliRunner().invoke(app, line, catch_exceptions=False)
    assert [file["target"] for file in json.loads(result.stdout)["data"]["files"]] == [
        "sub-p1/eeg/sub-p1_task-rest_eeg.edf",
        "sub-p2/eeg/sub-p2_task-rest_eeg.edf",
    ]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("p1_eyes_open.edf",), r"p1_eyes_open.edf fits in two ways \(subject p1, task eyes_open; or subject p1_eyes, task open\)"),
        (("p1_rest.edf", "p1_rest.bdf"), "p1_rest.bdf, p1_rest.edf would all be sub-p1_task-rest"),
        (("p-1_rest.edf", "p1_rest.edf"), "the subjects 'p-1' and 'p1' would both become sub-p1"),
        (("P1_rest.edf", "p1_rest.edf"), "the subjects 'P1' and 'p1' would both become"),
        (("--_rest.edf",), "has no letter and no digit"),
        (("notes.txt",), "no recording fits the pattern"),
    ],
)
def test_what_is_ambiguous_is_refused_and_nothing_is_written(tmp_path, names, said):
    for name in names:
        write_edf(tmp_path / "lab" / name, noise(seconds=1))
    with pytest.raises(InputError, match=said):
        bring(tmp_path / "lab")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"pattern": "{subject}.edf"}, "no field is {task}"),
        ({"task_label": "rest"}, "--task-label says the task, and so does"),
        ({"pattern": None, "task_label": "rest"}, "--task-label goes with --pattern"),
    ],
)
def test_the_task_is_said_once(folder, wishes, said):
    with pytest.raises(UsageError, match=said):
        bring(folder, **wishes)


def test_a_run_that_is_no_number_is_refused(folder):
    with pytest.raises(InputError, match="the run 'rest' is no number"):
        bring(folder, pattern="{subject}_{run}.edf", task_label="x")


def test_what_does_not_fit_is_counted_and_said_and_changed_labels_are(folder):
    write_edf(folder / "extra.edf", noise(seconds=1))
    write_edf(folder / "p 3_réc.edf", noise(seed=3))
    heard = CapturingReporter()
    assert bring(folder, heard).n_recordings == 3
    assert any("1 recording does not fit {subject}_{task}.*, left out: extra.edf" in line for line in heard.warnings)
    assert any("'p 3' becomes p3" in line for line in heard.warnings)
    assert any("'réc' becomes rec" in line for line in heard.warnings)
    assert any("1 other file is no recording and left out" in line for line in heard.infos)


def test_a_table_of_participants_is_joined_and_what_fits_nobody_is_named_both_ways(folder, tmp_path):
    (tmp_path / "people.tsv").write_text("participant_id\tage\tsex\nsub-p1\t30\tF\np9\t31\tM\n")
    heard = CapturingReporter()
    table = read_participants(bring(folder, heard, participants=tmp_path / "people.tsv").output)
    assert table["age"].tolist()[0] == 30 and np.isnan(table["age"][1])
    assert table["sex"].tolist() == ["F", None]
    assert any("1 row is about nobody who is here: p9" in line for line in heard.warnings)
    assert any("1 of 2 subjects have no row: p2" in line for line in heard.warnings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("participant_id\tage\n1\t30\n02\t31\n", "1 row fits nobody but for zeros.*1 may be 01"),
        ("participant_id\tage\n01\t30\nsub-01\t31\n", "lines 2 and 3 are both about sub-01 and differ"),
        ("id\tage\n01\t30\n", "no column participant_id"),
        ("participant_id\tage\n77\t30\n", "no row is about any of the 2 subjects"),
    ],
)
def test_a_table_that_nearly_fits_is_refused(tmp_path, text, said):
    for subject in ("01", "02"):
        write_edf(tmp_path / f"lab/{subject}_rest.edf", noise(seconds=1))
    (tmp_path / "people.tsv").write_text(text)
    with pytest.raises(InputError, match=said):
        bring(tmp_path / "lab", participants=tmp_path / "people.tsv")


def test_participants_may_select(folder, tmp_path):
    (tmp_path / "people.tsv").write_text("participant_id\tage\np1\t30\np2\t20\n")
    out = bring(folder, participants=tmp_path / "people.tsv", where="age > 25").output
    assert [recording.subject for recording in find_recordings(out)] == ["p1"]


def test_a_killed_fetch_goes_on_where_it_was_and_leaves_no_half_recording(folder, monkeypatch):
    place = placing.place
    calls = []

    def dying(item, *others):
        calls.append(item.target.subject)
        if len(calls) == 2:
            (others[-1] / "half").mkdir(parents=True)
            raise KeyboardInterrupt
        return place(item, *others)

    monkeypatch.setattr("eegcli.fetch.named.place", dying)
    with pytest.raises(KeyboardInterrupt):
        bring(folder)
    out = folder.with_name("out")
    assert [recording.subject for recording in find_recordings(out)] == ["p1"]
    bring(folder)
    assert calls == ["p1", "p2", "p2"]
    assert [recording.subject for recording in find_recordings(out)] == ["p1", "p2"]
    assert not (out / ".fetch" / "work").exists()
    before = {path: path.lstat().st_mtime_ns for path in out.rglob("*") if path.name != "done.json"}
    bring(folder)
    assert {path: path.lstat().st_mtime_ns for path in out.rglob("*") if path.name != "done.json"} == before


def test_files_that_came_changed_and_went_do_so_in_the_data_set(folder):
    bring(folder)
    write_edf(folder / "p3_rest.edf", noise(seed=5))
    write_edf(folder / "p2_rest.edf", noise(4, seed=6), NAMES[:4])
    (folder / "p1_rest.edf").unlink()
    out = bring(folder).output
    found = readings(out)
    assert sorted(found) == ["sub-p2_task-rest", "sub-p3_task-rest"]
    assert found["sub-p2_task-rest"].ch_names == NAMES[:4]
    assert len(rows(out / "sub-p2/eeg/sub-p2_task-rest_channels.tsv")) == 4
    assert not list((out / "sub-p1/eeg").iterdir())
    assert read_participants(out)["subject"].tolist() == ["p2", "p3"]
    table = read_table(out / "fetch.parquet")
    assert dict(zip(table["path"], table["source"], strict=True))["sub-p3/eeg/sub-p3_task-rest_eeg.edf"] == "p3_rest.edf"


def test_a_file_that_cannot_be_read_costs_itself_and_is_tried_again(folder):
    (folder / "p2_rest.edf").write_bytes((folder / "p2_rest.edf").read_bytes()[:9000])
    result = bring(folder)
    assert [failure.name for failure in result.failures] == ["p2_rest.edf"]
    assert [recording.subject for recording in find_recordings(result.output)] == ["p1"]
    write_edf(folder / "p2_rest.edf", noise(seed=1))
    assert bring(folder).failures == ()
    for path in folder.glob("*.edf"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match="no recording could be brought"):
        bring(folder, pattern="{subject}_{}.edf", task_label="x", force=True)


def test_a_file_without_eeg_by_its_names_comes_without_channels_and_is_said(tmp_path):
    write_edf(tmp_path / "lab/p1_rest.edf", noise(2), ("ECG", "EMG chin"))
    heard = CapturingReporter()
    out = bring(tmp_path / "lab", heard).output
    assert not list(out.rglob("*_channels.tsv"))
    assert any("no EEG channels among" in line and "it has no channels.tsv" in line for line in heard.warnings)


def test_nothing_is_written_through_a_link_that_leads_out(folder, tmp_path):
    out = folder.with_name("out")
    bring(folder)
    (tmp_path / "elsewhere").mkdir()
    for path in sorted((out / "sub-p2").rglob("*"), reverse=True):
        path.unlink() if path.is_symlink() or path.is_file() else path.rmdir()
    (out / "sub-p2").rmdir()
    (out / "sub-p2").symlink_to(tmp_path / "elsewhere")
    result = bring(folder)
    assert [failure.name for failure in result.failures] == ["p2_rest.edf"]
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_output_does_not_lie_in_the_folder(folder):
    with pytest.raises(InputError, match="lies in the folder that is read"):
        fetch.run(FetchSettings(source=str(folder), output=folder / "out", pattern=PATTERN), reporter=Silent())
    assert registry.load("eegcli.fetch.named").default_output(str(folder)) == Path("lab-bids")


def test_real_recordings_are_read_as_they_are(real_data, tmp_path):
    settings = FetchSettings(
        source=str(real_data / "physionet-s001"), output=tmp_path / "out", pattern="{subject:S???}R{run}.edf", task_label="imagery"
    )
    fetch.run(settings, reporter=Silent())
    found = readings(tmp_path / "out")
    assert sorted(found) == [f"sub-S001_task-imagery_run-{run}" for run in ("01", "02", "04", "08")]
    assert all(len(reading.ch_names) == 64 for reading in found.values())
    assert set(found["sub-S001_task-imagery_run-04"].events.value) >= {"T0", "T1", "T2"}
