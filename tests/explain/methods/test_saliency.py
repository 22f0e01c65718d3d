"""Saliency against finite differences and against models whose gradient is known."""

import numpy as np
import pytest
import torch
from torch import nn

from eegcli import models
from eegcli.explain.methods.saliency import saliency


def test_saliency_of_a_linear_model_is_its_weights():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8, 2)).eval()
    x = torch.randn(5, 3, 8)
    for k in (0, 1):
        expected = model[1].weight[k].detach().reshape(3, 8).expand(5, 3, 8)
        torch.testing.assert_close(saliency(model, x, k), expected)


@pytest.mark.parametrize("arch", ["vgg"])
def test_saliency_is_the_finite_difference_of_the_class_output(arch):
    torch.manual_seed(0)
    model = models.build(arch, n_chans=8, n_times=32, n_outputs=2, sfreq=128.0).double().eval()
    x = torch.randn(2, 8, 32, dtype=torch.float64)
    gradient = saliency(model, x, 1)
    random, step = np.random.default_rng(0), 1e-6
    with torch.no_grad():
        for _ in range(25):
            window, channel, time = random.integers(2), random.integers(8), random.integers(32)
            up, down = x.clone(), x.clone()
            up[window, channel, time] += step
            down[window, channel, time] -= step
            difference = (model(up)[window, 1] - model(down)[window, 1]) / (2 * step)
            assert gradient[window, channel, time].item() == pytest.approx(difference.item(), rel=1e-4, abs=1e-9)


def test_a_window_is_explained_alike_alone_and_in_company():
    torch.manual_seed(0)
    model = models.build("vgg", n_chans=8, n_times=32, n_outputs=2, sfreq=128.0).eval()
    x = torch.randn(3, 8, 32)
    torch.testing.assert_close(saliency(model, x, 0)[:1], saliency(model, x[:1], 0))


def test_a_constant_model_has_no_saliency_and_the_input_is_left_alone():
    class Constant(nn.Module):
        def forward(self, x):
            return torch.zeros(len(x), 2)

    x = torch.randn(2, 3, 4)
    assert not saliency(Constant(), x, 0).any()
    assert not x.requires_grad
