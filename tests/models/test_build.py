"""Every registered architecture, by name: what it takes, what it gives, what it refuses."""

from __future__ import annotations

import pytest
from torch import nn

from eegcli.errors import InputError, UsageError
from eegcli.models import build, n_parameters


def test_an_unknown_architecture_says_which_was_meant():
    with pytest.raises(UsageError, match="'vg'") as error:
        build("vg", n_chans=24, n_times=256, n_outputs=2, sfreq=128.0)
    assert "vgg" in error.value.hint


def test_an_unknown_option_says_which_there_are():
    with pytest.raises(UsageError, match="vgg has no option 'droput'") as error:
        build("vgg", n_chans=24, n_times=256, n_outputs=2, sfreq=128.0, droput=0.1)
    assert "dropout" in error.value.hint
    with pytest.raises(UsageError, match="logistic has no option"):
        build("logistic", n_chans=24, n_times=256, n_outputs=2, sfreq=128.0, dropout=0.1)


@pytest.mark.parametrize("wrong", [{"n_chans": 0}, {"n_times": 0}, {"n_outputs": 0}, {"sfreq": 0.0}, {"sfreq": float("nan")}])
def test_a_shape_that_cannot_be_is_refused(wrong):
    shape = {"n_chans": 24, "n_times": 256, "n_outputs": 2, "sfreq": 128.0} | wrong
    with pytest.raises(InputError, match=next(iter(wrong))):
        build("vgg", **shape)


def test_buffers_and_frozen_weights_are_no_parameters():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    assert n_parameters(model) == 3 * 2 + 2 + 2 + 2
    model[0].bias.requires_grad_(False)
    assert n_parameters(model) == 3 * 2 + 2 + 2
