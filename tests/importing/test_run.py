"""The stage: what is guessed and said, whose trials they are, sets that came with the data, and everything that follows an import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from eegcli.artifacts.explanation import open_explanation
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from tests.importing.test_layouts import eeg, four_npz_of_bci_iii_iiib, mat73_triple_of_hbn, python2_pickle
from tests.kit.commands import eegcli
from tests.kit.fixtures import one_thread  # noqa: F401
from tests.kit.statistics import slow

NAMES = ("Fz", "Cz", "Pz")
KNOWN = ("--sfreq", 128, "--channels", ",".join(NAMES))


def npz(path: Path, x: np.ndarray, **others: Any) -> Path:
    np.savez(path, X=x, **others)
    return path


def told(n: int = 60, **others: Any) -> np.ndarray:
    """Trials of two classes that differ in the power of 10 Hz."""
    x = eeg(n, 3, 128, dtype="f8")
    x[1::2] += 60 * np.sin(2 * np.pi * 10 * np.arange(128) / 128)
    return x


# -- unit -----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "unit"), [(1.0, "µV"), (1e-6, "V"), (1e-3, "mV"), (1e3, "nV")])
def test_the_unit_is_guessed_from_the_spread_and_said(factor, unit, tmp_path):
    x = eeg(12, 3, 128, dtype="f8")
    npz(tmp_path / "a.npz", x * factor)
    done = eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    assert f"are taken for {unit}" in done.stderr and "--unit" in done.stderr
    windows = open_windows(tmp_path / "a-windows")
    assert windows.units == "uV"
    np.testing.assert_allclose(windows.x, x, rtol=1e-6)


@pytest.mark.parametrize(
    "made",
    [lambda x: x / 20.0, lambda x: x / 40.0, lambda x: x / 11.0, lambda x: (x - x.min()) / np.ptp(x)],
    ids=["1", "0.5", "2", "0 to 1"],
)
def test_what_was_standardised_is_never_called_microvolts(made, tmp_path):
    x = made(eeg(12, 3, 128, dtype="f8"))
    npz(tmp_path / "a.npz", x)
    done = eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    assert "arbitrary units" in done.stderr
    windows = open_windows(tmp_path / "a-windows")
    assert windows.units == "arbitrary" and "arbitrary" in repr(windows)
    np.testing.assert_allclose(windows.x, x, rtol=1e-6)


def test_a_spread_of_no_unit_is_asked_for_and_a_stated_one_believed(tmp_path):
    npz(tmp_path / "a.npz", eeg(12, 3, 128, dtype="f8") * 1e9)
    done = eegcli("import", "a.npz", *KNOWN, cwd=tmp_path)
    assert done.returncode == 3 and "--unit" in done.stderr
    npz(tmp_path / "b.npz", eeg(12, 3, 128, dtype="f8") / 20)
    done = eegcli("import", "b.npz", *KNOWN, "--unit", "mV", cwd=tmp_path, check=True)
    np.testing.assert_allclose(open_windows(tmp_path / "b-windows").x, eeg(12, 3, 128, dtype="f8") * 50, rtol=1e-5)
    assert "taken for" not in done.stderr


def test_no_later_command_calls_arbitrary_units_microvolts(tmp_path):
    npz(tmp_path / "a.npz", told() / 20, y=np.arange(60) % 2, subject=np.repeat(np.arange(12), 5))
    eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    assert json.loads(eegcli("info", "a-windows", "--json", cwd=tmp_path, check=True).stdout)["data"]["units"] == "arbitrary"
    eegcli("train", "a-windows", "--arch", "logistic", "--target", "y", "-o", "run", cwd=tmp_path, check=True)
    assert json.loads((tmp_path / "run" / "model.json").read_text())["units"] == "arbitrary"
    eegcli("explain", "run", "--n-windows", 4, cwd=tmp_path, check=True)
    explanation = open_explanation(tmp_path / "run")
    assert (explanation.input_units, explanation.units_of("saliency")) == ("arbitrary", "class output per arbitrary")
    with h5py.File(tmp_path / "run" / "explanation" / "explanation.h5") as file:
        assert (file.attrs["input_units"], file.attrs["attribution_units"]) == (b"arbitrary", b"class output per arbitrary")
    npz(tmp_path / "b.npz", told(), y=np.arange(60) % 2, subject=np.repeat(np.arange(12), 5))
    eegcli("import", "b.npz", *KNOWN, cwd=tmp_path, check=True)
    other = eegcli("evaluate", "run", "--windows", "b-windows", cwd=tmp_path)
    assert other.returncode == 3 and "values in uV, the network was trained on values in arbitrary" in other.stderr


# -- whose trials ---------------------------------------------------------------------------------------------------------------------------

MAY_BE = "split by window: participants may be on both sides"


def test_trials_of_nobody_knows_whom_are_split_by_window_and_every_result_says_so(tmp_path):
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2)
    done = eegcli("import", "a.npz", *KNOWN, "--json", cwd=tmp_path, check=True)
    assert json.loads(done.stdout)["data"]["n_subjects"] is None and "nothing says whose trials these are" in done.stderr
    assert set(open_windows(tmp_path / "a-windows").table["subject"]) == {None}
    assert "subjects unknown" in repr(open_windows(tmp_path / "a-windows"))
    assert "unknown" in json.loads(eegcli("info", "a-windows", "--json", cwd=tmp_path, check=True).stdout)["data"]["subjects"]
    done = eegcli("train", "a-windows", "--arch", "logistic", "--target", "y", "-o", "run", "--json", cwd=tmp_path, check=True)
    assert json.loads(done.stdout)["data"]["marked"] == MAY_BE and MAY_BE in done.stderr and "subjects" not in done.stderr
    splits = read_table(tmp_path / "run" / "splits.parquet")
    assert splits["n_windows"].tolist() == [1] * 60 and len(set(splits["unit"])) == 60
    done = eegcli("evaluate", "run", cwd=tmp_path, check=True)
    assert MAY_BE in done.stderr and "nobody knows whose the windows are" in done.stderr
    figures = json.loads((tmp_path / "run" / "evaluation" / "metrics.json").read_text())
    assert figures["marked"] == figures["splits"]["test"]["window"]["marked"] == MAY_BE
    assert figures["splits"]["test"]["vote"]["n_subjects"] == 0 and figures["unit"] == "window"
    assert {check["name"]: check["passed"] for check in figures["leak_checks"]}["subjects in two splits"] is None
    eegcli("explain", "run", "--n-windows", 4, cwd=tmp_path, check=True)
    assert json.loads((tmp_path / "run" / "explanation" / "metrics.json").read_text())["marked"] == MAY_BE
    assert json.loads(eegcli("info", "run", "--json", cwd=tmp_path, check=True).stdout)["data"]["marked"] == MAY_BE
    assert MAY_BE in repr(open_run(tmp_path / "run")) and "subjects unknown" in repr(open_run(tmp_path / "run"))


def test_an_identical_trial_in_two_sets_is_still_refused_or_said(tmp_path):
    x = told(40)
    x[20:] = x[:20]
    npz(tmp_path / "a.npz", x, y=np.arange(40) % 2)
    eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    eegcli("train", "a-windows", "--arch", "logistic", "--target", "y", "-o", "run", cwd=tmp_path, check=True)
    eegcli("evaluate", "run", cwd=tmp_path)
    figures = json.loads((tmp_path / "run" / "evaluation" / "metrics.json").read_text())
    assert {check["name"]: check["passed"] for check in figures["leak_checks"]}["identical windows in two splits"] is False


def test_subjects_of_a_variable_are_split_by_subject_and_nothing_is_marked(tmp_path):
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2, who=np.repeat([f"sub-{n:02d}" for n in range(12)], 5))
    eegcli("import", "a.npz", *KNOWN, "--subjects-key", "who", cwd=tmp_path, check=True)
    assert open_windows(tmp_path / "a-windows").table["subject"][::5].tolist() == [f"{n:02d}" for n in range(12)]
    done = eegcli("train", "a-windows", "--arch", "logistic", "--target", "y", "-o", "run", "--json", cwd=tmp_path, check=True)
    assert json.loads(done.stdout)["data"]["marked"] is None
    npz(tmp_path / "b.npz", told(), y=np.arange(60) % 2, subject=np.array(["a"] * 59 + [""]))
    done = eegcli("import", "b.npz", *KNOWN, cwd=tmp_path)
    assert done.returncode == 3 and "1 of 60 trials have no subject (the first is number 60)" in done.stderr


# -- sets that came with the data -----------------------------------------------------------------------------------------------------------


def test_the_sets_of_hbn_are_learnt_and_tested_as_they_came(tmp_path):
    layout = mat73_triple_of_hbn(tmp_path)
    done = eegcli("import", *layout.arguments, cwd=tmp_path, check=True)
    assert "--split provided" in done.stderr and done.stdout == "hbn-windows\n"
    eegcli(
        "train",
        "hbn-windows",
        "--arch",
        "logistic",
        "--target",
        "sex",
        "--split",
        "provided",
        "--split-unit",
        "trial",
        "-o",
        "r",
        cwd=tmp_path,
        check=True,
    )
    refused = eegcli("train", "hbn-windows", "--arch", "logistic", "--target", "sex", "--split", "provided", "-o", "run", cwd=tmp_path)
    assert refused.returncode == 0, refused.stderr  # nobody is in two of its sets
    splits = read_table(tmp_path / "run" / "splits.parquet")
    sets = dict(zip(splits["subject"].tolist(), splits["split"].tolist(), strict=True))
    assert {subject: {"TEST": "test", "TRAI": "train", "VAL0": "validation"}[subject[4:8]] for subject in sets} == sets


def test_train_and_test_of_bci_iiib_are_those_that_were_published(tmp_path):
    layout = four_npz_of_bci_iii_iiib(tmp_path)
    eegcli("import", *layout.arguments, "-o", "bci", cwd=tmp_path, check=True)
    common = ("--arch", "logistic", "--target", "label", "-o", "run")
    refused = eegcli("train", "bci", *common, "--split", "provided", cwd=tmp_path)
    assert refused.returncode == 3 and "subject S4b is in two of the sets" in refused.stderr and "--split-unit trial" in refused.stderr
    done = eegcli("train", "bci", *common, "--split", "provided", "--split-unit", "trial", cwd=tmp_path, check=True)
    assert "participants are on both sides" in done.stderr
    splits = read_table(tmp_path / "run" / "splits.parquet")
    tested = {unit.rpartition("/")[0] for unit, name in zip(splits["unit"], splits["split"], strict=True) if name == "test"}
    assert tested == {"S4b_test/all", "X11b_test/all"}
    counts = dict(zip(*np.unique(splits["split"].astype(str), return_counts=True), strict=True))
    assert counts == {"test": 12, "train": 9, "validation": 3}, "a quarter of what was published for training validates"
    eegcli(
        "train",
        "bci",
        "--arch",
        "logistic",
        "--target",
        "label",
        "--holdout",
        "split=test",
        "--split-unit",
        "trial",
        "-o",
        "held",
        cwd=tmp_path,
        check=True,
    )
    held = read_table(tmp_path / "held" / "splits.parquet")
    assert (held["split"] == "test").tolist() == (splits["split"] == "test").tolist()


def test_windows_that_came_without_sets_say_where_these_come_from(tmp_path):
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2, subject=np.repeat(np.arange(12), 5))
    eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    refused = eegcli("train", "a-windows", "--arch", "logistic", "--target", "y", "--split", "provided", "-o", "run", cwd=tmp_path)
    assert refused.returncode == 3 and "came without sets" in refused.stderr


# -- DEAP -----------------------------------------------------------------------------------------------------------------------------------


def test_thresholds_of_deap_make_the_published_counts(tmp_path):
    """Ratings that are high, 5 or above, in 708 of 1280 trials for valence and in 737 for arousal, made for these files."""
    rng = np.random.default_rng(0)
    ratings = np.empty((1280, 4))
    for column, n_high in enumerate((708, 737, 640, 640)):
        high = rng.permutation(1280) < n_high
        ratings[:, column] = np.where(high, rng.uniform(5, 9, 1280), rng.uniform(1, 4.999, 1280))
    ratings[np.flatnonzero(ratings[:, 0] >= 5)[:9], 0] = 5.0
    (tmp_path / "deap").mkdir()
    for number in range(32):
        arrays = {"data": eeg(40, 40, 256, seed=number, dtype="f8"), "labels": ratings[40 * number : 40 * number + 40]}
        (tmp_path / "deap" / f"s{number + 1:02d}.dat").write_bytes(python2_pickle(arrays))
    eegcli("import", "deap", "--drop-baseline", 1, cwd=tmp_path, check=True)
    windows = open_windows(tmp_path / "deap-windows")
    assert windows.x.shape == (1280, 32, 128) and windows.ch_names[:3] == ("Fp1", "AF3", "F3")
    np.testing.assert_array_equal(windows.x[40:80], eeg(40, 40, 256, seed=1, dtype="f8")[:, :32, 128:].astype("f4"))
    assert windows.table["subject"].tolist() == [f"s{n // 40 + 1:02d}" for n in range(1280)]
    for target, counts in (("valence", "low 572 windows, high 708 windows"), ("arousal", "low 543 windows, high 737 windows")):
        done = eegcli("train", "deap-windows", "--arch", "majority", "--threshold", f"{target}=5", "-n", cwd=tmp_path, check=True)
        assert counts in done.stderr


def test_statistics_are_made_while_deap_is_imported(tmp_path):
    x = eeg(4, 40, 8064, dtype="f8")
    (tmp_path / "s01.dat").write_bytes(python2_pickle({"data": x, "labels": np.full((4, 4), 5.0)}))
    eegcli("import", "s01.dat", "--representation", "stats99", cwd=tmp_path, check=True)
    windows = open_windows(tmp_path / "s01-windows")
    assert (windows.x.shape, windows.representation, windows.n_times) == ((4, 32, 99), "stats99", 8064)
    features = slow(x[:1, :32].astype("f4"), 807)[0]
    np.testing.assert_allclose(windows.x[0], (features - features.mean()) / features.std(), rtol=1e-3, atol=1e-4)
    eegcli("import", "s01.dat", "--representation", "topomap", "-o", "maps", cwd=tmp_path, check=True)
    assert open_windows(tmp_path / "maps").x.shape == (4, 3, 24, 24)
    eegcli("import", "s01.dat", "--representation", "bands", "-o", "bands", cwd=tmp_path, check=True)
    assert open_windows(tmp_path / "bands").x.shape == (4, 32, 3)


# -- contract -------------------------------------------------------------------------------------------------------------------------------


def test_the_same_command_again_does_nothing_and_another_one_is_refused(tmp_path):
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2)
    first = eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    before = {path.name: path.read_bytes() for path in (tmp_path / "a-windows").iterdir() if path.is_file()}
    again = eegcli("import", tmp_path / "a.npz", *KNOWN, cwd=tmp_path, check=True)
    assert first.stdout == "a-windows\n" and again.stdout == f"{tmp_path}/a-windows\n" and "nothing to do" in again.stderr
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "a-windows").iterdir() if path.is_file()}
    other = eegcli("import", "a.npz", *KNOWN, "--drop-baseline", 0.25, cwd=tmp_path)
    assert other.returncode == 3 and "drop_baseline" in other.stderr
    eegcli("import", "a.npz", *KNOWN, "--drop-baseline", 0.25, "--force", cwd=tmp_path, check=True)
    assert open_windows(tmp_path / "a-windows").x.shape == (60, 3, 96)
    npz(tmp_path / "a.npz", told() + 1, y=np.arange(60) % 2)
    changed = eegcli("import", "a.npz", *KNOWN, "--drop-baseline", 0.25, cwd=tmp_path)
    assert changed.returncode == 3 and "inputs.arrays are others" in changed.stderr


def test_equal_arrays_are_equal_bytes_wherever_they_lie(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        npz(tmp_path / folder / "a.npz", told(), y=np.arange(60) % 2)
        eegcli("import", tmp_path / folder / "a.npz", *KNOWN, cwd=tmp_path, check=True)
    names = ("settings.json", "windows.h5", "windows.parquet", "left-out.parquet", "done.json")
    one, two = ([(tmp_path / folder / "a-windows" / name).read_bytes() for name in names] for folder in ("one", "two"))
    assert one == two


def test_a_dry_run_says_what_would_be_and_writes_nothing(tmp_path):
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2)
    before = set(tmp_path.iterdir())
    data = json.loads(eegcli("import", "a.npz", *KNOWN, "--dry-run", "--json", cwd=tmp_path, check=True).stdout)["data"]
    assert (data["n_windows"], data["shape"], data["axes"]) == (60, [3, 128], "trials,channels,samples")
    assert data["bytes"] == 4 * 60 * 3 * 128 and data["unit"].startswith("uV") and data["labels"] == ["y"]
    assert set(tmp_path.iterdir()) == before


def test_a_recipe_holds_what_files_do_not_say(tmp_path):
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2 + 1)
    (tmp_path / "lab.toml").write_text(
        '[import]\nsfreq = 128\nchannels = ["Fz", "Cz", "Pz"]\nlabel_offset = -1\nlabel_columns = ["hand"]\n'
    )
    eegcli("import", "a.npz", "--recipe", "lab.toml", cwd=tmp_path, check=True)
    windows = open_windows(tmp_path / "a-windows")
    assert windows.ch_names == NAMES and windows.table["hand"].tolist() == (np.arange(60) % 2).tolist()


def test_channels_without_names_are_numbered_aloud_and_chosen_by_name_where_a_file_has_them(tmp_path):
    npz(tmp_path / "a.npz", told())
    done = eegcli("import", "a.npz", "--sfreq", 128, "--axes", "trials,channels,samples", cwd=tmp_path, check=True)
    assert open_windows(tmp_path / "a-windows").ch_names == ("Ch1", "Ch2", "Ch3") and "--channels" in done.stderr
    npz(tmp_path / "b.npz", told(), ch_names=np.array(NAMES))
    eegcli("import", "b.npz", "--sfreq", 128, "--axes", "trials,channels,samples", "--channels", "Pz,Fz", cwd=tmp_path, check=True)
    windows = open_windows(tmp_path / "b-windows")
    assert windows.ch_names == ("Pz", "Fz")
    np.testing.assert_array_equal(windows.x, told()[:, [2, 0]].astype("f4"))


def test_labels_as_floats_texts_bytes_and_truth(tmp_path):
    n = np.arange(60)
    others = {
        "as_float": n % 3 * 1.0,
        "as_text": np.array(["a", "b"])[n % 2],
        "as_bytes": np.array([b"x", b"y"])[n % 2],
        "as_truth": n % 2 == 0,
        "rt": n / 7,
    }
    npz(tmp_path / "a.npz", told(), **others)
    done = eegcli("import", "a.npz", *KNOWN, cwd=tmp_path, check=True)
    table = open_windows(tmp_path / "a-windows").table
    assert table["as_float"].tolist() == (n % 3).tolist() and table["as_float"].dtype == np.int64
    assert table["as_text"].tolist() == ["a", "b"] * 30 and table["as_bytes"].tolist() == ["x", "y"] * 30
    assert table["as_truth"].tolist() == (n % 2 == 0).tolist() and table["rt"].tolist() == (n / 7).tolist()
    assert "as_float holds 3 whole numbers: train with --kind classification" in done.stderr


def test_python_calls_it_as_the_shell_does(tmp_path, monkeypatch):
    import eegcli as package
    from eegcli.settings import ImportSettings

    monkeypatch.chdir(tmp_path)
    npz(tmp_path / "a.npz", told(), y=np.arange(60) % 2)
    with pytest.warns(UserWarning, match="nothing says whose"):
        result = package.importing.run(ImportSettings(arrays="a.npz", sfreq=128, channels=NAMES))
    assert result.n_windows == 60 and package.open_windows("a-windows").x.shape == (60, 3, 128)
    assert repr(result).startswith("ImportResult: a-windows (")


def test_subjects_and_columns_are_kept_however_many_trials_there_are(tmp_path):
    """An array of one value a trial is a column; a matrix as long as its trials is none."""
    n = 300
    random = np.random.default_rng(0)
    subject = np.array([f"S{number // 30}" for number in range(n)])
    x = (12 * random.standard_normal((n, 4, 64))).astype(np.float32)
    np.savez(tmp_path / "a.npz", X=x, y=np.tile([0, 1], n // 2), subject=subject, age=np.repeat(np.arange(10.0), 30), distances=np.eye(n))
    eegcli("import", "a.npz", "--sfreq", "128", "--channels", "Fz,Cz,Pz,Oz", cwd=tmp_path, check=True)
    table = read_table(tmp_path / "a-windows" / "windows.parquet")
    assert table["subject"].tolist() == subject.tolist() and table["age"].tolist() == np.repeat(np.arange(10.0), 30).tolist()
    assert "distances" not in table
