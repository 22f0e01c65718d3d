"""Vectors before the last layer: what gives the outputs by that layer alone, for every architecture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eegcli import registry
from eegcli.engine.embedding import embed
from eegcli.errors import InputError
from eegcli.models.checks import Case
from eegcli.models.closed import ClosedForm
from eegcli.models.code import read_code
from eegcli.models.embedding import last_layers
from eegcli.models.foreign import build_foreign
from eegcli.models.normalisation import normalised
from eegcli.reporter import Silent
from tests.kit.own import NET, own


def vectors_of(model, x):
    return embed(model, x.numpy(), np.arange(len(x)), device=torch.device("cpu"), reporter=Silent())


@pytest.mark.parametrize("name", registry.MODELS)
def test_the_last_layer_of_every_architecture_makes_the_outputs_of_the_vectors(name):
    case = Case(name, next(one for one in registry.REPRESENTATIONS if _takes(name, one)))
    model, x = case.build(3 if registry.MODELS[name].head != "logit" else 1).eval(), case.windows(3)
    with torch.no_grad():
        before = model(x)
        vectors = torch.from_numpy(vectors_of(model, x))
        layers = last_layers(model, tuple(case.shape.values()))
        each = [layer(part) for layer, part in zip(layers, vectors.split([layer.in_features for layer in layers], dim=1), strict=True)]
        if len(each) == 1:
            found = each[0]
        else:  # a closed form of parts: logarithms of the mean of their probabilities
            assert isinstance(model, ClosedForm)
            found = torch.stack(each).softmax(dim=-1).mean(dim=0).log()
        np.testing.assert_allclose(found.numpy(), before.numpy(), rtol=1e-4, atol=1e-5)
        assert torch.equal(model(x), before), "whoever looked has left nothing behind"


def _takes(name, representation):
    try:
        registry.form_of(name, representation)
    except Exception:
        return False
    return True


def test_the_normalisation_before_a_network_has_no_part_in_it():
    case = Case("eegnet", "raw")
    network = case.build()
    model = normalised(network, {"how": "window"}, tuple(case.shape.values())).eval()
    assert last_layers(model, tuple(case.shape.values())) == (network.final_layer,)


def foreign(folder, text, n_outputs=2):
    named = registry.foreign_named(f"{own(folder, text)}:Net")
    assert named is not None
    return build_foreign(read_code(named), {"n_chans": 4, "n_times": 64}, n_outputs=n_outputs, sfreq=64.0).eval()


@pytest.mark.parametrize("end", ["self.head(z)", "torch.log_softmax(self.head(z), 1)", "self.head(z).squeeze(-1).reshape(len(x), -1)"])
def test_the_last_linear_layer_of_a_foreign_network_is_found_whatever_its_name(tmp_path, end):
    text = NET.replace("return self.head(self.drop(torch.log(power + 1e-3)))", f"z = torch.log(power + 1e-3)\n        return {end}")
    model = foreign(tmp_path, text)
    x = torch.randn(3, 4, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = torch.log(model.network.filters(x / 10).square().mean(dim=-1) + 1e-3)
    np.testing.assert_allclose(vectors_of(model, x), expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("self.head = nn.Linear(n_filters, n_outputs)", "self.head = nn.Conv1d(n_filters, n_outputs, 1)"), "ends with a Conv1d"),
        (
            ("self.head = nn.Linear(n_filters, n_outputs)", "self.head = nn.Bilinear(n_filters, n_filters, n_outputs)"),
            "ends with a Bilinear",
        ),
    ],
)
def test_a_foreign_network_that_ends_otherwise_is_refused(tmp_path, changed, said):
    call = "self.head(z.unsqueeze(-1)).squeeze(-1)" if "Conv1d" in said else "self.head(z, z)"
    text = NET.replace(*changed).replace(
        "return self.head(self.drop(torch.log(power + 1e-3)))", f"z = torch.log(power + 1e-3)\n        return {call}"
    )
    with pytest.raises(InputError, match=said) as refused:
        last_layers(foreign(tmp_path, text), (4, 64))
    assert refused.value.exit_code == 3 and "torch.nn.Linear" in str(refused.value.hint)
