"""Networks in the order that costs least: what they give, learn and pass back is what their layers give as they are published."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from eegcli import registry
from eegcli.models import build
from eegcli.models.commuted import Commuted, commuted, correlated, fast_length, moments
from eegcli.models.layers import layers_of
from eegcli.models.merged import Merged, merged
from eegcli.models.reordered import Reordered

EXACT = {"rtol": 1e-10, "atol": 1e-10}
FEW = settings(max_examples=20, deadline=None)


def both(*layers: nn.Module) -> tuple[Reordered, nn.Sequential]:
    """The same layers, in double precision and with the same weights: as we run them, and as torch does."""
    ours, plain = Reordered(*layers).double(), nn.Sequential(*copy.deepcopy(layers)).double()
    return ours, plain


def compare(ours: nn.Module, plain: nn.Module, x: torch.Tensor) -> None:
    """Outputs, gradients of weights and windows, and running statistics, twice in training and once in evaluation."""
    for train, seed in ((True, 1), (True, 2), (False, 3)):
        results = []
        for network in (ours.train(train), plain.train(train)):
            torch.manual_seed(seed)
            given_x = x.clone().requires_grad_(True)
            network.zero_grad()
            output = network(given_x)
            weights = torch.sin(torch.arange(output.numel(), dtype=output.dtype)).view(output.shape)
            (output * weights).sum().backward()
            results.append((output.detach(), given_x.grad, [one.grad for one in network.parameters()], list(network.buffers())))
        torch.testing.assert_close(*results, **EXACT)


@pytest.fixture
def always(monkeypatch):
    """The rules say yes, so that small windows will do."""
    monkeypatch.setattr(Commuted, "pays", lambda self, x: True)
    monkeypatch.setattr(Merged, "pays", lambda self, x: True)


def temporal_and_spatial(n_chans, n_filters, depth, kernel, left, right, own) -> list[nn.Module]:
    norm = nn.BatchNorm2d(n_filters, 1e-3, 0.01)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    return [
        nn.ZeroPad2d((left, right, 0, 0)),
        nn.Conv2d(1, n_filters, (1, kernel), padding=(0, own), bias=False),
        norm,
        nn.Conv2d(n_filters, n_filters * depth, (n_chans, 1), groups=n_filters, bias=False),
    ]


SIZES = {"batch": st.integers(1, 4), "n_chans": st.integers(1, 6), "n_times": st.integers(1, 40), "seed": st.integers(0, 99)}
PADS = {"left": st.integers(0, 9), "right": st.integers(0, 9), "own": st.integers(0, 4)}


@FEW
@given(**SIZES, **PADS, n_filters=st.integers(1, 4), depth=st.integers(1, 3), kernel=st.integers(1, 20), offset=st.sampled_from([0, 1000]))
def test_temporal_filters_behind_the_spatial_ones_give_the_same(
    batch, n_chans, n_times, seed, left, right, own, n_filters, depth, kernel, offset
):
    torch.manual_seed(seed)
    n_times += kernel + 1  # at least two places: a norm of one value is an error
    ours, plain = both(*temporal_and_spatial(n_chans, n_filters, depth, kernel, left, right, own))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Commuted, "pays", lambda self, x: True)
        assert commuted(list(ours)).n_layers == 4
        x = torch.randn(batch, 1, n_chans, n_times, dtype=torch.float64)
        # An offset of the amplifier: the variance is a small difference of large numbers, here and in torch.
        compare(ours, plain, x if not offset else (x + offset) / offset)


@FEW
@given(
    **SIZES,
    n_filters=st.integers(1, 5),
    n_maps=st.integers(1, 5),
    kernel=st.integers(1, 9),
    own=st.integers(0, 4),
    biases=st.tuples(st.booleans(), st.booleans()),
)
def test_two_convolutions_merged_give_the_same(batch, n_chans, n_times, seed, n_filters, n_maps, kernel, own, biases):
    torch.manual_seed(seed)
    ours, plain = both(
        nn.Conv2d(1, n_filters, (1, kernel), padding=(0, own), bias=biases[0]), nn.Conv2d(n_filters, n_maps, (n_chans, 1), bias=biases[1])
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Merged, "pays", lambda self, x: True)
        assert merged(list(ours)).n_layers == 2
        compare(ours, plain, torch.randn(batch, 1, n_chans, n_times + kernel, dtype=torch.float64))


@pytest.mark.parametrize("activation", [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU])
@pytest.mark.parametrize("pool", [(2, 2), (1, 3)])
def test_a_maximum_before_the_activation_gives_the_same(activation, pool):
    torch.manual_seed(0)
    ours, plain = both(nn.Conv2d(1, 5, 3), activation(), nn.MaxPool2d(pool), nn.Dropout(0.3), nn.Conv2d(5, 4, (3, 1)), activation())
    compare(ours, plain, torch.randn(3, 1, 11, 14, dtype=torch.float64))


CASES = [
    ("eegnet", "raw", {}, (5, 90)),
    ("eegnet", "raw", {"keras_padding": True, "kernels": (33, 16)}, (3, 90)),
    ("eegnet-lab", "raw", {}, (4, 80)),
    ("ctnet", "raw", {"n_layers": 1}, (4, 128)),
    ("shallow", "raw", {}, (4, 140)),
    ("deepconvnet", "raw", {}, (3, 110)),
    ("deepconvnet", "raw", {"activation": "elu"}, (3, 110)),
    ("vgg", "raw", {}, (8, 24)),
    ("vgg", "topomap", {}, (3, 8, 8)),
    pytest.param("scnn", "raw", {}, (18, 118), marks=pytest.mark.exhaustive),
    pytest.param("scnn", "topomap", {"linear_tail": True}, (3, 18, 24), marks=pytest.mark.exhaustive),
]


@pytest.mark.parametrize(("name", "representation", "options", "sizes"), CASES)
def test_a_network_is_the_same_in_double_precision_dropout_included(name, representation, options, sizes, always):
    torch.manual_seed(0)
    shape = dict(zip(registry.REPRESENTATIONS[representation].axes, sizes, strict=True))
    ours = build(name, n_outputs=2, sfreq=128.0, representation=representation, **shape, **options).double()
    plain = copy.deepcopy(ours)
    plain.features.as_published = True
    ours.to(memory_format=torch.channels_last)  # as training has it
    for module in (*ours.modules(), *plain.modules()):
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
    compare(ours, plain, 5 * torch.randn(6, *sizes, dtype=torch.float64))


def test_single_precision_is_the_same_up_to_rounding():
    for name, sizes in (("eegnet", (19, 256)), ("shallow", (19, 256)), ("deepconvnet", (19, 256)), ("vgg", (8, 32)), ("scnn", (18, 118))):
        torch.manual_seed(0)
        ours = build(name, n_chans=sizes[0], n_times=sizes[1], n_outputs=2, sfreq=128.0)
        plain, x = copy.deepcopy(ours), 10 * torch.randn(16, *sizes)
        plain.features.as_published = True
        losses = []
        for network in (ours, plain):
            torch.manual_seed(1)
            losses.append(functional.cross_entropy(network(x), torch.arange(16) % 2))
        torch.testing.assert_close(*losses, rtol=1e-5, atol=1e-5)


def test_the_moments_are_those_of_every_place_of_the_kernel():
    x = torch.randn(3, 4, 11, dtype=torch.float64) + 5
    patches = functional.pad(x, (2, 3)).unfold(-1, 6, 1).reshape(-1, 6)
    mean, second = moments(x, 6, 2, 3)
    torch.testing.assert_close(mean, patches.mean(dim=0), **EXACT)
    torch.testing.assert_close(second, patches.T @ patches / len(patches), **EXACT)


def test_a_large_offset_leaves_the_variance_of_single_precision_right(always):
    # 10 mV of offset on 10 µV of signal; the filters take the difference of neighbours, so that only the signal is left of it.
    torch.manual_seed(0)
    x = (10_000 + 10 * torch.randn(16, 1, 20, 256)).float()
    norm = nn.BatchNorm2d(1, momentum=1.0)
    layers = [nn.Conv2d(1, 1, (1, 32), bias=False), norm, nn.Conv2d(1, 1, (20, 1), bias=False)]
    with torch.no_grad():
        layers[0].weight.zero_()[..., 0] = 1
        layers[0].weight[..., 1] = -1
    Reordered(*layers)(x)
    torch.testing.assert_close(norm.running_var, (x.double()[..., :225] - x.double()[..., 1:226]).var().float()[None], rtol=1e-5, atol=0)


@pytest.mark.parametrize(("kernel", "left", "right"), [(1, 5, 7), (30, 0, 0), (8, 20, 0), (41, 5, 6)])
def test_filters_by_fourier_transform_are_correlations(kernel, left, right):
    x, filters = torch.randn(2, 3, 30, dtype=torch.float64), torch.randn(2, kernel, dtype=torch.float64)
    slid = (functional.pad(x, (left, right)).unfold(-1, kernel, 1) * filters[:, None, None]).sum(dim=-1)
    torch.testing.assert_close(correlated(x, filters, left, right), slid, **EXACT)


def test_lengths_of_transforms_have_small_factors_only():
    assert [fast_length(n) for n in (1, 7, 255, 257, 289, 1001)] == [1, 8, 256, 270, 300, 1024]


@pytest.mark.parametrize(
    ("n_chans", "n_times", "batch", "expected"),
    [(24, 256, 64, True), (19, 256, 16, True), (2, 750, 64, False), (4, 1000, 256, False), (19, 256, 1, False)],
)
def test_the_order_is_chosen_by_channels_length_and_batch(n_chans, n_times, batch, expected):
    network = build("eegnet", n_chans=n_chans, n_times=n_times, n_outputs=2, sfreq=128.0)
    assert commuted(list(network.features)).pays(torch.empty(batch, 1, n_chans, n_times, device="meta")) is expected


def test_merging_must_leave_fewer_multiply_adds():
    few, many = [nn.Conv2d(1, 40, (1, 25)), nn.Conv2d(40, 40, (19, 1))], [nn.Conv2d(1, 2, (1, 25)), nn.Conv2d(2, 40, (19, 1))]
    x = torch.empty(64, 1, 19, 256, device="meta")
    assert merged(few).pays(x)
    assert not merged(many).pays(x)  # 40 maps x 25 samples for each channel, in place of 2 x 25 and 2 x 40


@pytest.mark.parametrize("name", ["eegnet", "shallow"])
@pytest.mark.parametrize("sizes", [(20, 256), (18, 256), (19, 20)])
def test_windows_of_another_shape_are_refused_as_torch_refuses_them(name, sizes):
    network, messages = build(name, n_chans=19, n_times=256, n_outputs=2, sfreq=128.0), []
    for as_published in (False, True):
        network.features.as_published = as_published
        with pytest.raises(RuntimeError) as caught:
            network(torch.randn(64, *sizes))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


SAME = {"padding": (0, 2)}
OTHERS = {
    "a stride": nn.Conv2d(1, 4, (1, 5), stride=(1, 2), bias=False),
    "a dilation": nn.Conv2d(1, 4, (1, 5), dilation=(1, 2), bias=False),
    "another padding": nn.Conv2d(1, 4, (1, 5), **SAME, padding_mode="reflect", bias=False),
    "a name for the padding": nn.Conv2d(1, 4, (1, 5), padding="same", bias=False),
    "a kernel over channels": nn.Conv2d(1, 4, (2, 5), bias=False),
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_convolutions_are_left_alone(what):
    norm, spatial = nn.BatchNorm2d(4), nn.Conv2d(4, 4, (3, 1), groups=4, bias=False)
    assert commuted([OTHERS[what], norm, spatial]) is None
    assert merged([OTHERS[what], nn.Conv2d(4, 4, (3, 1))]) is None


def test_a_norm_without_running_statistics_and_a_bias_are_left_alone():
    conv, spatial = nn.Conv2d(1, 4, (1, 5), bias=False), nn.Conv2d(4, 4, (3, 1), groups=4, bias=False)
    assert commuted([conv, nn.BatchNorm2d(4), spatial]) is not None
    assert commuted([conv, nn.BatchNorm2d(4, track_running_stats=False), spatial]) is None
    assert commuted([conv, nn.BatchNorm2d(4, affine=False), spatial]) is None
    assert commuted([nn.Conv2d(1, 4, (1, 5)), nn.BatchNorm2d(4), spatial]) is None


def test_whoever_looks_on_sees_every_layer_in_the_published_order(always):
    network, seen = build("vgg", n_chans=8, n_times=24, n_outputs=2, sfreq=128.0), []
    for name, layer in network.features.named_children():
        layer.register_forward_hook(lambda layer, given, output, name=name: seen.append(name))
    network(torch.randn(2, 8, 24))
    assert seen == [name for name, _ in network.features.named_children()]


def test_the_multiply_adds_of_a_network_are_those_of_its_published_layers():
    rows = {row.name: row for row in layers_of(build("eegnet", n_chans=24, n_times=256, n_outputs=2, sfreq=128.0), (24, 256)).rows}
    assert rows["features.temporal"].multiply_adds == 8 * 64 * 24 * 257
    assert rows["features.spatial"].multiply_adds == 16 * 24 * 257


@pytest.mark.parametrize("rate", [0.25, 1.0])
def test_dropout_drops_the_same_values_in_every_layout(rate):
    ours, plain = both(nn.Conv2d(2, 3, 1), nn.Dropout(rate))
    compare(ours.to(memory_format=torch.channels_last), plain, torch.randn(4, 2, 5, 6, dtype=torch.float64))
