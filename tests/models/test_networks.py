"""The published networks, layer by layer: counts of Truong, Makeig & Delorme 2021 for windows of 24 x 256."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli.errors import InputError
from eegcli.models import build, n_parameters

VGG_WEIGHTS = {
    "features.conv1": 160,
    "features.conv2": 2_320,
    "features.conv3": 4_640,
    "features.conv4": 9_248,
    "features.conv5": 18_496,
    "features.conv6": 36_928,
    "features.conv7": 36_928,
    "classifier.fc1": 6_292_480,
    "classifier.fc2": 1_049_600,
    "final_layer": 2_050,
}
VGG_SHAPES = {
    "features.conv2": (16, 24, 256),
    "features.pool1": (16, 12, 128),
    "features.pool2": (32, 6, 64),
    "features.pool3": (64, 3, 32),
    "classifier.fc1": (1024,),
    "final_layer": (2,),
}
SCNN_WEIGHTS = {
    "features.conv1": 1_000,
    "features.conv2": 90_100,
    "features.conv3": 180_300,
    "features.conv4": 630_300,
    "features.conv5": 90_100,
    "features.conv6": 30_100,
    "classifier.fc1": 11_679_744,
    "final_layer": 12_290,
}
SCNN_SHAPES = {
    "features.conv1": (100, 22, 254),
    "features.pool1": (100, 11, 127),
    "features.conv2": (100, 9, 125),
    "features.pool2": (100, 4, 62),
    "features.conv3": (300, 3, 60),
    "features.pool3": (300, 1, 30),
    "features.conv4": (300, 1, 24),
    "features.pool4": (300, 1, 23),
    "features.conv5": (100, 1, 21),
    "features.conv6": (100, 1, 19),
    "classifier.fc1": (6144,),
    "final_layer": (2,),
}
NETWORKS = [("vgg", 7_452_850, VGG_WEIGHTS, VGG_SHAPES), ("scnn", 12_713_934, SCNN_WEIGHTS, SCNN_SHAPES)]


def paper(name: str) -> nn.Module:
    return build(name, n_chans=24, n_times=256, n_outputs=2, sfreq=128.0)


@pytest.mark.parametrize(("name", "total", "weights", "shapes"), NETWORKS, ids=["vgg", "scnn"])
def test_a_published_network_has_its_published_number_of_weights(name, total, weights, shapes):
    model = paper(name)
    assert n_parameters(model) == total
    assert {layer: n_parameters(model.get_submodule(layer)) for layer in weights} == weights
    assert sum(weights.values()) == total


@pytest.mark.parametrize(("name", "total", "weights", "shapes"), NETWORKS, ids=["vgg", "scnn"])
def test_each_layer_of_a_published_network_has_its_published_shape(name, total, weights, shapes):
    model, seen = paper(name), {}
    for layer in shapes:
        model.get_submodule(layer).register_forward_hook(lambda _m, _i, output, layer=layer: seen.update({layer: tuple(output.shape[1:])}))
    model(torch.zeros(1, 24, 256))
    assert seen == shapes


def test_the_scnn_rectifies_after_its_last_convolutions_and_the_wide_layer():
    model = paper("scnn")
    names = [name for name, _ in model.features.named_children()]
    assert names[-4:] == ["conv5", "relu5", "conv6", "relu6"]
    assert [type(layer).__name__ for layer in model.classifier] == ["Linear", "ReLU"]


def test_dropout_is_where_the_paper_has_it():
    rates = {name: layer.p for name, layer in paper("vgg").named_modules() if isinstance(layer, nn.Dropout)}
    assert rates == {"classifier.dropout1": 0.5, "classifier.dropout2": 0.5}
    rates = {name: layer.p for name, layer in paper("scnn").named_modules() if isinstance(layer, nn.Dropout)}
    assert rates == {f"features.dropout{i}": 0.25 for i in range(1, 5)}


@pytest.mark.parametrize(
    ("name", "n_chans", "n_times", "layer"),
    [("vgg", 7, 256, "pool3"), ("vgg", 24, 7, "pool3"), ("scnn", 17, 256, "pool3"), ("scnn", 2, 256, "conv1"), ("scnn", 24, 109, "conv6")],
)
def test_windows_that_are_too_small_are_refused_with_the_name_of_the_layer(name, n_chans, n_times, layer):
    with pytest.raises(InputError, match=f"{name}: windows of {n_chans} channels x {n_times} samples are too small: {layer} needs"):
        build(name, n_chans=n_chans, n_times=n_times, n_outputs=2, sfreq=128.0)


@pytest.mark.parametrize(("name", "n_chans", "n_times"), [("vgg", 8, 8), ("scnn", 18, 110)])
def test_the_smallest_windows_that_the_docs_promise_pass(name, n_chans, n_times):
    model = build(name, n_chans=n_chans, n_times=n_times, n_outputs=2, sfreq=128.0)
    assert model(torch.zeros(2, n_chans, n_times)).shape == (2, 2)
    assert str(n_chans) in type(model).__doc__
    assert str(n_times) in type(model).__doc__
