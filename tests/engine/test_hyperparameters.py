"""Published values where nobody says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from eegcli.engine.hyperparameters import as_dict, make_optimizer, resolve
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
    assert as_dict(resolve(settings(**wishes))) == wishes


def test_a_closed_form_has_none_and_ignores_those_of_a_recipe():
    assert resolve(settings(arch="logistic", epochs=5, lr=0.1)) == settings(arch="logistic")
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
    assert type(optimizer) is kind
    group = optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.01, 0.1)
    assert group.get("betas", (0.9, 0.999)) == (0.9, 0.999)
    assert group.get("momentum", 0.9) == 0.9
