"""Receptive fields, held against gradients: exact where nothing is lost, and never too small."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eegcli.models.layers import layers_of
from tests.models.test_layers import Branches


class Function(nn.Module):
    """A module of a function."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


FIELDS = {
    "conv": (nn.Conv1d(1, 1, 5), (1, 64)),
    "dilated": (nn.Sequential(nn.Conv1d(1, 1, 3, dilation=4), nn.Conv1d(1, 1, 3, stride=2), nn.Conv1d(1, 1, 3)), (1, 64)),
    "average pooling": (nn.Sequential(nn.Conv1d(1, 2, 5), nn.AvgPool1d(4), nn.Conv1d(2, 1, 3)), (1, 64)),
    "max pooling": (nn.Sequential(nn.AvgPool1d(3), nn.MaxPool1d(2), nn.AvgPool1d(2)), (1, 64)),
    "transposed": (nn.ConvTranspose1d(1, 1, 5, stride=2), (1, 32)),
    "adaptive": (nn.AdaptiveAvgPool1d(8), (1, 64)),
    "adaptive uneven": (nn.AdaptiveAvgPool1d(12), (1, 64)),
    "two axes": (
        nn.Sequential(nn.Unflatten(1, (1, 12)), nn.Conv2d(1, 2, (3, 7), padding=(1, 3)), nn.AvgPool2d((2, 4)), nn.Conv2d(2, 1, 3)),
        (12, 64),
    ),
    "branches": (Branches(), (4, 64)),
    "batch norm": (nn.Sequential(nn.Conv1d(3, 3, 5), nn.BatchNorm1d(3), nn.ELU(), nn.Conv1d(3, 3, 5)), (3, 64)),
    "depthwise": (nn.Conv1d(6, 6, 5, groups=6), (6, 64)),
    "prelu": (nn.PReLU(6), (6, 16)),
    "upsampled": (nn.Upsample(scale_factor=2), (3, 16)),
    "upsampled, then filtered": (nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv1d(2, 2, 3)), (2, 16)),
    "downsampled": (nn.Sequential(nn.Conv1d(2, 2, 3), nn.Upsample(scale_factor=0.5)), (2, 34)),
    "interpolated": (nn.Sequential(nn.Upsample(scale_factor=4, mode="linear"), nn.Conv1d(2, 2, 3)), (2, 16)),
    "interpolated in two axes": (nn.Sequential(nn.Unflatten(1, (1, 8)), nn.Upsample(scale_factor=2, mode="bilinear")), (8, 16)),
    "patches": (nn.Sequential(nn.Unflatten(2, (-1, 8)), nn.Linear(8, 4)), (3, 64)),
    "patches, then filtered": (nn.Sequential(nn.Unflatten(2, (-1, 8)), nn.Linear(8, 4), nn.Flatten(2), nn.Conv1d(3, 3, 5)), (3, 64)),
    "patches of patches": (
        nn.Sequential(nn.Unflatten(2, (-1, 4)), nn.Linear(4, 2), nn.Flatten(2), nn.Unflatten(2, (-1, 4)), nn.Linear(4, 2)),
        (3, 64),
    ),
    "eegnet": (
        nn.Sequential(
            nn.Unflatten(1, (1, 6)),
            nn.Conv2d(1, 4, (1, 8)),
            nn.Conv2d(4, 8, (6, 1), groups=4),
            nn.ELU(),
            nn.AvgPool2d((1, 4)),
            nn.Conv2d(8, 8, (1, 4), groups=8),
        ),
        (6, 64),
    ),
    "rolled": (Function(lambda x: x + x.roll(3, 2)[..., 3:4]), (2, 16)),
    "flipped": (Function(lambda x: x + x.flip(2)), (2, 16)),
    "layer norm": (nn.Sequential(nn.Conv1d(3, 3, 5), nn.LayerNorm(60)), (3, 64)),
    "group norm": (nn.GroupNorm(1, 4), (4, 16)),
    "linear over time": (nn.Linear(64, 10), (4, 64)),
    "linear per sample": (nn.Sequential(nn.Conv1d(1, 4, 3), nn.Flatten(1, 1), nn.ReLU()), (1, 64)),
    "circular": (nn.Conv1d(2, 2, 5, padding=2, padding_mode="circular"), (2, 32)),
    "reflected": (nn.Conv1d(2, 2, 5, padding=2, padding_mode="reflect"), (2, 32)),
    "recurrent": (nn.GRU(4, 3, batch_first=True), (20, 4)),
    "flattened": (nn.Sequential(nn.Conv1d(2, 2, 3), nn.Flatten(), nn.ReLU()), (2, 32)),
}
# Wrapped ends, and steps of a recurrent layer before the last one, see less; statistics are as wide as what they are made of.
UPPER = {"circular", "recurrent", "layer norm", "adaptive uneven"}


