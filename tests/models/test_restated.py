"""The published networks stated a second time, in plain torch from what their sources say: with the same weights they give the same outputs.

In evaluation and in training (dropout at the same places, with the same rates), at sizes that are quick; counts at the published sizes are in
`test_published.py`. Padding, pooling, order of layers and constants of the batch norms are those of the statement here.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from eegcli import registry
from eegcli.models import build
from eegcli.models.weights import reinitialise


class Restated(nn.Module):
    """Layers one after the other, on windows with an axis of maps in front where `image`."""

    def __init__(self, *layers: nn.Module, image: bool) -> None:
        super().__init__()
        self.layers, self.image = nn.Sequential(*layers), image

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x[:, None] if self.image else x)


def eegnet_lab(n_chans: int, n_times: int, act: type[nn.Module] = nn.ReLU) -> nn.Module:
    # 1->16 (1,51) pad 25; BN; depthwise 16->32 (C,1) groups 16; BN; act; avgpool 4; dropout .25; 32->32 (1,15) pad 7; BN; act; avgpool 8; dropout .25
    return Restated(
        nn.Conv2d(1, 16, (1, 51), padding=(0, 25), bias=False),
        nn.BatchNorm2d(16, eps=1e-5, momentum=0.1),
        nn.Conv2d(16, 32, (n_chans, 1), groups=16, bias=False),
        nn.BatchNorm2d(32, eps=1e-5, momentum=0.1),
        act(),
        nn.AvgPool2d((1, 4), stride=(1, 4)),
        nn.Dropout(0.25),
        nn.Conv2d(32, 32, (1, 15), padding=(0, 7), bias=False),
        nn.BatchNorm2d(32, eps=1e-5, momentum=0.1),
        act(),
        nn.AvgPool2d((1, 8), stride=(1, 8)),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(32 * (n_times // 4 // 8), 2),
        image=True,
    )


def deepconvnet(n_chans: int, n_times: int, act: type[nn.Module] = nn.ReLU) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(1, 25, (1, 5)), nn.Conv2d(25, 25, (n_chans, 1))]
    size, width = n_times, 25
    for number, maps in enumerate((25, 50, 100, 200)):
        if number:
            layers.append(nn.Conv2d(width, maps, (1, 5)))
        layers += [nn.BatchNorm2d(maps), act(), nn.MaxPool2d((1, 2)), nn.Dropout(0.5)]
        size, width = (size - 4) // 2, maps
    return Restated(*layers, nn.Flatten(), nn.Linear(200 * size, 2), image=True)


def eegnet(n_chans: int, n_times: int) -> nn.Module:
    # F1 8, D 2, F2 16; padded by half a kernel on both sides; Keras' batch norm.
    def norm(n: int) -> nn.Module:
        return nn.BatchNorm2d(n, eps=1e-3, momentum=0.01)

    pooled = ((n_times + 1) // 4 + 1) // 8
    return Restated(
        nn.Conv2d(1, 8, (1, 64), padding=(0, 32), bias=False),
        norm(8),
        nn.Conv2d(8, 16, (n_chans, 1), groups=8, bias=False),
        norm(16),
        nn.ELU(),
        nn.AvgPool2d((1, 4)),
        nn.Dropout(0.25),
        nn.Conv2d(16, 16, (1, 16), padding=(0, 8), groups=16, bias=False),
        nn.Conv2d(16, 16, (1, 1), bias=False),
        norm(16),
        nn.ELU(),
        nn.AvgPool2d((1, 8)),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(16 * pooled, 2),
        image=True,
    )


class SquareLogPower(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(x**2, (1, 75), (1, 15)).clamp(min=1e-6).log()


def shallow(n_chans: int, n_times: int) -> nn.Module:
    return Restated(
        nn.Conv2d(1, 40, (1, 25)),
        nn.Conv2d(40, 40, (n_chans, 1), bias=False),
        nn.BatchNorm2d(40),
        SquareLogPower(),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(40 * ((n_times - 24 - 75) // 15 + 1), 2),
        image=True,
    )


def deap_dnn(height: int, width: int) -> nn.Module:
    return Restated(
        nn.Flatten(),
        nn.Dropout(0.25),
        *(nn.Linear(height * width, 5000), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(5000, 500), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(500, 1000), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(1000, 1),
        image=False,
    )


def deap_cnn(height: int, width: int) -> nn.Module:
    return Restated(
        nn.Dropout(0.25),
        *(nn.Conv2d(1, 20, 3, padding=1), nn.ReLU(), nn.Dropout2d(0.15)),
        *(nn.Conv2d(20, 40, 3, padding=1), nn.ReLU(), nn.Dropout2d(0.15)),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        *(nn.Linear(40 * (height // 2) * (width // 2), 128), nn.ReLU(), nn.Dropout(0.25)),
        nn.Linear(128, 1),
        image=True,
    )


def conv1d_ecg(n_chans: int, n_times: int) -> nn.Module:
    return Restated(
        nn.Conv1d(n_chans, 100, 700),
        nn.ReLU(),
        nn.Conv1d(100, 50, 700),
        nn.Dropout(0.5),
        nn.BatchNorm1d(50, eps=1e-3, momentum=0.01),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Flatten(),
        nn.Linear(50 * ((n_times - 2 * 699) // 4), 6),
        image=False,
    )


def lasagne_cnn(n_chans: int, n_times: int) -> nn.Module:
    return Restated(
        nn.Conv2d(1, 32, (1, 3), padding=(0, 1)),
        nn.ReLU(),
        nn.MaxPool2d((1, 2), stride=(2, 2)),
        nn.Dropout(0.5),
        nn.Flatten(),
        *(nn.Linear(32 * ((n_chans + 1) // 2) * (n_times // 2), 256), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(256, 2),
        image=True,
    )


def scnn(n_chans: int, n_times: int, *, rectified: bool = True) -> nn.Module:
    rectifier = [nn.ReLU()] if rectified else []
    height = ((n_chans - 2) // 2 - 2) // 2 - 1
    width = (((n_times - 2) // 2 - 2) // 2 - 2) // 2 - 6 - 1 - 2 - 2
    return Restated(
        *(nn.Conv2d(1, 100, (3, 3)), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Dropout(0.25)),
        *(nn.Conv2d(100, 100, (3, 3)), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Dropout(0.25)),
        *(nn.Conv2d(100, 300, (2, 3)), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Dropout(0.25)),
        *(nn.Conv2d(300, 300, (1, 7)), nn.ReLU(), nn.MaxPool2d((1, 2), stride=1), nn.Dropout(0.25)),
        *(nn.Conv2d(300, 100, (1, 3)), *rectifier, nn.Conv2d(100, 100, (1, 3)), *rectifier),
        *(nn.Flatten(), nn.Linear(100 * (height // 2) * width, 6144), *rectifier, nn.Linear(6144, 2)),
        image=True,
    )


def vgg(n_chans: int, n_times: int) -> nn.Module:
    layers: list[nn.Module] = []
    maps = 1
    for width in (16, 16, 0, 32, 32, 0, 64, 64, 64, 0):
        layers += [nn.Conv2d(maps, width, 3, padding=1), nn.ReLU()] if width else [nn.MaxPool2d(2)]
        maps = width or maps
    n_features = 64 * (n_chans // 8) * (n_times // 8)
    hidden = [nn.Linear(n_features, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(0.5)]
    return Restated(*layers, nn.Flatten(), *hidden, nn.Linear(1024, 2), image=True)


# Architecture, representation, options, sizes of a window, and the network restated for them.
CASES = [
    ("vgg", "raw", {}, (8, 24), lambda: vgg(8, 24)),
    ("vgg", "fft", {}, (8, 24), lambda: vgg(8, 24)),
    ("scnn", "raw", {}, (18, 118), lambda: scnn(18, 118)),
    ("scnn", "raw", {"linear_tail": True}, (18, 118), lambda: scnn(18, 118, rectified=False)),
    ("scnn", "fft", {}, (18, 118), lambda: scnn(18, 118)),
    ("eegnet-lab", "raw", {}, (2, 75), lambda: eegnet_lab(2, 75)),
    ("eegnet-lab", "raw", {"activation": "leaky-relu"}, (2, 75), lambda: eegnet_lab(2, 75, nn.LeakyReLU)),
    ("eegnet-lab", "raw", {"activation": "elu"}, (5, 80), lambda: eegnet_lab(5, 80, nn.ELU)),
    ("deepconvnet", "raw", {}, (2, 110), lambda: deepconvnet(2, 110)),
    ("deepconvnet", "raw", {"activation": "elu"}, (3, 110), lambda: deepconvnet(3, 110, nn.ELU)),
    ("eegnet", "raw", {}, (4, 90), lambda: eegnet(4, 90)),
    ("shallow", "raw", {}, (4, 140), lambda: shallow(4, 140)),
    ("deap-dnn", "raw", {}, (4, 9), lambda: deap_dnn(4, 9)),
    ("deap-cnn", "raw", {}, (8, 13), lambda: deap_cnn(8, 13)),
    ("conv1d-ecg", "raw", {}, (1, 1409), lambda: conv1d_ecg(1, 1409)),
    ("lasagne-cnn", "raw", {}, (7, 32), lambda: lasagne_cnn(7, 32)),
]
NAMES = [f"{name}-{representation}{''.join(f'-{value}' for value in options.values())}" for name, representation, options, _, _ in CASES]


def ours(name: str, representation: str, options: dict, sizes: tuple[int, ...], restated: nn.Module) -> nn.Module:
    axes = registry.REPRESENTATIONS[representation].axes
    n_outputs = restated.layers[-1].out_features
    return build(name, n_outputs=n_outputs, sfreq=128.0, representation=representation, **dict(zip(axes, sizes, strict=True)), **options)


@pytest.mark.parametrize(("name", "representation", "options", "sizes", "statement"), CASES, ids=NAMES)
def test_a_network_is_what_its_source_says(name, representation, options, sizes, statement):
    restated = statement()
    network, x = ours(name, representation, options, sizes, restated), 5 * torch.randn(6, *sizes)
    state, expected = network.state_dict(), restated.state_dict()
    # Layers stand in the order of the source, each with weights of the same shapes.
    assert [value.shape for value in state.values()] == [value.shape for value in expected.values()]
    restated.load_state_dict(dict(zip(expected, state.values(), strict=True)))
    # In training: the same layers drop the same values, and the batch norms learn the same statistics.
    torch.manual_seed(1)
    mine = network.train()(x)
    torch.manual_seed(1)
    torch.testing.assert_close(mine, restated.train()(x), rtol=1e-5, atol=1e-5)
    for one, two in zip(network.state_dict().values(), restated.state_dict().values(), strict=True):
        torch.testing.assert_close(one, two)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(x), restated.eval()(x), rtol=1e-5, atol=1e-5)


def test_ctnet_is_what_its_source_says_with_the_transformer_of_torch():
    # Zhao et al. 2024: convolutions of EEGNet with `same` padding; times the root of the width, plus positions; transformer blocks with the norm
    # after the sum, four times as wide inside, GELU; its output added to its input; one linear layer on all steps.
    network = build("ctnet", n_chans=5, n_times=200, n_outputs=3, sfreq=250.0, n_layers=2).eval()
    for module in network.modules():  # statistics that are not those of the start
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
    state, x = network.state_dict(), torch.randn(4, 5, 200)

    def norm(name: str, maps: torch.Tensor) -> torch.Tensor:
        mean, var, weight, bias = (state[f"features.{name}.{what}"] for what in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(maps, mean, var, weight, bias, eps=1e-5)

    maps = functional.conv2d(functional.pad(x[:, None], (31, 32)), state["features.temporal.weight"])
    maps = functional.conv2d(norm("norm1", maps), state["features.spatial.weight"], groups=20)
    maps = functional.avg_pool2d(functional.elu(norm("norm2", maps)), (1, 8))
    maps = functional.conv2d(functional.pad(maps, (7, 8)), state["features.conv.weight"])
    maps = functional.avg_pool2d(functional.elu(norm("norm3", maps)), (1, 8))  # (4, 40, 1, 3)
    steps = maps[:, :, 0].permute(0, 2, 1) * math.sqrt(40) + state["positions"][:, :3]
    mixed = steps
    for block in range(2):
        layer = nn.TransformerEncoderLayer(40, 4, 160, dropout=0.5, activation="gelu", batch_first=True, norm_first=False).eval()
        attention, feed_forward = f"transformer.{block}.attention", f"transformer.{block}.feed_forward"
        theirs = {}
        for kind in ("weight", "bias"):
            theirs[f"self_attn.in_proj_{kind}"] = torch.cat(
                [state[f"{attention}.layer.{which}.{kind}"] for which in ("queries", "keys", "values")]
            )
            theirs[f"self_attn.out_proj.{kind}"] = state[f"{attention}.layer.projection.{kind}"]
            theirs |= {
                f"linear1.{kind}": state[f"{feed_forward}.layer.0.{kind}"],
                f"linear2.{kind}": state[f"{feed_forward}.layer.3.{kind}"],
            }
            theirs |= {f"norm1.{kind}": state[f"{attention}.norm.{kind}"], f"norm2.{kind}": state[f"{feed_forward}.norm.{kind}"]}
        layer.load_state_dict(theirs)
        mixed = layer(mixed)
    expected = functional.linear((steps + mixed).flatten(1), state["final_layer.weight"], state["final_layer.bias"])
    torch.testing.assert_close(network(x), expected, rtol=1e-5, atol=1e-5)
    rates = [(name, layer.p) for name, layer in network.named_modules() if isinstance(layer, nn.Dropout)]
    block = [0.5] * 4  # of the attention, after it, inside the feed-forward layer, after it
    assert [rate for _, rate in rates] == [0.3, 0.3, 0.1, *block, *block, 0.5]


@pytest.mark.parametrize("name", ["lstm", "cnn-lstm"])
def test_a_recurrent_network_takes_the_mean_of_states_that_are_made_step_by_step(name):
    network, x = build(name, n_chans=3, n_times=60, n_outputs=2, sfreq=64.0).eval(), torch.randn(4, 3, 60)
    steps = x if name == "lstm" else functional.avg_pool1d(functional.elu(network.features.norm(network.features.conv(x))), 4)
    cell = nn.LSTMCell(steps.shape[1], 64)
    cell.load_state_dict({key.removesuffix("_l0"): value for key, value in network.lstm.state_dict().items()})
    state, hidden = None, []
    for index in range(steps.shape[2]):
        state = cell(steps[:, :, index], state)
        hidden.append(state[0])
    torch.testing.assert_close(network(x), network.final_layer(torch.stack(hidden).mean(dim=0)), rtol=1e-5, atol=1e-5)


def glorot(weight: torch.Tensor) -> float:
    """Glorot's limit of a uniform distribution, from the definition: sqrt(6 / (fan_in + fan_out)), fans with the size of the kernel."""
    kernel = math.prod(weight.shape[2:])
    return math.sqrt(6 / (kernel * (weight.shape[0] + weight.shape[1])))


