"""Networks at once: how many of a run take turns in one process (``--at-once``)."""

from __future__ import annotations

import torch
from torch import nn

from eegcli.engine import hyperparameters
from eegcli.engine.expectation import expected_bytes
from eegcli.engine.resident import free_bytes
from eegcli.train.network import Job

MOST = 10  # seeds of a published result; one process launches all their steps, one after the other
SHARE = 0.8  # of the free memory: what a network takes is estimated
GRAPHS = 2  # of each network, for whole batches and for the last of an epoch: each keeps the memory of a batch
WORKSPACES = 128 << 20  # bytes of the libraries for each stream, at most


def at_once_of(job: Job, n_networks: int, *, jobs: int) -> int:
    """Number of networks that take turns: as asked for; by itself several on an NVIDIA GPU alone, as many as its free memory holds.

    A network by itself leaves most of such a device idle; on a CPU there is nothing to gain.

    Parameters
    ----------
    job : Job
        Its windows are loaded onto the device here, where they fit: what is free is what they leave.
    n_networks : int
        Networks of this command's share.
    jobs : int
        Processes that train side by side.
    """
    settings = job.settings
    hyper = hyperparameters.hyperparameters(settings)
    if hyper is None or job.ranks.size > 1 or jobs > 1 or settings.profile:
        return 1
    if isinstance(settings.at_once, int):
        return max(min(settings.at_once, n_networks), 1)
    if job.device.type != "cuda" or n_networks < 2:
        return 1
    shape = job.x.shape[1:]  # loads them
    each = GRAPHS * expected_bytes(_built(job), tuple(shape), hyper=hyper, n_windows=0) + WORKSPACES
    return max(min(int(SHARE * free_bytes(job.device)) // each, n_networks, MOST), 1)


def _built(job: Job) -> nn.Module:
    with torch.random.fork_rng([]):  # whose weights nobody will see
        return job.build()
