"""Batch size that fits into memory: for ``--batch-size auto``, and for whoever ran out of it."""

from __future__ import annotations

from dataclasses import replace

import torch

from eegcli.compute.memory import free_memory, is_out_of_memory
from eegcli.engine.device import exact
from eegcli.engine.expectation import expected_bytes
from eegcli.engine.feed import feed_of, order_of
from eegcli.engine.objective import Objective
from eegcli.engine.update import Update
from eegcli.errors import UnavailableError, counted
from eegcli.registry import Training
from eegcli.study.sets import TRAIN
from eegcli.train.network import Job, examples_of
from eegcli.train.split.split import Split


def largest_that_fits(job: Job, split: Split, hyper: Training) -> int | None:
    """Largest batch size that fits: what was asked for, else halved until a batch has been learnt from.

    Parameters
    ----------
    job : Job
        Windows, architecture, device.
    split : Split
        Whose training windows are tried.
    hyper : Training
        Optimiser, and the batch size that is tried first.

    Returns
    -------
    int or None
        None if not even one window fits.

    Notes
    -----
    On a CPU a size is tried only if its expected memory is free: Linux grants what it does not have, and kills later.
    """
    size = hyper.batch_size
    while size >= 1:
        if _fits(job, split, replace(hyper, batch_size=size)):
            return size
        size //= 2
    return None


def out_of_memory(job: Job, split: Split, hyper: Training) -> UnavailableError:
    """The error of a training that ran out of memory; call it where the failed network is gone."""
    fitting = largest_that_fits(job, split, replace(hyper, batch_size=hyper.batch_size // 2)) if hyper.batch_size > 1 else None
    where = f"{job.device}: out of memory with {counted(hyper.batch_size, 'window')} in a batch"
    if fitting is None:
        return UnavailableError(
            where, hint="Not even one window fits: take shorter windows, a smaller network, or another --device.", cause="memory"
        )
    return UnavailableError(where, hint=f"--batch-size {fitting} fits (or --batch-size auto, which finds it).", cause="memory")


def _fits(job: Job, split: Split, hyper: Training) -> bool:
    train = examples_of(job, split, TRAIN)
    shape = tuple(int(size) for size in job.windows.x.shape[1:])
    with exact(job.threads, job.device):
        try:
            model = job.build()
            if job.device.type == "cpu":
                free = free_memory()
                if free is not None and expected_bytes(model, shape, hyper=hyper, n_windows=len(train)) > free:
                    return False
            order = order_of(train, hyper, 0)
            update = Update(model, Objective(job.head), hyper, job.device, n_batches=order.n_batches, eager=True)
            batch = next(feed_of(train, order, job.device).batches(0))
            model.train()
            update.step(batch, 0).tolist()  # waits for a GPU
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        finally:
            if job.device.type == "cuda":
                torch.cuda.empty_cache()
    return True
