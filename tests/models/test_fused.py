"""Layers fused with their ReLU: the bits of torch's own layers one after the other, and where they are left alone."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from eegcli.engine.captured import Watch
from eegcli.engine.precision import lack_of
from eegcli.models import build
from eegcli.models import fused as module
from eegcli.models.fused import FusedConvolution, FusedLinear, fused
from eegcli.models.reordered import Reordered

CPU = torch.device("cpu")
HAS_ONEDNN = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN")
HAS_BF16 = pytest.mark.skipif(bool(lack_of("bf16", CPU)), reason="this CPU has no bf16 arithmetic")
LAYERS = {
    "first": [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()],
    "pooled": [nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
    "of one line": [nn.Conv2d(6, 9, (1, 5), stride=(1, 2), padding=(0, 2), bias=False), nn.ReLU(), nn.MaxPool2d((1, 3), stride=(1, 2))],
    "in groups": [nn.Conv2d(8, 12, (3, 1), groups=4, dilation=(2, 1)), nn.ReLU(), nn.MaxPool2d(3, padding=1, ceil_mode=True)],
    "linear": [nn.Linear(40, 33), nn.ReLU()],
}


def results(layers: list[nn.Module], run, x: torch.Tensor) -> list[torch.Tensor]:
    """Outputs, and gradients of windows and weights, of one batch."""
    x = x.clone().requires_grad_()
    for layer in layers:
        layer.zero_grad()
    output = run(x)
    output.backward(torch.sin(torch.arange(output.numel(), dtype=torch.float32)).view(output.shape).to(output.dtype))
    return [output.detach(), x.grad, *[weight.grad.float() for layer in layers for weight in layer.parameters()]]


def windows(layers: list[nn.Module], batch: int = 3) -> torch.Tensor:
    n = layers[0].in_features if isinstance(layers[0], nn.Linear) else layers[0].in_channels
    generator = torch.Generator().manual_seed(0)
    return (
        torch.randn(batch, n, generator=generator)
        if isinstance(layers[0], nn.Linear)
        else torch.randn(batch, n, 14, 31, generator=generator)
    )


@HAS_ONEDNN
@pytest.mark.parametrize("last", [False, True], ids=["plain", "channels-last"])
@pytest.mark.parametrize("name", LAYERS)
def test_fused_layers_have_the_bits_of_one_after_the_other(name, last):
    layers = copy.deepcopy(LAYERS[name])
    if last:
        layers[0].to(memory_format=torch.channels_last)
    group, x = fused(layers), windows(layers)
    assert group.n_layers == len(layers)
    one, other = results(layers, group, x), results(layers, nn.Sequential(*layers), x)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert one[0].count_nonzero() not in (0, one[0].numel()) and one[0].stride() == other[0].stride()


@HAS_ONEDNN
@HAS_BF16
@pytest.mark.parametrize("name", LAYERS)
def test_in_half_precision_they_have_the_bits_of_autocast(name):
    plain = copy.deepcopy(LAYERS[name])
    half = [copy.deepcopy(layer).to(torch.bfloat16) for layer in plain]
    group, x = fused(half), windows(plain)
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        assert not fused(plain).pays(x)  # weights in single precision are for autocast
        one, other = results(half, group, x), results(plain, nn.Sequential(*plain), x)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_what_is_not_torchs_own_stays_as_it_is():
    assert isinstance(fused([nn.Conv2d(1, 2, 3), nn.ReLU()]), FusedConvolution) and isinstance(
        fused([nn.Linear(2, 2), nn.ReLU()]), FusedLinear
    )
    for layers in (
        [nn.Conv2d(1, 2, 3)],
        [nn.Conv2d(1, 2, 3), nn.ELU()],
        [nn.Conv2d(1, 2, 3, padding="same"), nn.ReLU()],
        [nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), nn.ReLU()],
        [nn.BatchNorm2d(2), nn.ReLU()],
    ):
        assert fused(layers) is None
    assert fused([nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2, return_indices=True)]).n_layers == 2
    group = fused([nn.Conv2d(1, 2, 3), nn.ReLU()])
    assert not group.pays(torch.ones(2, 1, 9, 9))  # oneDNN's ReLU loses NaN
    assert not group.pays(torch.ones(2, 1, 9, 9, dtype=torch.float64)) and not group.pays(torch.ones(2, 1, 9, 9, device="meta"))


def names_of(run) -> list[str]:
    with Watch() as watch:
        run()
    return [name.partition("::")[2] for name in watch.names]


@HAS_ONEDNN
def test_they_are_fused_in_training_and_where_nobody_asks_for_a_gradient_alone(monkeypatch):
    monkeypatch.setattr(FusedConvolution, "pays", lambda self, x: True)
    network, x = Reordered(*copy.deepcopy(LAYERS["pooled"])), windows(LAYERS["pooled"]).requires_grad_()
    assert "_convolution_pointwise" in names_of(lambda: network.train()(x))
    assert "_convolution_pointwise" not in names_of(lambda: network.eval()(x))  # an explanation may ask for a second derivative
    (slope,) = torch.autograd.grad(network(x).square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    with torch.no_grad():
        assert "_convolution_pointwise" in names_of(lambda: network(x))
    network.train()[1].register_forward_hook(lambda *_: None)
    assert "_convolution_pointwise" not in names_of(lambda: network(x))

    class Looking(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return func(*args, **(kwargs or {}))

    fresh = Reordered(*copy.deepcopy(LAYERS["pooled"]))
    with Looking():  # ranks take functions over
        assert "_convolution_pointwise" not in names_of(lambda: fresh(x))


@HAS_ONEDNN
def test_a_step_of_vgg_has_the_bits_of_its_published_layers():
    torch.manual_seed(0)
    ours = build("vgg", n_chans=8, n_times=32, n_outputs=2, sfreq=128.0).to(memory_format=torch.channels_last)
    published = copy.deepcopy(ours)
    published.features.as_published = published.classifier.as_published = True
    x, found = torch.randn(6, 8, 32), []
    for network in (ours, published):
        torch.manual_seed(1)
        network.train()(x).square().sum().backward()
        found.append([weight.grad for weight in network.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


SHAPE, PLACE = torch.Size((8, 2, 3, 3)), ((1, 1), (1, 1), (1, 1), 2)


def of_cudnn(change):
    """A GPU's operation that is not here: what it gives is changed."""

    def convolution(x, weight, bias, stride, padding, dilation, groups):
        return change(torch.relu(torch.conv2d(x, weight, bias, stride, padding, dilation, groups)))

    return convolution


def raising(_):
    raise RuntimeError("GET was unable to find an engine to execute this computation")


@pytest.mark.parametrize(
    ("change", "sound"), [(lambda y: y, True), (lambda y: y + 1, False), (raising, False), (lambda y: y * torch.nan, False)]
)
def test_what_a_gpu_does_not_have_or_does_wrongly_is_not_used(monkeypatch, change, sound):
    monkeypatch.setattr(torch, "cudnn_convolution_relu", of_cudnn(change))
    module._is_sound.cache_clear()
    assert module._is_sound(CPU, torch.float32, SHAPE, True, PLACE, False) == sound
    assert module._is_sound(CPU, torch.bfloat16, SHAPE, False, PLACE, True) == sound
    module._is_sound.cache_clear()


def test_nan_comes_through_as_it_does_through_the_layers():
    layers = [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4), nn.ReLU()]
    x = torch.full((2, 1, 8, 8), torch.nan)
    assert Reordered(*layers[:3]).train()(x).isnan().all() and Reordered(*layers[4:]).train()(torch.full((2, 18), torch.nan)).isnan().all()
