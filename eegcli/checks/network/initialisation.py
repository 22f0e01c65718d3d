"""Weights that a network begins with: neither equal, nor zero, nor of a size that leaves nothing of a window or blows it up."""

from __future__ import annotations

import torch

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial
from eegcli.errors import counted

NAME = "weights at the beginning"
# Of spread times the root of the inputs of a unit: torch's own begin with 0.58, Glorot and He with 1 to 1.5; shipped networks have 0.2 to 1.5.
HUGE, LARGE, SMALL, TINY = 12.0, 5.0, 0.04, 0.004
HINT = "Leave the weights as torch draws them; or nn.init.kaiming_normal_(layer.weight), nn.init.xavier_uniform_(layer.weight), and biases of zero."


@of_network(NAME)
def initialisation(trial: Trial, passes: Passes) -> Finding:
    """Look at the fresh weights of each layer: units that begin alike stay alike, and sizes multiply from layer to layer."""
    layers = {name: one.detach() for name, one in passes.torch_layers.items()}
    if not layers:
        return Finding(NAME, None, why="no layer has weights")
    if not all(bool(torch.isfinite(one).all()) for one in passes.network.parameters()):
        return Finding(NAME, "broken", None, (), "some weights are no finite numbers before anything is learnt", HINT, weight=0.97)
    alike = tuple(name for name, one in layers.items() if _is_alike(one))
    # A single layer of zeros that gets a gradient leaves them with the first step.
    if len(alike) == 1 and not bool(layers[alike[0]].any()) and (found := passes.gradients[alike[0]]) is not None and bool(found.any()):
        alike = ()
    if alike:
        zero = all(not bool(layers[name].any()) for name in alike)
        what = "are all zero" if zero else "are the same for every unit"
        follows = (
            "nothing passes through, and no gradient comes back"
            if zero
            else "units that begin alike get the same gradient, and stay one unit for ever"
        )
        why = f"the weights of {counted(len(alike), 'layer')} of {len(layers)} {what} at the beginning: {follows}"
        return Finding(NAME, "broken", float(len(alike)), alike, why, HINT, weight=0.95)
    gains = {name: float(one.square().mean().sqrt()) * one[0].numel() ** 0.5 for name, one in layers.items() if bool(one.any())}
    name = max(gains, key=lambda key: abs(_decades(gains[key])))
    value = gains[name]
    compared = {"gain": value, "layer": name}
    normed = _is_normed(passes)
    if value > LARGE or (value < SMALL and not normed):
        far = value > HUGE or value < TINY
        what = "blow up" if value > 1 else "leave hardly anything of"
        why = f"the weights of {name} are {value:.2g} where healthy ones are 0.2 to 1.5 (spread times the root of a unit's inputs): they {what} what goes through"
        # After a norm a size means little, but steps do not reach weights of such a size.
        weight = (0.9 if far else 0.6) * (0.6 if normed else 1.0)
        return Finding(NAME, "broken" if far and not normed else "suspect", value, (name,), why, HINT, compared, weight=weight)
    if biases := _large_biases(passes):
        why = f"the biases of {counted(len(biases), 'layer')} begin with values above 5, beside which what a window adds is small"
        return Finding(NAME, "broken" if len(biases) > 1 else "suspect", value, biases, why, HINT, compared, weight=0.8)
    return Finding(NAME, "ok", value, compared=compared)


def _is_alike(weights: torch.Tensor) -> bool:
    """Test that all units of a layer have the same weights."""
    rows = weights.flatten(1)
    return len(rows) > 1 and float((rows - rows[:1]).abs().max()) <= 1e-6 * float(rows.abs().max()) if bool(rows.any()) else True


def _decades(gain: float) -> float:
    return float(torch.log10(torch.tensor(max(gain, 1e-12) / 0.6)))


def _is_normed(passes: Passes) -> bool:
    return any("norm" in name for name in passes.operations)


def _large_biases(passes: Passes) -> tuple[str, ...]:
    named = {name: one.detach() for name, one in passes.network.named_parameters() if name.endswith("bias")}
    return tuple(name for name, one in named.items() if one.numel() and float(one.abs().median()) > 5)
