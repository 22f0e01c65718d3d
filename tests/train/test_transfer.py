"""A training that begins with the weights of another one: what is taken over, what stays, and who may be tested then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from eegcli import evaluate, train
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, Stopped, UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import EvaluateSettings, TrainSettings
from eegcli.train import trainer
from tests.kit import cohorts, runs
from tests.kit.own import NET, own
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run
from tests.kit.shared import once_for_all_workers
from tests.train.test_resume import StopAfter

QUICK = {"arch": "eegnet", "epochs": 1, "batch_size": 24}
ORDER = ("Cz", "Fz", "Pz", "O1", "O2", "T7", "T8", "Fp1")  # of the channels of another laboratory


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Windows of a first cohort and runs on it, and windows of others: the same channels, in another order, fewer and one more."""

    def make(path: Path) -> None:
        first = cohorts.windows(path / "first", subjects=range(12), n_windows=4)
        run(first, "sex", **QUICK)
        run(first, "age", target="age", **QUICK | {"arch": "vgg"})
        run(first, "seeds", seeds=2, **QUICK)
        run(first, "folds", cv=2, **QUICK)
        run(first, "vgg", **QUICK | {"arch": "vgg"})
        run(first, "network", **QUICK | {"arch": f"{own(path)}:Net"})
        others = {"dataset": "other", "subjects": range(10), "n_windows": 4, "seed": 5}
        cohorts.windows(path / "same", **others)
        cohorts.windows(path / "turned", ch_names=ORDER, **others)
        cohorts.windows(path / "changed", ch_names=("Oz", *cohorts.CH_NAMES[:6]), **others)
        cohorts.windows(path / "short", n_times=96, **others)

    return once_for_all_workers(tmp_path_factory, "runs-to-begin-with", make)


def begun(folder: Path, tmp_path: Path, windows: str = "same", name: str = "sex", **wishes) -> tuple[Run, CapturingReporter]:
    heard = CapturingReporter()
    output = tmp_path / wishes.pop("output", "begun")
    settings = TrainSettings(windows=folder / windows, output=output, **runs.QUICK | QUICK | {"init_from": folder / name} | wishes)
    return open_run(train.run(settings, reporter=heard).output), heard


def weights(one: Run, fold: int = 0, seed: int = 0) -> dict[str, torch.Tensor]:
    return one.model(fold, seed).state_dict()


def test_frozen_weights_and_their_running_statistics_stay_as_they_are_to_the_bit(folder, tmp_path):
    made, heard = begun(folder, tmp_path, freeze="features.*", weight_decay=0.1, epochs=2)
    before, after = weights(open_run(folder / "sex")), weights(made)
    frozen = [name for name in before if name.startswith("features")]
    assert any(name.endswith("running_mean") for name in frozen)
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["final_layer.weight"], after["final_layer.weight"])
    assert any(line.startswith("--freeze: features.") for line in heard.messages)
    metrics = made.metrics
    assert metrics["begun_with"]["weights"] == open_run(folder / "sex").networks[0].description.weights
    assert set(metrics["begun_with"]["frozen"]) == {name for name in frozen if name.endswith(("weight", "bias"))}
    assert metrics["n_parameters"] == open_run(folder / "sex").metrics["n_parameters"]


@pytest.mark.parametrize(("patterns", "stays"), [(("filters.*", "norm.*"), True), (("filters.*",), False)])
def test_running_statistics_of_a_frozen_layer_without_weights_stay_where_their_names_fit(folder, tmp_path, patterns, stays):
    """Batch norm without weights has none that could be frozen: its statistics moved on, although a pattern fits their names."""
    normed = NET.replace("self.drop = ", "self.norm = nn.BatchNorm1d(n_filters, affine=False)\n        self.drop = ")
    arch = f"{own(tmp_path, normed.replace('torch.log(power + 1e-3)', 'self.norm(torch.log(power + 1e-3))'))}:Net"
    wishes = runs.QUICK | QUICK | {"arch": arch}
    first = train.run(TrainSettings(windows=folder / "first", output=tmp_path / "first", **wishes), reporter=CapturingReporter()).output
    made, _ = begun(folder, tmp_path, name=first, arch=arch, target="task", freeze=patterns)
    before, after = (load_file(one / "model.safetensors") for one in (first, made.path))
    assert torch.equal(before["norm.running_mean"], after["norm.running_mean"]) is stays
    assert torch.equal(before["filters.weight"], after["filters.weight"])
    assert not torch.equal(before["head.weight"], after["head.weight"])


