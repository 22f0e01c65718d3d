"""Training together: the rank that leads tells the others which networks are trained, and they follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from eegcli.artifacts import configuration
from eegcli.compute.signals import stop_signals
from eegcli.engine import hyperparameters
from eegcli.engine.line import Line
from eegcli.engine.ranks import together
from eegcli.errors import UnavailableError, UsageError
from eegcli.reporter import Reporter, Silent
from eegcli.settings import TrainSettings
from eegcli.train.configuration import configuration_of
from eegcli.train.design import Design, design_of
from eegcli.train.network import Job, train_network
from eegcli.train.preparation import prepare
from eegcli.train.refit import Refit


@contextmanager
def leading(design: Design, job: Job, digest: str, line: Line, reporter: Reporter) -> Iterator[Job]:
    """Call the other ranks together for the block, where a network is trained step by step.

    Parameters
    ----------
    design : Design
    job : Job
    digest : str
        Of the run's configuration: all ranks train the same.
    line : Line
        To the others.
    reporter : Reporter

    Yields
    ------
    Job
        With the ranks.
    """
    if hyperparameters.hyperparameters(design.settings) is None:
        others = f"{line.place.size - 1} of {line.place.size} ranks have nothing to do"
        reporter.warn(f"{design.settings.arch} is fitted in closed form: {others}")
        yield job
        return
    reporter.info(f"{line.place.size} ranks train together")
    line.tell(digest=digest, threads=job.threads, device=job.device.type)
    with together(line, job.device) as ranks:
        yield replace(job, ranks=ranks)


def follow(settings: TrainSettings, output: Path, line: Line) -> None:
    """Train what the rank that leads says, until it says that nothing is left; nothing is written, and nothing said.

    Raises
    ------
    UsageError
        If this rank was given another command than the first.
    UnavailableError
        If it has another kind of device.
    """
    with stop_signals() as stop:
        told = line.told(stop)
        if told is None:
            return
        design = design_of(settings, Silent())
        job = prepare(design, 1, Silent())
        stored = configuration.configuration_of("run", design.settings, **configuration_of(design, output))
        if told["digest"] != stored["digest"]:
            raise UsageError(
                f"rank {line.place.rank} of {line.place.size} is to train something else than the first",
                hint="Ranks get the same command; independent ones are started with --ranks none.",
            )
        if told["device"] != job.device.type:
            raise UnavailableError(f"rank {line.place.rank} of {line.place.size} has a {job.device.type}, the first a {told['device']}")
        networks = {(network.fold, network.seed): network for network in design.networks(output)}
        with together(line, job.device) as ranks:
            job = replace(job, threads=told["threads"], ranks=ranks)
            while (told := line.told(stop)) is not None:
                network = networks[told["fold"], told["seed"]]
                refit = None if told["epochs"] is None else Refit(told["epochs"])
                train_network(job, design.splits[network.fold], network, digest="", stop=stop, reporter=Silent(), label="", refit=refit)
