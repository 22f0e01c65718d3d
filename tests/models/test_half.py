"""Half precision on a CPU: every network learns in it, layers are reordered as in single precision, and what it makes slower stays single."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from eegcli import registry
from eegcli.engine.precision import Precision, lack_of
from eegcli.models import build
from eegcli.models.commuted import Commuted
from eegcli.models.merged import Merged
from eegcli.models.single import in_single

BF16 = Precision("bf16", torch.device("cpu"))
DEFAULT = {"n_chans": 8, "n_times": 64}
RAW = [name for name, entry in registry.MODELS.items() if entry.path and entry.training is not None and name != "scnn"]


class Convolutions(TorchDispatchMode):
    """Groups and precision of every convolution, there and back."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, torch.dtype]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.convolution.default:
            self.seen.append((args[8], args[1].dtype))
        return func(*args, **(kwargs or {}))


def net(name: str) -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    sizes = {axis: {**DEFAULT, **registry.MODELS[name].smallest}[axis] for axis in ("n_chans", "n_times")}
    model = build(name, **sizes, n_outputs=2, sfreq=128.0)
    return model, 10 * torch.randn(6, *sizes.values())


@pytest.mark.parametrize("name", RAW)
def test_every_network_learns_in_bf16_what_it_learns_in_single_precision(name):
    if "lstm" in name and lack_of("bf16", BF16.device):
        pytest.skip("what this CPU does not compute in bf16 is emulated, but for the LSTM")
    model, x = net(name)
    losses = []
    for outputs in (model, lambda x: BF16.outputs(model, x)):
        torch.manual_seed(1)
        model.zero_grad()
        loss = functional.cross_entropy(outputs(x), torch.arange(6) % 2)
        loss.backward()
        losses.append(float(loss.detach()))
        assert all(weight.grad is None or torch.isfinite(weight.grad).all() for weight in model.parameters())
    assert losses[1] == pytest.approx(losses[0], rel=0.1, abs=0.05)  # of 8 bits each number has


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("commutes", [True, False])
def test_grouped_convolutions_stay_in_single_precision(monkeypatch, commutes, layout):
    monkeypatch.setattr(Commuted, "pays", lambda self, x: commutes)
    model, x = net("eegnet")
    with Convolutions() as convolutions:
        BF16.outputs(model.to(memory_format=layout), x)
    grouped = [dtype for groups, dtype in convolutions.seen if groups > 1]
    assert grouped == [torch.float32] * (1 if commutes else 2)
    assert {dtype for groups, dtype in convolutions.seen if groups == 1} == {torch.bfloat16}


def test_convolutions_are_merged_in_bf16_too(monkeypatch):
    monkeypatch.setattr(Merged, "pays", lambda self, x: True)
    model, x = net("shallow")
    with Convolutions() as convolutions:
        BF16.outputs(model, x)
    assert convolutions.seen == [(1, torch.bfloat16)]


def test_dropout_drops_the_same_values_in_bf16_in_every_layout():
    # The published order, too: hooks and ranks run it.
    layers = build("eegnet", n_chans=8, n_times=64, n_outputs=2, sfreq=128.0).features
    plain, dropped = copy.deepcopy(layers), []
    plain.as_published = True
    for of, layout in ((layers, torch.channels_last), (plain, torch.contiguous_format)):
        torch.manual_seed(3)
        dropped.append(BF16.outputs(of.to(memory_format=layout), torch.randn(4, 1, 8, 64, generator=torch.Generator().manual_seed(0))) == 0)
    assert dropped[0].any()
    assert torch.equal(*dropped)


def test_covwave_computes_in_single_precision_whatever_is_asked_for():
    model, x = net("covwave")
    model.eval()
    assert torch.equal(BF16.outputs(model, x), model(x))


def test_a_function_in_single_precision_sees_no_half_and_elsewhere_what_it_is_given():
    seen = []

    def look(x: torch.Tensor) -> torch.Tensor:
        seen.append((x.dtype, torch.is_autocast_enabled("cpu")))
        return x

    half, double = torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.float64)
    in_single(look, half)
    with torch.autocast("cpu", torch.bfloat16):
        in_single(look, half)
        in_single(look, double)
        assert torch.is_autocast_enabled("cpu")
    assert seen == [(torch.bfloat16, False), (torch.float32, False), (torch.float64, False)]
    assert in_single(lambda x: x + 1, torch.ones(2, device="meta")).shape == (2,)  # of tensors without values, layers are counted
