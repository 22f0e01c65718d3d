"""Rehearsal of a training (``--dry-run``): what would be trained on whom, and what it will cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import nn

from eegcli import models
from eegcli.compute.shard import Shard
from eegcli.compute.signals import Stop
from eegcli.engine import hyperparameters
from eegcli.engine.context import Context
from eegcli.engine.cost import START_BYTES, START_SECONDS
from eegcli.engine.device import exact
from eegcli.engine.expectation import expected_bytes, expected_fit_seconds, expected_seconds
from eegcli.engine.objective import Objective, TargetScaler
from eegcli.engine.sensor import sensor_of
from eegcli.models.closed import closed_form
from eegcli.models.normalisation import inner
from eegcli.registry import Training
from eegcli.reporter import Silent
from eegcli.result import DryRun
from eegcli.study.sets import SETS, TEST, TRAIN, VALIDATION
from eegcli.train.at_once import at_once_of
from eegcli.train.choosing import looked_at
from eegcli.train.design import Design
from eegcli.train.network import Job, examples_of
from eegcli.train.split.split import Split
from eegcli.train.strongest import expected_baseline_seconds

NUMBER = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def rehearse(design: Design, job: Job, output: Path, *, shard: Shard, n_networks: int, jobs: int) -> DryRun:
    """Say what a training will do and take; a few of its batches are learnt from, by a network that is thrown away.

    Parameters
    ----------
    design : Design
        Who is trained, validated and tested on.
    job : Job
        Settings, windows and device.
    output : Path
        Where the run would be written.
    shard : Shard
    n_networks : int
        Networks of this command's share.
    jobs : int
        How many of them side by side.
    """
    settings, counts = design.settings, design.splits[0].counts()
    n_train, n_validation = counts["train"]["n_windows"], sum(counts[name]["n_windows"] for name in looked_at(settings))
    jobs, at_once = min(jobs, max(n_networks, 1)), at_once_of(job, n_networks, jobs=jobs)
    shape = design.windows.x.shape[1:]
    hyper = hyperparameters.hyperparameters(settings)
    with exact(job.threads, job.device):
        model = job.build().to(job.device)
        n_parameters = models.n_parameters(model)
        memory = 0 if hyper else START_BYTES + expected_bytes(model, shape, hyper=None, n_windows=n_train + n_validation)
        beside = (at_once - 1) * expected_bytes(
            model, shape, hyper=hyper, n_windows=n_train + n_validation
        )  # of those that take turns with it
        sensor = sensor_of(job.device, job.threads)
        seconds = -(-n_networks // jobs) * _seconds(design, job, model, hyper)
    sizes = settings.train_subjects or (1.0,)
    n_steps = 0 if hyper is None else hyper.epochs * -(-n_train // hyper.batch_size)
    facts = {
        **design.facts,
        "arch": settings.arch,
        "options": dict(job.description.options),
        "training": hyperparameters.as_dict(settings),
        "n_parameters": n_parameters,
        "n_steps": n_steps,
        "sets": counts if len(design.splits) == 1 else _counts_of_folds(design.splits),
        "device": str(job.device),
        "shard": str(shard),
        "jobs": jobs,
        "at_once": at_once,
        "threads": job.threads,
        # Of several jobs, one more gives out the work.
        "memory_bytes": (START_BYTES if jobs > 1 else 0)
        + jobs * (max(memory, sensor.read().memory_bytes) + beside),  # of gradient descent: what its batches took
        "seconds": round(START_SECONDS + seconds * sum(sizes) / max(sizes), 1),
        "bytes": 4 * n_parameters * n_networks * len(sizes),
    }
    return DryRun(output=output, n_items=n_networks * len(sizes), summary=facts)


def _seconds(design: Design, job: Job, model: nn.Module, hyper: Training | None) -> float:
    """Time of one network, and of the baseline beside it, in seconds."""
    settings, split = design.settings, design.splits[0]
    train = examples_of(job, split, TRAIN)
    looked = [examples for name in looked_at(settings) if len(examples := examples_of(job, split, NUMBER[name]))]
    if hyper is None:
        return expected_fit_seconds(closed_form(inner(model)), train, sum(map(len, looked)))
    baseline = 0.0
    if not settings.no_baseline and split.windows(VALIDATION).size:
        baseline = expected_baseline_seconds(job.description, train, int(split.windows(VALIDATION).size))
    if job.head.kind == "regression":  # the size of a loss takes no time, but one that overflows may
        scaler = TargetScaler.fitted(train.labels)
        train = replace(train, labels=scaler.standardised(train.labels))
    context = Context(job.device, job.threads, settings.output or Path(), Stop(), Silent())
    return baseline + expected_seconds(model, train, looked, Objective(job.head), hyper, context)


def _counts_of_folds(splits: list[Split]) -> dict[str, dict[str, list[int]]]:
    """Counts of each set, a number per fold."""
    counts = [split.counts() for split in splits]
    return {name: {what: [fold[name][what] for fold in counts] for what in counts[0][name]} for name in SETS}
