"""A network of the user's own, from its file to the explanation."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import eegcli
from eegcli import train
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, Stopped, UsageError
from eegcli.train import trainer
from tests.kit import commands
from tests.kit.own import NET, own
from tests.kit.runs import contents, run
from tests.train.test_resume import StopAfter

WHERE = ("--device", "cpu", "--threads", "1")
ALONE = (*WHERE, "--no-baseline")


def class_of(path: str) -> type[torch.nn.Module]:
    """Its class, as its author imports it, without eegcli."""
    return runpy.run_path(path)["Net"]


def answer(*words: object) -> dict:
    return json.loads(commands.eegcli(*words, "--json", check=True).stdout)["data"]


def test_it_is_planned_trained_evaluated_explained_and_described(make_windows, tmp_path):
    windows, arch = make_windows(), f"{own(tmp_path)}:Net"
    words = ("train", windows, "--arch", arch, "--epochs", "2", *ALONE)
    plan = answer(*words, "--dry-run")
    made = tmp_path / "small-run-mynet-Net-sex"
    assert plan["output"] == str(made) and not made.exists()
    assert plan["n_parameters"] == 8 * 6 * 9 + 6 + 6 * 2 + 2
    assert plan["training"] == {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.01, "batch_size": 64, "epochs": 2}
    result = answer(*words)
    assert result["output"] == str(made) and result["arch"] == "mynet.py:Net"
    Path(arch.removesuffix(":Net")).unlink()  # the run needs it no more
    evaluated = answer("evaluate", made, "--trust", *WHERE)
    assert 0 <= evaluated["splits"]["test"]["vote"]["accuracy"] <= 1
    explained = answer("explain", made, "--trust", "--method", "saliency", "--n-windows", "4", *WHERE)
    assert explained["methods"][0]["name"] == "saliency"
    assert answer("info", made)["arch"] == "mynet.py:Net"
    assert answer("info", made, "--verify")["verified"]["files"] > 5


def test_its_source_is_stored_once_and_its_weights_are_those_of_its_own_class(make_windows, tmp_path):
    path = own(tmp_path)
    made = run(make_windows(), arch=f"{path}:Net", cv=3, seeds=2)
    assert [file.relative_to(made.output).as_posix() for file in made.output.rglob("*.py")] == ["network.py"]
    assert (made.output / "network.py").read_text() == NET
    network = class_of(path)(n_chans=8, n_times=64, n_outputs=2)
    network.load_state_dict(load_file(made.output / "fold-01" / "seed-01" / "model.safetensors"))
    x = torch.from_numpy(open_windows(tmp_path / "small-windows").x[:5].copy())
    opened = eegcli.open_run(made.output, trust=True)
    with torch.no_grad():
        torch.testing.assert_close(opened.model(1, 1)(x), network.eval()(x), rtol=0, atol=0)


def test_a_number_is_predicted_in_its_own_unit(make_windows, tmp_path):
    """Predictions are those of its own class on standardised labels, times their spread, plus their mean: with numbers, not with our code."""
    windows, path = make_windows(), own(tmp_path)
    made = run(windows, arch=f"{path}:Net", target="age", kind="regression", epochs=3)
    splits, table = read_table(made.output / "splits.parquet"), open_windows(windows).table
    trained = set(splits["subject"][splits["split"] == "train"].tolist())
    ages = np.array([age for age, subject in zip(table["age"], table["subject"], strict=True) if subject in trained], dtype=float)
    network = class_of(path)(n_chans=8, n_times=64, n_outputs=1)
    network.load_state_dict(load_file(made.output / "model.safetensors"))
    x = torch.from_numpy(open_windows(windows).x[:].copy())
    with torch.no_grad():
        expected = network.eval()(x) * ages.std() + ages.mean()
        found = open_run(made.output).trusted(trust=True).model()(x)
    torch.testing.assert_close(found, expected.float(), rtol=1e-5, atol=1e-5)
    commands.eegcli("evaluate", made.output, "--trust", *WHERE, check=True)
    predictions = read_table(made.output / "evaluation" / "predictions.parquet")
    np.testing.assert_allclose(predictions["prediction"], expected.numpy()[predictions["window"], 0], rtol=1e-4)


def test_a_changed_file_is_another_configuration(make_windows, tmp_path):
    windows, path = make_windows(), own(tmp_path)
    first = contents(run(windows, arch=f"{path}:Net").output)
    moved = own(tmp_path / "elsewhere")
    assert contents(run(windows, arch=f"{moved}:Net").output) == first  # finished: where the file lies does not matter
    own(tmp_path, NET + "# a word\n")
    with pytest.raises(InputError, match=r"another configuration .*the code of the network is another"):
        run(windows, arch=f"{path}:Net")
    run(windows, arch=f"{path}:Net", force=True)
    assert (tmp_path / "run" / "network.py").read_text().endswith("# a word\n")


def test_a_network_that_never_worked_stands_in_nobodys_way(make_windows, tmp_path):
    windows = make_windows()
    path = own(tmp_path, NET.replace("self.head(", "self.haed("))
    with pytest.raises(InputError, match="line 14: AttributeError: 'Net' object has no attribute 'haed'"):
        run(windows, arch=f"{path}:Net")
    assert not (tmp_path / "run").exists()
    run(windows, arch=f"{own(tmp_path)}:Net")


def test_what_it_prints_is_no_output_of_a_command(make_windows, tmp_path):
    text = NET.replace("        power", "        print('shape', x.shape)\n        power").replace(
        "class Net", "print('read')\n\n\nclass Net"
    )
    run_path = tmp_path / "run"
    trained = commands.eegcli("train", make_windows(), "--arch", f"{own(tmp_path, text)}:Net", "--epochs", "1", "-o", run_path, *ALONE)
    assert trained.stdout == f"{run_path}\n" and "shape torch.Size" in trained.stderr
    evaluated = commands.eegcli("evaluate", run_path, "--trust", *WHERE, "--json")
    assert json.loads(evaluated.stdout)["status"] == "ok"


def test_an_error_hours_later_is_the_files_and_not_ours(make_windows, tmp_path):
    """Loud windows, which no probe shows, make it fail."""
    text = NET.replace(
        "        power", "        if x.std() > 6.5 and x.shape[0] > 2:\n            raise ValueError('too loud')\n        power"
    )
    done = commands.eegcli("train", make_windows(), "--arch", f"{own(tmp_path, text)}:Net", "--epochs", "1", *ALONE)
    assert done.returncode == 3
    assert "mynet.py, line 14: ValueError: too loud" in done.stderr


@pytest.mark.parametrize("looks", [1, 5, 9])
def test_a_stopped_training_goes_on_to_the_same_bytes(make_windows, tmp_path, monkeypatch, looks):
    windows, arch = make_windows(), f"{own(tmp_path)}:Net"
    whole = run(windows, "whole", arch=arch, seeds=2)
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(looks))
    with pytest.raises(Stopped):
        run(windows, "stopped", arch=arch, seeds=2)
    monkeypatch.undo()
    run(windows, "stopped", arch=arch, seeds=2)
    assert contents(tmp_path / "stopped") == contents(whole.output)


def test_a_stopped_training_does_not_go_on_with_another_file(make_windows, tmp_path, monkeypatch):
    windows, path = make_windows(), own(tmp_path)
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(9))
    with pytest.raises(Stopped):
        run(windows, arch=f"{path}:Net")
    monkeypatch.undo()
    own(tmp_path, NET.replace("/ 10", "/ 20"))
    with pytest.raises(InputError, match="the code of the network is another"):
        run(windows, arch=f"{path}:Net")
    own(tmp_path)
    run(windows, arch=f"{path}:Net")


def test_a_file_that_changes_while_it_is_trained_is_stored_as_it_was_trained(make_windows, tmp_path, monkeypatch):
    windows, path = make_windows(), own(tmp_path)
    whole = contents(run(windows, "whole", arch=f"{path}:Net").output)
    before = train.prepare

    def change_it(*arguments):
        job = before(*arguments)
        own(tmp_path, "raise RuntimeError('changed')")
        return job

    monkeypatch.setattr(train, "prepare", change_it)
    assert contents(run(windows, "changed", arch=f"{path}:Net").output) == whole


def test_layers_that_ask_for_a_view_are_trained(make_windows, tmp_path):
    """On a CPU our own networks lie channels last in memory, where a view of what a convolution gives is no view."""
    text = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, n_chans, n_times, n_outputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 4, (n_chans, 5)), nn.Conv2d(4, 4, (1, 3)))
        self.last = nn.Linear(4 * (n_times - 6), n_outputs)

    def forward(self, x):
        return self.last(self.layers(x[:, None]).view(len(x), -1))
"""
    run(make_windows(), arch=f"{own(tmp_path, text)}:Net")


