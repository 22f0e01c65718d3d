"""Settings of the ranks: whether several processes train one network together."""

from dataclasses import dataclass
from typing import Literal

from eegcli.settings.setting import COMPUTE, setting


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Settings of a command whose processes may work on one network together."""

    # Free: like threads, their number is kept with the checkpoint, for it changes the order of sums.
    ranks: Literal["auto", "slurm", "none"] = setting(
        "auto",
        help="Processes that train one network together, each with a share of every batch: auto, those that torchrun started; slurm, the tasks "
        "of this srun; none.",
        panel=COMPUTE,
        result=False,
    )
