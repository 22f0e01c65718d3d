"""Randomness of a forward pass that is no dropout: noise, and channels or samples in another order each time."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import FEW, Passes, of_network, windows_for
from eegcli.checks.trial import Trial

NAME = "random numbers in forward"
DRAWN = 8  # passes
MUCH, MOST = 0.5, 2.0  # spread of an output over passes, beside its spread over windows
ORDER = 0.05  # where forward draws an order, which is no augmentation of small noise
DROPOUTS = ("native_dropout", "bernoulli")


@of_network(NAME)
def random_forward(trial: Trial, passes: Passes) -> Finding:
    """Ask for the same windows several times in training mode, with dropout off: what is random then should be small beside what windows differ by."""
    model, within = trial.network()
    x, _, _ = windows_for(trial, model, 4 * FEW)
    dropouts = [one for one in within.modules() if isinstance(one, nn.modules.dropout._DropoutNd)]
    for one in dropouts:
        one.eval()
    calls = sum(passes.operations.get(name, 0) for name in DROPOUTS)
    if calls > len(dropouts):
        return Finding(NAME, None, why="dropout within forward, which cannot be taken out, is judged elsewhere")
    outputs = []
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for seed in range(DRAWN):
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002  # what forward draws by numpy is drawn from this state
            outputs.append(within(x).double().cpu().numpy())
    given = np.stack(outputs)
    if not np.isfinite(given).all():
        return Finding(NAME, None, why="outputs are no numbers")
    drawn, between = given.std(axis=0).mean(), given.mean(axis=0).std(axis=0).mean()
    value = float(drawn / between) if between > 0 else float("inf") if drawn > 0 else 0.0
    if value < (ORDER if passes.operations.get("randperm") else MUCH):
        return Finding(NAME, "ok", value)
    why = f"in training, the same window is answered otherwise each time, dropout apart: outputs differ {value:.2g} times as much from pass to pass as from window to window, so that little of a window is left to learn from"
    hint = "Look for randn, rand, randperm or numpy.random in forward; a permutation of electrodes or samples takes away what tells them apart, noise should be small beside the 10 µV of EEG (--augment noise is)."
    return Finding(NAME, "broken" if value >= MOST else "suspect", value, (), why, hint, weight=0.8)
