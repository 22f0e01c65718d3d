"""model.json: what stands in it rebuilds the network, options and all; runs of before it are read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from eegcli.artifacts.network import ModelDescription, Network
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError
from eegcli.models import resolved_options
from eegcli.settings import TrainSettings
from eegcli.train.network import Job
from tests.kit import cohorts
from tests.kit.marks import restate

OTHERS = {"dropout": 0.5, "activation": "relu", "pool_chans": [2, 2, 2], "pool_times": [2, 2, 2]}  # of vgg


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("cohort") / "windows")


def job(cohort: Path, **options) -> Job:
    facts = {"target": "sex", "kind": "classification", "classes": ("F", "M")}
    return Job(TrainSettings(windows=cohort, arch="vgg"), open_windows(cohort), facts, torch.device("cpu"), 1, options)


def test_options_of_an_architecture_are_stored_and_rebuilt(cohort, tmp_path):
    made = job(cohort, n_hidden=48)
    network = made.build()
    assert network.final_layer.in_features == 48
    made.description.write(tmp_path)
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    assert json.loads((tmp_path / "model.json").read_text())["options"] == {"n_hidden": 48, **OTHERS}
    x = torch.randn(3, len(cohorts.CH_NAMES), cohorts.N_TIMES)
    torch.testing.assert_close(Network(tmp_path, 0, 0).model()(x), network.eval()(x))


def test_defaults_are_stored_so_that_a_later_default_changes_no_trained_network():
    assert resolved_options("vgg", dropout=0.1) == {
        "n_hidden": 1024,
        "activation": "relu",
        "dropout": 0.1,
        "pool_chans": (2, 2, 2),
        "pool_times": (2, 2, 2),
    }
    assert resolved_options("logistic") == {}


def test_what_is_written_is_what_is_read(cohort, tmp_path):
    written = replace(job(cohort).description, target_scaler={"mean": 2.0, "scale": 3.0})
    written.write(tmp_path)
    assert ModelDescription.read(tmp_path) == written


@pytest.mark.parametrize(("target", "head"), [("sex", "softmax"), ("age", "number")])
def test_a_run_without_model_json_is_read_from_its_metrics(cohort, tmp_path, target, head):
    run = open_run(cohorts.train(cohort, tmp_path / "run", target=target))
    x = torch.from_numpy(open_windows(cohort).x[:4].copy())
    expected, description = run.model()(x), run.networks[0].description
    (run.path / "model.json").unlink()
    restate(run.path)
    run = open_run(run.path)
    assert run.networks[0].description == replace(description, weights=None) and description.head == head
    torch.testing.assert_close(run.model()(x), expected)


def test_a_head_of_a_newer_version_is_named(cohort, tmp_path):
    replace(job(cohort).description, head="ordinal").write(tmp_path)
    with pytest.raises(ArtifactError, match="'ordinal' is unknown"):
        ModelDescription.read(tmp_path)


def test_what_a_damaged_model_json_lacks_is_named(cohort, tmp_path):
    job(cohort).description.write(tmp_path)
    path = tmp_path / "model.json"
    path.write_text(json.dumps({name: value for name, value in json.loads(path.read_text()).items() if name != "sfreq"}))
    with pytest.raises(ArtifactError, match="lacks sfreq"):
        ModelDescription.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"smoothing": 0.1}, "says smoothing, which this version does not know"),
        ({"input_scaler": {"kind": "z-score"}}, "cannot prepare windows so"),
        ({"head": "number"}, "does not fit a classification"),
        ({"n_outputs": 3}, "3 outputs do not fit the head softmax and 2 classes"),
    ],
)
def test_what_would_change_the_predictions_is_not_passed_over(cohort, tmp_path, change, message):
    job(cohort).description.write(tmp_path)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ArtifactError, match=message):
        ModelDescription.read(tmp_path)


def test_a_network_with_one_logit_whose_model_json_was_lost_is_not_taken_for_one_with_an_output_per_class(cohort, tmp_path):
    path = cohorts.train(cohort, tmp_path / "run", target="sex") / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["shape"]["n_outputs"] = 1
    path.write_text(json.dumps(metrics))
    (path.parent / "model.json").unlink()
    with pytest.raises(ArtifactError, match=r"model.json: missing, and metrics.json: 1 output does not fit"):
        ModelDescription.read(path.parent)
