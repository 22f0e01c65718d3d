"""Layers found by running a network without values: against torch itself, hand-computed products, and gradients."""

from __future__ import annotations

import copy
from collections import OrderedDict

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm

from eegcli.errors import InputError
from eegcli.models.layers import WindowTooSmall, layers_of, output_shape

LSTM = 2 * 50 * 4 * 16 * (8 + 16) + 2 * 50 * 4 * 16 * (32 + 16)  # two directions, two layers; 50 steps, 4 gates
# Module, shape of its input, products of its definition.
PRODUCTS = {
    "conv": (nn.Conv2d(3, 8, (3, 5)), (3, 10, 20), 8 * 3 * 15 * 8 * 16),
    "grouped": (nn.Conv1d(8, 16, 5, groups=4), (8, 20), 16 * 2 * 5 * 16),
    "depthwise": (nn.Conv1d(8, 8, 5, groups=8), (8, 20), 8 * 5 * 16),
    "dilated": (nn.Conv1d(4, 8, 3, dilation=4, stride=2), (4, 40), 8 * 4 * 3 * 16),
    "transposed": (nn.ConvTranspose1d(4, 6, 5, stride=2), (4, 10), 10 * 4 * 6 * 5),
    "linear": (nn.Linear(20, 7), (5, 20), 5 * 20 * 7),
    "lstm": (nn.LSTM(8, 16, 2, batch_first=True, bidirectional=True), (50, 8), LSTM),
    "lstm projected": (nn.LSTM(8, 16, batch_first=True, proj_size=5), (50, 8), 50 * (4 * 16 * (8 + 5) + 16 * 5)),
    "gru": (nn.GRU(8, 16, batch_first=True), (50, 8), 50 * 3 * 16 * (8 + 16)),
    "rnn": (nn.RNN(8, 16, batch_first=True), (50, 8), 50 * 16 * (8 + 16)),
    "max pooling": (nn.MaxPool1d(3), (4, 12), 0),
    "batch norm": (nn.BatchNorm1d(4), (4, 12), 0),
    "weight norm": (weight_norm(nn.Linear(20, 7)), (5, 20), 5 * 20 * 7),
    "spectral norm": (spectral_norm(nn.Conv1d(4, 8, 3)), (4, 12), 8 * 4 * 3 * 10),
    "orthogonal": (orthogonal(nn.Linear(6, 6)), (5, 6), 5 * 36),
}


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x)[0]


