"""A network added by one file and one line of the table, from end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eegcli import registry
from eegcli.cli.main import app
from eegcli.models.checks import check_network
from tests.kit.recurrent import ENTRY

ROOT = Path(__file__).parents[2]
N_WEIGHTS = 4 * 12 * (8 + 12) + 2 * 4 * 12 + 24 * 2 + 2  # LSTM of 8 channels and 12 units, and the last layer


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(registry.MODELS, "recurrent", ENTRY)


def answer(*command: str | Path) -> dict:
    result = CliRunner().invoke(app, [*map(str, command), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["data"]


def test_it_has_the_properties_of_a_network():
    check_network("recurrent")


def test_it_is_planned_trained_evaluated_and_explained(make_windows, tmp_path):
    windows, run = make_windows(), tmp_path / "run"
    train = ("train", windows, "--arch", "recurrent", "--target", "sex", "--device", "cpu", "--threads", "1", "-o", run)
    plan = answer(*train, "--dry-run")
    assert plan["n_parameters"] == N_WEIGHTS
    assert plan["training"] == {"optimizer": "adam", "lr": 0.003, "weight_decay": 0.0, "batch_size": 16, "epochs": 3}
    assert plan["memory_bytes"] > 0 and plan["seconds"] > 0
    assert not run.exists()
    assert answer(*train)["n_parameters"] == N_WEIGHTS
    for stage in (("evaluate", run), ("explain", run, "--method", "saliency", "--n-windows", "4")):
        assert answer(*stage, "--device", "cpu", "--threads", "1", "-o", tmp_path / f"{stage[0]}-plan", "--dry-run")["memory_bytes"] > 0
        answer(*stage, "--device", "cpu", "--threads", "1", "-o", tmp_path / stage[0])
        assert (tmp_path / stage[0] / "done.json").exists()


def test_it_is_listed_and_described_layer_by_layer():
    assert "recurrent" in {model["name"] for model in answer("models")["models"]}
    data = answer("models", "recurrent", "--shape", "8x64")
    assert (data["n_parameters"], data["receptive_field"]) == (N_WEIGHTS, [8, 64])
    assert data["multiply_adds"] == 16 * 4 * 12 * (8 + 12) + 24 * 2
    rows = {layer["name"]: layer for layer in data["layers"]}
    assert rows["steps.lstm"]["output_shapes"] == [[1, 16, 12], [1, 1, 12], [1, 1, 12]]
    assert rows["steps.pool"]["receptive_field"] == [1, 4]
    result = CliRunner().invoke(app, ["models", "recurrent", "--shape", "8x64"])
    assert "1x16x12, 1x1x12, 1x1x12" in result.stdout


def test_completions_and_docs_offer_it():
    script = (
        "import sys; sys.path[:0] = ['completions', 'docs', '.']\n"
        "from eegcli import registry; from tests.kit.recurrent import ENTRY; registry.MODELS['recurrent'] = ENTRY\n"
        "import generate, reference\n"
        "print(generate.scripts()['eegcli.bash'], reference.architecture_table())"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "vgg" in made and made.count("recurrent") >= 2
    assert "| `recurrent` | one LSTM over the samples | epochs 3, batch_size 16, optimizer adam, lr 0.003" in made


def test_a_new_representation_is_taken_by_the_baselines(monkeypatch):
    entry = registry.RepresentationEntry("nowhere:prepare", "one number per electrode", "a number", ("n_electrodes",), "1")
    monkeypatch.setitem(registry.REPRESENTATIONS, "numbers", entry)
    for name in ("logistic", "majority"):
        assert "numbers" in registry.MODELS[name].representations
        check_network(name)
