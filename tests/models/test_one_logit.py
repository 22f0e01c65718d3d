"""A network with one logit for two classes, added here: trained, evaluated, voted and explained as a classifier."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy.special import expit
from torch import nn
from torch.nn import functional

from eegcli import evaluate, explain, models
from eegcli.artifacts.explanation import read_explanation
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import UsageError
from eegcli.models.head import LOGIT
from eegcli.registry import MODELS, ModelEntry, Training
from eegcli.settings import EvaluateSettings, ExplainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter

TRAINING = Training(optimizer="adam", lr=0.02, weight_decay=0.0, batch_size=16, epochs=4)


class LogPower(nn.Module):
    """Linear in the log power of each channel; its last layer has as many outputs as are asked for: one."""

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, *, floor: float = 1e-3) -> None:
        super().__init__()
        self.floor = floor
        self.final_layer = nn.Linear(n_chans, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.final_layer(torch.log(x.square().mean(dim=-1) + self.floor) - 3.5)


@pytest.fixture(autouse=True)
def one_logit(monkeypatch):
    monkeypatch.setitem(MODELS, "one-logit", ModelEntry(f"{__name__}:LogPower", "log power", "a test", training=TRAINING, head="logit"))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("cohort") / "windows", effect=8.0)


@pytest.fixture
def run(cohort, tmp_path) -> Path:
    return cohorts.train(cohort, tmp_path / "run", arch="one-logit", class_weights="balanced")


def logits_of(run: Path, rows: np.ndarray, cohort: Path) -> np.ndarray:
    """Outputs computed from the stored weights alone."""
    weights, x = load_file(run / "model.safetensors"), open_windows(cohort).x[rows].astype(np.float64)
    power = np.log((x**2).mean(axis=-1) + 1e-3) - 3.5
    return power @ weights["final_layer.weight"][0].double().numpy() + weights["final_layer.bias"].item()


def test_it_is_trained_with_binary_cross_entropy_and_learns(run, cohort):
    metrics = open_run(run).metrics
    assert (metrics["shape"]["n_outputs"], metrics["kind"], metrics["classes"]) == (1, "classification", ["F", "M"])
    history = read_table(run / "history.parquet")
    assert {"train_accuracy", "validation_balanced_accuracy"} <= history.keys() and "validation_r2" not in history
    assert metrics["validation"]["validation_balanced_accuracy"] > 0.8
    splits, table = read_table(run / "splits.parquet"), open_windows(cohort).table
    validating = np.isin(table["subject"], splits["subject"][splits["split"] == "validation"])
    logits, labels = logits_of(run, np.flatnonzero(validating), cohort), (table["sex"][validating] == "M").astype(float)
    expected = functional.binary_cross_entropy_with_logits(torch.from_numpy(logits), torch.from_numpy(labels))
    assert history["validation_loss"][metrics["kept_epoch"] - 1] == pytest.approx(expected.item(), rel=1e-4)


def test_it_is_evaluated_and_votes_with_probabilities_of_both_classes(run, cohort):
    evaluate.run(EvaluateSettings(run=run, threads=1), reporter=CapturingReporter())
    predictions = read_table(run / "evaluation" / "predictions.parquet")
    expected = expit(logits_of(run, predictions["window"], cohort))
    np.testing.assert_allclose(predictions["p_M"], expected, atol=1e-5)
    np.testing.assert_allclose(predictions["p_F"], 1 - expected, atol=1e-5)
    assert np.ptp(predictions["p_M"]) > 0.1  # a softmax over one column would say 1 everywhere
    votes, test = read_table(run / "evaluation" / "votes.parquet"), json.loads((run / "evaluation" / "metrics.json").read_text())
    assert set(votes["vote"]) == {"F", "M"}
    assert test["splits"]["test"]["vote"]["accuracy"] > 0.7 and test["splits"]["test"]["window"]["auc"] > 0.8


def test_it_is_explained_for_both_classes_by_half_of_the_log_odds(run, cohort):
    explain.run(ExplainSettings(run=run, method=("saliency",), threads=1, n_windows=4), reporter=CapturingReporter())
    found = read_explanation(run / "explanation" / "explanation.h5")
    assert found.classes == ("F", "M") and set(found.class_index) == {0, 1}
    x = torch.from_numpy(open_windows(cohort).x[found.window].astype(np.float32)).requires_grad_()
    (gradient,) = torch.autograd.grad(open_run(run).model()(x).sum(), x)
    sign = np.where(found.class_index == 1, 0.5, -0.5)[:, None, None]
    np.testing.assert_allclose(found.methods["saliency"].values, sign * gradient.numpy(), rtol=1e-4, atol=1e-8)


def test_model_json_is_enough_to_use_the_weights(run, cohort):
    stored = json.loads((run / "model.json").read_text())
    assert (stored["head"], stored["n_outputs"], stored["classes"]) == ("logit", 1, ["F", "M"])
    assert (stored["axes"], stored["shape"], stored["units"]) == (["n_chans", "n_times"], [8, cohorts.N_TIMES], "uV")
    assert (stored["sfreq"], tuple(stored["ch_names"]), stored["bands"]) == (cohorts.SFREQ, cohorts.CH_NAMES, [])
    assert stored["options"] == {"floor": 1e-3} and stored["input_scaler"] is None and stored["target_scaler"] is None


def test_a_target_of_three_classes_is_refused_before_anything_is_written(cohort, tmp_path):
    with pytest.raises(UsageError, match="two classes apart, and the target has 20"):
        cohorts.train(cohort, tmp_path / "run", arch="one-logit", target="age", kind="classification")
    assert not (tmp_path / "run").exists()


def test_a_number_is_learnt_by_the_same_architecture_as_a_number(cohort, tmp_path):
    run = open_run(cohorts.train(cohort, tmp_path / "run", arch="one-logit", target="age"))
    network = run.networks[0]
    assert network.head.name == "number"
    # subjects are 6 to 25 years old: outputs are in years, not in units of their spread
    assert 5 < run.model()(torch.from_numpy(open_windows(cohort).x[:20].copy())).mean().item() < 30
    scaler = network.description.target_scaler
    splits, table = read_table(run.path / "splits.parquet"), open_windows(cohort).table
    ages = table["age"][np.isin(table["subject"], splits["subject"][splits["split"] == "train"])]
    assert (scaler["mean"], scaler["scale"]) == pytest.approx((ages.mean(), ages.std()))


def test_the_head_is_that_of_its_entry():
    assert models.head.head_of("one-logit", "classification") is LOGIT


def test_an_architecture_for_numbers_does_not_learn_the_numbers_of_classes(cohort, tmp_path, monkeypatch):
    monkeypatch.setitem(MODELS, "vgg", replace(MODELS["vgg"], head="number"))
    with pytest.raises(UsageError, match="vgg predicts numbers, and the target has classes"):
        cohorts.train(cohort, tmp_path / "run", arch="vgg")
    assert not (tmp_path / "run").exists()
    monkeypatch.setitem(MODELS, "vgg", replace(MODELS["vgg"], head="soft"))
    with pytest.raises(UsageError, match="no head is named 'soft'"):
        cohorts.train(cohort, tmp_path / "run", arch="vgg")