def test_a_module_is_stored_by_name_version_and_digest(make_windows, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path / "site")
    own(tmp_path / "site" / "own_package", "", "__init__.py")
    own(tmp_path / "site" / "own_package", NET, "nets.py")
    made = run(make_windows(), arch="own_package.nets:Net")
    assert not list(made.output.rglob("*.py"))
    said = json.loads((made.output / "model.json").read_text())["foreign"]
    assert (said["module"], said["attribute"], said["version"], len(said["sha256"])) == ("own_package.nets", "Net", None, 64)
    opened = commands.eegcli("evaluate", made.output, "--arch", "own_package.nets:Net", *WHERE)
    assert opened.returncode == 0, opened.stderr
    own(tmp_path / "site" / "own_package", NET + "# 2\n", "nets.py")
    for name in [name for name in sys.modules if name.startswith("own_package")]:
        del sys.modules[name]
    changed = commands.eegcli("evaluate", made.output, "--trust", *WHERE)
    assert changed.returncode == 4 and f"sha256 {said['sha256'][:12]} (here: " in changed.stderr
    assert commands.eegcli("evaluate", made.output, "--arch", "own_package.nets:Net", *WHERE).returncode == 3


def test_windows_that_are_not_raw_are_refused(tmp_path):
    kept = shutil.copytree(Path(__file__).parents[1] / "kept" / "0.1.0" / "windows-bands", tmp_path / "windows-bands")
    with pytest.raises(UsageError, match=r"mynet.py:Net takes windows of the representation raw; these are bands"):
        run(kept, arch=f"{own(tmp_path)}:Net")


