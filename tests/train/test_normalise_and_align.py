"""Normalisation belongs to the network, and alignment says TRANSDUCTIVE wherever a number stands."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from eegcli import evaluate, explain, train
from eegcli.artifacts.explanation import FILE, read_explanation
from eegcli.artifacts.run import TRANSDUCTIVE, open_run
from eegcli.artifacts.table import read_table, write_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, InputError
from eegcli.files.atomic import read_json, write_json
from eegcli.models.normalisation import EPSILON, Normalised
from eegcli.reporter import EegcliWarning, Silent
from eegcli.settings import EvaluateSettings, ExplainSettings, TrainSettings
from eegcli.study.alignment import RECENTRED
from tests.kit.cohorts import loud_windows
from tests.kit.marks import restate


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    return loud_windows(tmp_path_factory.mktemp("windows") / "windows")


def learn(windows, output, **wishes):
    settings = {"arch": "mlp", "epochs": 2, "batch_size": 16, "threads": 1, "device": "cpu", "no_baseline": True}
    return train.run(TrainSettings(windows=windows, output=output, **{**settings, **wishes}), reporter=Silent()).output


def by_hand(x: np.ndarray, how: str, trained: np.ndarray) -> np.ndarray:
    """Z-scores as the words say, in double precision."""
    if how == "train":
        return (x - trained.mean(axis=(0, 2), keepdims=True)) / trained.std(axis=(0, 2), keepdims=True)
    axes = (1, 2) if how == "window" else (2,)
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + EPSILON)


@pytest.mark.parametrize("how", ["train", "window", "channel-window"])
def test_the_network_normalises_by_itself_and_only_by_training_subjects(windows, tmp_path, how):
    run = open_run(learn(windows, tmp_path / "run", normalise=how))
    opened, model = open_windows(windows), run.model()
    assert isinstance(model, Normalised)
    subjects = {subject for subject, which in zip(run.splits["subject"], run.splits["split"], strict=True) if which == "train"}
    trained = opened.x[np.isin(opened.table["subject"].astype(str), list(subjects))].astype(np.float64)
    x = np.asarray(opened.x[:20], dtype=np.float64)
    with torch.no_grad():
        expected = model.network(torch.from_numpy(by_hand(x, how, trained).astype(np.float32)))
        np.testing.assert_allclose(model(torch.from_numpy(x.astype(np.float32))), expected, rtol=1e-3, atol=1e-4)


def test_the_default_is_the_architectures_and_published_ones_have_none(windows, tmp_path):
    assert read_json(learn(windows, tmp_path / "mlp") / "model.json")["input_scaler"]["how"] == "train"
    assert read_json(learn(windows, tmp_path / "vgg", arch="vgg", epochs=1) / "model.json")["input_scaler"] is None
    assert open_run(tmp_path / "mlp").settings.normalise == "train"


@pytest.mark.parametrize("how", ["train", "channel-window"])
def test_a_closed_form_is_normalised_too_and_predicts_as_it_was_fitted(windows, tmp_path, how):
    run = learn(windows, tmp_path / "run", arch="logistic", normalise=how)
    evaluate.run(EvaluateSettings(run=run, device="cpu", threads=1, resamples=20), reporter=Silent())
    figures, trained = read_json(run / "evaluation" / "metrics.json"), read_json(run / "metrics.json")
    assert figures["splits"]["validation"]["window"]["balanced_accuracy"] == pytest.approx(
        trained["validation"]["validation_balanced_accuracy"]
    )


def test_a_stopped_training_goes_on_with_the_same_normalisation(windows, tmp_path):
    whole = learn(windows, tmp_path / "a", normalise="train", seeds=2)
    again = learn(windows, tmp_path / "b", normalise="train", seeds=2)
    assert (whole / "seed-01/model.safetensors").read_bytes() == (again / "seed-01/model.safetensors").read_bytes()
    (again / "seed-01/metrics.json").unlink()
    (again / "done.json").unlink()
    learn(windows, tmp_path / "b", normalise="train", seeds=2)
    for name in ("model.safetensors", "model.json", "history.parquet"):
        assert (whole / "seed-01" / name).read_bytes() == (again / "seed-01" / name).read_bytes()


@pytest.mark.parametrize("scaler", [{"how": "robust"}, {"how": "train", "mean": [0.0], "scale": [1.0]}, {"how": "window", "eps": 1}])
def test_a_normalisation_that_is_not_known_is_refused(windows, tmp_path, scaler):
    run = learn(windows, tmp_path / "run", epochs=1)
    write_json(run / "model.json", read_json(run / "model.json") | {"input_scaler": scaler})
    restate(run)
    with pytest.raises(ArtifactError, match="cannot prepare windows so"):
        open_run(run).model()


@pytest.mark.parametrize("align", ["subject", "subject-riemannian"])
def test_aligned_windows_are_whitened_by_subject_and_every_number_says_transductive(windows, tmp_path, align):
    with pytest.warns(EegcliWarning, match="TRANSDUCTIVE"):
        run = train.run(
            TrainSettings(
                windows=windows,
                output=tmp_path / "run",
                arch="mlp",
                epochs=1,
                target="task",
                align=align,
                threads=1,
                device="cpu",
                no_baseline=True,
            )
        ).output
    assert read_json(run / "metrics.json")["marked"] == TRANSDUCTIVE and read_json(run / "model.json")["align"] == align
    evaluate.run(EvaluateSettings(run=run, device="cpu", threads=1, resamples=20), reporter=Silent())
    explain.run(ExplainSettings(run=run, method=("saliency",), device="cpu", threads=1, n_windows=4), reporter=Silent())
    evaluation, explanation = (read_json(run / name / "metrics.json") for name in ("evaluation", "explanation"))
    assert TRANSDUCTIVE in json.dumps(evaluation["splits"]["test"]) and evaluation["marked"] == explanation["marked"] == TRANSDUCTIVE
    # The figures are those of windows whitened by hand.
    opened, model = open_windows(windows), open_run(run).model()
    if align == "subject":
        x = np.asarray(opened.x, dtype=np.float64)
        for subject in set(opened.table["subject"]):
            own = opened.table["subject"] == subject
            covariance = np.mean([window @ window.T / window.shape[1] for window in x[own]], axis=0)
            values, vectors = np.linalg.eigh(covariance)
            x[own] = (vectors / np.sqrt(values)) @ vectors.T @ x[own]
        with torch.no_grad():
            right = model(torch.from_numpy(x.astype(np.float32))).argmax(dim=1).numpy()
        tested = np.isin(
            opened.table["subject"].astype(str),
            [s for s, which in zip(*(open_run(run).splits[n] for n in ("subject", "split")), strict=True) if which == "test"],
        )
        truth = np.array([open_run(run).classes.index(task) for task in opened.table["task"]])
        assert np.mean(right[tested] == truth[tested]) == pytest.approx(evaluation["splits"]["test"]["window"]["accuracy"], abs=0.02)


@pytest.mark.parametrize("arch", ["filter-bank-tangent-space", "covwave"])
def test_networks_of_covariances_are_aligned_by_their_features_and_say_so(windows, tmp_path, arch):
    wishes = {} if arch == "covwave" else {"epochs": None, "batch_size": None}
    run = learn(windows, tmp_path / "run", arch=arch, target="task", align="subject", **wishes)
    assert read_json(run / "model.json")["align"] == RECENTRED and read_json(run / "metrics.json")["marked"] == TRANSDUCTIVE
    evaluate.run(EvaluateSettings(run=run, device="cpu", threads=1, resamples=20), reporter=Silent())
    explain.run(ExplainSettings(run=run, method=("saliency",), device="cpu", threads=1, n_windows=4), reporter=Silent())
    assert TRANSDUCTIVE in json.dumps(read_json(run / "evaluation" / "metrics.json")["splits"]["test"])
    assert read_json(run / "explanation" / "metrics.json")["marked"] == TRANSDUCTIVE
    opened, model, table = open_windows(windows), open_run(run).model(), read_table(run / "evaluation" / "predictions.parquet")
    with torch.no_grad():
        features = model.features(torch.from_numpy(np.array(opened.x)))
        for subject in set(opened.table["subject"]):
            own = torch.from_numpy(opened.table["subject"] == subject)
            features[own] += model.centre - features[own].mean(dim=0)
        expected = model.output(features).softmax(dim=1).numpy()
    found = np.stack([table[f"p_{name}"] for name in open_run(run).classes], axis=1)
    np.testing.assert_allclose(found, expected[table["window"]], atol=1e-4)
    # Windows themselves stay in their unit.
    assert read_explanation(run / "explanation" / FILE).input_units == "µV"


def test_the_baseline_beside_an_aligned_network_is_aligned_by_its_features(windows, tmp_path):
    beside = learn(windows, tmp_path / "run", target="task", align="subject", epochs=1, no_baseline=False)
    found = read_json(beside / "metrics.json")["strongest_baseline"]
    alone = learn(windows, tmp_path / "alone", arch=found["arch"], target="task", align="subject", epochs=None, batch_size=None)
    figures = read_json(alone / "metrics.json")["validation"]
    assert found["validation_loss"] == pytest.approx(figures["validation_loss"], rel=1e-6)


def test_versions_tell_what_was_aligned_or_scaled_otherwise_and_nothing_else(windows, tmp_path):
    versions = {}
    for arch, align in (("logistic", "none"), ("logistic", "subject"), ("filter-bank-tangent-space", "none")):
        run = learn(windows, tmp_path / f"{arch}-{align}", arch=arch, target="task", align=align, epochs=None, batch_size=None)
        versions[arch, align] = read_json(run / "settings.json")["stage_version"]
    assert versions == {("logistic", "none"): 3, ("logistic", "subject"): 4, ("filter-bank-tangent-space", "none"): 4}
    for align in ("none", "subject"):
        run = learn(windows, tmp_path / f"covwave-{align}", arch="covwave", target="task", align=align, epochs=1)
        versions["covwave", align] = read_json(run / "settings.json")["stage_version"]
    assert (versions["covwave", "none"], versions["covwave", "subject"]) == (4, 5)


def test_alignment_that_would_erase_the_target_is_refused(windows, tmp_path):
    with pytest.raises(InputError, match="sex does not change within a subject"):
        learn(windows, tmp_path / "run", align="subject")
    assert not (tmp_path / "run").exists()


def test_an_aligned_network_refuses_windows_of_which_nobody_knows_whose_they_are(windows, tmp_path):
    run = learn(windows, tmp_path / "run", target="task", align="subject", epochs=1)
    other = loud_windows(tmp_path / "other", dataset="other", seed=5)
    table = dict(read_table(other / "windows.parquet"))
    write_table(other / "windows.parquet", table | {"subject": np.full(len(table["subject"]), None, dtype=object)})
    restate(other)
    with pytest.raises(InputError, match="nobody knows whose these are"):
        evaluate.run(EvaluateSettings(run=run, windows=other, device="cpu"), reporter=Silent())
