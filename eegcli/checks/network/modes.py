"""Modes of layers that do another thing in training than in evaluation: dropout and batch norm."""

from __future__ import annotations

from torch import nn

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial
from eegcli.errors import counted

DROPOUT, NORM = "dropout", "batch norm"
MOST, MUCH = 0.85, 0.65  # of the values; published networks drop 0.15 to 0.5
LEAST = 400  # steps: of a shorter training, that it is short is said elsewhere
LAG = 0.1  # of running statistics: what may be left at the end of those that they began with


@of_network(DROPOUT)
def dropout(trial: Trial, passes: Passes) -> Finding:
    """Look at the share that is dropped, and whether dropout is on in training at all."""
    off = tuple(name for name in passes.not_training if isinstance(passes.network.get_submodule(name), nn.modules.dropout._DropoutNd))
    if off:
        why = f"{counted(len(off), 'dropout')} of the network stay in evaluation mode after train(): nothing is dropped"
        return Finding(
            DROPOUT, "suspect", float(len(off)), off, why, "Take .eval() out of the network, and call super().train(mode).", weight=0.6
        )
    value = max(passes.dropped, default=0.0)
    # Of dropouts one after the other, with nothing in between, what is left is the product; two of 0.5 are healthy in published networks.
    if value >= MUCH:
        why = f"a dropout drops {100 * value:.0f} % of the values in training, published networks 15 to 50 %: what is left tells little of a window"
        change = {"dropout": "0.25"} if trial.settings.dropout else {}
        broken = value >= MOST
        hint = "--dropout 0.25" if change else "Drop 0.25 in the file of the network, or --dropout 0.25 where it has such an option."
        return Finding(DROPOUT, "broken" if broken else "suspect", value, (), why, hint, weight=0.85, change=change)
    return Finding(DROPOUT, "ok", value)


@of_network(NORM)
def batch_norm(trial: Trial, passes: Passes) -> Finding:
    """Look at batch norm: in evaluation mode while it learns, statistics that lag behind, batches too small for it."""
    norms = {name: one for name, one in passes.network.named_modules() if isinstance(one, nn.modules.batchnorm._BatchNorm)}
    if not norms:
        return Finding(NORM, "ok", 0.0, why="the network has none")
    off = tuple(name for name in passes.not_training if name in norms)
    if off:
        why = f"{counted(len(off), 'batch norm')} of {len(norms)} stay in evaluation mode after train(): they never take up what windows are like"
        return Finding(
            NORM, "broken", float(len(off)), off, why, "Take .eval() out of the network, and call super().train(mode).", weight=0.8
        )
    momenta = [(float(one.momentum), name) for name, one in norms.items() if one.momentum is not None and one.track_running_stats]
    if momenta and (found := _momentum(trial, *min(momenta), *max(momenta))) is not None:
        return found
    assert trial.hyper is not None
    size = min(trial.hyper.batch_size, len(trial.train))
    if size <= 4:
        why = (
            f"batches of {size} are too few to take a mean and a variance of: what batch norm makes of a window depends on who is beside it"
        )
        return Finding(
            NORM, "broken" if size == 1 else "suspect", float(size), (), why, "--batch-size 64", weight=0.7, change={"batch_size": 64}
        )
    return Finding(NORM, "ok", float(size))


def _momentum(trial: Trial, low: float, of_low: str, high: float, of_high: str) -> Finding | None:
    """Judge how fast running statistics follow."""
    updates = max(LEAST, trial.n_updates)
    left = (1.0 - low) ** updates
    if left > LAG:
        why = f"a momentum of {low:g} leaves {100 * left:.0f} % of the running statistics as they began, after {updates} steps: in evaluation the network is another one than it learnt as"
        return Finding(
            NORM,
            "broken",
            low,
            (of_low,),
            why,
            "Use torch's momentum of 0.1 (it says what is new; Keras' 0.99 says what is old).",
            weight=0.85,
        )
    if high >= 0.9:
        why = f"a momentum of {high:g} makes the running statistics those of the last batch: torch's says what is new, Keras' 0.99 what is old"
        return Finding(NORM, "suspect", high, (of_high,), why, "Use torch's momentum of 0.1, or 1 - that of Keras.", weight=0.8)
    return None
