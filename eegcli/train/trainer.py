"""Networks of a run, trained one after the other or side by side; each by one process, whoever else is at the same run."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.artifacts.at_work import LOOK_SECONDS, at_work
from eegcli.artifacts.network import CLAIM, Network
from eegcli.artifacts.run import SPLITS
from eegcli.artifacts.table import Table, write_table
from eegcli.artifacts.table import take as take_rows
from eegcli.compute import crew
from eegcli.compute.memory import is_out_of_memory
from eegcli.compute.signals import Stop, stop_signals
from eegcli.engine import hyperparameters, interleaved
from eegcli.engine.turns import Turns, at_a_stretch
from eegcli.errors import EegcliError, InputError, PartlyFailed, UnavailableError, counted
from eegcli.files.claim import Owner, take
from eegcli.reporter import Reporter
from eegcli.result import Failure
from eegcli.train.batch_size import out_of_memory
from eegcli.train.network import Job, remove_checkpoint
from eegcli.train.network import in_turns as network_in_turns
from eegcli.train.refit import refit_of, said
from eegcli.train.split.split import Split


@dataclass(frozen=True)
class Trainer:
    """Trainer of the networks of a run, in whichever process; a network is trained unless that is done, or somebody else is at it.

    Attributes
    ----------
    job : Job
        Settings, windows and device that all networks share.
    splits : list of Split
        One of each fold.
    table : Table
        The splits as the run stores them.
    root : Path
        Folder of the run.
    digest : str
        Digest of the run's settings.
    at_once : int
        How many networks take turns in one process.
    """

    job: Job
    splits: list[Split]
    table: Table
    root: Path
    digest: str
    at_once: int = 1

    def __call__(self, network: Network, /, *, stop: Stop, reporter: Reporter) -> Owner | None:
        """Train one network and write it; gives the owner of its claim, if that is another living process."""
        return at_a_stretch(self.in_turns)(network, stop=stop, reporter=reporter)

    def in_turns(self, network: Network, /, *, stop: Stop, reporter: Reporter) -> Turns[Owner | None]:
        """Train one network likewise, a batch at a time, so that others may have their turns in between."""
        claim = take(network.path / CLAIM)
        if isinstance(claim, Owner):
            return claim
        with claim:
            yield from self._train(network, stop, reporter)
        return None

    def name(self, network: Network) -> str:
        """Name of a network among those of the run, by its fold and seed; empty where it is the only one."""
        settings = self.job.settings
        parts = [f"fold {network.fold}"] if len(self.splits) > 1 else []
        parts += [f"seed {settings.seed + network.seed}"] if settings.seeds > 1 else []
        return ", ".join(parts)

    def _train(self, network: Network, stop: Stop, reporter: Reporter) -> Turns[None]:
        label = f"{name}: " if (name := self.name(network)) else ""
        if network.is_made_with(self.digest):
            network.check()  # the done mark will vouch for it
            remove_checkpoint(network)  # of a process that was killed before it could
            reporter.info(f"{label}is finished")
            return
        if network.path != self.root:
            write_table(network.path / SPLITS, take_rows(self.table, self.table["fold"] == network.fold))
        split = self.splits[network.fold]
        refit = refit_of(self.job.settings, network)
        if refit is not None:
            reporter.info(f"{label}{said(refit, self.job.settings, split.counts()['train']['n_subjects'])}")
        self.job.ranks.begin(fold=network.fold, seed=network.seed, epochs=None if refit is None else refit.epochs)
        how: dict[str, Any] = {"digest": self.digest, "stop": stop, "reporter": reporter, "label": label, "refit": refit}
        try:
            yield from network_in_turns(self.job, split, network, **how)
            return
        except (RuntimeError, MemoryError) as error:
            hyper = hyperparameters.hyperparameters(self.job.settings)
            if hyper is None or not is_out_of_memory(error):
                raise
        if self.at_once > 1:
            raise UnavailableError(
                f"{self.job.device}: out of memory with {counted(self.at_once, 'network')} at once",
                hint="Train fewer of them: --at-once 1.",
                cause="memory",
            )
        raise out_of_memory(self.job, split, hyper)  # here, where nothing holds the failed network any more


def train_networks(trainer: Trainer, networks: Sequence[Network], *, jobs: int, only: bool, reporter: Reporter) -> None:
    """Train the networks that nobody has trained; other processes may be at the same, a network at a time.

    Parameters
    ----------
    trainer : Trainer
    networks : sequence of Network
        This command's share of them.
    jobs : int
        How many side by side.
    only : bool
        The run has one network: what is wrong with it is wrong with the run.
    reporter : Reporter

    Raises
    ------
    PartlyFailed
        If some could not be trained.
    InputError
        If none could.
    AtWork
        If others are at the rest, and the settings do not say to wait for them.
    Stopped, Interrupted
        If a signal came.
    """
    failures: list[Failure] = []
    left = list(networks)
    with stop_signals() as stop:
        while left:
            held = {}
            if only or trainer.job.ranks.size > 1:  # whose errors are those of all ranks
                for network in left:
                    if (owner := trainer(network, stop=stop, reporter=reporter)) is not None:
                        held[network] = owner
            else:
                names = [trainer.name(network) for network in left]
                with closing(_answers(trainer, left, names, jobs, stop, reporter)) as answers:
                    for index, answer in answers:
                        if isinstance(answer, EegcliError):
                            raise answer
                        if answer.traceback:
                            reporter.debug(f"{answer.name}:\n{answer.traceback}")
                        if answer.failure is not None:
                            reporter.warn(f"{answer.name} failed: {answer.failure.error}")
                            failures.append(answer.failure)
                        elif answer.value is not None:
                            held[left[index]] = answer.value
            did_some = len(held) < len(left)
            left = list(held)
            if did_some:  # meanwhile others may have ended theirs, or died: who looked only before would leave the run unfinished
                continue
            if left and not trainer.job.settings.wait:
                raise at_work(trainer.root, list(held.values()), what=f"{len(held)} of {counted(len(networks), 'network')}")
            if left:
                time.sleep(LOOK_SECONDS)
                stop.raise_if_requested()
    if failures:
        raise _failed(trainer.root, failures, len(networks))


def _answers(
    trainer: Trainer, networks: Sequence[Network], names: Sequence[str], jobs: int, stop: Stop, reporter: Reporter
) -> Generator[tuple[int, crew.Answer[Owner | None]], None, None]:
    """Train networks side by side, at once or one after the other; the index of each, and what became of it."""
    if trainer.at_once == 1:
        return crew.results(trainer, networks, names, jobs=jobs, stop=stop, reporter=reporter)
    job, at_once = trainer.job, trainer.at_once
    return interleaved.results(
        trainer.in_turns, networks, names, at_once=at_once, threads=job.threads, device=job.device, stop=stop, reporter=reporter
    )


def _failed(root: Path, failures: Sequence[Failure], n: int) -> EegcliError:
    first = f"{failures[0].name}: {failures[0].error}"
    hint = "The same command again tries what failed."
    if len(failures) == n:
        return InputError(f"{root}: none of {counted(n, 'network')} could be trained ({first})", hint=hint, cause=failures[0].cause)
    more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
    return PartlyFailed(
        f"{root}: {len(failures)} of {counted(n, 'network')} could not be trained ({first}{more}); the others are kept",
        hint=hint,
        cause=failures[0].cause,
    )
