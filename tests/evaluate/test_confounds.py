"""Confounds of a cohort whose labels are known to hang on one column, and strata recomputed from the tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from eegcli import evaluate
from eegcli.artifacts import folder as artifacts
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows_writer import create_windows
from eegcli.errors import InputError, UsageError
from eegcli.evaluate.confounds import CONFOUND, NONE, ONE_EACH, SHARED
from eegcli.files.atomic import read_json
from eegcli.settings import EpochSettings, EvaluateSettings
from tests.kit import cohorts
from tests.kit.commands import eegcli
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers

SFREQ, N_SUBJECTS = 64.0, 40


def windows(path: Path) -> Path:
    """Men are louder; they are of another site and move more before the filter, are recorded longer, and nothing else tells."""
    random = np.random.default_rng(1)
    artifact = artifacts.open_folder(path, "windows", EpochSettings(recordings=Path("none")), inputs={}, version=1)
    with create_windows(path, (4, 128), ch_names=("Fz", "Cz", "Pz", "Oz"), sfreq=SFREQ) as writer:
        for number in range(N_SUBJECTS):
            is_male = bool(random.integers(2))
            amplitude = np.exp(0.5 * is_male + 0.35 * random.normal())
            n = 8 if is_male != (random.random() < 0.1) else 5
            label = f"{number:02d}"
            constants: dict[str, object] = {
                "dataset": "a",
                "recording": f"sub-{label}_task-rest",
                "subject": label,
                "session": None,
                "task": "rest",
                "run": None,
                "segment": "all",
                "sex": "M" if is_male else "F",
                "site": "north" if is_male != (random.random() < 0.08) else "south",
                "hand": "left" if random.random() < 0.3 else "right",
                "code": f"x{number}",
            }
            figures = {
                "segment_count": n,
                "raw_seconds": 2.0 * n + 7,
                "age": 6 + 14 * random.random(),
                "raw_drift": np.exp(0.9 * is_male + 0.3 * random.normal()) * 20,
                "raw_amplitude": 20 * amplitude * np.exp(0.03 * random.normal()),
                "raw_muscle": np.exp(0.3 * random.normal()),
            }
            table = {name: np.full(n, value, dtype=object) for name, value in constants.items()}
            table |= {name: np.full(n, value) for name, value in figures.items()} | {"onset": 2.0 * np.arange(n)}
            writer.append((10 * amplitude * random.standard_normal((n, 4, 128))).astype(np.float32), table)
    artifact.finish()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    def make(path: Path) -> None:
        cohorts.train(windows(path / "w"), path / "run", cv=4)
        cohorts.train(path / "w", path / "age", cv=4, target="age")

    return once_for_all_workers(tmp_path_factory, "confounded", make)


def copied(folder: Path, name: str, tmp_path: Path) -> Path:
    """A copy of a run for one test: workers share the folder, and two of them must not evaluate one run at once."""
    place = tmp_path / name
    return place if place.exists() else Path(shutil.copytree(folder / name, place))


def evaluated(run: Path, **settings) -> dict:
    evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1, device="cpu", force=True, **settings), reporter=CapturingReporter())
    return read_json(run / "evaluation" / "metrics.json")


@pytest.mark.usefixtures("figures_as_for_users")
def test_what_tells_the_target_is_ranked_and_what_the_effect_carries_is_shared(folder, tmp_path):
    found = evaluated(copied(folder, "run", tmp_path))["confounds"]
    verdict = {row["name"]: row["verdict"] for row in found["columns"]}
    assert {name for name, one in verdict.items() if one == CONFOUND} == {
        "site",
        "raw_drift",
        "raw_seconds",
        "number of windows",
        "end of the last window",
    }
    assert {name for name, one in verdict.items() if one == SHARED} == {"raw_amplitude", "amplitude of the windows (4-20 Hz)"}
    assert {name for name, one in verdict.items() if one == NONE} == {"age", "hand", "raw_muscle"}
    assert "names subjects" in found["not_asked"]["code"]
    assert [row["verdict"] for row in found["columns"]] == sorted(verdict.values(), key=(CONFOUND, SHARED, NONE).index)
    site = next(row for row in found["columns"] if row["name"] == "site")
    assert site["value"] > 0.8
    assert site["beyond"] < found["network"]
    stored = read_table(copied(folder, "run", tmp_path) / "evaluation" / "confounds.parquet")
    assert stored["name"].tolist() == [row["name"] for row in found["columns"]]
    assert (copied(folder, "run", tmp_path) / "evaluation" / "confounds.png").stat().st_size > 5000


def test_of_a_number_columns_are_asked_for_their_correlation(folder, tmp_path):
    found = evaluated(copied(folder, "age", tmp_path))["confounds"]
    assert found["metric"] == "r"
    assert all(row["verdict"] == NONE for row in found["columns"])


def test_strata_are_the_figures_of_their_subjects(folder, tmp_path):
    found = evaluated(copied(folder, "run", tmp_path), by=("age:10,15", "site"))["strata"]
    table = read_table(copied(folder, "run", tmp_path) / "evaluation" / "predictions.parquet")
    whole = read_table(folder / "w" / "windows.parquet")
    test = table["split"] == "test"
    right = np.where(table["p_F"] >= table["p_M"], "F", "M")[test] == table["truth"][test]
    age, site = whole["age"][table["window"][test]], whole["site"][table["window"][test]]
    for name, chosen in {"below 10": age < 10, "10 to 15": (age >= 10) & (age < 15), "from 15": age >= 15}.items():
        window = found["age"][name]["window"]
        assert (window["n"], window["accuracy"]) == (int(chosen.sum()), pytest.approx(right[chosen].mean()))
    assert found["site"]["north"]["window"]["n"] == int(np.sum(site == "north"))
    assert found["site"]["north"]["vote"]["n"] == len(set(table["subject"][test][site == "north"]))


@pytest.mark.parametrize(
    ("by", "error", "match"),
    [
        ("colour", InputError, "no such column"),
        ("site:1,2", UsageError, "is text"),
        ("age:3,2", UsageError, "rising"),
        ("age:x", UsageError, "rising"),
        ("onset", InputError, "changes within"),
    ],
)
def test_strata_that_make_no_sense_are_refused(folder, by, error, match, tmp_path):
    with pytest.raises(error, match=match):
        evaluated(copied(folder, "run", tmp_path), by=(by,))


def test_the_network_is_ranked_within_folds_as_in_the_table(folder, tmp_path):
    metrics = evaluated(copied(folder, "run", tmp_path))
    # One vote of a subject is the mean of its windows, as the score beside which columns stand.
    assert metrics["confounds"]["network"] == pytest.approx(metrics["splits"]["test"]["vote"]["auc"])
    assert metrics["splits"]["test"]["vote"]["auc"] != pytest.approx(metrics["splits"]["test"]["vote"]["auc_pooled"])


def test_what_is_one_value_per_subject_is_not_asked_where_labels_are_exchanged_within_subjects(tmp_path):
    run = cohorts.train(cohorts.loud_windows(tmp_path / "w"), tmp_path / "run", target="task", cv=3)
    reporter = CapturingReporter()
    evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1, device="cpu"), reporter=reporter)
    found = read_json(run / "evaluation" / "metrics.json")["confounds"]
    assert found["unit"] == "recording"
    assert {"sex", "site"} <= {name for name, why in found["not_asked"].items() if why == ONE_EACH}
    asked = {row["name"]: row for row in found["columns"]}
    assert "amplitude of the windows (4-20 Hz)" in asked and not {"sex", "site"} & set(asked)
    # so that they do not count as tests that were made
    assert min(row["p_holm"] for row in asked.values()) == pytest.approx(min(row["p"] for row in asked.values()) * len(asked))
    assert any("cannot be asked: one value per subject" in said for said in reporter.infos)


def test_strata_are_refused_before_anything_is_trained_or_written(folder, tmp_path):
    run = copied(folder, "run", tmp_path)
    done = eegcli("evaluate", run, "--by", "colour", "--retrain", "--permutations", 3, "--threads", 1, "-o", tmp_path / "new")
    assert done.returncode == 3 and "--by colour: the windows have no such column" in done.stderr
    assert not (run / "controls").exists() and not (tmp_path / "new").exists()