def test_a_recipe_runs_no_code(make_windows, tmp_path, monkeypatch):
    """Recipes come from anybody; what the command line names is run."""
    monkeypatch.chdir(tmp_path)
    marker = tmp_path / "was-run"
    own(tmp_path, f"open({str(marker)!r}, 'w')\n{NET}")
    windows = make_windows()
    Path("theirs.toml").write_text("[train]\narch = './mynet.py:Net'\nepochs = 1\n\n[evaluate]\ntrust = true\n")
    refused = commands.eegcli("train", windows, "--recipe", "theirs.toml", "-o", "run", *ALONE)
    assert refused.returncode == 2 and "would run code that the command line does not name" in refused.stderr
    assert not marker.exists()
    named = commands.eegcli("train", windows, "--recipe", "theirs.toml", "--arch", "./mynet.py:Net", "-o", "run", *ALONE)
    assert named.returncode == 0 and marker.exists(), named.stderr
    assert commands.eegcli("evaluate", "run", "--recipe", "theirs.toml", *WHERE).returncode == 2


def test_the_parts_of_a_name_are_those_of_the_network(make_windows, tmp_path):
    with pytest.raises(UsageError, match=r"its network is logistic, not ./mynet.py:Net"):
        open_run(run(make_windows(), arch="logistic").output).trusted(arch="./mynet.py:Net")
