"""Scaling of inputs: what windows are like as the first layer gets them, where nothing in network or training normalises them."""

from __future__ import annotations

import numpy as np
import torch

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import LAYERS, Passes, of_network, own
from eegcli.checks.trial import Trial
from eegcli.models.normalisation import Normalised, inner

NAME = "scaling of the inputs"
N = 64  # windows
OFFSET, FAR_OFFSET = 3.0, 10.0  # of a channel, in its standard deviations within windows
SPREAD, FAR_SPREAD = 100.0, 1000.0  # standard deviation of all values, or one over it
UNEQUAL = 100.0  # between the strongest and the weakest tenth of channels
FAINT_INSIDE, LOUD_INSIDE = 0.01, 1000.0  # spread of what the first layer gets
SAME = 0.05  # of the outputs: they hardly notice another scale
HINT = "--normalise channel-window (each channel of a window to mean 0 and spread 1), or --normalise train; or filter slow drifts away: eegcli preprocess --l-freq 0.5"


@of_network(NAME)
def input_scaling(trial: Trial, passes: Passes) -> Finding:
    """Find offsets and sizes that nothing takes away before the first weights, and those that the network makes itself."""
    if trial.description.representation != "raw":
        return Finding(NAME, None, why="windows of another representation have other sizes")
    model, _ = trial.network()
    x, _ = trial.batch(np.sort(np.random.default_rng(0).permutation(len(trial.train))[:N]))
    if isinstance(model, Normalised):
        x = model.normalisation(x)
    x = x[torch.isfinite(x).flatten(1).all(dim=1)]
    spreads = x.std(dim=2)
    live = spreads > 0
    if not bool(live.any()):
        return Finding(NAME, None, why="no channel moves")
    offset = float((x.mean(dim=2).abs()[live] / spreads[live]).median())
    spread = float(spreads[live].median())
    each = torch.where(live, spreads, torch.nan).nanmedian(dim=0).values
    each = each[torch.isfinite(each)]
    unequal = float(torch.quantile(each, 0.9) / torch.quantile(each, 0.1))
    far = max(spread, 1 / spread)
    offset_inside, inside = _inside(model, x[:8])
    compared = {"offset": offset, "spread": spread, "unequal": unequal, "first_layer": inside}
    if offset < OFFSET and far < SPREAD and unequal < UNEQUAL:
        if FAINT_INSIDE <= inside <= LOUD_INSIDE or _normalises(model, x[:8]):
            return Finding(NAME, "ok", offset, compared=compared)
        what = f"windows have a spread of {spread:.3g}, and what the first layer gets of them one of {inside:.1g}: forward makes them {'far too small' if inside < 1 else 'far too large'}"
        hint = "Windows are in microvolts: take the factor out of forward, divide by 10, or normalise them; a mean over electrodes is zero where they have their average as reference."
        return Finding(NAME, "broken", inside, (), what, hint, compared, weight=0.93)
    # A division in forward, or a norm before the first layer or after it, is as good as a normalisation here.
    if (offset_inside < OFFSET and 1 / SPREAD < inside < SPREAD and unequal < UNEQUAL) or _normalises(model, x[:8]):
        return Finding(NAME, "ok", offset, why="the network normalises what it is given", compared=compared)
    if offset >= OFFSET:
        what = f"channels lie {offset:.3g} times their spread away from zero: weights see the offset, and hardly the signal"
    elif far >= SPREAD:
        what = f"values have a spread of {spread:.3g}: first steps are as much too long or too short"
    else:
        what = f"some channels are {unequal:.3g} times as strong as others: they alone are learnt from"
    broken = offset >= FAR_OFFSET or far >= FAR_SPREAD
    change = {} if trial.settings.normalise not in (None, "none") else {"normalise": "channel-window"}
    why = f"{what}; and nothing normalises them"
    return Finding(NAME, "broken" if broken else "suspect", offset, (), why, HINT, compared, weight=0.6, change=change)


def _inside(model: torch.nn.Module, x: torch.Tensor) -> tuple[float, float]:
    """Offset, in spreads, and spread of what the first layer with weights is given, within windows."""
    found: list[torch.Tensor] = []
    hooks = [
        layer.register_forward_pre_hook(lambda _layer, given: found.append(given[0].detach()) if given else None)
        for layer in own(inner(model)).modules()
        if isinstance(layer, LAYERS)
    ]
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            model(x)
    finally:
        for hook in hooks:
            hook.remove()
    if not found or len(found[0]) != len(x) or found[0][0].numel() < 2:
        return 0.0, 1.0
    each = found[0].flatten(1)
    spread = float(each.std(dim=1).median())
    return (float(each.mean(dim=1).abs().median()) / spread if spread else 0.0), spread


def _normalises(model: torch.nn.Module, x: torch.Tensor) -> bool:
    """Test that outputs in training hardly change with ten times the size, or another offset, of the windows; dropout drops the same."""
    outputs = []
    spread = x.std()
    for given in (x, 10 * x, x + 10 * spread):
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            outputs.append(model(given))
    size = float((outputs[0] - outputs[0].mean(dim=0)).abs().max())
    if size <= 1e-5 * float(outputs[0].abs().max()):  # nothing of the windows is left that could be of one size
        return False
    return all(float((other - outputs[0]).abs().max()) <= SAME * size for other in outputs[1:])