@pytest.mark.parametrize(
    ("name", "sizes"), [("conv1d-ecg", (1, 1450)), ("eegnet", (20, 256)), ("shallow", (20, 256)), ("lasagne-cnn", (16, 64))]
)
@pytest.mark.parametrize("anew", [False, True], ids=["built", "re-initialised"])
def test_weights_of_keras_and_braindecode_are_glorot_uniform_and_biases_zero(name, sizes, anew):
    torch.manual_seed(0)
    network = build(name, n_chans=sizes[0], n_times=sizes[1], n_outputs=2, sfreq=128.0)
    if anew:
        reinitialise(network, 3)
    seen = 0
    for module in network.modules():
        if not isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            continue
        if module.bias is not None:
            assert not module.bias.any()
        if name == "lasagne-cnn" and isinstance(module, nn.Conv2d):
            continue
        limit, n = glorot(module.weight), module.weight.numel()
        assert module.weight.abs().max() <= limit
        # Standard deviation of a uniform distribution, within four standard errors.
        assert float(module.weight.detach().std()) == pytest.approx(limit / math.sqrt(3), rel=4 * math.sqrt(0.2 / n))
        seen += 1
    assert seen >= 2


def test_the_convolution_of_the_question_starts_at_a_spread_of_two_hundredths():
    weights = []
    for seed in range(20):
        torch.manual_seed(seed)
        weights.append(build("lasagne-cnn", n_chans=2, n_times=8, n_outputs=2, sfreq=1.0).features.conv.weight.detach().flatten())
    values = torch.cat(weights)  # 1920 values
    assert abs(float(values.mean())) < 4 * 0.02 / math.sqrt(len(values))
    assert float(values.std()) == pytest.approx(0.02, rel=4 / math.sqrt(2 * len(values)))
    assert float(values.abs().max()) > 0.05  # normal, not uniform: beyond sqrt(3) standard deviations


