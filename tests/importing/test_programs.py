"""Files as programs write them: what stands beside the signals is no signal, and what they say of people and events is kept."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas
import pytest

from eegcli import importing
from eegcli.artifacts.windows import Windows, open_windows
from eegcli.errors import InputError
from eegcli.importing import run
from eegcli.settings import ImportSettings
from tests.importing.test_layouts import _eeglab, eeg
from tests.kit.deap import deap
from tests.kit.matlab import write_mat73
from tests.kit.reporters import CapturingReporter

N, N_TIMES = 12, 64


def imported(*paths: Path, reporter: CapturingReporter | None = None, **settings: Any) -> Windows:
    output = paths[0].parent / "made" / f"{paths[0].name}-windows"
    run(ImportSettings(arrays=paths, output=output, **{"sfreq": 128.0, **settings}), reporter=reporter or CapturingReporter())
    return open_windows(output)


def a_row_a_trial() -> np.ndarray:
    return eeg(N, N_TIMES, dtype="f8").round(3)


def a_row_a_sample() -> tuple[np.ndarray, pandas.DataFrame]:
    """Epochs as MNE's `to_data_frame` gives them: a row per sample with its time, condition and epoch."""
    x = eeg(N, 2, N_TIMES, dtype="f8").round(3)
    return x, pandas.DataFrame(
        {
            "time": np.tile(np.arange(N_TIMES) / 128 - 0.2, N),
            "condition": np.repeat(np.arange(N) % 2, N_TIMES),
            "epoch": np.repeat(np.arange(N), N_TIMES),
            "Fz": x[:, 0].ravel(),
            "Cz": x[:, 1].ravel(),
        }
    )


@pytest.mark.parametrize(
    "written",
    [
        {"index": False},  # pandas's own header, 0 to 63, is no trial
        {"index": True},  # nor are the numbers of the rows samples
        {"index": False, "header": False},
        {"index": False, "header": False, "encoding": "utf-8-sig"},  # a first row behind a byte order mark is no header
        {"index": False, "header": [f"{number / 128:.4f}" for number in range(N_TIMES)]},
        {"index": False, "header": [f"s{number}" for number in range(N_TIMES)], "sep": ";", "decimal": ","},
        {"index": False, "header": False, "sep": ";", "decimal": ","},
        {"index": False, "header": [f"s{number}" for number in range(N_TIMES)], "sep": "\t"},
    ],
    ids=lambda written: ",".join(f"{name}={str(value)[:8]}" for name, value in written.items()),
)
def test_a_table_of_text_holds_its_trials_and_nothing_else(written, tmp_path):
    x = a_row_a_trial()
    pandas.DataFrame(x).to_csv(tmp_path / "x.csv", **written)
    assert np.array_equal(imported(tmp_path / "x.csv").x[:, 0], x.astype("f4"))


def test_a_first_row_of_numbers_and_texts_is_asked_about(tmp_path):
    pandas.DataFrame(a_row_a_trial()).assign(y="left").to_csv(tmp_path / "x.csv", index=False, header=False)
    with pytest.raises(InputError, match="nobody can tell whether it is a header"):
        imported(tmp_path / "x.csv")


def test_classes_among_samples_without_a_name_are_asked_about(tmp_path):
    """Without a header nothing tells the last column from a sample, but its values."""
    x, y = a_row_a_trial(), np.arange(N) % 2
    pandas.DataFrame(x).assign(y=y).to_csv(tmp_path / "x.csv", index=False, header=False)
    reporter = CapturingReporter()
    imported(tmp_path / "x.csv", reporter=reporter)
    assert any("column65 holds whole numbers alone" in warning and "--labels-key column65" in warning for warning in reporter.warnings)
    (tmp_path / "again").mkdir()
    (tmp_path / "x.csv").rename(tmp_path / "again" / "x.csv")
    windows = imported(tmp_path / "again" / "x.csv", labels_key=("column65",))
    assert np.array_equal(windows.x[:, 0], x.astype("f4")) and windows.table["column65"].tolist() == y.tolist()


