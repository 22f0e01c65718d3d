"""Precision: refused where a device has no such arithmetic, and single outside of the forward pass."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from eegcli import models
from eegcli.engine.captured import Watch
from eegcli.engine.precision import Precision, require
from eegcli.errors import UnavailableError
from eegcli.models.foreign import ForeignNetwork

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "reason"), [("tf32", "NVIDIA's GPUs, and the device is the CPU"), ("fp16", "GPU, and the device is the CPU")]
)
def test_what_a_cpu_lacks_is_exit_6_with_the_reason(name, reason):
    with pytest.raises(UnavailableError, match=f"--precision {name}: it is arithmetic of .*{reason}") as error:
        require(name, CPU)
    assert error.value.exit_code == 6


def test_bf16_is_refused_where_the_cpu_would_emulate_it(monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    with pytest.raises(UnavailableError, match=r"this CPU has no bf16 arithmetic .*12 times slower") as error:
        require("bf16", CPU)
    assert error.value.exit_code == 6
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    require("bf16", CPU)


@pytest.mark.parametrize(("capability", "refused"), [((7, 5), {"tf32", "bf16"}), ((8, 0), set()), ((9, 0), set())])
def test_a_gpu_is_asked_for_its_compute_capability(monkeypatch, capability, refused):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Some GPU")
    for name in ("fp32", "tf32", "bf16", "fp16"):
        if name in refused:
            with pytest.raises(UnavailableError, match=r"Some GPU has no such arithmetic \(compute capability 7\.5"):
                require(name, torch.device("cuda:0"))
        else:
            require(name, torch.device("cuda:0"))


def test_fp32_is_on_every_device_and_nothing_else_is_promised_on_others():
    require("fp32", torch.device("mps"))
    with pytest.raises(UnavailableError, match="not on mps"):
        require("bf16", torch.device("mps"))


@pytest.mark.parametrize(
    ("name", "inside"), [("fp32", torch.float32), ("tf32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_a_network_computes_in_the_precision_and_gives_single(name, inside):
    seen = []
    model = nn.Linear(3, 2)
    model.register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    outputs = Precision(name, CPU).outputs(model, torch.ones(4, 3))
    assert (seen, outputs.dtype, model.weight.dtype) == ([inside], torch.float32, torch.float32)


def test_tf32_is_on_inside_the_block_alone():
    def flags() -> tuple[bool, bool]:
        return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    before = flags()
    for name, inside in (("tf32", (True, True)), ("fp32", before), ("bf16", before)):
        with Precision(name, CPU).products():
            assert flags() == inside
        assert flags() == before


@pytest.mark.parametrize("arch", ["vgg", "eegnet", "ctnet", "covwave"])
def test_weights_that_are_cast_at_once_have_the_bits_of_those_that_autocast_casts(arch):
    precision, x = Precision("bf16", CPU), 10 * torch.randn(4, 8, 128, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    network = models.build(arch, n_chans=8, n_times=128, n_outputs=2, sfreq=64.0).train()
    other, found = copy.deepcopy(network), []
    for called, weights in ((precision.caster(network), network), (other, other)):
        torch.manual_seed(1)
        outputs = precision.outputs(called, x)
        outputs.square().sum().backward()
        found.append([outputs, *[weight.grad for weight in weights.parameters()], *weights.buffers()])
    assert all(torch.equal(a, b) and a.stride() == b.stride() for a, b in zip(*found, strict=True))
    assert all(weight.grad.dtype == torch.float32 for weight in network.parameters())


def test_frozen_weights_are_left_to_autocast_and_single_precision_and_foreign_code_to_themselves():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    with Watch() as watch:
        Precision("bf16", CPU).outputs(Precision("bf16", CPU).caster(model), torch.ones(4, 3)).sum().backward()
    assert model[0].weight.grad is None and model[1].weight.grad is not None
    assert watch.names.count("aten::_foreach_copy_") == 2
    foreign = ForeignNetwork.__new__(ForeignNetwork)
    nn.Module.__init__(foreign)
    assert Precision("bf16", CPU).caster(foreign) is foreign and Precision("fp32", CPU).caster(model) is model
