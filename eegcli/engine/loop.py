"""Training loop of gradient descent, to be read from top to bottom. What it is made of: feed, update, keeper, checkpoint."""

from __future__ import annotations

import numpy as np
from torch import nn

from eegcli.engine import checkpoint
from eegcli.engine.checkpoint import Checkpoint, Progress, RandomStates
from eegcli.engine.clock import Clock
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples, not_finite
from eegcli.engine.feed import feed_of
from eegcli.engine.keeper import Keeper, Row
from eegcli.engine.objective import Fitted, Objective
from eegcli.engine.order import Order
from eegcli.engine.saver import Saver
from eegcli.engine.shareable import require_shareable
from eegcli.engine.update import Update
from eegcli.registry import Training

ABSURD = 100.0  # times the loss of a guess: wrong units, or steps that diverge


def fit(
    model: nn.Module,
    train: Examples,
    validation: Examples,
    objective: Objective,
    hyper: Training,
    *,
    seed: int,
    context: Context,
    test: Examples | None = None,
) -> Fitted:
    """Train a network and keep the epoch of the best score on the validation windows.

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
        Optimiser, batch size, number of epochs.
    seed : int
        Seed of the order of the batches. Initial weights and dropout follow torch's global generator.
    context : Context
        Device, threads, folder, signal and reporter of the training.
    test : Examples, optional
        Only where the epoch is to be chosen by the test set, as in published results: figures of it are optimistic.

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
    order = Order(len(train), hyper.batch_size, seed)
    feed = feed_of(train, order, context.device)
    update = Update(model, objective, hyper, context.device, context.ranks)
    require_shareable(model, train.x.shape[1:], context)
    keeper = Keeper(objective, validation, test)
    progress = Progress.at_the_start(context.device)
    saver = Saver(
        Checkpoint(
            context.folder / checkpoint.NAME,
            {"progress": progress, "update": update, "keeper": keeper, "random": RandomStates(context.device)},
            {"device": context.device.type, "threads": context.threads, "ranks": context.ranks.size},
        ),
        progress,
        context,
        not_finite=lambda: not_finite((train, *keeper.sets.values()), hyper.lr),
    )
    saver.restore()
    context.ranks.require_same(model)
    clock = Clock(progress.epoch + progress.batch / order.n_batches, order.n_batches)
    for epoch in range(progress.epoch, hyper.epochs):
        model.train()
        batches = feed.batches(epoch, progress.batch)
        for batch in context.reporter.progress(
            batches, f"{context.label}epoch {epoch + 1}/{hyper.epochs}", order.n_batches - progress.batch
        ):
            progress.sums += update.step(batch)
            progress.batch += 1
            saver.save_if_due()

        context.ranks.require_same(model)
        row = _row(epoch, model, train, keeper, progress, saver)
        if epoch == 0:
            _say_if_absurd(row["train_loss"], objective.guess(int(train.labels.max()) + 1), hyper.lr, context)  # every class is trained on
        keeper.look(row, model)
        progress.next_epoch()
        clock.tell(epoch + 1, hyper.epochs, keeper, context)
        saver.save_if_due()

    model.load_state_dict(keeper.best)
    model.eval()
    return Fitted(keeper.history, keeper.kept_epoch)


def _row(epoch: int, model: nn.Module, train: Examples, keeper: Keeper, progress: Progress, saver: Saver) -> Row:
    """Figures of an epoch: what was summed over its batches, and the sets that are looked at after it."""
    predicted: dict[str, np.ndarray] = {}  # (n_windows, n_outputs) of each set
    for name, examples in keeper.sets.items():
        parts = []
        for part in saver.context.ranks.output_batches(model, examples.x, examples.rows, saver.context.device):
            parts.append(part)
            saver.save_if_due()
        predicted[name] = np.concatenate(parts)
    train_loss, share_right = (float(value) / len(train) for value in progress.sums)
    if not np.isfinite(train_loss) or not all(np.isfinite(outputs).all() for outputs in predicted.values()):
        raise saver.not_finite()
    return {"epoch": epoch + 1, **keeper.objective.running_row(train_loss, share_right), **keeper.row(predicted)}


def _say_if_absurd(loss: float, guess: float, lr: float, context: Context) -> None:
    """Warn of a loss that is finite and far from all that a network can mean."""
    if loss > ABSURD * guess:
        context.reporter.warn(
            f"{context.label}the loss of the first epoch is {loss:.3g}, where a guess has {guess:.2g}: see whether the windows are in uV "
            f"(eegcli info), and whether --lr {lr:g} is too large"
        )
