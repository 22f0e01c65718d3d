"""Forms of the architectures for other representations than raw: the published counts, and what takes what."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from typer.testing import CliRunner

from eegcli import registry
from eegcli.cli.main import app
from eegcli.errors import InputError, UsageError
from eegcli.models import build, n_parameters
from eegcli.models.checks import Case, cases
from eegcli.models.closed import ClosedForm
from eegcli.models.head import SOFTMAX

TAKEN = cases(registry.MODELS)
REFUSED = [
    Case(name, representation)
    for name, entry in registry.MODELS.items()
    for representation in registry.REPRESENTATIONS
    if representation not in entry.representations
]
# Truong, Makeig & Delorme 2021: S-VGG, and S-SCNN on 1 x 24 x 72.
VGG_WEIGHTS = {"features.conv1": 448, "features.conv2": 2_320, "classifier.fc1": 590_848, "classifier.fc2": 1_049_600, "final_layer": 2_050}
SCNN_WEIGHTS = {"features.conv1": 1_000, "features.conv4": 630_300, "classifier.fc1": 8_607_744, "final_layer": 12_290}
SCNN_SHAPES = {
    "features.conv1": (100, 22, 70),
    "features.pool1": (100, 11, 35),
    "features.conv2": (100, 9, 33),
    "features.pool2": (100, 4, 16),
    "features.conv3": (300, 3, 14),
    "features.pool3": (300, 1, 7),
    "features.conv4": (300, 3, 3),
    "features.pool4": (300, 3, 2),
    "features.conv5": (100, 5, 2),
    "features.conv6": (100, 7, 2),
    "classifier.fc1": (6144,),
    "final_layer": (2,),
}
VGG_SHAPES = {"features.pool1": (16, 12, 12), "features.pool2": (32, 6, 6), "features.pool3": (64, 3, 3), "classifier.fc1": (1024,)}


def label(case: Case) -> str:
    return f"{case.name}-{case.representation}"


@pytest.mark.parametrize(
    ("name", "total", "weights", "shapes"),
    [("vgg", 1_751_506, VGG_WEIGHTS, VGG_SHAPES), ("scnn", 9_641_934, SCNN_WEIGHTS, SCNN_SHAPES)],
    ids=["vgg", "scnn"],
)
def test_a_network_on_maps_has_its_published_weights_and_shapes(name, total, weights, shapes):
    model, seen = Case(name, "topomap").build(), {}
    assert n_parameters(model) == total
    assert {layer: n_parameters(model.get_submodule(layer)) for layer in weights} == weights
    for layer in shapes:
        model.get_submodule(layer).register_forward_hook(lambda _m, _i, output, layer=layer: seen.update({layer: tuple(output.shape[1:])}))
    model(torch.zeros(1, 3, 24, 24))
    assert seen == shapes


def test_the_scnn_on_maps_is_linear_after_its_fourth_convolution():
    model = Case("scnn", "topomap").build()
    assert [name for name, _ in model.features.named_children()][-4:] == ["pool4", "dropout4", "conv5", "conv6"]
    assert [type(layer).__name__ for layer in model.classifier] == ["Linear"]
    assert [model.features.get_submodule(f"conv{i}").padding for i in range(1, 7)] == [(0, 0)] * 3 + [(1, 1)] * 3


def test_the_scnn_sees_the_bands_side_by_side_the_first_on_the_left():
    model, seen = Case("scnn", "topomap").build(), []
    model.features.conv1.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    x = torch.randn(2, 3, 24, 24)
    model(x)
    torch.testing.assert_close(seen[0], torch.cat([x[:, 0], x[:, 1], x[:, 2]], dim=2)[:, None], rtol=0, atol=0)


@pytest.mark.parametrize("case", TAKEN, ids=label)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_every_form_takes_windows_of_its_representation_and_gives_its_outputs(case, n_outputs):
    model = case.build(n_outputs).eval()
    x = case.windows(3).requires_grad_(True)
    outputs = model(x)
    parts = model.parts.values() if isinstance(model, ClosedForm) else [model]
    assert outputs.shape == (3, n_outputs) and all(isinstance(part.final_layer, nn.Linear) for part in parts)
    assert torch.autograd.grad(outputs.sum(), x)[0].shape == x.shape


@pytest.mark.parametrize("case", REFUSED, ids=label)
def test_every_other_combination_is_refused_and_what_fits_is_named(case):
    with pytest.raises(
        UsageError, match=rf"^{case.name} takes windows of the representation raw\b.*; these are {case.representation}$"
    ) as error:
        case.build()
    fitting = [other.name for other in TAKEN if other.representation == case.representation]
    assert error.value.hint == f"For {case.representation} there are: {', '.join(fitting)}."
    assert {"logistic", "majority"} <= set(fitting)


def test_a_refusal_names_the_representations_that_a_network_takes_beside_raw():
    with pytest.raises(UsageError, match=r"^vgg takes windows of the representation raw or topomap or fft; these are bands$"):
        Case("vgg", "bands").build()


@pytest.mark.parametrize("representation", ["bands", "topomap", "fft"])
def test_logistic_is_scikit_learns_on_the_standardised_values_of_the_window(representation):
    rng = np.random.default_rng(0)
    x = rng.normal(100, 30, (40, *Case("logistic", representation).shape.values())).astype(np.float32)
    answers = rng.integers(0, 2, 40).astype(float)
    model = Case("logistic", representation).build()
    features = model.features(torch.from_numpy(x)).numpy().astype(np.float64)
    np.testing.assert_array_equal(features, x.reshape(40, -1))
    model.fit(features, answers, None, penalty=100.0, head=SOFTMAX)
    standardised = (features - features.mean(0)) / features.std(0)
    expected = LogisticRegression(C=0.01, max_iter=1000).fit(standardised, answers).predict_proba(standardised)
    np.testing.assert_allclose(model(torch.from_numpy(x)).softmax(1).detach().numpy(), expected, atol=1e-3)


@pytest.mark.parametrize(("name", "sizes"), [("vgg", (1, 8, 8)), ("scnn", (1, 18, 62)), ("scnn", (3, 18, 21))])
def test_the_smallest_maps_that_the_docs_promise_pass(name, sizes):
    model = build(
        name, representation="topomap", n_outputs=2, sfreq=128.0, **dict(zip(registry.REPRESENTATIONS["topomap"].axes, sizes, strict=True))
    )
    assert model(torch.zeros(2, *sizes)).shape == (2, 2)


@pytest.mark.parametrize(
    ("name", "sizes", "layer"), [("vgg", (3, 7, 24), "pool3"), ("scnn", (1, 24, 61), "pool4"), ("scnn", (1, 24, 24), "conv4")]
)
def test_maps_that_are_too_small_are_refused_with_the_name_of_the_layer(name, sizes, layer):
    with pytest.raises(InputError, match=f"pixels are too small: {layer} needs"):
        build(
            name,
            representation="topomap",
            n_outputs=2,
            sfreq=128.0,
            **dict(zip(registry.REPRESENTATIONS["topomap"].axes, sizes, strict=True)),
        )


def test_a_size_that_is_not_given_is_named():
    with pytest.raises(TypeError, match="vgg on topomap: height, width is needed"):
        build("vgg", representation="topomap", n_bands=3, n_outputs=2, sfreq=128.0)


@pytest.mark.parametrize(("name", "total"), [("vgg", 1_751_506), ("scnn", 9_641_934)])
def test_the_command_counts_the_weights_of_the_form_that_the_shape_means(name, total):
    result = CliRunner().invoke(app, ["models", name, "--shape", "3x24x24", "--outputs", "2", "--json"])
    data = json.loads(result.stdout)["data"]
    assert (data["n_parameters"], data["representation"], data["shape"]) == (total, "topomap", [3, 24, 24])
