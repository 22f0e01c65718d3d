"""Expected memory and time of a training, estimated before it begins."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import torch
from torch import nn

from eegcli.engine.closed import INNER_FOLDS
from eegcli.engine.context import Context
from eegcli.engine.cost import FLOAT, bytes_per_window
from eegcli.engine.examples import BATCH, Examples
from eegcli.engine.feed import Batch, Feed, feed_of, order_of
from eegcli.engine.inference import output_batches
from eegcli.engine.objective import Objective
from eegcli.engine.update import Update
from eegcli.models import n_parameters
from eegcli.models.closed import ClosedForm, closed_form
from eegcli.registry import Training

COPIES = {"sgd": 4, "adam": 5, "adamw": 5, "adamax": 5, "rmsprop": 5}  # of the weights: themselves, gradients, the kept epoch's, moments
LEARNING_SECONDS, LOOKING_SECONDS = 2.0, 1.0  # of the probe, beside the first batch of each
PROBED = 64  # windows whose features are made
CLOSED_SECONDS_PER_FIT = 0.005  # measured with 95 to 1,140 features of 336 windows, one core
CLOSED_SECONDS_PER_FEATURE = 1.5e-8  # per feature of a training window and fit: measured with logistic regression on the demo, one core


def expected_bytes(model: nn.Module, shape: tuple[int, ...], *, hyper: Training | None, n_windows: int) -> int:
    """Memory for weights and for one batch (or, of a closed form, for the features of all windows), in bytes.

    Parameters
    ----------
    model : nn.Module
        The network.
    shape : tuple of int
        Of a window.
    hyper : Training or None
        None for a closed form.
    n_windows : int
        Windows of training and validation set.
    """
    if hyper is None:
        # Double precision, standardised and as read.
        return 2 * 2 * FLOAT * n_windows * _n_features(model)
    # Every layer's output is held for the way back, and its gradient beside it.
    held = 2 * hyper.batch_size * bytes_per_window(model, shape)
    return FLOAT * COPIES[hyper.optimizer] * n_parameters(model) + held


def expected_seconds(
    model: nn.Module, train: Examples, looked: Sequence[Examples], objective: Objective, hyper: Training, context: Context
) -> float:
    """Time that one network takes to train, in seconds: some of its batches are learnt from, on its device, and some windows looked at.

    Parameters
    ----------
    model : torch.nn.Module
        Learns a little: it is of no other use afterwards.
    train : Examples
        Windows that are learnt from.
    looked : sequence of Examples
        Sets that are looked at after each epoch.
    objective, hyper, context
        As for `engine.loop.fit`.
    """
    order = order_of(train, hyper, 0)
    n_steps = hyper.epochs * order.n_batches
    update = Update(model, objective, hyper, context.device, n_batches=order.n_batches, eager=context.eager)
    model.train()
    steps = (update.step(batch, number % n_steps) for number, batch in enumerate(_again(feed_of(train, order, context.device))))
    per_batch = _mean_seconds(steps, LEARNING_SECONDS, context.device)
    n_looks = sum(-(-len(examples) // BATCH) for examples in looked)
    per_look = 0.0
    if n_looks:
        largest = max(looked, key=len)
        passes = (part for _ in itertools.count() for part in output_batches(model, largest.x, largest.rows, context.device))
        per_look = _mean_seconds(passes, LOOKING_SECONDS, context.device)
    if hyper.validate_every:
        n_looks *= 1 + (order.n_batches - 1) // hyper.validate_every
    return hyper.epochs * (order.n_batches * per_batch + n_looks * per_look)


def expected_fit_seconds(model: ClosedForm, train: Examples, n_validation: int, *, without: Collection[type] = ()) -> float:
    """Time that a closed form takes, in seconds: the features of some windows are made, fits are estimated.

    Parameters
    ----------
    model : ClosedForm
    train : Examples
        Windows that it is fitted to.
    n_validation : int
        Windows that are looked at.
    without : collection of type
        Kinds of parts that are fitted already.
    """
    some = train.rows[:: max(len(train) // PROBED, 1)][:PROBED]
    x = torch.from_numpy(np.ascontiguousarray(train.x[some], dtype=np.float32))
    with torch.inference_mode():
        model.features(x[:1])  # what is set up once
        begun = time.perf_counter()
        model.features(x)
        per_window = (time.perf_counter() - begun) / len(some)
    seconds = per_window * (len(train) + n_validation)
    for part in (part for part in model.parts.values() if type(part) not in without):
        fits = INNER_FOLDS * len(part.penalties) if len(part.penalties) > 1 else 1
        seconds += fits * (CLOSED_SECONDS_PER_FIT + CLOSED_SECONDS_PER_FEATURE * len(train) * part.final_layer.in_features)
    return seconds


def _again(feed: Feed) -> Iterator[Batch]:
    """Batches of one epoch after another, without end."""
    for epoch in itertools.count():
        yield from feed.batches(epoch)


def _mean_seconds(steps: Iterator[object], seconds: float, device: torch.device) -> float:
    """Mean time of a step, in seconds: of two at least, for as long as asked; the first one, which sets up what others use, does not count."""
    next(steps)
    _wait(device)
    begun, n = time.perf_counter(), 0
    while n < 2 or time.perf_counter() - begun < seconds:
        next(steps)
        n += 1
    _wait(device)
    return (time.perf_counter() - begun) / n


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _n_features(model: nn.Module) -> int:
    return sum(part.final_layer.in_features for part in closed_form(model).parts.values())
