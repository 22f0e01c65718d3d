"""Inputs that are no EEG never reach the reference; what is taken, and why not, is said once and stands in the table."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eegcli import epoch
from eegcli.artifacts.contents import CHECKSUM, sealed
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.describe import describe as facts_of
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings
from tests.kit.trees import NAMES, describe, make_tree, noise, recording, tsv, write_edf, write_set, write_vhdr

SFREQ = 128.0
TIME = np.arange(2560) / SFREQ


def wandering(seed: int = 1) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).standard_normal(2560)) * 50


def pulses() -> np.ndarray:
    return 400.0 * (TIME % 2.0 < 0.1)


INPUTS = {
    "01": (("POL E", "POL X1", "POL DC01"), np.vstack([wandering(1), wandering(2), wandering(3)])),
    "02": (("DIG DTRIG",), pulses()),
    "03": (("Event marker",), pulses()),
    "04": (("SCL",), np.full(2560, 30.0) + TIME),
    "05": (("EEG Quux",), pulses()),  # only its values tell
}


@pytest.fixture
def tree(tmp_path):
    describe(tmp_path / "ds")
    for subject, (names, values) in INPUTS.items():
        path = recording(tmp_path / "ds", subject)
        write_edf(path, np.vstack([noise(), values]), (*(f"EEG {name}-Ref" for name in NAMES), *names), span=5000.0)
    return tmp_path / "ds"


def alone(tmp_path, run):
    """The same recordings without the other inputs."""
    describe(tmp_path / "alone")
    for subject in INPUTS:
        write_edf(recording(tmp_path / "alone", subject), noise(), tuple(f"EEG {name}-Ref" for name in NAMES), span=5000.0)
    return open_recordings(run(tmp_path / "alone", "other").output)


def test_every_signal_is_that_of_the_electrodes_alone(run, tree, tmp_path):
    cleaned, right = open_recordings(run(tree).output), alone(tmp_path, run)
    for row in range(len(INPUTS)):
        assert cleaned.read(row).ch_names == NAMES
        np.testing.assert_array_equal(cleaned.read(row).data, right.read(row).data)


def test_what_is_taken_and_why_not_is_said_once_and_stands_in_the_table(run, tree, heard):
    table = read_table(run(tree).output / "recordings.parquet")
    assert (
        table["not_eeg"][0] == "POL E (POL, where electrodes are EEG), POL X1 (POL, where electrodes are EEG), POL DC01 (misc by its name)"
    )
    assert table["not_eeg"][4] == "EEG Quux (changes in steps, as a trigger does)"
    (line,) = [info for info in heard.infos if info.startswith("EEG in")]
    assert line.startswith("EEG in 5 of 5 recordings: 10 channels (EEG Fp1-Ref, ") and "SCL (gsr by its name; 1 recording)" in line
    assert heard.warnings[0] == "left out, as the values are no EEG's: EEG Quux (changes in steps) (1 of 5 recordings)"


def test_info_says_the_same_of_names_without_reading_signals(tree):
    facts = facts_of(tree)
    assert list(facts["eeg_channels"]) == [
        f"10: {', '.join(f'EEG {name}-Ref' for name in NAMES[:6])}, ...",
        "11: " + ", ".join(f"EEG {name}-Ref" for name in NAMES[:6]) + ", ...",
    ]
    assert facts["not_eeg"]["SCL (gsr by its name)"] == 1


def test_info_takes_types_from_channels_tsv_of_recordings_that_are_not_fetched(tree):
    path = recording(tree, "04")
    path.unlink()
    path.symlink_to("../../.git/annex/objects/a/b/SHA256E-s100--abc.edf/SHA256E-s100--abc.edf")
    tsv(path.with_name("sub-04_task-rest_channels.tsv"), "name type\nFz EEG\nCz EEG\nA1 MISC")
    assert facts_of(tree)["not_eeg"]["A1 (MISC in channels.tsv)"] == 1


def test_the_user_s_word_goes_before_everything(run, tree, heard):
    table = read_table(run(tree, not_eeg=("Fp1", "*O2*"), eeg_channels=("SCL",)).output / "recordings.parquet")
    assert table["n_channels"].tolist() == [8, 8, 8, 9, 8]
    assert table["ch_names"][3].split(",") == [*NAMES[1:-1], "SCL"]
    assert "no channel fits SCL, of --eeg-channels or --not-eeg (4 of 5 recordings)" in heard.warnings


@pytest.mark.parametrize("setting", ["eeg_channels", "not_eeg"])
def test_a_name_that_fits_no_recording_is_refused_before_anything_is_written(run, tree, tmp_path, setting):
    with pytest.raises(InputError, match=r"no recording has a channel Fp9, of --eeg-channels or --not-eeg") as caught:
        run(tree, **{setting: ("Fp9", "Fp1")})
    assert "EEG Fp1-Ref" in str(caught.value.hint) and not (tmp_path / "out").exists()


def test_a_channel_that_only_the_file_has_is_known(run, tree):
    sidecar = recording(tree, "03").with_name("sub-03_task-rest_channels.tsv")
    sidecar.write_text("name\ttype\n" + "".join(f"EEG {name}-Ref\tEEG\n" for name in NAMES))
    assert run(tree, subject=("03",), not_eeg=("Event*",)).ok == 1


def test_what_is_not_asked_for_leaves_the_digest_of_a_recording_as_it_is(run, tree):
    plain, asked = (
        read_table(run(tree, name, **more).output / "recordings.parquet") for name, more in (("a", {}), ("b", {"not_eeg": ("Fp1",)}))
    )
    assert not set(plain["digest"]) & set(asked["digest"])
    assert read_table(run(tree, "c").output / "recordings.parquet")["digest"].tolist() == plain["digest"].tolist()


@pytest.mark.parametrize(("writer", "extension"), [(write_set, ".set"), (write_vhdr, ".vhdr")])
def test_other_formats_are_read_by_the_same_rule(run, tmp_path, writer, extension):
    describe(tmp_path / "ds")
    writer(recording(tmp_path / "ds", "01", extension), np.vstack([noise(), pulses(), wandering() * 100]), (*NAMES, "SCL", "Ch12"))
    recordings = open_recordings(run(tmp_path / "ds").output)
    assert recordings.read(0).ch_names == NAMES
    assert recordings.table["not_eeg"][0].startswith("SCL (gsr by its name), Ch12 (")


def test_an_electrode_that_records_something_else_stays_out_of_the_average(run, tmp_path, heard):
    describe(tmp_path / "ds")
    write_set(recording(tmp_path / "ds", "01", ".set"), np.vstack([noise(), wandering() * 100]), (*NAMES, "Pz"))
    one = open_recordings(run(tmp_path / "ds").output)
    assert one.table["bad_channels"][0] == "Pz" and one.table["n_bad_channels"][0] == 1
    np.testing.assert_allclose(one.read(0).data[:10].mean(axis=0), 0, atol=1e-3)
    assert "marked bad, as the values are no EEG's: Pz (an amplitude far from the others') (1 of 1 recording)" in heard.warnings


def test_an_input_that_is_called_eeg_does_not_say_that_the_amplifier_saturated(run, tmp_path):
    describe(tmp_path / "ds")
    path = recording(tmp_path / "ds", "01")
    write_edf(path, np.vstack([noise(8), pulses()]), (*NAMES[:8], "Trig"))
    tsv(path.with_name("sub-01_task-rest_channels.tsv"), "name type\n" + "\n".join(f"{name} EEG" for name in (*NAMES[:8], "Trig")))
    table = open_recordings(run(tmp_path / "ds").output).table
    assert (table["clipped_seconds"][0], table["bad_channels"][0]) == (0, "Trig")


def test_what_channels_tsv_calls_eeg_against_its_name_is_believed_and_said(run, tmp_path, heard):
    describe(tmp_path / "ds")
    path = recording(tmp_path / "ds", "01")
    write_edf(path, noise(11), (*NAMES, "ECG"))
    tsv(path.with_name("sub-01_task-rest_channels.tsv"), "name type\n" + "\n".join(f"{name} EEG" for name in (*NAMES, "ECG")))
    assert open_recordings(run(tmp_path / "ds").output).table["n_channels"][0] == 11
    assert heard.warnings[0].startswith("channels.tsv calls EEG what has the name of another input, and is believed: ECG (ecg)")


@pytest.mark.parametrize(
    ("unit", "scale", "said"),
    [("V", 1e-6, "times 1e+06: --unit V"), ("mV", 1e-3, "times 1000: --unit mV"), ("nV", 1e3, "--unit nV multiplies them by 0.001")],
)
def test_another_unit_is_said_with_its_factor_and_mended_by_the_setting(run, tmp_path, heard, unit, scale, said):
    describe(tmp_path / "ds")
    for seed, subject in enumerate(("01", "02")):
        write_set(recording(tmp_path / "ds", subject, ".set"), noise(seed=seed) * scale)
    if unit == "nV":  # within what a single recording may be
        run(tmp_path / "ds", "wrong")
        assert any(said in warning for warning in heard.warnings)
    else:
        with pytest.raises(InputError, match=r"every recording failed \(unit: 2\)") as caught:
            run(tmp_path / "ds", "wrong")
        assert said in caught.value.message.replace("1e+06", "1e+06")
    heard.warnings.clear()
    table = read_table(run(tmp_path / "ds", unit=unit).output / "recordings.parquet")
    np.testing.assert_allclose(table["raw_amplitude"], 20.0, rtol=0.1)
    assert not heard.warnings


def test_one_recording_in_another_unit_than_the_others_is_named(run, tmp_path, heard):
    describe(tmp_path / "ds")
    for seed, subject in enumerate(("01", "02", "03")):
        write_set(recording(tmp_path / "ds", subject, ".set"), noise(seed=seed) * (1000 if seed == 2 else 1))
    run(tmp_path / "ds")
    assert any(warning.endswith("less than a 300th: sub-03_task-rest") for warning in heard.warnings)


def test_one_channel_is_not_average_referenced(run, tmp_path, heard):
    describe(tmp_path / "ds")
    write_edf(recording(tmp_path / "ds", "01"), noise(1), ("Fp1",))
    write_edf(recording(tmp_path / "ds", "02"), noise(2), ("Fp1", "Fp2"))
    result = run(tmp_path / "ds")
    assert (result.ok, result.causes) == (1, {"one channel": 1})
    assert "nothing would be left of Fp1, the only channel. Take a recipe without" in result.failures[0].error
    assert "mirror image" in " ".join(heard.warnings)
    with pytest.raises(InputError, match="one channel: 1"):
        run(tmp_path / "ds", "only", subject=("01",))


def test_measures_go_on_to_the_windows(run, tmp_path):
    recordings = run(make_tree(tmp_path / "ds", ("01", "02"))).output
    table = read_table(recordings / "recordings.parquet")
    assert np.isfinite(table["raw_muscle"]).all() and np.isnan(table["heart_rate"]).all() and table["n_bad_channels"].tolist() == [0, 0]
    windows = open_windows(epoch.run(EpochSettings(recordings=(recordings,), output=tmp_path / "windows"), reporter=Silent()).output)
    for row, subject in enumerate(table["subject"]):
        here = windows.table["subject"] == subject
        for name in ("raw_seconds", "raw_amplitude", "raw_drift", "raw_line_noise", "raw_muscle", "heart_rate", "n_bad_channels"):
            np.testing.assert_array_equal(windows.table[name][here], table[name][row])


def test_measures_are_missing_where_a_recording_was_cleaned_before_they_were_taken(run, tmp_path):
    tree = make_tree(tmp_path / "ds", ("01", "02"))
    output = run(tree).output
    sidecar = output / "sub-01/eeg/sub-01_task-rest_desc-clean_eeg.json"
    older = json.loads(sidecar.read_text())
    for name in ("not_eeg", "raw_muscle", "n_bad_channels"):
        del older["Row"][name]
    sidecar.write_text(json.dumps(sealed({name: value for name, value in older.items() if name != CHECKSUM})))
    (output / "done.json").unlink()
    assert run(tree).skipped == 2
    table = read_table(output / "recordings.parquet")
    assert np.isnan(table["raw_muscle"]).tolist() == [True, False] and table["not_eeg"].tolist() == [None, ""]


def test_the_heart_rate_of_an_ecg_channel_is_measured(run, real_data):
    table = read_table(run(real_data / "eegmat", subject=("00",)).output / "recordings.parquet")
    assert table["heart_rate"] == pytest.approx([100, 76], rel=0.02)  # arithmetic, rest: as mne.preprocessing.find_ecg_events counts them
    assert table["not_eeg"][0] == "EEG A2-A1 (MISC in channels.tsv), ECG ECG (ECG in channels.tsv)"
