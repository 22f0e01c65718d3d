"""Scaling of inputs: what windows are like as the first layer gets them, where nothing in network or training normalises them."""

from __future__ import annotations

import numpy as np
import torch

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial
from eegcli.models.normalisation import Normalised

NAME = "scaling of the inputs"
N = 64  # windows
OFFSET, FAR_OFFSET = 3.0, 10.0  # of a channel, in its standard deviations within windows
SPREAD, FAR_SPREAD = 100.0, 1000.0  # standard deviation of all values, or one over it
UNEQUAL = 100.0  # between the strongest and the weakest tenth of channels
SAME = 0.05  # of the outputs: they hardly notice another scale
HINT = "--normalise channel-window (each channel of a window to mean 0 and spread 1), or --normalise train; or filter slow drifts away: eegcli preprocess --highpass 0.5"


@of_network(NAME)
def input_scaling(trial: Trial, passes: Passes) -> Finding:
    """Find offsets and sizes that no normalisation takes away before the first weights."""
    if trial.hyper is None or trial.description.representation != "raw":
        return Finding(NAME, None, why="nothing is learnt by steps from signals")
    model, _ = trial.network()
    places = np.sort(np.random.default_rng(0).permutation(len(trial.train))[:N])
    x, _ = trial.batch(places)
    if isinstance(model, Normalised):
        x = model.normalisation(x)
    x = x[torch.isfinite(x).flatten(1).all(dim=1)]
    if not len(x):
        return Finding(NAME, None, why="no window is of finite numbers")
    spreads = x.std(dim=2)
    live = spreads > 0
    if not bool(live.any()):
        return Finding(NAME, None, why="no channel moves")
    offset = float((x.mean(dim=2).abs()[live] / spreads[live]).median())
    spread = float(spreads[live].median())
    each = torch.where(live, spreads, torch.nan).nanmedian(dim=0).values
    each = each[torch.isfinite(each)]
    unequal = float(torch.quantile(each, 0.9) / torch.quantile(each, 0.1))
    compared = {"offset": offset, "spread": spread, "unequal": unequal}
    far = max(spread, 1 / spread)
    if offset < OFFSET and far < SPREAD and unequal < UNEQUAL:
        return Finding(NAME, "ok", offset, compared=compared)
    if _normalises(model, x[:8]):
        return Finding(NAME, "ok", offset, why="the network normalises what it is given", compared=compared)
    if offset >= OFFSET:
        what, broken = (
            f"channels lie {offset:.3g} times their spread away from zero: weights see the offset, and hardly the signal",
            offset >= FAR_OFFSET,
        )
    elif far >= SPREAD:
        what, broken = f"values have a spread of {spread:.3g}: first steps are as much too long or too short", far >= FAR_SPREAD
    else:
        what, broken = f"some channels are {unequal:.3g} times as strong as others: they alone are learnt from", False
    change = {} if trial.settings.normalise not in (None, "none") else {"normalise": "channel-window"}
    return Finding(
        NAME,
        "broken" if broken else "suspect",
        offset,
        (),
        f"{what}; and nothing normalises them",
        HINT,
        compared,
        weight=0.6,
        change=change,
    )


def _normalises(model: torch.nn.Module, x: torch.Tensor) -> bool:
    """Test that outputs in training hardly change with ten times the size, or another offset, of the windows; dropout drops the same."""
    outputs = []
    spread = x.std()
    for given in (x, 10 * x, x + 10 * spread):
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            outputs.append(model(given))
    size = float((outputs[0] - outputs[0].mean(dim=0)).abs().max()) or float(outputs[0].abs().max())
    return all(float((other - outputs[0]).abs().max()) <= SAME * size for other in outputs[1:])
