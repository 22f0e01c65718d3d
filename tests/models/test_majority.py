"""The answer that needs no EEG."""

from __future__ import annotations

import numpy as np
import torch

from eegcli.models import build
from eegcli.models.head import LOGIT, NUMBER, SOFTMAX


def test_probabilities_are_the_shares_of_the_training_windows():
    model = build("majority", n_chans=2, n_times=8, n_outputs=3, sfreq=4.0)
    model.fit(np.zeros((10, 2)), np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2.0]), None, 0.0, SOFTMAX)
    outputs = model(100 * torch.randn(5, 2, 8))
    torch.testing.assert_close(outputs.softmax(1), torch.tensor([[0.3, 0.5, 0.2]]).expand(5, 3))


def test_one_logit_says_the_same_share_of_the_second_class():
    model = build("majority", n_chans=2, n_times=8, n_outputs=1, sfreq=4.0)
    model.fit(np.zeros((4, 2)), np.array([0, 1, 1, 1.0]), None, 0.0, LOGIT)
    torch.testing.assert_close(model(torch.randn(3, 2, 8)).sigmoid(), torch.full((3, 1), 0.75))


def test_of_equally_frequent_classes_the_first_is_answered():
    model = build("majority", n_chans=2, n_times=8, n_outputs=2, sfreq=4.0)
    model.fit(np.zeros((4, 2)), np.array([1, 0, 0, 1.0]), None, 0.0, SOFTMAX)
    assert model(torch.randn(1, 2, 8)).argmax() == 0


def test_a_number_is_answered_with_the_mean():
    model = build("majority", n_chans=2, n_times=8, n_outputs=1, sfreq=4.0)
    model.fit(np.zeros((4, 2)), np.array([5.0, 7.0, 9.0, 11.0]), None, 0.0, NUMBER)
    assert model(torch.randn(3, 2, 8))[:, 0].tolist() == [8.0, 8.0, 8.0]


def test_the_window_has_no_influence():
    model = build("majority", n_chans=2, n_times=8, n_outputs=2, sfreq=4.0)
    x = torch.randn(1, 2, 8, requires_grad=True)
    model(x).sum().backward()
    assert not x.grad.any()
