"""Settings of an update: the numbers it is computed with, how many batches make one, and how its learning rate changes."""

from dataclasses import dataclass
from typing import Literal

from eegcli.settings.parse import epochs_or_steps
from eegcli.settings.setting import COMPUTE, MODEL, setting


@dataclass(frozen=True, kw_only=True)
class Updating:
    """Settings of an update. None means: what the registry holds for the architecture; published ones have all of them off."""

    precision: Literal["fp32", "tf32", "bf16", "fp16"] | None = setting(
        help="Arithmetic of learning; weights, their updates and all figures stay in single precision. Refused where the device has no such arithmetic.",
        shown="the architecture's; of published ones fp32",
        panel=MODEL,
        added_with="fp32",
    )
    clip_norm: float | None = setting(
        help="Shorten the gradient of all weights to this norm where it is longer.", shown="off", panel=MODEL, metavar="NORM", min=0
    )
    accumulate: int | None = setting(
        help="Batches per update: their gradient is that of one batch N times as large, in the memory of one.",
        shown="1",
        panel=MODEL,
        metavar="N",
        min=1,
        added_with=1,
    )
    schedule: Literal["constant", "cosine", "onecycle"] | None = setting(
        help="Learning rate over the training: constant; falling to 0 like half a cosine; or rising to --lr over the first 30 % of updates, then falling.",
        shown="constant",
        panel=MODEL,
        added_with="constant",
    )
    warmup: str | None = setting(
        help="Raise the learning rate from 0 over so many epochs, or updates (500steps).",
        shown="off",
        panel=MODEL,
        metavar="EPOCHS|STEPS",
        parse=epochs_or_steps,
    )
    eager: bool = setting(
        False,
        help="On an NVIDIA GPU, give it the operations of a step one by one rather than as one captured graph: slower, and easier to debug.",
        panel=COMPUTE,
        result=False,
    )
