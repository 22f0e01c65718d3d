"""Published sizes, by construction for every entry of the registry: weights are counted without being made."""

from __future__ import annotations

import pytest
import torch

from eegcli import registry
from eegcli.models import build, n_parameters
from eegcli.registry import Published

PUBLISHED = [(name, one) for name, entry in registry.MODELS.items() for one in entry.published]
# The numbers of the sources, written down a second time: an entry cannot be changed to what the code happens to give.
SOURCES = {
    ("vgg", (24, 256)): 7_452_850,
    ("vgg", (3, 24, 24)): 1_751_506,
    ("scnn", (24, 256)): 12_713_934,
    ("scnn", (3, 24, 24)): 9_641_934,
    ("eegnet-lab", (2, 750)): 17_874,
    ("deepconvnet", (2, 750)): 150_977,
    ("deap-dnn", (32, 99)): 18_847_501,
    ("deap-cnn", (32, 99)): 4_021_777,
    ("conv1d-ecg", (1, 18_000)): 4_815_256,
    ("lasagne-cnn", (64, 512)): 67_109_762,
    # As braindecode 1.8.1 counts its own for four classes.
    ("eegnet", (22, 1000)): 3_444,
    ("shallow", (22, 1000)): 46_084,
    ("ctnet", (22, 1000)): 152_684,
}


def without_weights(name: str, published: Published) -> torch.nn.Module:
    axes = registry.REPRESENTATIONS[published.representation].axes
    sizes = dict(zip(axes, published.shape, strict=True))
    with torch.device("meta"):
        return build(name, n_outputs=published.outputs, sfreq=128.0, representation=published.representation, **sizes)


@pytest.mark.parametrize(("name", "published"), PUBLISHED, ids=lambda value: value if isinstance(value, str) else str(value.shape))
def test_a_network_has_the_published_number_of_weights(name, published):
    assert n_parameters(without_weights(name, published)) == published.n_parameters == SOURCES[name, published.shape]


def test_every_network_of_a_source_states_its_published_size():
    own = {
        name for name, entry in registry.MODELS.items() if entry.source.startswith("own") or entry.training is None
    }  # baselines have no published size
    assert {name for name, _ in PUBLISHED} == registry.MODELS.keys() - own
    assert SOURCES.keys() == {(name, one.shape) for name, one in PUBLISHED}


def test_keras_counts_the_statistics_of_the_batch_norm_too():
    network = without_weights("conv1d-ecg", registry.MODELS["conv1d-ecg"].published[0])
    statistics = sum(buffer.numel() for name, buffer in network.named_buffers() if "running" in name)
    assert n_parameters(network) + statistics == 4_815_356


def test_at_most_one_network_is_recommended():
    assert sum(entry.recommended for entry in registry.MODELS.values()) <= 1
