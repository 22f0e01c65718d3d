"""Attribution methods against sums that they owe, finite differences, hand computation, and captum where it is installed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from eegcli import models
from eegcli.errors import UsageError
from eegcli.explain.methods.deeplift import deeplift
from eegcli.explain.methods.input_x_gradient import input_x_gradient
from eegcli.explain.methods.integrated_gradients import integrated_gradients
from eegcli.explain.methods.saliency import saliency
from eegcli.explain.methods.smoothgrad import NOISE, SAMPLES, smoothgrad
from eegcli.registry import EXPLANATIONS, load

SHAPES = {
    "vgg": (8, 32),
    "eegnet": (8, 128),
    "deepconvnet": (4, 450),
    "shallow": (4, 128),
    "scnn": (24, 256),
    "mlp": (4, 16),
    "logistic": (4, 64),
}


def network(arch):
    n_chans, n_times = SHAPES[arch]
    torch.manual_seed(0)
    model = models.build(arch, n_chans=n_chans, n_times=n_times, n_outputs=2, sfreq=128.0).eval()
    return model, 10 * torch.randn(3, n_chans, n_times), torch.zeros(n_chans, n_times)


def owed(model, x, baseline, k=1):
    with torch.no_grad():
        return model(x)[:, k] - model(baseline[None])[:, k]


@pytest.mark.parametrize("arch", ["vgg", "eegnet", "deepconvnet", "shallow", "scnn", "mlp"])
def test_deeplift_adds_up_to_the_difference_of_the_output(arch):
    model, x, baseline = network(arch)
    found = deeplift(model, x, 1, baseline=baseline).flatten(1).sum(dim=1)
    torch.testing.assert_close(found, owed(model, x, baseline), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("arch", ["vgg", "eegnet", "mlp"])
def test_integrated_gradients_add_up_to_the_difference_within_one_percent(arch):
    model, x, baseline = network(arch)
    difference = owed(model, x, baseline)
    missing = (integrated_gradients(model, x, 1, baseline=baseline).flatten(1).sum(dim=1) - difference).abs().mean()
    assert missing <= 0.01 * difference.abs().mean()


@pytest.mark.parametrize("name", [name for name, entry in EXPLANATIONS.items() if entry.of_random_weights])
def test_of_random_weights_no_more_is_asked_than_a_method_states(name):
    """Sums that are steep near a flat window are not complete by 20 points: eight times as many would be taken."""
    entry, asked = EXPLANATIONS[name], []

    class Steep(nn.Module):
        def forward(self, x):
            asked.append(x.requires_grad)
            power = x.square().mean(dim=(1, 2)) + 1e-12
            return torch.stack([power.log(), -power.log()], dim=1)

    x, baseline = 10 * torch.randn(3, 4, 64), torch.zeros(4, 64)
    load(entry.path)(Steep(), x, 0, baseline=baseline, **entry.of_random_weights)
    assert sum(asked) <= entry.passes
    asked.clear()
    load(entry.path)(Steep(), x, 0, baseline=baseline)
    assert sum(asked) > entry.passes


def test_of_a_linear_network_all_contributions_are_input_times_weight():
    torch.manual_seed(0)
    model, x, baseline = nn.Sequential(nn.Flatten(), nn.Linear(24, 2)).eval(), torch.randn(5, 3, 8), torch.zeros(3, 8)
    expected = x * model[1].weight[1].detach().reshape(3, 8)
    for found in (
        input_x_gradient(model, x, 1),
        integrated_gradients(model, x, 1, baseline=baseline),
        deeplift(model, x, 1, baseline=baseline),
    ):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_smoothgrad_is_the_mean_of_gradients_of_noisy_copies():
    model, x, _ = network("vgg")
    generator, total = torch.Generator().manual_seed(5), torch.zeros_like(x)
    for _ in range(SAMPLES):
        noise = torch.randn(x.shape[1:], generator=generator)
        for window in range(len(x)):
            spread = NOISE * (x[window].max() - x[window].min())
            total[window] += saliency(model, (x[window] + spread * noise)[None], 0)[0] / SAMPLES
    torch.testing.assert_close(smoothgrad(model, x, 0, seed=5), total, rtol=1e-4, atol=1e-7)
    assert not torch.equal(smoothgrad(model, x, 0, seed=6), smoothgrad(model, x, 0, seed=5))


def test_deeplift_is_the_hand_computation_of_a_small_network():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Unflatten(1, (1, 8)), nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3 * 4 * 6, 2),
    ).eval().double()  # fmt: skip
    x, baseline = 10 * torch.randn(1, 8, 12).double(), torch.randn(8, 12).double()
    with torch.no_grad():
        ours, theirs = [x], [baseline[None]]
        for layer in model:
            ours.append(layer(ours[-1]))
            theirs.append(layer(theirs[-1]))
        pooled = model[7].weight[1].reshape(3, 4, 6)
        slope = torch.zeros_like(ours[5])
        for m, i, j in np.ndindex(3, 4, 6):
            place = (0, m, slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))
            a, b = ours[5][place].flatten(), theirs[5][place].flatten()
            most = int(a.argmax()) if a.max() > b.max() else int(b.argmax())
            if a.max() != b.max():
                slope[0, m, 2 * i + most // 2, 2 * j + most % 2] = pooled[m, i, j] * (a.max() - b.max()) / (a[most] - b[most])
        for conv, before, after in ((3, 4, 5), (1, 2, 3)):
            change = ours[before] - theirs[before]
            slope = slope * torch.where(change.abs() < 1e-10, (ours[before] > 0).double(), (ours[after] - theirs[after]) / change)
            slope = functional.conv_transpose2d(slope, model[conv].weight, padding=1)
    torch.testing.assert_close(deeplift(model, x, 1, baseline=baseline), slope[:, 0] * (x - baseline))


@pytest.mark.parametrize(
    "activation", [nn.ReLU(), nn.ReLU(inplace=True), nn.LeakyReLU(0.1), nn.ELU(), nn.GELU(), nn.Sigmoid(), nn.Tanh(), nn.Softplus()]
)
def test_deeplift_takes_the_slope_between_two_points_of_every_activation(activation):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), activation, nn.Linear(6, 2)).eval()
    x, baseline = torch.randn(3, 4), torch.randn(4)
    with torch.no_grad():
        a, b = model[0](x), model[0](baseline)
        slope = (activation(a.clone()) - activation(b.clone())) / (a - b)
        expected = (x - baseline) * ((model[2].weight[0] * slope) @ model[0].weight)
    torch.testing.assert_close(deeplift(model, x, 0, baseline=baseline), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("arch", "named"), [("lstm", "Rnn"), ("ctnet", "Softmax"), ("covwave", "Bmm")])
def test_deeplift_names_what_it_has_no_rule_for(arch, named):
    model = models.build(arch, n_chans=4, n_times=250, n_outputs=2, sfreq=125.0).eval()
    with pytest.raises(UsageError, match="deeplift has no rule for") as refusal:
        deeplift(model, torch.randn(2, 4, 250), 0, baseline=torch.zeros(4, 250))
    assert named in refusal.value.message or arch == "lstm"


def test_deeplift_never_takes_an_operation_of_somebodys_own_by_its_gradient():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, gradient):
            return 3 * ctx.saved_tensors[0] ** 2 * gradient

    class Own(nn.Module):
        def forward(self, x):
            return Cube.apply(x).sum(dim=2)

    with pytest.raises(UsageError, match="Cube"):
        deeplift(Own(), torch.randn(2, 3, 4), 0, baseline=torch.zeros(3, 4))


def test_weights_can_be_trained_after_deeplift_as_before():
    model, x, baseline = network("eegnet")
    deeplift(model, x, 0, baseline=baseline)
    assert all(weights.requires_grad for weights in model.parameters())


@pytest.mark.parametrize("arch", ["eegnet", "mlp"])
def test_captum_says_the_same(arch):
    attr = pytest.importorskip("captum.attr")
    model, x, baseline = network(arch)
    theirs = attr.DeepLift(model).attribute(x, baseline[None].expand_as(x), target=0).detach()
    torch.testing.assert_close(deeplift(model, x, 0, baseline=baseline), theirs, rtol=1e-5, atol=1e-5 * float(theirs.abs().max()))
    theirs = (
        attr.IntegratedGradients(model).attribute(x, baseline[None].expand_as(x), target=0, n_steps=20, method="riemann_middle").detach()
    )
    ours = integrated_gradients(model, x, 0, baseline=baseline, most=20)
    torch.testing.assert_close(ours, theirs.to(ours), rtol=1e-5, atol=1e-5 * float(theirs.abs().max()))
