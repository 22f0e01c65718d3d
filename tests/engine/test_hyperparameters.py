"""Published values where nobody says otherwise."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from eegcli.engine.hyperparameters import as_dict, hyperparameters, make_optimizer, resolve
from eegcli.errors import UsageError
from eegcli.registry import Training
from eegcli.settings import TrainSettings


def settings(**wishes) -> TrainSettings:
    return TrainSettings(windows=Path("w"), **wishes)


@pytest.mark.parametrize("arch", ["vgg", "scnn"])
def test_the_papers_values_are_the_default(arch):
    # Truong, Makeig & Delorme 2021, as in their code.
    assert as_dict(resolve(settings(arch=arch))) == {
        "optimizer": "adamax",
        "lr": 0.002,
        "weight_decay": 0.001,
        "batch_size": 70,
        "epochs": 70,
    }


def test_each_value_can_be_overridden():
    wishes = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "batch_size": 8, "epochs": 3}
    assert as_dict(resolve(settings(**wishes))) == wishes | {"momentum": 0.9, "nesterov": False}


def test_a_closed_form_has_none_and_ignores_those_of_a_recipe():
    off = {"nesterov": False, "precision": "fp32", "accumulate": 1, "schedule": "constant"}  # what each was added with: no other run
    off |= {"label_smoothing": 0.0, "ema": 0.0, "patience": 0, "validate_every": 0}
    assert resolve(settings(arch="logistic", epochs=5, lr=0.1, precision="bf16")) == settings(arch="logistic", normalise="none", **off)
    assert as_dict(resolve(settings(arch="majority"))) is None


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"arch": "vggg"}, "no architecture is named 'vggg'"),
        ({"optimizer": "adan"}, "--optimizer: 'adan' is none of adamax, adam"),
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"batch_size": 0}, "--batch-size must be at least 1"),
        ({"lr": 0.0}, "--lr must be above 0"),
        ({"lr": float("nan")}, "--lr: nan is not a finite number"),
        ({"weight_decay": -0.1}, "--weight-decay must be at least 0"),
        ({"momentum": 0.5}, "--momentum: adamax has none"),
        ({"optimizer": "adam", "momentum": 0.9}, "--momentum: adam has none"),
        ({"optimizer": "sgd", "momentum": 1.0}, "--momentum must be at least 0 and below 1, not 1"),
        ({"optimizer": "sgd", "momentum": -0.1}, "--momentum must be at least 0"),
        ({"optimizer": "rmsprop", "nesterov": True}, "--nesterov: rmsprop has no such momentum"),
        ({"nesterov": True}, "--nesterov: adamax has no such momentum"),
        ({"optimizer": "sgd", "momentum": 0.0, "nesterov": True}, "--nesterov needs a --momentum above 0"),
        ({"precision": "fp8"}, "--precision: 'fp8' is none of fp32, tf32, bf16, fp16"),
        ({"clip_norm": 0.0}, "--clip-norm must be above 0, not 0"),
        ({"clip_norm": -1.0}, "--clip-norm must be at least 0"),
        ({"accumulate": 0}, "--accumulate must be at least 1"),
        ({"schedule": "step"}, "--schedule: 'step' is none of constant, cosine, onecycle"),
        ({"warmup": "0"}, "--warmup: 0 is neither a number of epochs"),
        ({"warmup": "2.5steps"}, "--warmup: 2.5steps is neither a number of epochs"),
        ({"warmup": "nan"}, "--warmup: nan is neither"),
        ({"warmup": "3", "epochs": 3}, "--warmup 3: must be less than the 3 epochs"),
        ({"warmup": "1", "schedule": "onecycle"}, "--warmup: onecycle has a rise of its own"),
    ],
)
def test_values_that_make_no_sense_are_refused(wishes, message):
    with pytest.raises(UsageError, match=message):
        resolve(settings(**wishes))


@pytest.mark.parametrize(
    ("name", "kind"), [("adamax", torch.optim.Adamax), ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)]
)
def test_the_optimiser_is_torchs_with_the_papers_betas(name, kind):
    optimizer = make_optimizer(Training(epochs=1, batch_size=8, optimizer=name, lr=0.01, weight_decay=0.1), nn.Linear(2, 2))
    assert isinstance(optimizer, kind)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.01, 0.1)
    assert group.get("betas", (0.9, 0.999)) == (0.9, 0.999)
    assert group.get("momentum", 0.9) == 0.9


def group(**wishes) -> dict:
    """Hyper-parameters that torch's optimiser holds for settings."""
    found = hyperparameters(resolve(settings(**wishes)))
    return make_optimizer(found, nn.Linear(2, 2)).param_groups[0]


