"""Options of an architecture from the command line to the run: what differs from the default makes another run, however it is spelt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from typer.testing import CliRunner

from eegcli import train as stage
from eegcli.artifacts.run import open_run
from eegcli.cli.main import app
from eegcli.settings import TrainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter

QUICK = ("--epochs", "1", "--threads", "1", "--device", "cpu", "--no-baseline")


@pytest.fixture(scope="module")
def windows(tmp_path_factory) -> Path:
    return cohorts.loud_windows(tmp_path_factory.mktemp("options") / "windows")  # 8 channels x 64 samples


def train(windows: Path, output: Path, *options: str):
    return CliRunner().invoke(app, ["train", str(windows), *QUICK, "-o", str(output), *options])


def stored(run: Path, name: str) -> dict:
    return json.loads((run / name).read_text())


def test_options_reach_the_network_and_are_stored_with_the_defaults_of_the_others(windows, tmp_path):
    run = tmp_path / "run"
    done = train(windows, run, "--arch", "eegnet-lab", "--activation", "elu", "--dropout", "0.1", "--set", "n_filters=4,8")
    assert done.exit_code == 0, done.output
    options = stored(run, "model.json")["options"]
    assert options == {"n_filters": [4, 8], "kernels": [51, 15], "pools": [4, 8], "activation": "elu", "dropout": 0.1}
    assert stored(run, "settings.json")["settings"]["options"] == ["activation=elu", "dropout=0.1", "n_filters=4,8"]
    model = open_run(run).model()
    assert {type(layer) for layer in model.features if "activation" in str(type(layer))} == {nn.ELU}
    assert [layer.p for layer in model.features if isinstance(layer, nn.Dropout)] == [0.1, 0.1]
    assert model.features.spatial.out_channels == 8


def test_another_spelling_is_the_same_run_and_another_value_is_not(windows, tmp_path):
    run = tmp_path / "run"
    assert train(windows, run, "--arch", "mlp", "--set", "n_hidden=8", "--dropout", "0.25").exit_code == 0
    again = train(windows, run, "--arch", "mlp", "--set", "dropout=.25", "--set", "activation=relu", "--set", "n-hidden=8")
    assert again.exit_code == 0 and "is finished; nothing to do" in again.stderr
    other = train(windows, run, "--arch", "mlp", "--set", "n_hidden=9", "--dropout", "0.25")
    assert other.exit_code == 3 and "options" in other.stderr


def test_a_default_that_is_named_makes_no_other_run(windows, tmp_path):
    run = tmp_path / "run"
    assert train(windows, run, "--arch", "eegnet").exit_code == 0
    again = train(windows, run, "--arch", "eegnet", "--activation", "elu", "--dropout", "0.25", "--set", "kernels=64,16", "--fit-window")
    assert again.exit_code == 0 and "is finished; nothing to do" in again.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--arch", "vgg", "--set", "n_hiden=8"), "vgg has no option 'n_hiden'"),
        (("--arch", "vgg", "--set", "n_hidden=8.5"), "a whole number is needed"),
        (("--arch", "shallow", "--activation", "elu"), "--activation: shallow has no option 'activation'"),
        (("--arch", "logistic", "--dropout", "0.1"), "--dropout: logistic has no option 'dropout'"),
        (("--arch", "vgg", "--dropout", "0.1", "--set", "dropout=0.2"), "contradict each other"),
        (("--arch", "vgg", "--momentum", "0.5"), "--momentum: adamax has none"),
        (("--arch", "vgg", "--activation", "swish"), "swish"),
    ],
)
def test_what_the_network_lacks_is_a_usage_error_and_nothing_is_written(windows, tmp_path, options, message):
    refused = train(windows, tmp_path / "run", *options)
    assert refused.exit_code == 2 and message in refused.output
    assert not (tmp_path / "run").exists()


def test_python_recipe_and_command_line_say_the_same(windows, tmp_path):
    run, recipe = tmp_path / "run", tmp_path / "mine.toml"
    recipe.write_text('[train]\narch = "mlp"\noptions = ["n_hidden=8"]\ndropout = 0.25\n')
    assert train(windows, run, "--recipe", str(recipe)).exit_code == 0
    heard = CapturingReporter()
    settings = TrainSettings(windows=windows, output=run, arch="mlp", options="n_hidden=8", dropout=0.25, epochs=1, threads=1, device="cpu")
    stage.run(settings, reporter=heard)
    assert heard.infos[-1].endswith("is finished; nothing to do.")


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("short") / "windows", n_windows=3, n_times=20)  # 8 channels


def test_a_window_that_is_too_short_is_refused_with_the_shortest_that_fits(short, tmp_path):
    refused = train(short, tmp_path / "run", "--arch", "eegnet")
    assert refused.exit_code == 3
    assert "windows of 8 channels x 20 samples are too small" in refused.stderr
    assert "the smallest that fits is 1 channel x 27 samples" in refused.stderr
    assert not (tmp_path / "run").exists()


def test_fit_window_shortens_kernels_and_pools_says_it_and_stores_what_it_made(short, tmp_path):
    run = tmp_path / "run"
    done = train(short, run, "--arch", "eegnet", "--fit-window")
    assert done.exit_code == 0, done.output
    said = "eegnet is not the published network: for windows of 8 channels x 20 samples it has kernels 64,12 (from 64,16), pools 4,6 (from 4,8)"
    assert said in done.stderr
    settings, options = stored(run, "settings.json")["settings"], stored(run, "model.json")["options"]
    assert settings["options"] == ["kernels=64,12", "pools=4,6"] and not settings["fit_window"]
    assert (options["kernels"], options["pools"]) == ([64, 12], [4, 6])
    by_hand = train(short, run, "--arch", "eegnet", "--set", "kernels=64,12", "--set", "pools=4,6")
    assert by_hand.exit_code == 0 and "is finished; nothing to do" in by_hand.stderr
    evaluated = CliRunner().invoke(app, ["evaluate", str(run), "--threads", "1", "--device", "cpu"])
    assert evaluated.exit_code == 0, evaluated.output


def test_a_dry_run_fits_the_window_too(short, tmp_path):
    assert train(short, tmp_path / "run", "--arch", "conv1d-ecg", "--dry-run").exit_code == 3
    planned = train(short, tmp_path / "run", "--arch", "conv1d-ecg", "--fit-window", "--dry-run")
    assert planned.exit_code == 0 and "conv1d-ecg is not the published network" in planned.stderr
    refused = train(short, tmp_path / "run", "--arch", "scnn", "--fit-window", "--set", "kernel_chans=9", "--dry-run")
    assert refused.exit_code == 0, refused.output


def test_max_norm_holds_in_the_weights_that_a_run_keeps(windows, tmp_path):
    run = tmp_path / "run"
    assert train(windows, run, "--arch", "eegnet", "--lr", "0.5", "--batch-size", "8").exit_code == 0
    weights = load_file(run / "model.safetensors")
    assert np.sqrt((weights["final_layer.weight"].numpy() ** 2).sum(axis=1)).max() == pytest.approx(0.25, rel=1e-5)
    assert np.sqrt((weights["features.spatial.weight"].numpy() ** 2).sum(axis=(1, 2, 3))).max() == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize(("arch", "optimizer"), [("deap-dnn", "rmsprop"), ("deap-cnn", "sgd")])
def test_a_network_of_one_logit_trains_as_its_report_does_and_is_evaluated(windows, tmp_path, arch, optimizer):
    run = tmp_path / "run"
    small = ("--set", "n_hidden=8,8,8") if arch == "deap-dnn" else ("--set", "n_hidden=8")
    done = train(windows, run, "--arch", arch, *small)
    assert done.exit_code == 0, done.output
    said = stored(run, "model.json")
    assert (said["head"], said["n_outputs"], stored(run, "metrics.json")["training"]["optimizer"]) == ("logit", 1, optimizer)
    model, x = open_run(run).model(), torch.randn(2, 8, 64)
    assert model(x).shape == (2, 1)
    assert CliRunner().invoke(app, ["evaluate", str(run), "--threads", "1", "--device", "cpu"]).exit_code == 0
    refused = train(windows, tmp_path / "three", "--arch", arch, "--target", "subject")
    assert refused.exit_code in (2, 3)


def test_the_description_takes_options_and_lists_them():
    done = CliRunner().invoke(app, ["models", "eegnet-lab", "--shape", "2x750", "--sfreq", "125", "--set", "activation=elu", "--json"])
    data = json.loads(done.stdout)["data"]
    assert data["options"] == {"n_filters": [16, 32], "kernels": [51, 15], "pools": [4, 8], "activation": "elu", "dropout": 0.25}
    assert data["choices"] == {"activation": ["relu", "leaky-relu", "elu", "gelu"]}
    assert (data["n_parameters"], data["recommended"]) == (17_874, False)
    rows = {layer["name"]: layer for layer in data["layers"]}
    assert rows["features.activation1"]["kind"] == "ELU"
    # Kernel of 51 samples at 125 Hz; then a pool of 4 more by 3; a kernel of 15 in steps of 4 more by 56; a pool of 8 in steps of 4 more by 28.
    fields = [rows[f"features.{name}"]["receptive_field"][1] for name in ("temporal", "pool1", "conv", "pool2")]
    assert fields == [51, 54, 110, 138]
    assert rows["features.temporal"]["receptive_field_ms"] == 408.0 and data["receptive_field_ms"] == 6000.0
    shown = CliRunner().invoke(app, ["models", "eegnet-lab", "--shape", "2x750", "--sfreq", "125"]).stdout
    assert "1x51 (408 ms)" in shown and "memory" in shown and "activation relu" in shown and "kernels 51,15" in shown
    assert CliRunner().invoke(app, ["models", "eegnet-lab", "--set", "depth=2"]).exit_code == 2
    fitted = CliRunner().invoke(app, ["models", "eegnet", "--shape", "8x20", "--fit-window", "--json"])
    assert json.loads(fitted.stdout)["data"]["options"]["pools"] == [4, 6]


def test_windows_without_time_have_no_milliseconds():
    data = json.loads(CliRunner().invoke(app, ["models", "vgg", "--shape", "3x24x24", "--json"]).stdout)["data"]
    assert data["receptive_field_ms"] is None and all(layer["receptive_field_ms"] is None for layer in data["layers"])


def test_the_list_says_source_recommendation_and_for_a_shape_the_weights():
    listed = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)["data"]["models"]
    assert all(entry.keys() == {"name", "summary", "source", "representations", "recommended"} for entry in listed)
    sized = json.loads(CliRunner().invoke(app, ["models", "--shape", "2x750", "--json"]).stdout)["data"]["models"]
    counts = {entry["name"]: entry["n_parameters"] for entry in sized}
    assert (counts["eegnet-lab"], counts["deepconvnet"], counts["vgg"]) == (17_874, 150_977, None)  # two channels are too few for vgg
