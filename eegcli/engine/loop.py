"""Training loop of gradient descent, to be read from top to bottom. What it is made of: feed, update, keeper, checkpoint."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.engine import checkpoint
from eegcli.engine.augment.feed import augmented
from eegcli.engine.average import Average
from eegcli.engine.checkpoint import Checkpoint, Part, Progress, RandomStates
from eegcli.engine.clock import Clock
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples, not_finite
from eegcli.engine.feed import feed_of, order_of
from eegcli.engine.frozen import to_training
from eegcli.engine.inference import output_batches
from eegcli.engine.keeper import Keeper, Row
from eegcli.engine.objective import Fitted, Objective
from eegcli.engine.order import AnyOrder
from eegcli.engine.profile import profiled
from eegcli.engine.recentring import Recentring
from eegcli.engine.saver import Saver
from eegcli.engine.shareable import require_shareable
from eegcli.engine.turns import Result, Turns, at_a_stretch
from eegcli.engine.update import Update
from eegcli.registry import Training

ABSURD = 100.0  # times the loss of a guess: wrong units, or steps that diverge


def in_turns(
    model: nn.Module,
    train: Examples,
    validation: Examples,
    objective: Objective,
    hyper: Training,
    *,
    seed: int,
    context: Context,
    test: Examples | None = None,
    sfreq: float = 1.0,
    recentred_by: NDArray[np.int64] | None = None,
    epochs: int | None = None,
) -> Turns[Fitted]:
    """Train a network and keep the epoch of the best score on the validation windows; a turn is a batch. `fit` does all of them.

    Begins where a checkpoint ends, if there is one; the bits of the result are those of an undisturbed training.

    Parameters
    ----------
    model : nn.Module
        Takes (batch, n_chans, n_times), µV. Ends with the weights of the kept epoch, in evaluation mode.
    train, validation : Examples
        Windows to learn from and to choose the epoch by; without any of the latter the last epoch is kept.
    objective : Objective
        Loss and score.
    hyper : Training
        Optimiser, batch size, number of epochs; augmentation, averaging, when it is looked at, when it ends early.
    seed : int
        Seed of the order of the batches. Initial weights and dropout follow torch's global generator.
    context : Context
        Device, threads, folder, signal and reporter of the training.
    test : Examples, optional
        Only where the epoch is to be chosen by the test set, as in published results: figures of it are optimistic.
    sfreq : float
        Sampling frequency of the windows, Hz, for augmentations.
    recentred_by : ndarray of int, shape (n_all_windows,), optional
        Number of the subject of each window of the array that the examples are of, where features are learnt, and looked at, without the
        mean of their subject (`engine.recentring`).
    epochs : int, optional
        Number of epochs after which it ends; the schedule of the learning rate stays that of all epochs of `hyper`.

    Returns
    -------
    Fitted
        History and kept epoch.

    Raises
    ------
    InputError
        If the loss is not finite.
    Stopped, Interrupted
        If a signal came; a checkpoint was written.
    """
    order = order_of(train, hyper, seed)
    feed = augmented(feed_of(train, order, context.device), hyper.augment, sfreq=sfreq, seed=seed)
    smoothed = replace(objective, smoothing=hyper.label_smoothing)
    recentring = None if recentred_by is None else Recentring(model, train, recentred_by, context.device)
    update = Update(
        model,
        smoothed,
        hyper,
        context.device,
        n_batches=order.n_batches,
        ranks=context.ranks,
        eager=context.eager,
        recentring=recentring,
    )
    require_shareable(model, train.x.shape[1:], context)
    keeper = Keeper(objective, validation, test, hyper.validate_every, hyper.patience)
    average = Average(model, hyper.ema) if hyper.ema else None
    progress, clock = Progress.at_the_start(context.device), Clock(context)
    parts: dict[str, Part] = {
        "progress": progress,
        "update": update,
        "keeper": keeper,
        "clock": clock,
        "random": RandomStates(context.device),
    }
    saver = Saver(
        Checkpoint(
            context.folder / checkpoint.NAME,
            parts | {name: part for name, part in (("average", average), ("recentring", recentring)) if part is not None},
            {"device": context.device.type, "threads": context.threads, "ranks": context.ranks.size},
        ),
        progress,
        context,
        not_finite=lambda: not_finite((train, *keeper.sets.values()), hyper.lr),
    )
    saver.begin()
    context.ranks.require_same(model)
    clock.start(progress.epoch + progress.batch / order.n_batches)
    first, told, n_epochs = progress.epoch, False, epochs or hyper.epochs
    guess = objective.guess(int(train.labels.max()) + 1)  # every class is trained on
    for epoch in range(first, n_epochs):
        if keeper.has_waited(epoch):
            context.reporter.info(f"{context.label}stopped: {hyper.patience} epochs without a better look at the validation set")
            break
        to_training(model)
        with closing(feed.batches(epoch, progress.batch)) as read:  # whatever ends the epoch ends what reads ahead
            batches = clock.watch(read)
            if context.profile and context.ranks.writes and epoch == first:
                batches = profiled(batches, context.folder, context.device, context.reporter)
            for batch in context.reporter.progress(
                batches, f"{context.label}epoch {epoch + 1}/{n_epochs}", order.n_batches - progress.batch
            ):
                if recentring is not None and not progress.batch:  # within an epoch the checkpoint has them
                    with clock.looking():
                        yield from _saved(recentring.measure(), saver)
                    to_training(model)
                if keeper.is_due(progress):
                    with clock.looking():
                        yield from _look(model, average, order, keeper, progress, saver, recentring)
                    to_training(model)
                number = epoch * order.n_batches + progress.batch
                progress.sums += update.step(batch, number)
                if average is not None and update.schedule.ends_update(number):
                    average.follow()
                progress.batch += 1
                if number == 0:
                    told = _say_if_absurd(float(progress.sums[0]) / min(order.batch_size, order.n), "batch", guess, hyper.lr, context)
                saver.save_if_due()
                yield

        context.ranks.require_same(model)
        yield from _look(model, average, order, keeper, progress, saver, recentring)
        if epoch == 0 and not told:
            _say_if_absurd(keeper.history[-1]["train_loss"], "epoch", guess, hyper.lr, context)
        progress.next_epoch()
        clock.tell(epoch + 1, n_epochs, keeper)
        saver.save_if_due()

    model.load_state_dict(keeper.best)
    model.eval()
    return Fitted(keeper.history, keeper.kept_row, clock.table())


fit = at_a_stretch(in_turns)


def _look(
    model: nn.Module,
    average: Average | None,
    order: AnyOrder,
    keeper: Keeper,
    progress: Progress,
    saver: Saver,
    recentring: Recentring | None,
) -> Turns[None]:
    """Look at the sets that are no training set, with the averaged weights where there are any, and let the keeper choose."""
    looked_at, weights = (model, model.state_dict()) if average is None else (average, average.weights)
    if average is not None and recentring is not None:
        looked_at = average.network()
    row = yield from _row(looked_at, order, keeper, progress, saver, recentring)
    keeper.look(row, weights)


def _row(model: nn.Module, order: AnyOrder, keeper: Keeper, progress: Progress, saver: Saver, recentring: Recentring | None) -> Turns[Row]:
    """Figures of a look: what was summed over the batches of the epoch so far, and the sets that are looked at."""
    for name, examples in keeper.sets.items():
        parts = progress.outputs.setdefault(name, [])
        done = sum(map(len, parts))  # before a checkpoint
        rows, device = examples.rows[done:], saver.context.device
        if recentring is None:
            given = saver.context.ranks.output_batches(model, examples.x, rows, device)
        else:  # by each rank; the means are those of the whole set, whatever of it is done: the same bits after a checkpoint
            moved = yield from _saved(recentring.looked_at(model, examples), saver)
            given = output_batches(model, examples.x, rows, device, moved)
        with closing(given) as batches:
            for part in batches:
                parts.append(part)
                saver.save_if_due()
                yield
    predicted = {name: np.concatenate(parts) for name, parts in progress.outputs.items()}  # (n_windows, n_outputs) of each set
    progress.outputs.clear()
    n_windows = min(progress.batch * order.batch_size, order.n)
    train_loss, share_right = (float(value) / n_windows for value in progress.sums)
    if not np.isfinite(train_loss) or not all(np.isfinite(outputs).all() for outputs in predicted.values()):
        raise saver.not_finite()
    place = {"epoch": progress.epoch + 1} | ({"batch": progress.batch} if keeper.every else {})
    return {**place, **keeper.objective.running_row(train_loss, share_right), **keeper.row(predicted)}


def _saved(turns: Turns[Result], saver: Saver) -> Turns[Result]:
    """Do turns of which no checkpoint keeps anything: they are done again after one. A signal is heard between them."""
    with closing(turns):
        while True:
            try:
                next(turns)
            except StopIteration as end:
                result: Result = end.value
                return result
            saver.save_if_due()
            yield


def _say_if_absurd(loss: float, of: str, guess: float, lr: float, context: Context) -> bool:
    """Warn of a loss that is finite and far from all that a network can mean: of the first batch, for an epoch may take hours; or of the first epoch."""
    absurd = np.isfinite(loss) and loss > ABSURD * guess
    if absurd:
        context.reporter.warn(
            f"{context.label}the loss of the first {of} is {loss:.3g}, where a guess has {guess:.2g}: see whether the windows are in uV "
            f"(eegcli info), and whether --lr {lr:g} is too large"
        )
    return bool(absurd)
