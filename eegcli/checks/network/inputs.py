"""Inputs that nothing depends on: electrodes and samples that a stride, a pool or an index leaves out."""

from __future__ import annotations

import numpy as np

from eegcli.checks.case import names_of_rows
from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial
from eegcli.errors import counted

NAME = "electrodes and samples that are used"
FADED, MOST = 1e-6, 0.6  # of the largest gradient; share of the samples: what a recurrent layer has forgotten at its end
SOME, MANY = 0.05, 0.4  # share of electrodes or samples; the published scnn leaves out a quarter of 24 electrodes, at the end
HINT = "Take the kernel, pool or stride away from the axis of the electrodes, e.g. (1, 2) in place of (2, 2), and pad what a valid convolution cuts off."


@of_network(NAME)
def unused_inputs(trial: Trial, passes: Passes) -> Finding:
    """Find electrodes and samples with respect to which the gradient of the outputs is zero: whatever happens there, nothing is made of it."""
    seen = passes.seen.cpu().numpy()
    if trial.description.representation != "raw" or seen.ndim != 2:
        return Finding(NAME, None, why="windows of another representation have no electrodes and samples as axes")
    if not seen.any():
        return Finding(NAME, None, why="the outputs depend on nothing")
    channels = ~np.asarray(seen.any(axis=1))
    samples = ~np.asarray(seen.any(axis=0))
    value = max(float(channels.mean()), float(samples.mean()))
    compared = {"electrodes_unused": int(channels.sum()), "samples_unused": int(samples.sum())}
    names = names_of_rows(trial.description.ch_names, len(channels))
    found = tuple(str(names[number]) for number in np.flatnonzero(channels))
    parts = [counted(int(channels.sum()), "electrode") + f" of {len(channels)}"] if channels.mean() >= SOME else []
    parts += [counted(int(samples.sum()), "sample") + f" of {len(samples)}"] if samples.mean() >= SOME else []
    faded = float((seen.max(axis=0) < FADED * seen.max()).mean())
    if not parts and faded >= MOST:
        why = f"the outputs hardly depend on {100 * faded:.0f} % of the samples (a millionth of what others count): what came early is forgotten at the end"
        return Finding(
            NAME,
            "suspect",
            faded,
            (),
            why,
            "Take the mean of all states in place of the last one, or pool over time before the recurrent layer.",
            compared,
            weight=0.4,
        )
    if not parts:
        return Finding(NAME, "ok", value, compared=compared)
    in_steps = channels.sum() >= 2 and channels.mean() >= 0.25 and _is_regular(channels)
    shape = ": every so many in file order, as a stride over electrodes leaves them out" if in_steps else ""
    why = f"no output depends on {' and '.join(parts)}{shape}; what is there is thrown away unseen"
    broken = in_steps or value >= MANY
    return Finding(NAME, "broken" if broken else "suspect", value, found, why, HINT, compared, weight=0.9 if broken else 0.4 + value)


def _is_regular(unused: np.ndarray) -> bool:
    """Test that electrodes are left out at equal distances, from one end to the other."""
    places = np.flatnonzero(unused)
    steps = set(np.diff(np.flatnonzero(~unused)).tolist())
    return places[-1] - places[0] >= len(unused) // 2 and len(steps) == 1
