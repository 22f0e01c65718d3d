"""Options of a network of the user's own: `--set NAME=VALUE` against its constructor's signature."""

from __future__ import annotations

import json

import pytest

from eegcli.errors import UsageError
from tests.kit import commands
from tests.kit.own import NET, own
from tests.kit.runs import run

WHERE = ("--device", "cpu", "--threads", "1")


def test_an_option_is_one_of_the_constructor(make_windows, tmp_path):
    windows, path = make_windows(), own(tmp_path)
    made = run(windows, arch=f"{path}:Net", options="n_filters=3", epochs=1)
    said = json.loads((made.output / "model.json").read_text())
    assert (said["options"], made.n_parameters) == ({"n_filters": 3}, 8 * 3 * 9 + 3 + 3 * 2 + 2)
    assert (
        run(windows, "plain", arch=f"{path}:Net", options="n_filters=6", epochs=1).n_parameters
        == run(windows, "default", arch=f"{path}:Net", epochs=1).n_parameters
    )
    commands.eegcli("evaluate", made.output, "--trust", *WHERE, check=True)
    with pytest.raises(UsageError, match="Net has no option 'n_filterz'"):
        run(windows, "wrong", arch=f"{path}:Net", options="n_filterz=3")
    with pytest.raises(UsageError, match=r"which lengths of .* may be shortened is not known"):
        run(windows, "fitted", arch=f"{path}:Net", fit_window=True)


def test_an_argument_without_a_default_is_given(make_windows, tmp_path):
    windows, path = make_windows(), own(tmp_path, NET.replace("n_filters=6", "n_filters, shift"))
    with pytest.raises(UsageError, match="needs n_filters, which windows do not say"):
        run(windows, arch=f"{path}:Net")
    made = run(windows, arch=f"{path}:Net", options=("n_filters=4", "shift=-2"), epochs=1)
    assert json.loads((made.output / "model.json").read_text())["options"] == {"n_filters": 4, "shift": -2}


def test_any_option_goes_to_any_keywords(make_windows, tmp_path):
    text = NET.replace("n_chans, n_times, n_outputs, n_filters=6", "**given").replace(
        "        super", "        n_chans, n_outputs, n_filters = given['n_chans'], given['n_outputs'], given['depth']\n        super"
    )
    made = run(make_windows(), arch=f"{own(tmp_path, text)}:Net", options="depth=5", epochs=1)
    assert made.n_parameters == 8 * 5 * 9 + 5 + 5 * 2 + 2


def test_its_options_are_listed(tmp_path):
    data = json.loads(
        commands.eegcli("models", f"{own(tmp_path)}:Net", "--shape", "8x64", "--set", "n_filters=2", "--json", check=True).stdout
    )["data"]
    assert (data["options"], data["n_parameters"]) == ({"n_filters": 2}, 8 * 2 * 9 + 2 + 2 * 2 + 2)


CHOICE = NET.replace("n_filters=6", "n_filters=6, activation=nn.ELU, pool=torch.mean").replace(
    "self.drop = nn.Dropout(0.1)", "self.drop = activation()"
)


@pytest.mark.parametrize(
    ("asked", "stored", "layer"),
    [
        ({}, {}, "ELU"),
        ({"activation": "elu"}, {}, "ELU"),
        ({"activation": "leaky-relu"}, {"activation": "LeakyReLU"}, "LeakyReLU"),
        ({"options": "activation=Sigmoid"}, {"activation": "Sigmoid"}, "Sigmoid"),
    ],
)
def test_a_class_is_named_by_activation_or_as_torch_names_it(asked, stored, layer, make_windows, tmp_path):
    from eegcli.artifacts.run import open_run

    made = run(make_windows(), arch=f"{own(tmp_path, CHOICE)}:Net", epochs=1, **asked)
    assert json.loads((made.output / "model.json").read_text())["options"] == stored
    [network] = open_run(made.output).trusted(trust=True).networks
    assert type(network.model().network.drop).__name__ == layer


@pytest.mark.parametrize("wrong", ["foo", "Tensor", "relu6", "functional"])
def test_what_names_no_class_is_refused_with_those_there_are(wrong, make_windows, tmp_path):
    with pytest.raises(UsageError, match=f"activation={wrong}: names no class, and activation is one, like ELU") as refused:
        run(make_windows(), arch=f"{own(tmp_path, CHOICE)}:Net", options=f"activation={wrong}")
    assert "relu, leaky-relu, elu, gelu" in refused.value.hint


def test_classes_and_functions_among_the_options_are_listed_by_name(tmp_path):
    listed = json.loads(commands.eegcli("models", f"{own(tmp_path, CHOICE)}:Net", "--shape", "8x64", "--json", check=True).stdout)
    assert listed["data"]["options"] == {"n_filters": 6, "activation": "ELU", "pool": "mean"}
