"""Options of architectures: read from text to the type of their default, refused where they mean nothing, and each of them does something."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import nn

from eegcli import registry
from eegcli.errors import UsageError
from eegcli.models import build, resolved_options
from eegcli.models.blocks import ACTIVATIONS, Activation
from eegcli.models.checks import Case, cases
from eegcli.models.options import options_of, read_options, with_shorthands, written
from eegcli.settings import TrainSettings
from eegcli.settings.setting import declared

OPTIONS = [(case, option) for case in cases(registry.MODELS) for option in options_of(case.name, case.representation).values()]


def made(case: Case, **options) -> nn.Module:
    torch.manual_seed(0)
    return build(case.name, representation=case.representation, n_outputs=2, sfreq=64.0, **case.shape, **options)


def another(option) -> object:
    """A value that is not the default, and that suits every network."""
    if option.choices:
        return next(choice for choice in option.choices if choice != option.default)
    if isinstance(option.default, bool):
        return not option.default
    if isinstance(option.default, tuple):
        return tuple(type(value)(value / 2) or value for value in option.default)
    return type(option.default)(option.default / 2) or 2


@pytest.mark.parametrize(("case", "option"), OPTIONS, ids=lambda value: value.name)
def test_every_option_has_a_type_is_read_from_its_own_text_and_changes_the_network(case, option):
    assert isinstance(option.default, (bool, int, float, str, tuple))
    value = another(option)
    text = written({option.name: value})
    assert read_options(case.name, case.representation, text) == {option.name: value}
    changed, usual = made(case, **{option.name: value}), made(case)
    # What a network is: its layers with their constants, its outputs, and the weights that it keeps to after an update.
    state = [(name, tuple(weights.shape)) for name, weights in changed.state_dict().items()]
    same_layers = str(changed) == str(usual) and state == [(name, tuple(weights.shape)) for name, weights in usual.state_dict().items()]
    if same_layers and torch.equal(changed.eval()(case.windows(2)), usual.eval()(case.windows(2))):
        for network in (changed, usual):
            with torch.no_grad():
                for weights in network.parameters():
                    weights.mul_(100)
            network.constrain()
        assert any(not torch.equal(one, two) for one, two in zip(changed.parameters(), usual.parameters(), strict=True))


@pytest.mark.parametrize(
    ("arch", "text", "value"),
    [
        ("vgg", "n_hidden=256", 256),
        ("vgg", "n-hidden=256", 256),
        ("vgg", "dropout=0.1", 0.1),
        ("vgg", "dropout=0", 0.0),
        ("scnn", "linear_tail=true", True),
        ("deepconvnet", "max_norm=True", True),
        ("eegnet", "kernels=32,8", (32, 8)),
        ("eegnet", "max_norm=2,0.5", (2.0, 0.5)),
        ("deap-dnn", "n_hidden=64", (64,)),
        ("eegnet", "activation=gelu", "gelu"),
    ],
)
def test_a_text_is_read_to_the_type_of_the_default(arch, text, value):
    (found,) = read_options(arch, "raw", [text]).values()
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("arch", "text", "message"),
    [
        ("vgg", "dropot=0.1", "vgg has no option 'dropot'"),
        ("logistic", "dropout=0.1", "logistic has no option 'dropout'"),
        ("vgg", "dropout", "--set dropout: NAME=VALUE is needed"),
        ("vgg", "n_hidden=2.5", "--set n_hidden=2.5: a whole number is needed, like 1024"),
        ("vgg", "dropout=much", "--set dropout=much: a number is needed, like 0.5"),
        ("vgg", "dropout=nan", "--set dropout=nan: a number is needed"),
        ("vgg", "dropout=1", "dropout must be at least 0 and below 1, not 1"),
        ("vgg", "dropout=-0.1", "dropout must be at least 0 and below 1"),
        ("vgg", "n_hidden=0", "n_hidden must be above 0, not 0"),
        ("vgg", "pool_times=2,0,2", "pool_times must be above 0"),
        ("vgg", "pool_times=2,x", "--set pool_times=2,x: whole numbers with commas is needed, like 2,2,2"),
        ("scnn", "linear_tail=maybe", "--set linear_tail=maybe: true or false is needed, like false"),
        ("eegnet", "activation=tanh", "activation: 'tanh' is none of relu, leaky-relu, elu, gelu"),
        ("eegnet", "max_norm=0", "max_norm must be above 0"),
    ],
)
def test_what_means_nothing_is_refused(arch, text, message):
    with pytest.raises(UsageError) as error:
        read_options(arch, "raw", [text])
    assert error.value.message.startswith(message)


def test_an_unknown_option_is_answered_with_those_that_there_are_and_their_defaults():
    with pytest.raises(UsageError) as error:
        read_options("eegnet-lab", "raw", ["kernel=3"])
    assert error.value.hint == "It has: n_filters=16,32, kernels=51,15, pools=4,8, activation=relu, dropout=0.25."


def test_a_wrong_number_of_values_is_refused_and_one_stands_for_all():
    shape = {"n_chans": 2, "n_times": 300, "n_outputs": 2, "sfreq": 125.0}
    with pytest.raises(UsageError, match="kernels needs 4 values, one for each layer, or one for all; 2 are given"):
        build("deepconvnet", **shape, kernels=(5, 5))
    assert [layer.kernel_size for layer in build("deepconvnet", **shape, kernels=(7,)).features if isinstance(layer, nn.Conv2d)] == [
        (1, 7),
        (2, 1),
        (1, 7),
        (1, 7),
        (1, 7),
    ]
    rates = [
        layer.p
        for layer in build("deap-cnn", n_chans=8, n_times=8, n_outputs=1, sfreq=1.0, dropout=(0.3,)).modules()
        if hasattr(layer, "p")
    ]
    assert rates == [0.3] * 5


def test_flags_are_short_for_options_and_only_what_differs_is_kept():
    short = with_shorthands("eegnet", "raw", [], {"activation": "gelu", "dropout": "0.1"})
    assert short == with_shorthands("eegnet", "raw", ["dropout=0.1", "activation=gelu"], {}) == {"activation": "gelu", "dropout": 0.1}
    assert written(short) == ("activation=gelu", "dropout=0.1")
    assert with_shorthands("eegnet", "raw", ["dropout=0.25"], {"activation": "elu", "dropout": None}) == {}
    with pytest.raises(UsageError, match=r"--dropout 0.2 and --set dropout=0.1 contradict each other"):
        with_shorthands("eegnet", "raw", ["dropout=0.1"], {"dropout": "0.2"})


@pytest.mark.parametrize(("arch", "flag"), [("shallow", "activation"), ("logistic", "dropout"), ("lasagne-cnn", "activation")])
def test_a_flag_that_means_nothing_to_a_network_is_refused_in_one_line(arch, flag):
    with pytest.raises(UsageError) as error:
        with_shorthands(arch, "raw", [], {flag: "0.5" if flag == "dropout" else "elu"})
    assert error.value.message == f"--{flag}: {arch} has no option {flag!r}"
    assert "\n" not in error.value.hint


def test_the_flag_offers_the_activations_that_there_are():
    offered = declared(TrainSettings)["activation"].type.__args__[0].__args__
    assert offered == get_args(Activation) == tuple(ACTIVATIONS)
    kinds = {"relu": nn.ReLU, "leaky-relu": nn.LeakyReLU, "elu": nn.ELU, "gelu": nn.GELU}
    for name in offered:
        network = build("eegnet-lab", n_chans=2, n_times=64, n_outputs=2, sfreq=125.0, activation=name)
        assert type(network.features.activation1) is type(network.features.activation2) is kinds[name]


@pytest.mark.parametrize("name", registry.MODELS)
def test_forms_of_a_network_have_the_same_options(name):
    names = [list(resolved_options(name, representation)) for representation in registry.MODELS[name].representations]
    assert all(one == names[0] for one in names)


@pytest.mark.parametrize("name", registry.MODELS)
def test_lengths_that_the_entry_names_are_options_that_are_whole_numbers(name):
    entry = registry.MODELS[name]
    values = resolved_options(name, entry.representations[0])
    for option in {option for options in entry.lengths.values() for option in options}:
        numbers = values[option] if isinstance(values[option], tuple) else (values[option],)
        assert all(type(number) is int for number in numbers)


@pytest.mark.parametrize(("arch", "rate", "kernels"), [("eegnet", 128, [64, 16]), ("ctnet", 250, [64, 16]), ("shallow", 250, [25])])
def test_lengths_are_samples_as_published_and_seconds_where_that_is_asked(arch, rate, kernels):
    def lengths(sfreq: float, **options) -> list[int]:
        network = build(arch, n_chans=4, n_times=1000, n_outputs=2, sfreq=sfreq, **options)
        return [layer.kernel_size[1] for layer in network.features if isinstance(layer, nn.Conv2d) and layer.kernel_size[1] > 1]

    assert lengths(rate) == lengths(2 * rate) == lengths(rate, in_seconds=True) == kernels
    assert lengths(2 * rate, in_seconds=True) == [2 * kernel for kernel in kernels]
