"""Settings of how the networks of a run are worked on: side by side, in shares, with checkpoints; none of it changes a byte of the result."""

from dataclasses import dataclass
from typing import Literal

from eegcli.settings.groups import Common, jobs
from eegcli.settings.parse import at_once
from eegcli.settings.setting import COMPUTE, Values, setting


@dataclass(frozen=True, kw_only=True)
class Worked(Common):
    """Settings of how folds and seeds are shared out, and what a kill may cost."""

    jobs: int | None = jobs("Networks (folds, seeds) that are trained side by side; they share the cores.", shown="1, one after the other")
    at_once: int | Literal["auto"] = setting(
        "auto",
        help="Networks (folds, seeds) that take turns in one process, a batch each, so that their work fills an NVIDIA GPU together. None of it changes a bit.",
        shown="auto: on an NVIDIA GPU as many as its memory holds, 10 at most; else 1",
        panel=COMPUTE,
        metavar="N|auto",
        parse=at_once,
        values=Values("networks", words=("auto",)),
        result=False,
    )
    shard: str | None = setting(
        help="Train the I-th of N shares of the networks (folds, seeds), into the same output.",
        shown="of several networks the place in a Slurm array, else all, 1/1",
        panel=COMPUTE,
        metavar="I/N",
        values=Values("shard", words=("1/1",), meaning="all networks, in a Slurm array, too"),
        result=False,
    )
    checkpoint_minutes: float = setting(
        1.0,
        help="Minutes between checkpoints: what a kill costs at most. Checkpoints never take more than 1 % of the time, but at 0, which means after every batch.",
        panel=COMPUTE,
        metavar="MINUTES",
        min=0,
        result=False,
    )