def test_without_freezing_all_weights_begin_with_those_of_the_run(folder, tmp_path):
    made, _ = begun(folder, tmp_path, optimizer="sgd", lr=1e-12, momentum=0.0, weight_decay=0.0)
    for name, value in weights(open_run(folder / "sex")).items():
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked")):  # of these windows
            torch.testing.assert_close(weights(made)[name], value, rtol=1e-5, atol=1e-6)


def test_another_target_gets_a_new_last_layer_and_says_so(folder, tmp_path):
    made, heard = begun(folder, tmp_path, target="task", freeze="features.*")
    assert made.metrics["begun_with"]["drawn_anew"] == ["final_layer.weight", "final_layer.bias"]
    assert any("drawn anew, not taken over: final_layer.weight" in line for line in heard.messages)
    other, _ = begun(folder, tmp_path, output="classes", classes="M,F", freeze="features.*")
    assert other.metrics["begun_with"]["drawn_anew"], "classes in another order"


def test_channels_are_found_by_name(folder, tmp_path):
    still = {"optimizer": "sgd", "lr": 1e-12, "momentum": 0.0, "weight_decay": 0.0, "freeze": "features.*"}
    made, heard = begun(folder, tmp_path, "turned", **still)
    x = open_windows(folder / "turned").x[:40]
    back = [ORDER.index(name) for name in cohorts.CH_NAMES]
    with torch.inference_mode():
        here = made.model()(torch.from_numpy(np.asarray(x)))
        there = open_run(folder / "sex").model()(torch.from_numpy(np.asarray(x[:, back])))
    torch.testing.assert_close(here, there, rtol=1e-3, atol=1e-4)
    assert not any("channels" in line for line in heard.messages if line.startswith("--init-from"))


def test_channels_that_only_one_of_them_has_are_drawn_anew_or_left_out_and_said(folder, tmp_path):
    made, heard = begun(folder, tmp_path, "changed")
    assert made.metrics["begun_with"]["channels_drawn_anew"] == ["Oz"]
    assert made.metrics["begun_with"]["channels_left_out"] == ["T8", "Fp1"]
    assert any("left out: T8, Fp1" in line for line in heard.messages)
    with pytest.raises(UsageError, match=r"some channels of features\.\S+ are drawn anew"):
        begun(folder, tmp_path, "changed", output="frozen", freeze="features.*")


def test_a_number_is_begun_with_in_its_unit(folder, tmp_path):
    still = {"optimizer": "sgd", "lr": 1e-12, "momentum": 0.0, "weight_decay": 0.0}
    made, _ = begun(folder, tmp_path, name="age", arch="vgg", target="age", **still)
    x = torch.from_numpy(np.asarray(open_windows(folder / "same").x[:40]))
    with torch.inference_mode():
        torch.testing.assert_close(made.model()(x), open_run(folder / "age").model()(x), rtol=1e-3, atol=1e-3)


def test_a_network_of_ones_own_is_begun_with_by_naming_it_again(folder, tmp_path):
    arch = f"{own(tmp_path)}:Net"
    made, _ = begun(folder, tmp_path, name="network", arch=arch, target="task", freeze="filters.*")
    assert made.metrics["begun_with"]["drawn_anew"] == ["head.weight", "head.bias"]
    other = f"{own(tmp_path / 'other', Path(arch.removesuffix(':Net')).read_text() + '# changed')}:Net"
    with pytest.raises(InputError, match="the run has another foreign"):
        begun(folder, tmp_path, output="other-code", name="network", arch=other)


def test_nobody_is_tested_by_whom_the_weights_were_learnt_or_chosen(folder, tmp_path):
    with pytest.raises(InputError, match=r"its networks have seen [12] of the tested subjects") as error:
        begun(folder, tmp_path, "first", seed=9)
    assert "--split-file" in error.value.hint
    # Those who were tested there may be tested here; whoever was learnt from may be learnt from again.
    again, _ = begun(folder, tmp_path, "first", output="again", lr=0.01)
    assert set(again.splits["subject"][again.splits["split"] == "test"]) == set(
        open_run(folder / "sex").splits["subject"][open_run(folder / "sex").splits["split"] == "test"]
    )


