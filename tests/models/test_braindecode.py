"""Networks that braindecode has, too: with the same weights they give the same outputs. Skipped where braindecode is not installed."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

from eegcli.models import build, n_parameters

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    peers = pytest.importorskip("braindecode.models")

SHAPE = {"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250}


def peer_of(name: str, **options) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(peers, name)(**(SHAPE | options)).eval()


def with_statistics(model: nn.Module) -> nn.Module:
    """Give batch norms statistics, scales and shifts of a training, not those of the start."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            with torch.no_grad():
                module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 2), module.bias.normal_()
    return model


def copy_weights(peer: nn.Module, network: nn.Module, layers: dict[str, str], *, time_first: bool = False) -> None:
    """Copy their weights into ours: `layers` says which of their layers each of ours is. With `time_first` their images are samples x channels."""
    theirs, copied = peer.state_dict(), {}
    for name, mine in network.state_dict().items():
        layer, _, kind = name.rpartition(".")
        other = theirs[layers[name] if name in layers else f"{layers[layer]}.{kind}"]
        copied[name] = (other.transpose(-1, -2) if time_first and other.dim() == 4 else other).reshape(mine.shape)
    network.load_state_dict(copied)


@pytest.mark.parametrize("sizes", [{}, {"n_chans": 5, "n_times": 301, "n_outputs": 2}], ids=["22x1000", "5x301"])
def test_eegnet_is_braindecodes(sizes):
    peer = with_statistics(peer_of("EEGNet", **sizes))
    network = build("eegnet", **(SHAPE | sizes)).eval()
    assert n_parameters(network) == n_parameters(peer)
    copy_weights(
        peer,
        network,
        {
            "features.temporal": "conv_temporal",
            "features.norm1": "bnorm_temporal",
            "features.spatial.weight": "conv_spatial.parametrizations.weight.original",
            "features.norm2": "bnorm_1",
            "features.separable_depth": "conv_separable_depth",
            "features.separable_point": "conv_separable_point",
            "features.norm3": "bnorm_2",
            "final_layer": "final_layer.conv_classifier",
        },
    )
    network.constrain()  # theirs limits the norm of a spatial filter in each forward pass
    x = torch.randn(3, (SHAPE | sizes)["n_chans"], (SHAPE | sizes)["n_times"])
    with torch.no_grad():
        copied = dict(peer.named_parameters())["final_layer.conv_classifier.weight"]
        network.final_layer.weight.copy_(copied.reshape(network.final_layer.weight.shape))  # theirs has no limit there by default
        torch.testing.assert_close(network(x), peer(x), rtol=1e-5, atol=1e-5)


def test_shallow_is_braindecodes():
    peer, network = with_statistics(peer_of("ShallowFBCSPNet")), build("shallow", **SHAPE).eval()
    assert n_parameters(network) == n_parameters(peer)
    copy_weights(
        peer,
        network,
        {
            "features.temporal": "conv_time_spat.conv_time",
            "features.spatial": "conv_time_spat.conv_spat",
            "features.norm": "bnorm",
            "final_layer": "final_layer.conv_classifier",
        },
        time_first=True,
    )
    x = 10 * torch.randn(3, 22, 1000)
    with torch.no_grad():
        torch.testing.assert_close(network(x), peer(x), rtol=1e-5, atol=1e-5)


def test_ctnet_is_braindecodes():
    peer, network = with_statistics(peer_of("CTNet")), build("ctnet", **SHAPE).eval()
    assert n_parameters(network) == n_parameters(peer)
    # Theirs are numbered; both have the weights in the order in which they are used, but for the positions.
    theirs, ours = peer.state_dict(), network.state_dict()
    positions = theirs.pop("position.encoding")
    names = [name for name in ours if name != "positions"]
    # Theirs has keys, queries, values, projection; the norm of a block after its layer, as here.
    assert [ours[name].shape for name in names] == [value.shape for value in theirs.values()]
    network.load_state_dict({"positions": positions} | dict(zip(names, theirs.values(), strict=True)))
    x = torch.randn(3, 22, 1000)
    with torch.no_grad():
        torch.testing.assert_close(network(x), peer(x), rtol=1e-5, atol=1e-5)


def test_deepconvnet_is_braindecodes_deep4_at_the_sizes_of_the_report():
    # Theirs has no bias where a batch norm follows, and no dropout after the last pooling: ours, with these biases at 0, gives the same outputs.
    sizes = {"n_chans": 2, "n_times": 750, "n_outputs": 2, "sfreq": 125}
    short = {f"filter_length_{block}": 5 for block in (2, 3, 4)} | {"filter_time_length": 5, "pool_time_length": 2, "pool_time_stride": 2}
    peer = with_statistics(peer_of("Deep4Net", **sizes, **short))
    network = build("deepconvnet", activation="elu", **sizes).eval()
    extra = {"features.spatial.bias": 25, "features.conv2.bias": 50, "features.conv3.bias": 100, "features.conv4.bias": 200}
    assert n_parameters(network) == n_parameters(peer) + sum(extra.values())
    theirs, ours = peer.state_dict(), network.state_dict()
    names = {
        "features.temporal": "conv_time_spat.conv_time",
        "features.spatial": "conv_time_spat.conv_spat",
        "features.norm1": "bnorm",
        **{f"features.{what}{block}": f"{other}_{block}" for block in (2, 3, 4) for what, other in (("conv", "conv"), ("norm", "bnorm"))},
        "final_layer": "final_layer.conv_classifier",
    }
    copied = {}
    for name, value in ours.items():
        layer, _, kind = name.rpartition(".")
        other = theirs.get(f"{names[layer]}.{kind}")
        copied[name] = (
            torch.zeros(value.shape) if name in extra else (other.transpose(-1, -2) if other.dim() == 4 else other).reshape(value.shape)
        )
    network.load_state_dict(copied)
    x = torch.randn(3, 2, 750)
    with torch.no_grad():
        torch.testing.assert_close(network(x), peer(x), rtol=1e-5, atol=1e-5)