def test_an_age_beside_samples_that_are_counted_is_a_label(tmp_path):
    x = a_row_a_trial()
    frame = pandas.DataFrame(x, columns=[f"s{number}" for number in range(N_TIMES)]).assign(age=np.arange(N) + 20, y=np.arange(N) % 2)
    frame.to_csv(tmp_path / "x.csv", index=False)
    windows = imported(tmp_path / "x.csv")
    assert np.array_equal(windows.x[:, 0], x.astype("f4"))
    assert windows.table["age"].tolist() == list(range(20, 32))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_time_and_a_condition_that_is_a_number_are_no_channels(suffix, tmp_path):
    """A condition among the channels would be learnt from itself, without an error anywhere."""
    x, frame = a_row_a_sample()
    frame.index = np.random.default_rng(0).permutation(len(frame))  # which Parquet stores as a column
    path, reporter = tmp_path / f"x{suffix}", CapturingReporter()
    frame.to_csv(path) if suffix == ".csv" else frame.to_parquet(path)
    windows = imported(path, reporter=reporter)
    assert windows.ch_names == ("Fz", "Cz")
    assert np.array_equal(windows.x, x.astype("f4"))
    assert windows.table["condition"].tolist() == [0, 1] * 6
    said = " ".join(reporter.infos)
    assert "time rises from row to row" in said and "condition stays the same within every trial" in said


def test_a_flat_electrode_is_a_channel_and_so_is_what_is_asked_for(tmp_path):
    _, frame = a_row_a_sample()
    frame.assign(Pz=0.0, trigger=0.0).to_parquet(tmp_path / "x.parquet")
    assert imported(tmp_path / "x.parquet").ch_names == ("Fz", "Cz", "Pz")
    (tmp_path / "again").mkdir()
    frame.assign(Pz=0.0, trigger=0.0).to_parquet(tmp_path / "again" / "x.parquet")
    windows = imported(tmp_path / "again" / "x.parquet", channels=("Cz", "trigger"))
    assert windows.ch_names == ("Cz", "trigger") and "trigger" not in windows.table


def test_spaces_behind_commas_are_no_part_of_names_and_classes(tmp_path):
    """A column " label" was none of labels, but one more sample."""
    x = a_row_a_trial()
    lines = [", ".join([*map(str, row), ["left", "right"][number % 2]]) for number, row in enumerate(x)]
    (tmp_path / "x.csv").write_text("\n".join([", ".join([*(f"s{n}" for n in range(N_TIMES)), "label"]), *lines]) + "\n")
    windows = imported(tmp_path / "x.csv")
    assert np.array_equal(windows.x[:, 0], x.astype("f4")) and windows.table["label"].tolist() == ["left", "right"] * 6


def test_numbers_of_trials_begin_again_with_each_person(tmp_path):
    x, frame = a_row_a_sample()
    frame["epoch"], frame["subject"] = np.tile(np.repeat(np.arange(4), N_TIMES), 3), np.repeat(["a", "b", "c"], 4 * N_TIMES)
    frame.to_csv(tmp_path / "x.csv", index=False)
    windows = imported(tmp_path / "x.csv")
    assert np.array_equal(windows.x, x.astype("f4")) and windows.table["subject"].tolist() == ["a"] * 4 + ["b"] * 4 + ["c"] * 4


def test_two_columns_of_a_name_are_refused(tmp_path):
    _, frame = a_row_a_sample()
    frame.rename(columns={"Cz": "Fz"}).to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(InputError, match="two columns are called 'Fz'"):
        imported(tmp_path / "x.csv")


@pytest.mark.parametrize("said", ["S01", np.array(["S01"]), b"S01"], ids=type)
def test_a_subject_that_one_variable_says_is_that_of_all_trials(said, tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(N, 3, N_TIMES), y=np.arange(N) % 2, subject=said)
    reporter = CapturingReporter()
    assert set(imported(tmp_path / "a.npz", reporter=reporter).table["subject"]) == {"S01"}
    assert not any("nothing says whose" in warning for warning in reporter.warnings)


def test_a_subject_that_cannot_be_read_is_not_passed_over(tmp_path):
    """Python objects, as a column of pandas is: passed over, people would stand on both sides of a split."""
    people = np.array(["S1", "S2"] * 6, dtype=object)
    np.savez(tmp_path / "a.npz", X=eeg(N, 3, N_TIMES), y=np.arange(N) % 2, subject=people)
    with pytest.raises(InputError, match=r"subject holds Python objects.*nobody can tell whose"):
        imported(tmp_path / "a.npz")
    assert set(imported(tmp_path / "a.npz", pattern="{subject}.npz").table["subject"]) == {"a"}


