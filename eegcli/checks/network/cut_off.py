"""Cut-off values: a clamp or rectifier on the input, which is set for values of another size than microvolts."""

from __future__ import annotations

import numpy as np

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial

NAME = "values that are cut off"
SOME, MOST = 0.3, 0.6  # of the values; a rectifier on the input takes a half
FEW = 0.05  # of the values that do not count: what may lie between the bounds
ENDS = 0.001  # of the values that count, at each bound


@of_network(NAME)
def cut_off_inputs(trial: Trial, passes: Passes) -> Finding:
    """Find values of the windows beyond a bound, with respect to which the gradient of the outputs is zero, while other values at their place count."""
    if trial.description.representation != "raw":
        return Finding(NAME, None, why="it is asked of signals")
    slopes, x = passes.slopes.cpu().numpy(), passes.x.cpu().numpy()
    place = slopes.any(axis=0)  # of an electrode and sample that nothing depends on, another check speaks
    counts = (slopes != 0)[:, place].ravel()
    values = x[:, place].ravel().astype(np.float64)
    if not counts.any():
        return Finding(NAME, None, why="the outputs depend on nothing")
    value = float(1 - counts.mean())
    if value < SOME or counts.all():
        return Finding(NAME, "ok", value)
    low, high = np.quantile(values[counts], [ENDS, 1 - ENDS])
    hidden = values[~counts]
    inside = float(((hidden >= low) & (hidden <= high)).mean())
    compared: dict[str, object] = {"low": float(low), "high": float(high), "inside": inside}
    if inside > FEW:
        return Finding(NAME, "ok", value, compared=compared)
    sides = [f"below {low:.2g}"] if (hidden < low).any() else []
    sides += [f"above {high:.2g}"] if (hidden > high).any() else []
    why = f"{value:.0%} of the values of a window, those {' and '.join(sides)}, are cut off before any weight: whatever they are, the outputs stay the same. EEG in microvolts is mostly between -50 and 50"
    hint = "Take the clamp, hardtanh or ReLU off the input, or scale first: --normalise channel-window, and bounds of 5 or more."
    return Finding(NAME, "broken" if value >= MOST else "suspect", value, (), why, hint, compared, weight=0.95)
