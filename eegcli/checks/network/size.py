"""Size of a network: its weights, and the narrowest place between window and outputs."""

from __future__ import annotations

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial
from eegcli.errors import counted

NAME = "number of weights"
# Weights for each training window; the largest shipped network that learns has 30,000 on 420 windows, that of a question that did not 107,000 on 626.
MANY, TOO_MANY = 40_000, 80_000
FEW = 20  # weights that learn


@of_network(NAME)
def size(trial: Trial, passes: Passes) -> Finding:
    """Hold the number of weights against that of training windows, and look for a layer that gives next to nothing on."""
    n = sum(one.numel() for one in passes.network.parameters() if one.requires_grad)
    value = n / max(1, len(trial.train))
    compared = {"weights": n, "windows": len(trial.train), "narrowest": _narrowest(passes)}
    if value > MANY:
        layers = {name: one.numel() for name, one in passes.layers.items()}
        name = max(layers, key=lambda key: layers[key])
        why = f"{n:,} weights for {counted(len(trial.train), 'training window')}, {value:,.0f} for each, {100 * layers[name] / n:.0f} % of them in {name}: it learns windows by heart"
        hint = "Pool over time before the first linear layer, or take a smaller network: --arch covwave, --arch eegnet."
        return Finding(NAME, "broken" if value > TOO_MANY else "suspect", value, (), why, hint, compared, weight=0.6)
    if n < FEW:
        why = f"{counted(n, 'weight')} in all: fewer than a window has electrodes can hardly tell classes apart"
        return Finding(
            NAME,
            "suspect",
            value,
            (),
            why,
            "Add filters or units; or are layers kept in a plain list, where torch does not find them?",
            compared,
            weight=0.8,
        )
    if compared["narrowest"] == 1:
        why = "all that is known of a window passes through a single value on its way to the outputs"
        return Finding(NAME, "suspect", value, (), why, "Widen the narrowest layer, to 16 values or more.", compared, weight=0.75)
    return Finding(NAME, "ok", value, compared=compared)


def _narrowest(passes: Passes) -> int:
    """Smallest number of values that an activation gives for a window."""
    return min((one.values[0].numel() for one in passes.activations), default=0)
