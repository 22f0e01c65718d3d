"""Steps of a training: how many there are, of how many windows, in which order, and which of them is kept."""

from __future__ import annotations

from eegcli.checks.data.windows import RATHER_FEW
from eegcli.checks.finding import Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.engine.schedule import Schedule
from eegcli.errors import counted
from eegcli.registry import Training, entry_of

NUMBER, BATCH, ORDER, STOP, WARMUP = "number of steps", "windows per batch", "order of the windows", "patience", "warm-up"
# Updates in all: published trainings of the networks here have 400 to 10,000.
FEW, TOO_FEW = 150, 40
SMALL, LARGE = 4, 1024
TRAINING_SHARE = 0.6  # of all windows
FOLLOWS = 0.2  # weight of what follows from windows that are few
EARLY = 3  # epochs without a better look: figures of small validation sets go up and down by more than a step brings


@of_steps(NUMBER)
def number_of_steps(trial: Trial, hyper: Training) -> Finding:
    """Count the updates of the whole training: epochs times batches."""
    value, n = trial.n_updates, len(trial.train)
    each = hyper.batch_size * hyper.accumulate
    compared = {"epochs": hyper.epochs, "windows": n, "windows_per_step": each}
    if value >= FEW:
        return Finding(NUMBER, "ok", float(value), compared=compared)
    own = entry_of(trial.settings.arch).training
    usual = own.epochs if own is not None else 50
    size = own.batch_size if own is not None else 64
    if each > n / 4 and each > size:
        # Few steps by large batches: those are the cause, not the epochs.
        what, hint, change = f"{counted(each, 'window')} for a step", f"--batch-size {size}", {"batch_size": size}
    else:
        epochs = max(usual, -(-2 * FEW * each // n))
        what, hint, change = counted(hyper.epochs, "epoch"), f"--epochs {epochs}", {"epochs": epochs}
    why = f"{what} of {counted(n, 'window')}: {counted(value, 'step')} in all, where published trainings take 400 and more; it ends before it has begun"
    return Finding(NUMBER, "broken" if value < TOO_FEW else "suspect", float(value), (), why, hint, compared, weight=0.8, change=change)


@of_steps(BATCH)
def batch_size(trial: Trial, hyper: Training) -> Finding:
    """Hold the batch against the training set: a handful of windows is noise, all of them are one step an epoch."""
    value, n = hyper.batch_size, len(trial.train)
    own = entry_of(trial.settings.arch).training
    usual = min(own.batch_size if own is not None else 64, max(8, n // 8))
    compared = {"windows": n}
    follows = n < TRAINING_SHARE * RATHER_FEW  # of few windows any batch is much: that they are few is what is wrong
    if value <= SMALL:
        adaptive = hyper.optimizer != "sgd"
        why = f"{counted(value, 'window')} a batch: the gradient is mostly that of chance, and {'an adaptive optimiser makes every step of chance as long as a good one' if adaptive else 'steps go to and fro'}"
        return Finding(
            BATCH,
            "broken" if value == 1 else "suspect",
            float(value),
            (),
            why,
            f"--batch-size {usual}",
            compared,
            weight=0.6,
            change={"batch_size": usual},
        )
    if value > n and n >= SMALL:
        why = f"a batch of {value} is larger than the training set of {counted(n, 'window')}: an epoch is one step"
        return Finding(
            BATCH,
            "broken" if trial.n_updates < FEW else "suspect",
            float(value),
            (),
            why,
            f"--batch-size {usual}",
            compared,
            weight=FOLLOWS if follows else 0.9,
            change={"batch_size": usual},
        )
    if value > LARGE or value > n / 2:
        why = f"a batch of {value} is {100 * value / n:.0f} % of the training set: {counted(-(-n // value), 'step')} an epoch"
        weight = FOLLOWS if follows else 0.7
        return Finding(
            BATCH, "suspect", float(value), (), why, f"--batch-size {usual}", compared, weight=weight, change={"batch_size": usual}
        )
    return Finding(BATCH, "ok", float(value), compared=compared)


@of_steps(ORDER)
def order_of_windows(trial: Trial, hyper: Training) -> Finding:
    """See that a batch is drawn from windows of many people, not from the next few in the file."""
    if hyper.shuffle_buffer is None:
        return Finding(ORDER, "ok", None, why="each batch is drawn from all windows")
    value, n = hyper.shuffle_buffer, len(trial.train)
    if value >= min(n, 8 * hyper.batch_size):
        return Finding(ORDER, "ok", float(value))
    broken = value <= 2 * hyper.batch_size
    why = f"each batch of {hyper.batch_size} is drawn from the next {value} of {counted(n, 'window')}: it holds one person or two, and each step forgets the last one's"
    return Finding(
        ORDER, "broken" if broken else "suspect", float(value), (), why, f"--shuffle-buffer {max(8192, n)}, or leave it out.", weight=0.8
    )


@of_steps(STOP)
def patience(trial: Trial, hyper: Training) -> Finding:
    """Look at early stopping: one bad epoch in a row is no sign of anything."""
    if not hyper.patience:
        return Finding(STOP, "ok", None, why="the training does not stop early")
    value = hyper.patience
    if value >= EARLY:
        return Finding(STOP, "ok", float(value))
    why = f"the training stops after {counted(value, 'epoch')} without a better look, and the figure of {counted(len(trial.validation), 'validation window')} goes up and down by chance"
    return Finding(STOP, "broken" if value == 1 else "suspect", float(value), (), why, "--patience 10", weight=0.7, change={"patience": 10})


@of_steps(WARMUP)
def warm_up(trial: Trial, hyper: Training) -> Finding:
    """Look at how much of the training passes before the learning rate is what was asked for."""
    schedule = Schedule.of(hyper, -(-len(trial.train) // hyper.batch_size))
    value = schedule.warmup / schedule.n_updates
    if value < 0.3:
        return Finding(WARMUP, "ok", value)
    why = f"the learning rate rises over {100 * value:.0f} % of the training: it is what was asked for when the training is nearly over"
    hint = f"--warmup {max(1, schedule.n_updates // 20)}steps"
    return Finding(
        WARMUP,
        "broken" if value >= 0.6 else "suspect",
        value,
        (),
        why,
        hint,
        weight=0.8,
        change={"warmup": f"{max(1, schedule.n_updates // 20)}steps"},
    )