def test_subjects_that_are_called_alike_but_for_zeros_are_named(tmp_path):
    for name, people in (("a", [1, 2] * 6), ("b", ["01", "02"] * 6)):
        np.savez(tmp_path / f"{name}.npz", X=eeg(N, 3, N_TIMES, seed=ord(name)), y=np.arange(N) % 2, subject=people)
    reporter = CapturingReporter()
    imported(tmp_path, reporter=reporter)
    assert any("01 and 1, 02 and 2" in warning for warning in reporter.warnings)


def test_files_of_several_units_are_refused(tmp_path):
    """Microvolts of one person and volts of another: as one unit, all of the other's windows would be flat."""
    for name, factor in (("sub-1", 1.0), ("sub-2", 1e-6)):
        np.savez(tmp_path / f"{name}.npz", X=eeg(N, 3, N_TIMES, dtype="f8") * factor, y=np.arange(N) % 2)
    with pytest.raises(InputError, match=r"sub-2\.npz \(X\): its values look like those in V, of sub-1\.npz \(X\) in uV"):
        imported(tmp_path)
    assert imported(tmp_path, unit="uV").x.shape == (2 * N, 3, N_TIMES)


def test_two_sampling_frequencies_of_a_file_are_told_apart_by_the_option(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(N, 3, N_TIMES), y=np.arange(N) % 2, fs=1000, sfreq=128)
    with pytest.raises(InputError, match="several sampling frequencies are said"):
        imported(tmp_path / "a.npz", sfreq=None)
    assert imported(tmp_path / "a.npz", sfreq=128).sfreq == 128


def test_a_sampling_frequency_in_words_is_asked_for(tmp_path):
    np.savez(tmp_path / "a.npz", X=eeg(N, 3, N_TIMES), y=np.arange(N) % 2, fs="128 Hz")
    with pytest.raises(InputError, match="nothing says the sampling frequency"):
        imported(tmp_path / "a.npz", sfreq=None)


def test_an_identifier_beyond_63_bits_stays_what_it_is(tmp_path):
    people = np.uint64(2**63) + (np.arange(N) % 3).astype(np.uint64)
    np.savez(tmp_path / "a.npz", X=eeg(N, 3, N_TIMES), y=np.arange(N) % 2, subject=people)
    assert imported(tmp_path / "a.npz").table["subject"].tolist() == [str(2**63 + number % 3) for number in range(N)]


@pytest.mark.parametrize("n_channels", [32, 40])
def test_pickles_of_deap_are_known_with_the_channels_that_are_no_eeg_and_without(tmp_path, n_channels):
    deap(tmp_path / "deap", n_participants=1, n_channels=n_channels)
    windows = imported(tmp_path / "deap", sfreq=None)
    assert windows.x.shape == (40, 32, 8064) and windows.sfreq == 128.0
    assert {"valence", "arousal", "dominance", "liking"} <= set(windows.table)


def test_one_hot_classes_of_a_pickle_are_no_ratings_of_deap(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"data": eeg(8, 64, 512), "labels": np.eye(4)[np.arange(8) % 4]}))
    windows = imported(tmp_path / "a.pkl", axes=("trials", "channels", "samples"))
    assert windows.x.shape == (8, 64, 512) and windows.table["labels"].tolist() == [0, 1, 2, 3] * 2


def test_matlab_files_of_other_programs_have_numbers_and_texts_of_their_own_kind(tmp_path):
    x = eeg(N, 3, N_TIMES)
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["X"], file["fs"], file["y"] = x, 128, ["left", "right"] * 6
    with (tmp_path / "a.mat").open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, written by h5py".ljust(124) + b"\0\x02IM")
    windows = imported(tmp_path / "a.mat", sfreq=None, channels=("Fz", "Cz", "Pz"))
    assert np.array_equal(windows.x, x) and windows.table["y"].tolist() == ["left", "right"] * 6


def epochs(path: Path, n: int = N, **more: Any) -> Any:
    import mne

    info = mne.create_info(["Fz", "Cz", "Pz"], 128.0, "eeg")
    info["subject_info"] = {"his_id": more.pop("his_id")} if "his_id" in more else None
    events = np.column_stack([np.arange(n) * 200, np.zeros(n, int), np.arange(n) % 2 + 1])
    made = mne.EpochsArray(
        eeg(n, 3, more.pop("n_times", N_TIMES), dtype="f8") / 1e6, info, events, metadata=more.pop("metadata", None), verbose="error"
    )
    made.save(path, verbose="error", **more)
    return made


