"""Every registered architecture, by name: what it takes, what it gives, what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli import registry
from eegcli.errors import InputError, UsageError
from eegcli.models import build, n_parameters

SHAPES = [(24, 256, 2, 128.0), (19, 256, 3, 128.0), (64, 500, 1, 250.0)]
GRADIENT = [name for name, entry in registry.MODELS.items() if entry.fit == "gradient"]


@pytest.mark.parametrize("name", registry.MODELS)
@pytest.mark.parametrize(("n_chans", "n_times", "n_outputs", "sfreq"), SHAPES)
def test_every_model_takes_windows_of_any_size_and_gives_its_outputs(name, n_chans, n_times, n_outputs, sfreq):
    model = build(name, n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq).eval()
    x = torch.randn(3, n_chans, n_times, requires_grad=True)
    outputs = model(x)
    assert outputs.shape == (3, n_outputs)
    assert outputs.dtype == torch.float32
    # Explanations need the gradient back to the samples, even where it is zero.
    assert torch.autograd.grad(outputs.sum(), x)[0].shape == x.shape


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_model_answers_each_window_by_itself(name):
    torch.manual_seed(0)
    model = build(name, n_chans=20, n_times=128, n_outputs=2, sfreq=64.0).eval()
    x = 10 * torch.randn(4, 20, 128)
    together = model(x)
    alone = torch.cat([model(window[None]) for window in x])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_model_ends_with_a_linear_layer_that_explanations_and_training_can_find(name):
    model = build(name, n_chans=24, n_times=256, n_outputs=2, sfreq=128.0)
    assert isinstance(model.final_layer, nn.Linear)
    assert model.final_layer.out_features == 2


@pytest.mark.parametrize("name", GRADIENT)
def test_every_model_learns_one_batch_by_heart(name):
    torch.manual_seed(0)
    model = build(name, n_chans=18, n_times=110, n_outputs=2, sfreq=64.0, dropout=0.0)
    x, answers = 10 * torch.randn(8, 18, 110), torch.tensor([0, 1] * 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(60):
        outputs = model(x)
        if outputs.argmax(1).tolist() == answers.tolist():
            return
        optimizer.zero_grad()
        nn.functional.cross_entropy(outputs, answers).backward()
        optimizer.step()
    pytest.fail("eight windows are not learnt in sixty steps")


@pytest.mark.parametrize("name", registry.MODELS)
def test_the_same_seed_makes_the_same_weights(name):
    def weights(seed: int) -> list[torch.Tensor]:
        torch.manual_seed(seed)
        return list(build(name, n_chans=24, n_times=256, n_outputs=2, sfreq=128.0).state_dict().values())

    assert all(torch.equal(one, other) for one, other in zip(weights(1), weights(1), strict=True))


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