@pytest.mark.parametrize(("name", "sizes"), [("deap-dnn", (32, 9)), ("deap-cnn", (32, 30))])
def test_linear_layers_of_the_report_on_deap_are_xavier_normal(name, sizes):
    torch.manual_seed(0)
    network = build(name, n_chans=sizes[0], n_times=sizes[1], n_outputs=1, sfreq=128.0)
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    assert len(layers) == {"deap-dnn": 4, "deap-cnn": 2}[name]
    for layer in layers:
        spread, n = math.sqrt(2 / (layer.in_features + layer.out_features)), layer.weight.numel()
        assert float(layer.weight.detach().std()) == pytest.approx(spread, rel=4 / math.sqrt(2 * n))
        assert not layer.bias.any()
    largest = max(float(layer.weight.detach().abs().max()) * math.sqrt((layer.in_features + layer.out_features) / 2) for layer in layers)
    assert largest > 2  # normal, not uniform


@pytest.mark.parametrize("name", ["eegnet-lab", "deepconvnet", "vgg", "scnn"])
def test_other_networks_start_as_torch_starts_them(name):
    # torch's default: uniform within 1 / sqrt(fan_in).
    network = build(name, n_chans=18, n_times=128, n_outputs=2, sfreq=128.0)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            limit = 1 / math.sqrt(math.prod(module.weight.shape[1:]))
            spread = float(module.weight.detach().std())
            assert module.weight.abs().max() <= limit * 1.0001
            assert spread == pytest.approx(limit / math.sqrt(3), rel=4 * math.sqrt(0.2 / module.weight.numel()))


def test_the_pool_of_the_question_never_looks_at_every_second_electrode():
    network, x = build("lasagne-cnn", n_chans=6, n_times=16, n_outputs=2, sfreq=256.0).eval(), torch.randn(3, 6, 16, requires_grad=True)
    network(x).sum().backward()
    seen = x.grad.abs().sum(dim=(0, 2)) > 0
    assert seen.tolist() == [True, False, True, False, True, False]
