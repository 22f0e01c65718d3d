"""Context of a training: where it runs, who may stop it, who is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from eegcli.compute.signals import Stop
from eegcli.engine.ranks import ALONE, Ranks
from eegcli.reporter import Reporter


@dataclass(frozen=True)
class Context:
    """Context of a training: device, threads, folder, signals, reporter, ranks; only `threads`, the kind of `device` and the number of ranks may change a bit.

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
    profile : bool
        Profile some batches of the first epoch (`engine.profile`).
    eager : bool
        True where no step is to be captured as a graph of the device.
    checkpoint_seconds : float
        Time between checkpoints; 0: after every batch.
    ranks : Ranks
        Processes that train it together.
    """

    device: torch.device
    threads: int
    folder: Path
    stop: Stop
    reporter: Reporter
    label: str = ""
    profile: bool = False
    eager: bool = False
    checkpoint_seconds: float = 60.0
    ranks: Ranks = ALONE