def test_rmsprop_is_torchs_without_momentum_and_with_one():
    # As the report on DEAP has it: torch's smoothing of .99, no momentum.
    assert type(make_optimizer(hyperparameters(resolve(settings(arch="deap-dnn"))), nn.Linear(2, 2))) is torch.optim.RMSprop
    plain = group(arch="deap-dnn")
    assert (plain["lr"], plain["momentum"], plain["alpha"], plain["centered"]) == (1e-4, 0.0, 0.99, False)
    assert group(arch="deap-dnn", momentum=0.5)["momentum"] == 0.5


def test_momentum_and_nesterov_reach_the_optimiser_and_belong_to_the_architectures_own():
    assert (group(optimizer="sgd")["momentum"], group(optimizer="sgd")["nesterov"]) == (0.9, False)
    assert group(optimizer="sgd", momentum=0.5, nesterov=True)["nesterov"] is True
    of_question = group(arch="lasagne-cnn")
    assert (of_question["lr"], of_question["momentum"], of_question["nesterov"]) == (0.01, 0.9, True)
    assert group(arch="lasagne-cnn", nesterov=False)["nesterov"] is False
    assert "nesterov" not in group(arch="lasagne-cnn", optimizer="adam")  # Nesterov was the architecture's, not the user's


def test_a_momentum_that_is_the_optimisers_own_makes_no_other_configuration():
    assert resolve(settings(optimizer="sgd", momentum=0.9)) == resolve(settings(optimizer="sgd"))
    assert resolve(settings(optimizer="sgd", momentum=0.8)) != resolve(settings(optimizer="sgd"))
    assert resolve(resolve(settings(arch="lasagne-cnn"))) == resolve(settings(arch="lasagne-cnn"))


def test_a_spelling_of_the_warm_up_makes_no_other_configuration_and_extras_are_recorded_where_they_are_used():
    assert resolve(settings(warmup="2.0")) == resolve(settings(warmup=2)) == resolve(settings(warmup="2"))
    assert resolve(settings(warmup="500 steps")).warmup == "500steps"
    extras = {"precision": "bf16", "clip_norm": 1.0, "accumulate": 4, "schedule": "cosine", "warmup": "0.5"}
    assert as_dict(resolve(settings(**extras))) == as_dict(resolve(settings())) | extras
    assert resolve(settings(precision="fp32", accumulate=1, schedule="constant")) == resolve(settings())


@pytest.mark.parametrize(
    ("arch", "published"),
    [
        ("eegnet-lab", {"optimizer": "adam", "lr": 0.001, "batch_size": 64, "epochs": 300}),
        ("deepconvnet", {"optimizer": "adam", "lr": 0.001, "batch_size": 64, "epochs": 300}),
        ("deap-dnn", {"optimizer": "rmsprop", "lr": 0.0001, "batch_size": 310, "epochs": 250, "momentum": 0.0}),
        ("deap-cnn", {"optimizer": "sgd", "lr": 0.0001, "batch_size": 50, "epochs": 250, "momentum": 0.9, "nesterov": False}),
        ("conv1d-ecg", {"optimizer": "adam", "lr": 0.0001, "batch_size": 32, "epochs": 80}),
        ("lasagne-cnn", {"optimizer": "sgd", "lr": 0.01, "batch_size": 5, "momentum": 0.9, "nesterov": True}),
        ("eegnet", {"optimizer": "adam", "lr": 0.001, "epochs": 500}),
    ],
)
def test_published_networks_are_trained_as_published(arch, published):
    trained = as_dict(resolve(settings(arch=arch)))
    assert {name: trained[name] for name in published} == published and trained["weight_decay"] == 0


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_the_optimiser_of_a_cpu_is_torchs_own_up_to_rounding_and_goes_on_from_its_state(name):
    hyper = Training(epochs=1, batch_size=8, optimizer=name, lr=0.01, weight_decay=0.1)
    torch.manual_seed(0)
    ours, theirs = nn.Linear(40, 30), nn.Linear(40, 30)
    theirs.load_state_dict(ours.state_dict())
    fused = make_optimizer(hyper, ours)
    plain = type(fused)(theirs.parameters(), lr=0.01, weight_decay=0.1, fused=False, **({"momentum": 0.9} if name == "sgd" else {}))
    assert fused.param_groups[0]["fused"] is True
    for step in range(20):
        ours.weight.grad, ours.bias.grad = torch.randn(30, 40), torch.randn(30)
        theirs.weight.grad, theirs.bias.grad = ours.weight.grad.clone(), ours.bias.grad.clone()
        fused.step()
        plain.step()
        if step == 9:  # as from a checkpoint: the state has the same names in both
            fused.load_state_dict({"state": copy.deepcopy(plain.state_dict()["state"]), "param_groups": fused.state_dict()["param_groups"]})
            ours.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-6, atol=1e-7)
