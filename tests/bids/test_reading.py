"""Recordings of every format become microvolts, names and events; broken ones become one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import mne
import numpy as np
import pytest

from eegcli.bids.errors import RecordingError
from eegcli.bids.reading import read_recording
from eegcli.bids.scan import find_recordings
from tests.kit.caps import cap, write_electrodes
from tests.kit.trees import NAMES, SFREQ, describe, make_tree, noise, recording, tsv, write_edf, write_set, write_vhdr

STEP = 1600 / 65535  # µV per step of the EDF writer


@pytest.fixture
def tree(tmp_path) -> Path:
    return make_tree(tmp_path / "ds", ("01",))


def read(root: Path, **options):
    return read_recording(find_recordings(root, **options)[0])


@pytest.mark.parametrize(
    ("writer", "extension", "tolerance"), [(write_edf, ".edf", STEP), (write_set, ".set", 1e-4), (write_vhdr, ".vhdr", 1e-4)]
)
def test_every_format_gives_the_microvolts_that_were_written(tmp_path, writer, extension, tolerance):
    describe(tmp_path)
    data = noise()
    writer(tmp_path / f"sub-01/eeg/sub-01_task-rest_eeg{extension}", data)
    reading = read(tmp_path)
    np.testing.assert_allclose(reading.data, data, atol=tolerance)
    assert reading.ch_names == NAMES and reading.sfreq == SFREQ


@pytest.mark.parametrize("name", ["sub-01_task-rest_eeg.fif", "sub-01_task-rest_desc-clean_eeg.fif", "sub-01_task-rest_desc-clean_raw.fif"])
def test_fif_and_derivatives_are_read_with_events_from_the_first_sample(tmp_path, name):
    describe(tmp_path)
    (tmp_path / "sub-01/eeg").mkdir(parents=True)
    data = noise()
    raw = mne.io.RawArray(data / 1e6, mne.create_info(list(NAMES), SFREQ, "eeg"), verbose="ERROR")
    raw.set_annotations(mne.Annotations([6.0, 12.0], [1.0, 0.0], ["BAD_acq", "go"]))
    raw.crop(tmin=4.0).save(tmp_path / "sub-01/eeg" / name, verbose="ERROR")  # the file begins 4 s after the measurement
    reading = read(tmp_path, desc="clean" if "desc" in name else None)
    np.testing.assert_allclose(reading.data, data[:, round(4 * SFREQ) :], atol=1e-4)
    np.testing.assert_allclose(reading.events.onset, [2.0, 8.0], atol=1e-6)
    assert reading.events.value.tolist() == ["BAD_acq", "go"]


def test_the_real_eeglab_recording_keeps_its_154_events(real_data, tmp_path):
    describe(tmp_path)
    eeg = tmp_path / "sub-01/eeg"
    eeg.mkdir(parents=True)
    shutil.copy(real_data / "eeglab-sample/eeglab_data.set", eeg / "sub-01_task-square_eeg.set")
    shutil.copy(real_data / "eeglab-sample/eeglab_data.fdt", eeg / "eeglab_data.fdt")  # the .set names its .fdt
    assert set(read(tmp_path).ch_names).isdisjoint({"EOG1", "EOG2"})  # nothing states it, but the names say what they are
    names = mne.io.read_raw_eeglab(eeg / "sub-01_task-square_eeg.set", verbose="ERROR").ch_names
    tsv(eeg / "sub-01_task-square_channels.tsv", "name type units\n" + "\n".join(f"{name} EEG uV" for name in names))
    reading = read(tmp_path)
    with np.load(real_data / "asr-oracle/real32_128.npz") as oracle:
        np.testing.assert_allclose(reading.data, oracle["data"], atol=1e-3)
    assert len(reading.events.onset) == 154 and reading.sfreq == 128.0
    assert np.isfinite(reading.positions).all()


def test_eyes_open_and_closed_are_read_from_the_annotations_of_a_real_edf(real_data, tmp_path):
    describe(tmp_path)
    target = tmp_path / "sub-S001/eeg/sub-S001_task-imagery_run-04_eeg.edf"
    target.parent.mkdir(parents=True)
    target.symlink_to(real_data / "physionet-s001/S001R04.edf")
    reading = read(tmp_path)
    assert reading.data.shape == (64, 20000) and reading.sfreq == 160.0
    assert set(reading.events.value) == {"T0", "T1", "T2", "BAD_padding"}
    assert reading.events.onset[-1] == 124.5  # the file's last half second holds zeros
    assert reading.ch_names[:2] == ("Fc5.", "Fc3.")


def test_channels_tsv_decides_what_is_eeg_and_what_is_bad_in_any_order(tree):
    rows = [f"{name} {'MISC' if name == 'O2' else 'EEG'} uV {'bad' if name == 'C3' else 'good'}" for name in reversed(NAMES)]
    tsv(tree / "sub-01/eeg/sub-01_task-rest_channels.tsv", "name type units status\n" + "\n".join(rows))
    reading = read(tree)
    assert reading.ch_names == NAMES[:-1] and reading.bad_channels == ("C3",)
    np.testing.assert_allclose(reading.data, noise()[:-1], atol=STEP)


def test_without_types_all_but_obvious_auxiliaries_are_eeg(tmp_path):
    describe(tmp_path)
    names = (*NAMES[:-1], "ECG ECG")
    write_edf(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.edf", noise(), names)
    assert read(tmp_path).ch_names == NAMES[:-1]
    tsv(
        tmp_path / "sub-01/eeg/sub-01_task-rest_channels.tsv",
        "name type units\n" + "\n".join(f"{n.replace(' ', '_')} n/a n/a" for n in names[:-1]),
    )
    assert read(tmp_path).ch_names == NAMES[:-1]


def test_events_tsv_is_used_and_boundaries_of_the_file_are_kept(tmp_path):
    describe(tmp_path)
    write_set(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set", noise(), events=[(2.0, "trigger"), (5.0, "boundary"), (9.0, "boundary")])
    assert read(tmp_path).events.value.tolist() == ["trigger", "boundary", "boundary"]
    tsv(tmp_path / "sub-01/eeg/sub-01_task-rest_events.tsv", "onset duration value\n1 n/a go\n9 n/a boundary")
    events = read(tmp_path).events
    assert list(zip(events.onset.tolist(), events.value.tolist(), strict=True)) == [(1.0, "go"), (5.0, "boundary"), (9.0, "boundary")]


def test_sidecars_are_inherited_from_above(tree):
    (tree / "task-rest_eeg.json").write_text(json.dumps({"EEGReference": "Cz", "PowerLineFrequency": 60}))
    (tree / "sub-01/sub-01_eeg.json").write_text(json.dumps({"EEGReference": "FCz"}))
    (tree / "task-other_eeg.json").write_text(json.dumps({"EEGReference": "nose"}))
    assert read(tree).reference == "FCz"


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_malformed_sidecar_is_named(tree, text):
    (tree / "task-rest_eeg.json").write_text(text)
    with pytest.raises(RecordingError, match=r"task-rest_eeg.json: not (a )?JSON") as caught:
        read(tree)
    assert caught.value.cause == "sidecar"


def test_a_reading_leaves_no_trace_in_the_data_set(tree, capfd):
    (tree / "task-rest_eeg.json").write_text("{}")
    tsv(tree / "sub-01/eeg/sub-01_space-CapTrak_electrodes.tsv", "name x y z\nFp1 0.1 0.2 0.3")
    (tree / "sub-01/eeg/sub-01_space-CapTrak_coordsystem.json").write_text(
        json.dumps({"EEGCoordinateSystem": "CapTrak", "EEGCoordinateUnits": "m"})
    )
    before = sorted(path.relative_to(tree) for path in tree.rglob("*"))
    read(tree)
    assert sorted(path.relative_to(tree) for path in tree.rglob("*")) == before
    assert capfd.readouterr() == ("", "")


def test_electrodes_tsv_gives_positions_and_a_broken_one_costs_only_them(tree):
    eeg = tree / "sub-01/eeg"
    write_electrodes(eeg, NAMES, cap(NAMES), space="")
    assert np.isfinite(read(tree).positions).all()
    (eeg / "sub-01_coordsystem.json").write_text("{")
    reading = read(tree)
    assert np.isnan(reading.positions).all() and reading.warnings == ("electrodes.tsv is not used: its coordsystem.json is no JSON",)


def test_a_participants_file_that_is_wrong_does_not_stop_a_reading(tree):
    tsv(tree / "participants.tsv", "participant_id sex\nsub-99 F")
    assert read(tree).data.shape[0] == 10
    (tree / "participants.tsv").write_text("nothing like a table")
    assert read(tree).data.shape[0] == 10


def test_the_sex_in_an_edf_header_is_reported(tmp_path):
    assert read(make_tree(tmp_path / "a", ("01",), sex="F")).header_sex == "F"
    assert read(make_tree(tmp_path / "b", ("01",), sex="X")).header_sex is None


@pytest.mark.parametrize(
    ("unit", "scale", "stated", "warned"),
    [
        ("uV", 20.0, "V", True),  # the file knows, and it is said
        ("", 20.0, "uV", False),
        ("", 20e-6, "V", False),
        ("", 0.02, "mV", False),
        ("", 20.0, "n/a", False),
        ("", 20.0, "V", True),  # stated wrongly: 20 V are no EEG
    ],
)
def test_a_unit_that_the_file_lacks_comes_from_channels_tsv(tmp_path, unit, scale, stated, warned):
    describe(tmp_path)
    write_edf(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.edf", noise(scale=scale), unit=unit, span=40 * scale)
    tsv(tmp_path / "sub-01/eeg/sub-01_task-rest_channels.tsv", "name type units\n" + "\n".join(f"{name} EEG {stated}" for name in NAMES))
    reading = read(tmp_path)
    np.testing.assert_allclose(reading.data, noise(scale=20.0), atol=STEP)
    assert bool(reading.warnings) is warned


def test_eeglab_in_volts_is_brought_to_microvolts_if_stated_and_refused_if_not(tmp_path):
    describe(tmp_path)
    write_set(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set", noise() / 1e6)
    with pytest.raises(RecordingError, match="the unit is probably wrong"):
        read(tmp_path)
    tsv(tmp_path / "sub-01/eeg/sub-01_task-rest_channels.tsv", "name type units\n" + "\n".join(f"{name} EEG V" for name in NAMES))
    np.testing.assert_allclose(read(tmp_path).data, noise(), atol=1e-3)


def test_nan_is_named_not_hidden(tmp_path):
    describe(tmp_path)
    data = noise()
    data[3, 100:110] = np.nan
    write_set(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set", data)
    assert read(tmp_path).broken_channels == ("F4",)


def test_saturation_becomes_an_event_with_a_duration(tmp_path):
    describe(tmp_path)
    data = np.clip(noise(), -60, 60)
    data[:4, 256:512] = 60.0
    write_set(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set", data)
    events = read(tmp_path).events
    assert (events.onset.tolist(), events.duration.tolist(), events.value.tolist()) == ([2.0], [2.0], ["BAD_clipped"])


@pytest.mark.parametrize(
    ("spoil", "said", "cause"),
    [
        (lambda path: path.write_bytes(b""), "is empty", "truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "truncated", "truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[:500]), "cannot be read", "truncated"),
        (lambda path: path.write_bytes(b"<html>504</html>" * 100), "cannot be read", "format"),
        (lambda path: write_edf(path, np.zeros((10, 2560))), "every channel is flat", "flat"),
        (lambda path: write_edf(path, noise(2), ("ECG", "EMG chin")), "no EEG channels", "no EEG channels"),
    ],
)
def test_a_broken_edf_is_one_line_with_its_cause(tree, spoil, said, cause):
    spoil(recording(tree, "01"))
    with pytest.raises(RecordingError, match=said) as caught:
        read(tree)
    assert caught.value.cause == cause and "\n" not in caught.value.message


@pytest.mark.parametrize("keep", [0.3, 0.95])
def test_a_truncated_eeglab_file_is_one_line(tmp_path, keep):
    describe(tmp_path)
    path = tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set"
    write_set(path, noise())
    path.write_bytes(path.read_bytes()[: round(keep * path.stat().st_size)])
    with pytest.raises(RecordingError, match="cannot be read") as caught:
        read(tmp_path)
    assert "\n" not in caught.value.message


def test_a_brainvision_file_with_missing_samples_is_refused(tmp_path):
    describe(tmp_path)
    path = tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.vhdr"
    write_vhdr(path, noise())
    path.with_suffix(".eeg").write_bytes(b"")
    with pytest.raises(RecordingError, match="is empty"):
        read(tmp_path)
    path.with_suffix(".eeg").unlink()
    with pytest.raises(RecordingError, match="cannot be read"):
        read(tmp_path)


def test_epoched_files_are_said_to_be_epoched(tmp_path):
    describe(tmp_path)
    write_set(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set", noise(), trials=4)
    with pytest.raises(RecordingError, match="cut into epochs"):
        read(tmp_path)


@pytest.mark.parametrize(("encoding", "said"), [("utf-8-sig", False), ("utf-16", False), ("cp1252", True)])
@pytest.mark.parametrize(("quote", "end"), [("", "\n"), ('"', "\r\n"), ('"', "\r")])
def test_sidecars_in_any_encoding_and_quoting_say_the_same(tmp_path, encoding, said, quote, end):
    def write(kind, rows):
        text = end.join("\t".join(f"{quote}{cell}{quote}" for cell in row.split("|")) for row in rows)
        (tmp_path / f"sub-01/eeg/sub-01_task-rest_{kind}.tsv").write_bytes((text + end).encode(encoding))

    describe(tmp_path)
    write_edf(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.edf", noise())
    write("channels", ["name|type|units|status", *(f"{name}|EEG|µV|{'bad' if name == 'P3' else 'good'}" for name in NAMES)])
    write("events", ["onset|duration|trial_type", "1.5|0|Gerät an", "3.0|n/a|Gerät aus"])
    (tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.json").write_bytes('{"EEGReference": "Größe Cz"}'.encode(encoding))
    reading = read_recording(find_recordings(tmp_path)[0])
    assert list(zip(reading.events.onset, reading.events.value, strict=True)) == [(1.5, "Gerät an"), (3.0, "Gerät aus")]
    assert reading.bad_channels == ("P3",) and reading.reference == "Größe Cz"
    kinds = {warning.partition(" ")[0] for warning in reading.warnings if "not UTF-8" in warning}
    assert kinds == ({"channels.tsv", "events.tsv", "eeg.json"} if said else set())


@pytest.mark.parametrize(
    ("onsets", "said"),
    [((1, 5, 9), None), ((1, 5, 20.5), None), ((1, 5, 25), "events outside the recording"), ((1000, 5000, 9000), "not in seconds")],
)
def test_events_where_nothing_was_recorded_are_said(tmp_path, onsets, said):
    root = make_tree(tmp_path / "ds", ("01",))
    rows = "".join(f"\n{onset} 0 cue" for onset in onsets)
    tsv(root / "sub-01/eeg/sub-01_task-rest_events.tsv", f"onset duration trial_type{rows}")
    warnings = " ".join(read_recording(find_recordings(root)[0]).warnings)
    assert said in warnings if said else "outside" not in warnings


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"SamplingFrequency": SFREQ, "RecordingDuration": 20}, ""),
        ({"SamplingFrequency": SFREQ, "RecordingDuration": 20.4}, ""),
        ({"SamplingFrequency": 2 * SFREQ}, "another SamplingFrequency"),
        ({"RecordingDuration": 99}, "another RecordingDuration"),
        ({"SamplingFrequency": "n/a"}, ""),
    ],
)
def test_figures_of_eeg_json_that_are_not_the_file_s_are_said(tmp_path, stated, said):
    root = make_tree(tmp_path / "ds", ("01",))
    (root / "sub-01/eeg/sub-01_task-rest_eeg.json").write_text(json.dumps(stated))
    reading = read_recording(find_recordings(root)[0])
    assert reading.sfreq == SFREQ
    assert said in " ".join(reading.warnings) if said else not reading.warnings
