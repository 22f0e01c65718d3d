"""Max-norm of EEGNet and DeepConvNet: norms are those of Keras' constraint, and nothing within the limit changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.models import build
from eegcli.models.blocks import limit_norm

SHAPE = {"n_chans": 3, "n_times": 128, "n_outputs": 2, "sfreq": 128.0}


def keras_max_norm(weights: np.ndarray, limit: float, axes: tuple[int, ...]) -> np.ndarray:
    """The constraint from its definition: weights times the clipped norm over the norm."""
    norm = np.sqrt(np.sum(weights**2, axis=axes, keepdims=True))
    return weights * np.clip(norm, 0, limit) / norm


@pytest.mark.parametrize("shape", [(5, 7), (6, 1, 4, 1), (4, 3, 1, 5)])
def test_each_output_is_shrunk_to_the_limit_or_left_as_it_is(shape):
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    before = weights.numpy().copy()
    norms = np.sqrt((before**2).reshape(shape[0], -1).sum(axis=1))
    limit = float(norms.mean())  # some are below it, some above
    limit_norm(weights, limit)
    np.testing.assert_allclose(weights, keras_max_norm(before, limit, tuple(range(1, len(shape)))), rtol=1e-6)
    np.testing.assert_array_equal(weights.numpy()[norms < limit], before[norms < limit])  # to the last bit


def grown(name: str, **options) -> nn.Module:
    network = build(name, **SHAPE, **options)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(50)
    return network


def norms(weights: torch.Tensor) -> np.ndarray:
    return np.sqrt((weights.detach().numpy() ** 2).reshape(len(weights), -1).sum(axis=1))


def test_eegnets_spatial_filters_have_norm_1_and_its_outputs_a_quarter():
    network = grown("eegnet")
    temporal = network.features.temporal.weight.clone()
    network.constrain()
    np.testing.assert_allclose(norms(network.features.spatial.weight), 1.0, rtol=1e-5)
    np.testing.assert_allclose(norms(network.final_layer.weight), 0.25, rtol=1e-5)
    assert torch.equal(network.features.temporal.weight, temporal)


def test_deepconvnets_convolutions_have_norm_2_and_its_outputs_a_half_where_that_is_asked():
    network = grown("deepconvnet", max_norm=True)
    network.constrain()
    convolutions = [layer for layer in network.features if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 5
    for layer in convolutions:
        np.testing.assert_allclose(norms(layer.weight), 2.0, rtol=1e-5)
    np.testing.assert_allclose(norms(network.final_layer.weight), 0.5, rtol=1e-5)
    free = grown("deepconvnet")
    before = [weights.clone() for weights in free.parameters()]
    free.constrain()
    assert all(torch.equal(one, two) for one, two in zip(before, free.parameters(), strict=True))
