"""Embeddings of an evaluation, and linear probes of people whom the networks never saw."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eegcli import evaluate
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError
from eegcli.evaluate.probe import FITTED_TO
from eegcli.files.atomic import read_json
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.evaluations import evaluated
from tests.kit.reporters import CapturingReporter


@pytest.mark.usefixtures("figures_as_for_users")
def test_vectors_are_what_the_last_layer_is_given_per_window_and_subject(run, cohort):
    metrics, reporter = evaluated(run, embeddings=True)
    table, people = (read_table(run / "evaluation" / f"{name}.parquet") for name in ("embeddings", "embeddings-subjects"))
    windows, model = open_windows(cohort), open_run(run).model()
    with torch.no_grad():
        features = (model.features(torch.from_numpy(np.asarray(windows.x))) - model.mean) / model.scale
    np.testing.assert_allclose(table["embedding"], features.numpy()[table["window"]], rtol=1e-5, atol=1e-5)
    assert table["embedding"].dtype == np.float32 and metrics["embeddings"] == {"n_values": table["embedding"].shape[1], "said": []}
    for row, subject in enumerate(people["subject"]):
        own = table["subject"] == subject
        assert people["n_windows"][row] == own.sum()
        np.testing.assert_allclose(people["embedding"][row], table["embedding"][own].mean(axis=0, dtype=np.float64), rtol=1e-5, atol=1e-6)
    assert len(set(people["subject"])) == 20
    assert any("Figures in" in info and "embeddings.png" in info for info in reporter.infos)
    assert (run / "evaluation" / "embeddings.png").stat().st_size > 10_000


def test_what_is_planted_is_read_from_the_vectors_and_what_is_not_there_is_not(tmp_path):
    cohort = cohorts.windows(tmp_path / "windows", subjects=range(36), n_windows=3, effect=8.0)
    run = cohorts.train(cohort, tmp_path / "run", cv=2)
    metrics, reporter = evaluated(run, probe=("sex", "task", "age"), resamples=200)
    probes = metrics["embeddings"]["probes"]
    sex, task, age = (probes[name] for name in ("sex", "task", "age"))
    assert sex["unit"] == "subject" and (sex["n"], sex["n_subjects"]) == (36, 36) and sex["balanced_accuracy"] > 0.75
    assert task["unit"] == "recording" and (task["n"], task["n_subjects"]) == (72, 36) and 0.3 < task["accuracy"] < 0.7
    assert age["kind"] == "regression" and age["mae"] < age["baseline_mae"]
    assert sex["fitted_to"] == FITTED_TO and 0 <= sex["ci95"][0] < sex["accuracy"] <= sex["ci95"][1] <= 1
    table = read_table(run / "evaluation" / "probe.parquet")
    splits = read_table(run / "splits.parquet")
    tested = {
        (fold, subject) for fold, subject, split in zip(splits["fold"], splits["subject"], splits["split"], strict=True) if split == "test"
    }
    assert set(zip(table["fold"], table["subject"], strict=True)) == tested, "told are test subjects of that very network alone"
    own = table["column"] == "sex"
    assert sex["accuracy"] == pytest.approx((table["truth"][own] == table["predicted"][own]).mean())
    assert sex["baseline_accuracy"] == pytest.approx((table["truth"][own] == table["baseline"][own]).mean())
    own = table["column"] == "age"
    assert age["mae"] == pytest.approx(np.abs(table["true_number"] - table["predicted_number"])[own].mean())
    said = [info for info in reporter.infos if info.startswith("Probe of")]
    assert len(said) == 3 and "a constant fitted to the same people" in said[0] and "36 subjects" in said[0]


def test_what_cannot_be_asked_is_said_or_refused(run, cohort, tmp_path):
    metrics, reporter = evaluated(run, probe=("onset",))
    assert metrics["embeddings"]["probes"]["onset"] == {"not_probed": "it changes within every group of windows"}
    assert any("Probe of onset: not done" in info for info in reporter.infos)
    with pytest.raises(InputError, match="no column named 'hand'"):
        evaluated(run, probe=("hand",), output=tmp_path / "e")
    mixed = cohorts.train(cohort, tmp_path / "mixed", split_unit="recording")
    with pytest.raises(InputError, match="people whom the networks never saw, and the run was split by recording"):
        evaluated(mixed, probe=("age",))
    assert not (mixed / "evaluation").exists()


@pytest.mark.exhaustive
def test_another_cohort_is_probed_whole(run, tmp_path):
    other = cohorts.windows(tmp_path / "others", subjects=range(30, 50), effect=8.0, dataset="elsewhere")
    settings = EvaluateSettings(run=run, windows=other, output=tmp_path / "e", threads=1, probe=("sex",), embeddings=True, resamples=50)
    evaluate.run(settings, reporter=CapturingReporter())
    sex = read_json(tmp_path / "e" / "metrics.json")["embeddings"]["probes"]["sex"]
    assert sex["n_subjects"] == 20 and sex["balanced_accuracy"] > 0.75
    assert set(read_table(tmp_path / "e" / "embeddings.parquet")["split"]) == {"test"}
