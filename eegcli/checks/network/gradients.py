"""Gradient of each layer: one that gets none learns nothing, and one that gets next to none learns last."""

from __future__ import annotations

import math

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial
from eegcli.errors import counted

NAME, FROZEN = "gradient of each layer", "weights that learn"
VANISHED, FAINT = 1e-5, 1e-4  # of the largest, relative to the weights; shipped networks have 3e-4 and more
EXPLODED = 1e4  # relative to the weights; shipped networks have less than 50


@of_network(NAME)
def gradients(trial: Trial, passes: Passes) -> Finding:
    """Look at the gradient of the loss in each layer: not connected, zero, vanishing towards the input, or exploding."""
    layers = {name: one for name, one in passes.layers.items() if one.requires_grad}
    if not layers:
        return Finding(NAME, None, why="no layer has weights that learn")
    missing = tuple(name for name in layers if passes.gradients[name] is None)
    cut = tuple(name for name in missing if name.rpartition(".")[0] in passes.called)
    sizes = {name: float(found.norm()) for name, found in passes.gradients.items() if name in layers and found is not None}
    if not all(map(math.isfinite, sizes.values())):
        hint = "Look for a root, a logarithm or a division at zero: add a small constant to its argument."
        return Finding(NAME, "broken", None, (), "the gradient of the loss is not finite before the first step", hint, weight=0.9)
    if cut:
        why = f"{counted(len(cut), 'layer')} of {len(layers)} are used, but no gradient comes back to them: they stay as they were drawn"
        return Finding(
            NAME, "broken", float(len(cut)), cut, why, "Take .detach(), .data, .numpy() and torch.no_grad() out of forward.", weight=0.97
        )
    relative = {name: size / (float(layers[name].detach().norm()) or 1.0) for name, size in sizes.items()}
    zero = tuple(name for name, size in sizes.items() if size == 0)
    if zero and len(zero) < len(sizes):
        why = f"the gradient of {counted(len(zero), 'layer')} of {len(layers)} is zero: what they give is lost before the loss"
        return Finding(
            NAME,
            "broken",
            float(len(zero)),
            zero,
            why,
            "See what comes after these layers: units that are never active, or a factor of zero.",
            weight=0.5,
        )
    if zero:
        return Finding(
            NAME,
            "broken",
            0.0,
            zero,
            "the gradient of all layers is zero: no step changes anything",
            "See what comes before the loss.",
            weight=0.25,  # what comes before the loss is found by name, and stands before what follows from it
        )
    if missing:
        share = sum(layers[name].numel() for name in missing) / sum(one.numel() for one in layers.values())
        why = f"{counted(len(missing), 'layer')} of {len(layers)} ({100 * share:.0f} % of the weights) are made, and never used in forward"
        return Finding(NAME, "suspect", share, missing, why, "Call them in forward, or take them out of the constructor.", weight=0.9)
    return _sized(passes, relative)


def _sized(passes: Passes, relative: dict[str, float]) -> Finding:
    """Judge sizes of gradients, relative to the weights, along the layers."""
    names = [name for name in relative if name in passes.torch_layers]
    if not names:
        return Finding(NAME, "ok", None)
    first, largest = relative[names[0]], max(relative[name] for name in names)
    value = first / largest
    compared = {"first": first, "largest": largest}
    if largest > EXPLODED:
        why = f"the gradient is up to {largest:.2g} times the weights: one step leaps over every minimum"
        hint = "Normalise the windows (--normalise channel-window), or shorten gradients (--clip-norm 1)."
        return Finding(NAME, "broken" if largest > 100 * EXPLODED else "suspect", largest, (), why, hint, compared, weight=0.6)
    if value < FAINT and len(names) >= 3:
        why = f"the gradient of the first layer is {value:.1g} of the largest, relative to the weights: it vanishes on its way back through {len(names)} layers"
        hint = "Take ReLU or ELU in place of sigmoid and tanh, put batch norm between the layers, or use fewer."
        return Finding(NAME, "broken" if value < VANISHED else "suspect", value, (names[0],), why, hint, compared, weight=0.85)
    return Finding(NAME, "ok", value, compared=compared)


@of_network(FROZEN)
def frozen(trial: Trial, passes: Passes) -> Finding:
    """Count weights that are not to learn, although nobody asked for it by --freeze."""
    layers = passes.torch_layers
    still = tuple(name for name, one in layers.items() if not one.requires_grad)
    share = sum(layers[name].numel() for name in still) / max(1, sum(one.numel() for one in layers.values()))
    n = sum(one.numel() for one in passes.network.parameters() if one.requires_grad)
    compared = {"trainable": n, "share_frozen": share}
    if not still:
        return Finding(FROZEN, "ok", 0.0, compared=compared)
    why = f"{counted(len(still), 'layer')} of {len(layers)} have requires_grad False ({100 * share:.0f} % of the weights), and stay as they were drawn"
    hint = "Take requires_grad = False out of the constructor: weights that are to stay are named with --init-from and --freeze."
    broken = share >= 0.5 or len(still) >= len(layers) / 2
    return Finding(FROZEN, "broken" if broken else "suspect", share, still, why, hint, compared, weight=0.95)