def test_what_earlier_runs_have_seen_is_remembered_by_whatever_begins_with_them(folder, tmp_path):
    first, _ = begun(folder, tmp_path)
    seen = set(zip(first.ancestors["dataset"], first.ancestors["subject"], strict=True))
    theirs = open_run(folder / "sex").splits
    assert seen == {("toy", label) for label in theirs["subject"][theirs["split"] != "test"]}
    with pytest.raises(InputError, match="have seen"):
        begun(folder, tmp_path, "first", output="third", init_from=first.path, seed=9)
    with pytest.raises(InputError, match="subjects seen in training"):
        settings = EvaluateSettings(run=first.path, windows=folder / "first", output=tmp_path / "e", resamples=50, threads=1, device="cpu")
        evaluate.run(settings, reporter=CapturingReporter())


def test_of_several_networks_each_begins_with_that_of_its_fold_and_seed(folder, tmp_path):
    still = {"optimizer": "sgd", "lr": 1e-12, "momentum": 0.0, "weight_decay": 0.0, "freeze": "features.*"}
    made, _ = begun(folder, tmp_path, name="seeds", seeds=2, **still)
    there = open_run(folder / "seeds")
    for seed in (0, 1):
        torch.testing.assert_close(weights(made, seed=seed)["final_layer.weight"], weights(there, seed=seed)["final_layer.weight"])
    chosen, _ = begun(folder, tmp_path, output="chosen", name="folds", init_network="1,0", seeds=2, **still)
    for seed in (0, 1):
        found = weights(chosen, seed=seed)["final_layer.weight"]
        torch.testing.assert_close(found, weights(open_run(folder / "folds"), fold=1)["final_layer.weight"])
    assert chosen.metrics["networks"][0]["fold"] == 0


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"name": "folds"}, "has 2 folds of 1 seed, and 1 fold of 1 seed are to begin with them"),
        ({"name": "seeds", "seeds": 3}, "has 1 fold of 2 seeds, and 1 fold of 3 seeds"),
        ({"name": "folds", "init_network": "2,0"}, "--init-network 2,0: .* has no such network"),
        ({"name": "folds", "init_network": "first"}, "--init-network first: fold and seed are needed"),
        ({"freeze": "feature.*"}, r"--freeze feature\.\*: no weights are named so"),
        ({"freeze": "*"}, r"--freeze \*: nothing is left to learn"),
        ({"freeze": "final*", "target": "task"}, r"--freeze final\*: final_layer.weight is drawn anew"),
        ({"init_from": None, "freeze": "features.*"}, "--freeze is about weights that come from another run"),
        ({"arch": "shallow"}, "the run has another arch: eegnet, here shallow"),
        ({"options": ("n_filters=4",)}, "the run has another options: n_filters 8 .here: 4"),
        ({"normalise": "window"}, "the run normalises its windows by none, here by window"),
        ({"name": "vgg", "arch": "vgg", "windows": "turned"}, "vgg has no weights of a channel's own"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(folder, tmp_path, wishes, message):
    with pytest.raises((InputError, UsageError), match=message):
        begun(folder, tmp_path, **wishes)
    assert not (tmp_path / "begun").exists()


def test_windows_of_another_length_get_a_new_last_layer_where_that_alone_depends_on_it(folder, tmp_path):
    made, _ = begun(folder, tmp_path, "short", freeze="features.*")
    assert made.metrics["begun_with"]["drawn_anew"] == ["final_layer.weight", "final_layer.bias"]


def test_a_closed_form_says_that_it_begins_nowhere(folder, tmp_path):
    _, heard = begun(folder, tmp_path, arch="logistic", freeze="*")
    assert any("fitted in closed form: --init-from, --freeze is not used" in line or "--init-from" in line for line in heard.messages)


@pytest.mark.parametrize("looks", [1, 4])
def test_stopped_it_goes_on_to_the_same_bytes_and_other_weights_are_another_configuration(folder, tmp_path, monkeypatch, looks):
    wishes = {"freeze": "features.*weight", "epochs": 2, "ema": 0.9}
    whole, _ = begun(folder, tmp_path, output="whole", **wishes)
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(looks))
    with pytest.raises(Stopped):
        begun(folder, tmp_path, output="stopped", **wishes)
    monkeypatch.undo()
    stopped, _ = begun(folder, tmp_path, output="stopped", **wishes)
    assert contents(whole.path) == contents(stopped.path)
    with pytest.raises(InputError, match="begun_with"):
        begun(folder, tmp_path, output="stopped", name="seeds", init_network="0,1", **wishes)
    assert read_json(whole.path / "settings.json")["inputs"]["begun_with"]
