"""Every check, of every architecture, on every representation that it takes; and what a check says of a network that is not fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli import registry
from eegcli.models.checks import CHECKS, cases, check_network
from eegcli.registry import ModelEntry, Training


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", cases(registry.MODELS), ids=lambda case: f"{case.name}-{case.representation}")
def test_every_network_has_the_properties_that_others_rely_on(case, check):
    check(case)


class Unfit(nn.Module):
    """Works, but for one fault."""

    fault = ""

    def __init__(self, shape: tuple[int, ...], n_outputs: int, sfreq: float) -> None:
        super().__init__()
        n_features = shape[0] * shape[1]
        self.hidden, self.norm, self.final_layer = nn.Linear(n_features, 16), nn.BatchNorm1d(16), nn.Linear(16, n_outputs)
        self.unused = nn.Linear(2, 2) if self.fault == "unused" else None
        self.twice = self.hidden if self.fault == "shared" else None
        if self.fault == "name":
            self.last, self.final_layer = self.final_layer, None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.hidden(x.flatten(1))
        if self.fault == "state":
            self.seen = getattr(self, "seen", 0) + self.training
            features = features + self.seen
        if self.fault == "batch":
            features = features - features.mean(dim=0)
        if self.fault == "one":
            features = self.norm(features)
        elif self.fault != "unused":
            features = features * self.norm.weight + self.norm.bias
        outputs = (self.last if self.fault == "name" else self.final_layer)(torch.relu(features))
        return outputs[:, None] if self.fault == "shape" else outputs.detach() if self.fault == "detached" else outputs


FAULTS = {
    "shape": r"gives \(3, 1, 1\) for 3 windows and 1 outputs \(check_outputs\)",
    "unused": r"passes no gradient to norm.weight \(check_gradient\)",
    "batch": r"beside other windows \(check_each_window_by_itself\)",
    "name": r"named `final_layer`",
    "shared": r"share memory, which safetensors does not store \(check_saving\)",
    "state": r"when a training is read again.* \(check_state\)",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault, monkeypatch):
    training = Training(optimizer="adam", lr=0.001, weight_decay=0.0, batch_size=8, epochs=1)
    monkeypatch.setitem(registry.MODELS, "unfit", ModelEntry(f"{__name__}:Unfit", "unfit", "none", training=training))
    monkeypatch.setattr(Unfit, "fault", fault)
    with pytest.raises(AssertionError, match=f"unfit on raw windows .*{FAULTS[fault]}"):
        check_network("unfit")


def test_a_last_batch_of_one_window_is_found_before_training_meets_it(monkeypatch):
    training = Training(optimizer="adam", lr=0.001, weight_decay=0.0, batch_size=8, epochs=1)
    monkeypatch.setitem(registry.MODELS, "unfit", ModelEntry(f"{__name__}:Unfit", "unfit", "none", training=training))
    monkeypatch.setattr(Unfit, "fault", "one")
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        check_network("unfit")


def test_a_closed_form_without_training_needs_a_module_that_can_be_fitted(monkeypatch):
    monkeypatch.setitem(registry.MODELS, "unfit", ModelEntry(f"{__name__}:Unfit", "unfit", "none"))
    with pytest.raises(TypeError, match="Unfit is no ClosedForm, so that its entry in the registry needs `training`"):
        check_network("unfit")
