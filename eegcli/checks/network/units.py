"""Units of a network: dead (a ReLU that is never active) or saturated (a sigmoid or tanh at its end)."""

from __future__ import annotations

import torch

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import RECTIFYING, SQUASHING, Activation, Passes, of_network
from eegcli.checks.trial import Trial

NAME = "dead or saturated units"
# Share of the units of one layer. Of healthy fresh networks a third of the units of a wide layer is silent for a handful of windows.
DEAD, MANY_DEAD = 0.95, 0.7
SATURATED, MANY_SATURATED = 0.9, 0.6  # of values within a hundredth of the range from an end of it
HINT = "Normalise the windows (--normalise channel-window), put batch norm before the activation, begin with smaller weights; or take ELU in place of ReLU."


@of_network(NAME)
def units(trial: Trial, passes: Passes) -> Finding:
    """Look at what each activation gave for windows: units at rest for all of them pass no gradient back."""
    found = [(share, one) for one in passes.activations if (share := _lost(one)) is not None]
    if not found:
        return Finding(NAME, "ok", 0.0, why="no activation has an end at which it rests")
    value, worst = max(found, key=lambda pair: pair[0])
    n = sum(share >= (MANY_DEAD if one.operation in RECTIFYING else MANY_SATURATED) for share, one in found)
    compared = {"activations": len(found), "operation": worst.operation, "layer": worst.layer}
    rectifies = worst.operation in RECTIFYING
    low, high = (MANY_DEAD, DEAD) if rectifies else (MANY_SATURATED, SATURATED)
    if value < low:
        return Finding(NAME, "ok", value, compared=compared)
    what = "of the units are never active" if rectifies else f"of the values of the {worst.operation} are at its ends"
    why = f"{100 * value:.0f} % {what} in {worst.layer or 'forward'} (and {n} of {len(found)} activations are so): hardly any gradient passes through"
    return Finding(NAME, "broken" if value >= high else "suspect", value, (), why, HINT, compared, weight=0.7)


def _lost(one: Activation) -> float | None:
    """Share of the units of an activation that are dead, or of its values that are saturated; None where it has no end."""
    if one.operation in RECTIFYING:
        each = one.values.transpose(0, 1).flatten(1)
        return float((each.amax(dim=1) <= 0).float().mean())
    if one.operation in SQUASHING:
        low, high = SQUASHING[one.operation]
        margin = 0.01 * (high - low)
        return float(torch.logical_or(one.values < low + margin, one.values > high - margin).float().mean())
    return None