def test_parts_of_long_epochs_are_read_once(tmp_path):
    """MNE reads the second part with the first: read by itself, too, its trials would come twice, on both sides of a split."""
    epochs(tmp_path / "long-epo.fif", 300, n_times=1000, split_size="2MB")
    parts = sorted(path.name for path in tmp_path.glob("*.fif"))
    assert len(parts) > 1
    assert len(imported(tmp_path).x) == 300
    first = tmp_path / "long-epo.fif"
    assert len(imported(first).x) == 300
    second = tmp_path / "long-epo-1.fif"
    second.write_bytes(second.read_bytes()[:-4] + b"\0\0\0\1")  # another file, so another input: a finished output is not theirs
    with pytest.raises(InputError, match="another configuration"):
        imported(first)


def test_epochs_say_whose_they_are(tmp_path):
    epochs(tmp_path / "a-epo.fif", his_id="sub-P07")
    assert set(imported(tmp_path / "a-epo.fif", sfreq=None).table["subject"]) == {"P07"}
    epochs(tmp_path / "b-epo.fif", his_id="0")  # as MNE calls everybody whom it makes anonymous
    assert set(imported(tmp_path / "b-epo.fif", sfreq=None).table["subject"]) == {None}


def test_metadata_called_as_columns_of_windows_overwrite_none(tmp_path):
    columns = {"recording": ["r"] * N, "event": ["x"] * N, "onset": np.zeros(N), "participant_id": [f"sub-{n // 6}" for n in range(N)]}
    epochs(tmp_path / "a-epo.fif", metadata=pandas.DataFrame(columns))
    table = imported(tmp_path / "a-epo.fif", sfreq=None).table
    assert set(table["recording"]) == {"a-epo"} and table["event"].tolist() == ["1", "2"] * 6 and table["onset"][1] == 0.5
    assert set(table["label_recording"]) == {"r"} and set(table["label_event"]) == {"x"} and set(table["label_onset"]) == {0}
    assert table["subject"].tolist() == ["0"] * 6 + ["1"] * 6


def eeglab(path: Path, x: np.ndarray, *, data: Any = None, more_events: tuple[dict[str, Any], ...] = (), **more: Any) -> list[str]:
    from scipy.io import savemat

    header, kinds, events, places = _eeglab(x)
    events = [*more_events, *events]
    structures = {"event": np.array([tuple(e.values()) for e in events], dtype=[("type", "O"), ("latency", "O"), ("epoch", "O")])}
    structures["chanlocs"] = np.array([tuple(p.values()) for p in places], dtype=[("labels", "O"), ("type", "O")])
    savemat(path.with_suffix(".mat"), {"EEG": {**header, "data": x.transpose(1, 2, 0) if data is None else data, **structures, **more}})
    path.with_suffix(".mat").rename(path)
    return kinds


def test_a_dat_of_eeglab_holds_one_channel_after_the_other(tmp_path):
    """As EEGLAB writes it, and unlike an .fdt: read as that, channels and samples are mixed up."""
    x = eeg(6, 3, 96)
    eeglab(tmp_path / "a.set", x, data="a.dat")
    x.transpose(1, 0, 2).astype("<f4").tofile(tmp_path / "a.dat")
    assert np.array_equal(imported(tmp_path / "a.set", sfreq=None).x, x)


def test_samples_of_another_data_set_are_refused(tmp_path):
    x = eeg(6, 3, 96)
    eeglab(tmp_path / "a.set", x, data="a.fdt")
    eeg(7, 3, 96).tofile(tmp_path / "a.fdt")
    with pytest.raises(InputError, match=r"a\.fdt: 8,064 bytes, but the header of a\.set says 6,912"):
        imported(tmp_path / "a.set", sfreq=None)


def test_events_of_eeglab_at_one_time_are_all_kept(tmp_path):
    x, reporter = eeg(6, 3, 96), CapturingReporter()
    # Time 0 is the 33rd sample of an epoch. A boundary belongs to no epoch.
    cues = tuple({"type": "cue", "latency": number * 96 + 33.0, "epoch": number + 1.0} for number in range(6))
    boundary = {"type": "boundary", "latency": 0.5, "epoch": np.zeros((0, 0))}
    kinds = eeglab(tmp_path / "a.set", x, more_events=(boundary, *cues))
    assert imported(tmp_path / "a.set", sfreq=None, reporter=reporter).table["event"].tolist() == [f"cue/{kind}" for kind in kinds]
    assert any("several events at their time 0" in info for info in reporter.infos)


