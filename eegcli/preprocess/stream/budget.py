"""Scratch budget of a stream."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eegcli.compute.threads import default_jobs
from eegcli.errors import UnavailableError, UsageError
from eegcli.files.scratch import scratch_base
from eegcli.preprocess.record import Work
from eegcli.preprocess.stream.delivery import Parcel
from eegcli.remote.file import RemoteFile
from eegcli.settings import PreprocessSettings

SHARE = 0.5  # of the free space, unless told otherwise
BYTES_PER_SECOND = 25e6  # 200 Mbit/s: what a dry run takes a line for


def budget_of(settings: PreprocessSettings, sizes: Sequence[int], *, jobs: int) -> int:
    """Bytes that may lie in scratch at any time.

    Parameters
    ----------
    settings : PreprocessSettings
        `scratch_gb` if given; else room for a recording per job and one more (the largest ones), but no more than half of what is free.
    sizes : sequence of int
        Of the recordings to fetch, bytes.
    jobs : int
        Recordings that are worked on at the same time; 0 where a worker fetches for itself, on a node whose disk is not known here.

    Raises
    ------
    UsageError
        If `scratch_gb` is not above 0.
    UnavailableError
        If the disk of scratch cannot be looked at.
    """
    if settings.scratch_gb is not None:
        if not settings.scratch_gb > 0:
            raise UsageError(f"--scratch-gb {settings.scratch_gb:g}: must be above 0")
        return round(settings.scratch_gb * 1e9)
    wanted = sum(sorted(sizes, reverse=True)[: jobs + 1])
    if jobs == 0:
        return wanted
    base = scratch_base(settings.scratch)
    try:
        free = shutil.disk_usage(base).free
    except OSError as error:
        raise UnavailableError(f"{base}: temporary files cannot be written there ({error.strerror or error})") from error
    return min(wanted, round(SHARE * free))


def stream_cost(
    works: Sequence[Work], objects: Mapping[str, tuple[RemoteFile, ...]], settings: PreprocessSettings, *, seconds: float
) -> dict[str, Any]:
    """Estimate the bytes that a stream fetches and holds, and its duration.

    Parameters
    ----------
    works : sequence of Work
    objects : mapping
        Files that have to be fetched, by the recording's name.
    settings : PreprocessSettings
    seconds : float
        That the processing takes.

    Returns
    -------
    dict
        ``bytes_to_fetch`` of the recordings that are not there in some form already, ``scratch_bytes`` at most, ``seconds``: fetching and
        processing overlap, so that the longer of both counts.
    """
    left = [work for work in works if work.name in objects and not work.sidecar.exists()]
    sizes = [Parcel(work.name, Path(), objects[work.name]).bytes for work in left]
    to_fetch = sum(file.bytes or 0 for work in left for file in objects[work.name])
    jobs = default_jobs(settings.jobs)
    most = sum(sorted(sizes, reverse=True)[: jobs + 1])
    return {
        "bytes_to_fetch": to_fetch,
        "scratch_bytes": min(most, budget_of(settings, sizes, jobs=jobs)),
        "seconds_to_fetch": round(to_fetch / BYTES_PER_SECOND, 1),
        "seconds": round(max(seconds, to_fetch / BYTES_PER_SECOND), 1),
    }
