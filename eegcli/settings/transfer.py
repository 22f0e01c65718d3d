"""Settings of a training that begins with the weights of another one."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.setting import MODEL, Values, setting


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Settings of the run whose weights a training begins with, and of the weights that stay as they are."""

    # The digests of its weights are among the inputs.
    init_from: Path | None = setting(
        help="Begin with the weights of a run of the same architecture and options; channels are found by name, and another target gets a new last layer. "
        "None of its people may be tested.",
        panel=MODEL,
        metavar="RUN",
        reads="run",
        values=Values("run", paths="folders"),
        result=False,
    )
    init_network: str | None = setting(
        help="With --init-from: which network of a run of several, by fold and seed from 0, e.g. 0,2.",
        shown="the same fold and seed",
        panel=MODEL,
        metavar="FOLD,SEED",
        result=False,
    )
    freeze: tuple[str, ...] = setting(
        (),
        help="With --init-from: weights whose names fit a pattern stay as they are (repeated), e.g. features.*; batch norm in frozen layers keeps its statistics.",
        panel=MODEL,
        metavar="GLOB",
    )
    # What differs stands in metrics.json whether it was allowed or not: without it there is no result.
    allow_differences: bool = setting(
        False,
        help="With --init-from: begin with that run although the recordings of its windows were cleaned otherwise than these.",
        panel=MODEL,
        result=False,
    )