def test_eeglab_says_whose_they_are_and_of_which_group(tmp_path):
    eeglab(tmp_path / "a.set", eeg(6, 3, 96), subject="S03", group="control", condition="rest")
    table = imported(tmp_path / "a.set", sfreq=None).table
    assert {name: set(table[name]) for name in ("subject", "group", "condition")} == {
        "subject": {"S03"},
        "group": {"control"},
        "condition": {"rest"},
    }


def fieldtrip(x: np.ndarray, *, as_cells: bool) -> dict[str, Any]:
    n, n_channels, n_times = x.shape
    names = np.array([f"E{number}" for number in range(n_channels)], dtype=object)[:, None]
    times = np.arange(n_times)[None] / 500 - 0.2
    fields = {"label": names, "trialinfo": np.column_stack([np.arange(n) % 2 + 1.0, np.arange(n) / 10])}
    if not as_cells:
        return {**fields, "trial": x.astype("f8"), "time": times, "dimord": "rpt_chan_time"}
    cells = np.empty((2, 1, n), dtype=object)
    for number in range(n):
        cells[0, 0, number], cells[1, 0, number] = x[number].astype("f8"), times
    places = np.column_stack([np.arange(n) * n_times, np.arange(1, n + 1) * n_times]).astype("f8")
    return {**fields, "trial": cells[0], "time": cells[1], "sampleinfo": places}


@pytest.mark.parametrize("version", ["5", "7.3"])
@pytest.mark.parametrize("as_cells", [True, False], ids=["raw", "time-locked"])
def test_trials_of_fieldtrip_are_as_it_says(version, as_cells, tmp_path):
    """With 20 names of channels in a variable called label, an array of 12 x 20 x 64 was taken for 20 trials of 12 channels."""
    from scipy.io import savemat

    x = eeg(12, 20, N_TIMES)
    contents = {"data": fieldtrip(x, as_cells=as_cells), "subject": "S01"}
    savemat(tmp_path / "a.mat", contents) if version == "5" else write_mat73(tmp_path / "a.mat", contents)
    windows = imported(tmp_path / "a.mat", sfreq=None)
    assert np.array_equal(windows.x, x) and windows.sfreq == 500
    assert windows.ch_names == tuple(f"E{number}" for number in range(20))
    assert windows.table["trialinfo_1"].tolist() == [1, 2] * 6 and set(windows.table["subject"]) == {"S01"}
    assert "sampleinfo_1" not in windows.table


def test_trials_of_fieldtrip_that_are_not_equally_long_are_refused(tmp_path):
    from scipy.io import savemat

    fields = fieldtrip(eeg(12, 20, N_TIMES), as_cells=True)
    fields["trial"][0, 3] = fields["trial"][0, 3][:, :-2]
    savemat(tmp_path / "a.mat", {"data": fields})
    with pytest.raises(InputError, match="trials of 62 to 64 samples"):
        imported(tmp_path / "a.mat")


def test_a_file_that_changes_while_it_is_read_makes_no_artifact(tmp_path, monkeypatch):
    """Its windows would be half of the one and half of the other, under the digest of the first."""
    path, write = tmp_path / "a.npy", importing.write_trials
    np.save(path, eeg(20, 3, 64))

    def write_while_another_does(*arguments: Any) -> Any:
        np.save(path, eeg(20, 3, 64, seed=1))
        return write(*arguments)

    monkeypatch.setattr(importing, "write_trials", write_while_another_does)
    settings = ImportSettings(arrays=path, sfreq=128, length=0.5, channels=("Fz", "Cz", "Pz"), output=tmp_path / "windows")
    with pytest.raises(InputError, match=r"a\.npy: changed while it was read"):
        importing.run(settings, reporter=CapturingReporter())
    assert not (tmp_path / "windows" / "done.json").exists()
    monkeypatch.undo()
    importing.run(replace(settings, force=True), reporter=CapturingReporter())
    assert np.array_equal(open_windows(tmp_path / "windows").x, eeg(20, 3, 64, seed=1))