class Branches(nn.Module):
    """Two branches of other widths, a skip connection, a shared layer, and outputs in a dict of a list and a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Conv1d(4, 4, 3, padding=1), nn.Conv1d(4, 4, 7, padding=3)
        self.shared = nn.Conv1d(8, 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> dict[str, object]:
        both = torch.cat([self.narrow(x) + x, self.wide(x)], dim=1)
        once = self.shared(both)
        return {"list": [self.shared(torch.relu(once))], "tuple": (once, both)}


class AsksForAValue(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x) if float(x.abs().max()) < 1e6 else x


class MakesItsState(nn.Module):
    """Gives an LSTM a state that it makes itself, on the default device, and keeps a tensor that is no buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.scale = nn.LSTM(4, 6, batch_first=True), torch.ones(6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = torch.zeros(1, len(x), 6), torch.zeros(1, len(x), 6)
        output, (last, _) = self.lstm(x, state)
        return output[:, -1] * self.scale + last[0]


class ByKeyword(nn.Module):
    """Calls a recurrent layer by the names that torch documents."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(input=x, hx=None)[0]


class NamedLSTM(nn.LSTM):
    """A class of its own that computes what torch's does."""


class ResidualGRU(nn.GRU):
    """A class of its own that computes something else."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return x + super().forward(x)[0] @ torch.ones(16, 8)


def shapes_by_running(model: nn.Module, window: tuple[int, ...]) -> list[tuple[int, ...]]:
    outputs = model.eval()(torch.zeros(1, *window))
    return [tuple(tensor.shape) for tensor in torch.utils._pytree.tree_leaves(outputs)]


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_layer_has_torchs_shapes_its_weights_and_the_products_of_its_definition(name):
    model, window, products = PRODUCTS[name]
    found = layers_of(model, window)
    (row,) = found.rows
    assert row.multiply_adds == found.multiply_adds == products
    assert list(row.output_shapes) == list(found.output_shapes) == shapes_by_running(model, window)
    assert row.n_parameters == sum(weights.numel() for weights in model.parameters())
    assert row.kind == type(model).__name__.removeprefix("Parametrized")


def test_attention_multiplies_by_its_projections_and_every_pair_of_positions():
    found = layers_of(Attention(), (50, 16))
    (row,) = found.rows
    # Queries, keys, values and the output are projections; scores and their sums are 4 heads of 4 numbers for 50 x 50 pairs.
    assert row.multiply_adds == 4 * 50 * 16 * 16 + 2 * 50 * 50 * 16
    assert (row.name, row.kind, row.n_parameters) == ("attention", "MultiheadAttention", 4 * 16 * 16 + 4 * 16)
    assert row.output_shapes == ((1, 50, 16), (1, 50, 50))
    assert row.memory_bytes > 4 * 4 * 50 * 50  # the pairs are held
    assert found.receptive_field == (50, 16)


def test_an_encoder_layer_is_seen_layer_by_layer():
    found = layers_of(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), (50, 16))
    attention = 4 * 50 * 16 * 16 + 2 * 50 * 50 * 16
    assert found.multiply_adds == attention + 2 * 50 * 16 * 32
    assert {"self_attn", "linear1", "linear2", "norm1", "norm2"} <= {row.name for row in found.rows}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.AvgPool2d(4), (4, 6, 63)),
        (nn.Conv2d(4, 4, 3, dilation=(1, 4), padding=(1, 0)), (4, 24, 244)),
        (nn.AdaptiveAvgPool2d((3, 5)), (4, 3, 5)),
    ],
)
def test_the_shape_after_a_pooling_or_a_dilated_convolution_is_torchs(layer, expected):
    assert output_shape("net", layer, (4, 24, 252)) == expected == tuple(layer(torch.zeros(1, 4, 24, 252)).shape[1:])


def test_finding_a_shape_leaves_layers_and_generator_as_they_are():
    layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5).eval())
    before, state = copy.deepcopy(layers.state_dict()), torch.random.get_rng_state()
    output_shape("net", layers, (1, 10, 10))
    layers_of(layers, (1, 10, 10))
    assert all(torch.equal(before[name], value) for name, value in layers.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())
    assert [layer.training for layer in layers] == [True, True, False]
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in layers.modules())


def test_a_kernel_that_is_too_large_is_named_and_another_error_is_not_hidden():
    layers = nn.Sequential(nn.AvgPool2d(4), nn.Conv2d(1, 1, 7))
    with pytest.raises(InputError, match="net: windows of 24 channels x 64 samples are too small: 1 needs 7 x 7 and 6 x 16 are left"):
        output_shape("net", layers, (1, 24, 64))
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        output_shape("net", nn.Linear(5, 5), (3, 24, 64))


def test_a_shared_layer_has_a_row_for_each_call_and_its_weights_once():
    model = Branches()
    found = layers_of(model, (4, 40))
    shared = [row for row in found.rows if row.name == "shared"]
    assert [row.n_parameters for row in shared] == [8 * 8 * 3 + 8, 0]
    assert [row.multiply_adds for row in shared] == [8 * 8 * 3 * 40] * 2
    assert found.n_parameters == sum(weights.numel() for weights in model.parameters())
    assert list(found.output_shapes) == [(1, 8, 40)] * 3 == shapes_by_running(model, (4, 40))
    assert [row.receptive_field[1] for row in found.rows] == [
        3,
        7,
        9,
        11,
        11,
    ]  # the wide branch decides; the last row is the network itself


def test_memory_is_the_window_and_what_every_layer_makes():
    found = layers_of(nn.Sequential(nn.Conv1d(4, 8, 3), nn.ReLU(), nn.MaxPool1d(2)), (4, 18))
    pooled = 8 * 8 * (4 + 8)  # values, and where each was found, for the way back
    assert [row.memory_bytes for row in found.rows] == [4 * 8 * 16, 4 * 8 * 16, pooled]
    assert found.memory_bytes == 4 * 4 * 18 + 2 * 4 * 8 * 16 + pooled


@pytest.mark.parametrize("model", [AsksForAValue(), nn.Sequential(AsksForAValue(), nn.Linear(3, 3))])
def test_a_network_whose_forward_asks_for_a_value_is_run_where_it_lies(model):
    found = layers_of(model, (5,))
    assert found.multiply_adds == sum(layer.in_features * layer.out_features for layer in model.modules() if isinstance(layer, nn.Linear))


def test_a_network_may_make_tensors_in_its_forward():
    found = layers_of(MakesItsState(), (30, 4))
    assert found.output_shapes == ((1, 6),)
    assert found.multiply_adds == 30 * 4 * 6 * (4 + 6)
    assert found.receptive_field == (30, 4)


@pytest.mark.parametrize(("kind", "gates"), [(nn.RNN, 1), (nn.GRU, 3), (nn.LSTM, 4), (NamedLSTM, 4)])
def test_a_recurrent_layer_is_called_by_keyword_and_may_be_derived_from(kind, gates):
    found = layers_of(ByKeyword(kind(8, 16, batch_first=True)), (50, 8))
    assert found.memory_bytes == layers_of(kind.__mro__[kind is NamedLSTM](8, 16, batch_first=True), (50, 8)).memory_bytes
    assert found.multiply_adds == 50 * gates * 16 * (8 + 16)
    assert found.output_shapes == ((1, 50, 16),)


def test_a_recurrent_layer_with_a_forward_of_its_own_is_run_as_it_is():
    found = layers_of(ResidualGRU(8, 16, batch_first=True), (5, 8))
    assert found.output_shapes == ((1, 5, 8),)
    assert found.multiply_adds == 5 * 3 * 16 * (8 + 16) + 5 * 16 * 8


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_lazy_layers_get_their_sizes_and_are_left_as_they_are(device):
    def network(convolution: nn.Module, norm: nn.Module, linear: nn.Module) -> nn.Module:
        return nn.Sequential(convolution, norm, nn.Dropout(), nn.Flatten(), linear)

    with torch.device(device):
        lazy = network(nn.LazyConv1d(8, 3), nn.LazyBatchNorm1d(), nn.LazyLinear(4))
    sized = network(nn.Conv1d(6, 8, 3), nn.BatchNorm1d(8), nn.Linear(8 * 62, 4))
    state = torch.random.get_rng_state()
    assert layers_of(lazy, (6, 64)) == layers_of(sized, (6, 64))
    assert lazy[0].has_uninitialized_params()
    assert lazy.training
    assert torch.equal(state, torch.random.get_rng_state())


def test_weights_are_never_made():
    with torch.device("meta"):
        model = nn.Sequential(nn.Flatten(), nn.Linear(64 * 1000, 1000), nn.Linear(1000, 3000))
    found = layers_of(model, (64, 1000))
    assert found.n_parameters == 64_000 * 1000 + 1000 + 1000 * 3000 + 3000
    assert found.multiply_adds == 64_000 * 1000 + 1000 * 3000


def test_a_layer_that_leaves_nothing_is_named_where_torch_does_not_refuse_it():
    """On the meta device, torch up to 2.6 gives an output without a size where a kernel is too long."""

    class Silent(nn.Module):
        kernel_size = 3

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[..., : max(x.shape[-1] - 2, 0)]

    stack = nn.Sequential(OrderedDict(first=Silent(), second=Silent()))
    assert output_shape("mine", stack, (1, 5), axes=("samples",)) == (1, 1)
    with pytest.raises(WindowTooSmall, match="mine: windows of 4 samples are too small: second needs 3 and 2 are left"):
        output_shape("mine", stack, (1, 4), axes=("samples",))
