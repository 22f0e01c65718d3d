"""Uses: what a trained network uses of the windows: their order in time, and more than one channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eegcli.checks.case import names_of_rows
from eegcli.checks.finding import Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.training.course import network_after
from eegcli.checks.trial import Trial
from eegcli.errors import counted
from eegcli.registry import Training
from eegcli.stats.metrics import auc

Floats = NDArray[np.float64]

SCRAMBLED, CHANNEL = "time-scrambled windows", "channel without which nothing is told"
N, FEWEST = 500, 40  # validation windows that are looked at, evenly over the set
AT_ONCE = 100
ABOVE = 0.1  # AUC, or r, above chance: of less nothing can be lost that would be worth a word
SAME = 0.95  # correlation of outputs of whole and of scrambled windows
LOST, BY_OTHERS = 0.8, 0.2  # share of what is told above chance: lost without one channel, and at most without any other
DRAWN = 0  # seed
SECONDS = 8.0


@of_steps(SCRAMBLED)
def order_in_time(trial: Trial, hyper: Training) -> Finding:
    """Shuffle the samples of each validation window in time: a network that answers the same uses no rhythm and no shape."""
    judged = judged_windows(trial)
    if isinstance(judged, str):
        return Finding(SCRAMBLED, None, why=judged)
    random = np.random.default_rng(DRAWN)
    order = torch.from_numpy(np.stack([random.permutation(judged.x.shape[-1]) for _ in range(len(judged.x))]))[:, None, :]
    shuffled = torch.take_along_dim(judged.x, order.to(judged.x.device).expand_as(judged.x), dim=-1)
    outputs = judged.answer(shuffled)
    value, same = judged.told(outputs), judged.same(outputs)
    compared: dict[str, object] = {"as_they_are": judged.value, "scrambled": value, "same": same, "windows": len(judged.y)}
    if same < SAME:
        return Finding(SCRAMBLED, "ok", value, compared=compared)
    why = f"the network tells {judged.value:.2f} of validation windows, and {value:.2f} with their samples shuffled in time, by the same answers (r {same:.2f}): it goes by amplitudes, offsets and covariances of channels, which are those of gain, contact and movement, too, and by no rhythm or shape"
    hint = "Filter slow drift (preprocess --l-freq), take off offsets (train --normalise window), and see the amplitudes among the confounds of evaluate."
    return Finding(SCRAMBLED, "suspect", value, (), why, hint, compared, weight=0.3)


@of_steps(CHANNEL)
def channel_that_decides(trial: Trial, hyper: Training) -> Finding:
    """Exchange one channel after the other between validation windows: one without which the network tells nothing, while it does without any other."""
    judged = judged_windows(trial)
    if isinstance(judged, str):
        return Finding(CHANNEL, None, why=judged)
    n_channels = judged.x.shape[1]
    if n_channels < 3:
        return Finding(CHANNEL, None, why="it is asked of signals of several channels")
    clock = trial.clock.share(SECONDS)
    exchanged = torch.from_numpy(np.random.default_rng(DRAWN).permutation(len(judged.x)))
    lost = np.zeros(n_channels)
    for channel in range(n_channels):
        if clock.has_ended:
            return Finding(CHANNEL, None, why=f"there was time for {channel} of {counted(n_channels, 'channel')}")
        x = judged.x.clone()
        x[:, channel] = judged.x[exchanged, channel]
        lost[channel] = (judged.value - judged.told(judged.answer(x))) / (judged.value - judged.chance)
    best = int(np.argmax(lost))
    others = float(np.max(np.delete(lost, best)))
    name = names_of_rows(trial.description.ch_names, n_channels)[best]
    compared: dict[str, object] = {"as_they_are": judged.value, "lost": float(lost[best]), "next": others, "windows": len(judged.y)}
    if lost[best] < LOST or others > BY_OTHERS:
        return Finding(CHANNEL, "ok", float(lost[best]), (), compared=compared)
    why = f"without {name} the network loses {min(1.0, lost[best]):.0%} of what it tells above chance, without any other channel at most {max(0.0, others):.0%}: what no neighbour shares is a marker, a defect or another signal rather than the brain"
    hint = f"Look at {name}, and leave it out when windows are cut: epoch --channels with all others."
    return Finding(CHANNEL, "suspect", float(lost[best]), (name,), why, hint, compared, weight=0.4)


@dataclass(frozen=True)
class Judged:
    """Validation windows, and what a network that has learnt says of them.

    Attributes
    ----------
    answer : callable
        Windows -> outputs of the classes before any softmax, or the number, shape (n, n_classes or 1).
    x : Tensor, shape (n, n_channels, n_times)
    y : ndarray, shape (n,)
        Index of the class, or the number.
    is_class : bool
    whole : ndarray, shape (n, n_classes or 1)
        Answers to the windows as they are.
    value : float
        AUC, or r.
    """

    answer: Callable[[Tensor], Floats]
    x: Tensor
    y: Floats
    is_class: bool
    whole: Floats
    value: float

    @property
    def chance(self) -> float:
        """AUC, or r, of an answer that says nothing."""
        return 0.5 if self.is_class else 0.0

    def told(self, outputs: Floats) -> float:
        """AUC of answers (of more than two classes the mean of one-versus-rest), or their correlation with the number."""
        return told(self.y, outputs, is_class=self.is_class)

    def same(self, outputs: Floats) -> float:
        """Correlation of answers with those to the windows as they are, over windows and outputs; 0 where all are alike."""
        ours, theirs = (one - one.mean(axis=0) for one in (self.whole, outputs))
        size = np.sqrt((ours**2).sum() * (theirs**2).sum())
        return float((ours * theirs).sum() / size) if size > 0 else 0.0


def judged_windows(trial: Trial) -> Judged | str:
    """Validation windows as the network tells them; or why there is nothing to be asked of it."""
    if trial.description.representation != "raw":
        return "it is asked of signals"
    n = len(trial.validation)
    if n < FEWEST:
        return f"{counted(n, 'validation window')} are too few"
    model = network_after(trial)
    if model is None:
        return "there was no time to train"
    model, head = model.eval(), trial.objective.head

    def answer(x: Tensor) -> Floats:
        with torch.no_grad():
            return np.asarray(torch.cat([head.class_outputs(model(part)) for part in torch.split(x, AT_ONCE)]).double().cpu().numpy())

    places = np.unique(np.linspace(0, n - 1, min(n, N)).astype(np.int64))
    x = torch.from_numpy(np.asarray(trial.validation.x[trial.validation.rows[places]], dtype=np.float32)).to(trial.device)
    y = trial.validation.labels_at(places).double().cpu().numpy()
    whole = answer(x)
    value = told(y, whole, is_class=trial.is_class)
    judged = Judged(answer, x, y, trial.is_class, whole, value)
    if not (np.isfinite(whole).all() and value - judged.chance >= ABOVE):
        return "the network tells validation windows hardly better than chance: there is nothing to lose"
    return judged


def told(y: Floats, outputs: Floats, *, is_class: bool) -> float:
    """AUC of the classes, or the correlation with a number; NaN where it is not defined."""
    if is_class:
        shares = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return auc(y.astype(np.int64), shares / shares.sum(axis=1, keepdims=True))
    return float(np.corrcoef(outputs[:, 0], y)[0, 1]) if np.ptp(outputs) > 0 and np.ptp(y) > 0 else 0.0