def extents_by_gradient(model: nn.Module, window: tuple[int, ...]) -> np.ndarray:
    """Widest extent that any one output depends on, by the gradient of each; positive weights, so that nothing cancels."""
    model = copy.deepcopy(model).eval().double()
    for name, layer in list(model.named_children()):
        if isinstance(layer, nn.MaxPool1d):  # passes the gradient of one value on; a mean, that of all
            setattr(model, name, nn.AvgPool1d(layer.kernel_size, layer.stride))
    for weights in model.parameters():
        weights.data = weights.data.abs() + 0.1
    x = torch.rand(1, *window, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5
    x.requires_grad_(True)
    output = torch.utils._pytree.tree_leaves(model(x))[0].flatten()
    extents = np.zeros(len(window), dtype=int)
    for value in output:
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        for axis, places in enumerate(gradient[0].nonzero(as_tuple=True)):
            if len(places):
                extents[axis] = max(extents[axis], int(places.max() - places.min()) + 1)
    return extents


@pytest.mark.parametrize("name", FIELDS)
def test_a_receptive_field_is_what_gradients_reach(name):
    model, window = FIELDS[name]
    found, reached = layers_of(model, window).receptive_field, tuple(extents_by_gradient(model, window))
    if name in UPPER:
        assert all(stated >= actual for stated, actual in zip(found, reached, strict=True))
    else:
        assert found == reached


def interpolations() -> list[nn.Module]:
    one = [nn.Upsample(size=size, mode=mode) for size in (5, 13, 32) for mode in ("nearest", "nearest-exact", "linear")]
    corners = [nn.Upsample(size=size, mode="linear", align_corners=True) for size in (1, 7, 31)]
    return [*one, *corners, *(nn.Upsample(scale_factor=factor, mode=mode) for factor in (0.3, 1.7) for mode in ("nearest", "linear"))]


@pytest.mark.parametrize("layer", interpolations(), ids=repr)
def test_an_interpolation_is_never_stated_too_small_and_not_much_too_large(layer):
    found, reached = layers_of(layer, (2, 16)).receptive_field, extents_by_gradient(layer, (2, 16))
    assert found[0] == 1
    assert reached[1] <= found[1] <= reached[1] + 1


def elementwise_layers() -> list[nn.Module]:
    """Every activation of torch that takes one tensor and no options, and changes it element by element."""
    mixing = (nn.Softmax, nn.Softmin, nn.LogSoftmax, nn.Softmax2d, nn.GLU)
    layers = []
    for name in nn.modules.activation.__all__:
        kind = getattr(nn, name)
        try:
            layers.append(kind())
        except TypeError:
            continue
        if isinstance(layers[-1], mixing):
            layers.pop()
    return [*layers, nn.Threshold(0.1, 0.0)]


@pytest.mark.parametrize("layer", elementwise_layers(), ids=repr)
def test_an_activation_sees_one_value(layer):
    assert layers_of(layer, (3, 16)).receptive_field == (1, 1)


@st.composite
def grouped_convolutions(draw: st.DrawFn) -> tuple[nn.Module, tuple[int, int]]:
    """One or two convolutions with groups, each of its own width, stride, dilation and padding, or transposed."""
    channels = window = draw(st.sampled_from([2, 4, 6]))
    layers = []
    for _ in range(draw(st.integers(1, 2))):
        groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
        n_out = groups * draw(st.integers(1, 3))
        options = {"stride": draw(st.integers(1, 3)), "dilation": draw(st.integers(1, 2)), "padding": draw(st.integers(0, 1))}
        kind = draw(st.sampled_from([nn.Conv1d, nn.ConvTranspose1d]))
        layers.append(kind(channels, n_out, draw(st.integers(2, 4)), groups=groups, **options))
        channels = n_out
    return nn.Sequential(*layers), (window, 24)


@settings(max_examples=8, deadline=None)
@given(grouped_convolutions())
def test_a_convolution_with_groups_sees_the_channels_of_its_group(drawn):
    model, window = drawn
    assert layers_of(model, window).receptive_field == tuple(extents_by_gradient(model, window))


@pytest.mark.parametrize(("n_in", "n_out", "groups", "seen"), [(6, 12, 6, 1), (6, 12, 2, 3), (6, 2, 2, 3), (6, 6, 6, 1), (6, 4, 1, 6)])
def test_channels_of_a_group_are_those_of_its_definition(n_in, n_out, groups, seen):
    assert layers_of(nn.Conv1d(n_in, n_out, 3, groups=groups), (n_in, 16)).receptive_field == (seen, 3)


def test_weights_that_are_made_of_the_window_are_not_overlooked():
    filtered = Function(lambda x: nn.functional.conv1d(x, x[:, :, :3].mean(-1, keepdim=True)))
    assert layers_of(filtered, (2, 16)).receptive_field == (2, 16)


def test_a_layer_that_nothing_is_known_of_sees_everything():
    assert layers_of(Function(lambda x: x.sort(-1)[0]), (3, 16)).receptive_field == (3, 16)
    assert layers_of(nn.LSTM(3, 4, batch_first=True), (16, 3)).receptive_field == (16, 3)


def test_a_write_through_a_view_is_not_overlooked():
    class Writes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            made = torch.zeros_like(x)
            made[..., 1:].copy_(x[..., :-1].cumsum(-1))
            return made

    assert layers_of(Writes(), (2, 16)).receptive_field == (2, 16)
