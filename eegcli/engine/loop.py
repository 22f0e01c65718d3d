"""Training loop of gradient descent, to be read from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from eegcli.compute.signals import Stop
from eegcli.engine import checkpoint
from eegcli.engine.feed import Examples, not_finite
from eegcli.engine.hyperparameters import make_optimizer
from eegcli.engine.inference import output_batches
from eegcli.engine.keeper import Keeper
from eegcli.engine.objective import Fitted, Objective
from eegcli.errors import counted
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner
from eegcli.registry import Training
from eegcli.reporter import Reporter

NOTE_SECONDS = 5.0  # between notes of how far it is, which `info` reads
CHECKPOINT_SECONDS = 60.0  # what a kill may cost; a checkpoint changes nothing, so that a clock may decide about it
ABSURD = 100.0  # times the loss of a guess: wrong units, or steps that diverge


@dataclass(frozen=True)
class Context:
    """Context of a training: device, threads, folder, signals, reporter; only `threads` and the kind of `device` may change a bit.

    Attributes
    ----------
    device : torch.device
        Device on which the network is trained.
    threads : int
        With how many threads.
    folder : Path
        The checkpoint goes there.
    stop : Stop
        Set when a signal has come.
    reporter : Reporter
        Receives progress.
    label : str
        Name of the network among several, for the reporter.
    """

    device: torch.device
    threads: int
    folder: Path
    stop: Stop
    reporter: Reporter
    label: str = ""


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
        Takes (batch, n_chans, n_times), µV. Ends with the weights of the kept epoch, in evaluation mode. A method `constrain()`, of it or of a
        module in it, is called after each update and changes weights in place.
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
    device, path = context.device, context.folder / checkpoint.NAME
    model.to(device)
    if device.type == "cpu" and not isinstance(inner(model), ForeignNetwork):  # whose forward may ask for a .view
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # a fifth faster there (vgg, scnn); decided here, never by a clock
    optimizer = make_optimizer(hyper, model)
    constraints: list[Callable[[], None]] = [found for module in model.modules() if callable(found := getattr(module, "constrain", None))]
    keeper = Keeper(objective, validation, test)
    restored = checkpoint.restore(path, model, optimizer, device=device)
    if restored is None:
        progress = checkpoint.Progress(sums=torch.zeros(2, dtype=torch.float32 if device.type == "mps" else torch.float64, device=device))
    else:
        progress, before = restored
        _say_where_it_goes_on(progress, before, context)
    saved = time.monotonic()
    noted = float("-inf")

    def save() -> None:
        nonlocal saved
        if not torch.isfinite(progress.sums).all():
            raise not_finite((train, *keeper.sets.values()), hyper.lr)
        checkpoint.save(path, progress, model, optimizer, device=device, threads=context.threads)
        saved = time.monotonic()

    def save_if_due() -> None:
        if context.stop.requested or time.monotonic() - saved > CHECKPOINT_SECONDS:
            save()
            context.stop.raise_if_requested()

    n_batches = -(-len(train) // hyper.batch_size)
    started, first = time.monotonic(), progress.epoch + progress.batch / n_batches
    for epoch in range(progress.epoch, hyper.epochs):
        # The order is a function of seed and epoch: a resumed epoch needs no memory of it.
        order = np.random.default_rng([seed, epoch]).permutation(len(train))
        todo = range(progress.batch, n_batches)
        model.train()
        for batch in context.reporter.progress(todo, f"{context.label}epoch {epoch + 1}/{hyper.epochs}", len(todo)):
            places = np.sort(order[batch * hyper.batch_size : (batch + 1) * hyper.batch_size])
            x, labels = train.read(places, device)  # (batch, n_chans, n_times), (batch,)
            outputs = model(x)  # (batch, n_outputs)
            loss = objective.loss(outputs, labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            for constrain in constraints:  # max-norm; before the checkpoint, so that a resumed training has the same weights
                constrain()
            progress.sums += torch.stack([loss.detach() * len(x), objective.n_right(outputs, labels)])
            progress.batch = batch + 1
            save_if_due()

        predicted: dict[str, np.ndarray] = {}  # (n_windows, n_outputs) of each set that is looked at
        for name, examples in keeper.sets.items():
            parts = []
            for part in output_batches(model, examples.x, examples.rows, device):
                parts.append(part)
                save_if_due()
            predicted[name] = np.concatenate(parts)
        train_loss, share_right = (float(value) / len(train) for value in progress.sums)
        if not np.isfinite(train_loss) or not all(np.isfinite(outputs).all() for outputs in predicted.values()):
            raise not_finite((train, *keeper.sets.values()), hyper.lr)
        if epoch == 0:
            _say_if_absurd(train_loss, objective.guess(int(train.labels.max()) + 1), hyper.lr, context)  # every class is trained on
        row = {"epoch": epoch + 1, **objective.running_row(train_loss, share_right), **keeper.row(predicted)}
        if keeper.keeps(row, progress.history):
            progress.kept_epoch = epoch + 1
            progress.best = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        progress.history.append(row)
        progress.epoch, progress.batch = epoch + 1, 0
        progress.sums.zero_()
        done = max(epoch + 1 - first, 1 / n_batches)  # epochs since the start, or since the checkpoint
        per_epoch = (time.monotonic() - started) / done
        left = per_epoch * (hyper.epochs - epoch - 1)
        if time.monotonic() - noted > NOTE_SECONDS:
            checkpoint.note(context.folder, progress, epochs=hyper.epochs, seconds_per_epoch=per_epoch)
            noted = time.monotonic()
        context.reporter.info(
            f"{context.label}epoch {epoch + 1}/{hyper.epochs}: {_figures(row, objective)} ({keeper.word}: {progress.kept_epoch}); {_clock(left)} left"
        )
        save_if_due()

    model.load_state_dict(progress.best)
    model.eval()
    return Fitted(progress.history, progress.kept_epoch)


def _say_if_absurd(loss: float, guess: float, lr: float, context: Context) -> None:
    """Warn of a loss that is finite and far from all that a network can mean."""
    if loss > ABSURD * guess:
        context.reporter.warn(
            f"{context.label}the loss of the first epoch is {loss:.3g}, where a guess has {guess:.2g}: see whether the windows are in uV "
            f"(eegcli info), and whether --lr {lr:g} is too large"
        )


def _say_where_it_goes_on(progress: checkpoint.Progress, before: dict[str, object], context: Context) -> None:
    context.reporter.info(
        f"{context.label}going on from the checkpoint: {counted(progress.epoch, 'epoch')} and {counted(progress.batch, 'batch')} are done"
    )
    for name, then, now in (("device", before["device"], context.device.type), ("threads", before["threads"], context.threads)):
        if then != now:
            context.reporter.warn(
                f"{name} was {then} and is {now} now: the last bits of the result will not be those of an undisturbed run"
            )


def _figures(row: dict[str, float], objective: Objective) -> str:
    def shown(*names: str) -> str:
        return ", ".join(f"{name.split('_', 1)[1].replace('_', ' ')} {row[name]:.3f}" for name in names)

    scores = {"validation": objective.validation_score, "test": objective.test_score}
    looked = "".join(f"; {name} {shown(f'{name}_loss', score)}" for name, score in scores.items() if score in row)
    return shown("train_loss", objective.train_score) + looked


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
