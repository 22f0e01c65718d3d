"""Shares of a training: which networks of a run are this command's, how many of them side by side, and with how many threads."""

from __future__ import annotations

from collections.abc import Sequence

from eegcli.artifacts.network import Network
from eegcli.compute.ranks import Place, place_of
from eegcli.compute.ranks import threads_of as threads_of_rank
from eegcli.compute.shard import Shard, find_shard
from eegcli.compute.threads import bounded_jobs, default_threads
from eegcli.errors import UsageError, counted
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings


def jobs_of(settings: TrainSettings, n_networks: int, reporter: Reporter) -> int:
    """Number of networks that are trained side by side; one after the other unless more is asked for.

    Raises
    ------
    UsageError
        If they are asked to take turns in one process, too.
    """
    if (settings.jobs or 1) > 1 and settings.at_once not in ("auto", 1):
        raise UsageError(
            f"--jobs {settings.jobs} and --at-once {settings.at_once}: side by side or at once, not both",
            hint="--jobs is for the cores of a CPU, --at-once for a GPU.",
        )
    return 1 if settings.jobs is None else max(min(bounded_jobs(settings.jobs, reporter), n_networks), 1)


def threads_of(settings: TrainSettings, jobs: int, before: int | None = None) -> int:
    """Threads of each network: as asked for, as before an interruption, else those of this machine over the networks that share it.

    Raises
    ------
    UsageError
        If fewer than one is asked for.
    """
    place = place_of(settings.ranks)
    if place.size > 1:
        return threads_of_rank(place, settings.threads or before)
    return default_threads(settings.threads) if settings.threads is not None else before or max(default_threads() // jobs, 1)


def refuse_apart(settings: TrainSettings, place: Place) -> None:
    """Refuse what each process would do for itself, where several train together.

    Raises
    ------
    UsageError
        Naming the option.
    """
    apart = {
        "--jobs": ((settings.jobs or 1) > 1, "all of them train one network at a time"),
        "--at-once": (settings.at_once not in ("auto", 1), "all of them train one network at a time"),
        "--shard": (settings.shard is not None, "all of them train the same networks"),
        "--batch-size auto": (settings.batch_size == "auto", "what fits is found in one process, and each has a share of a batch"),
    }
    for option, (given, reason) in apart.items():
        if given:
            raise UsageError(
                f"{option}: not for {place.size} ranks that train together: {reason}", hint="Leave it out, or train with --ranks none."
            )


def share_of(settings: TrainSettings, networks: Sequence[Network], reporter: Reporter) -> tuple[Shard, list[Network]]:
    """The networks that are this command's, and of which shard: a task of an array shares only what there is several of.

    Raises
    ------
    UsageError
        If `--shard` is none, or would remove what others write.
    """
    shard = find_shard(settings.shard) if settings.shard is not None or len(networks) > 1 else Shard()
    if shard.whole:
        return shard, list(networks)
    if settings.force:
        raise UsageError(
            f"--force in shard {shard}: would remove what the other shards write", hint="Remove the run's folder before they begin."
        )
    mine = shard.share(networks, lambda _: 1.0, lambda network: str(network.path))
    switch = "; --shard 1/1 takes all" if shard.source != "--shard" else ""
    reporter.info(f"Shard {shard} ({shard.source}{switch}): {len(mine)} of {counted(len(networks), 'network')}.")
    return shard, mine
