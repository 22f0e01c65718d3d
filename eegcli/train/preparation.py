"""Preparation of a training: what could go wrong is found before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eegcli.compute.ranks import place_of
from eegcli.reporter import Reporter
from eegcli.train import architecture
from eegcli.train.design import Design
from eegcli.train.shares import threads_of

if TYPE_CHECKING:
    from eegcli.train.network import Job


def prepare(design: Design, jobs: int, reporter: Reporter) -> Job:
    """Put together what all networks of a run share, and build one of them; arguments as of `train.run`, and how many are trained side by side."""
    from eegcli.engine.device import device_of, exact
    from eegcli.train.network import Job

    settings = design.settings
    options = architecture.options(settings, design.windows, design.code)
    job = Job(
        settings,
        design.windows,
        design.facts,
        device_of(settings.device, place_of(settings.ranks)),
        threads_of(settings, jobs),
        options,
        code=design.code,
        people=design.people,
        origin=design.origin,
    )
    with exact(job.threads, job.device):
        for remark in job.try_out(design.splits):
            reporter.warn(remark)
    return job


def torch_version() -> str:
    """Version of torch, with its build."""
    import torch

    return str(torch.__version__)
