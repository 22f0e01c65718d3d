"""Settings of `eegcli predict`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eegcli.settings.groups import Placed, embeddings, interpolate_missing, own_network, run_artifact, trust, wait
from eegcli.settings.setting import DATA, MODEL, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class PredictSettings(Placed):
    """Settings of `eegcli predict`: a run, or several, and windows whose labels nobody knows."""

    run: Path = run_artifact()
    windows: Path = argument(None, help="Windows artifact, or - to read its path from standard input.", reads="windows", result=False)
    ensemble: tuple[Path, ...] = setting(
        (),
        help="Further runs, which learnt the same target: probabilities are the mean over all networks of all runs (repeatable).",
        panel=MODEL,
        metavar="RUN",
        commas=False,
        reads="run",
        values=Values("run", paths="folders"),
        result=False,
    )
    interpolate_missing: bool = interpolate_missing()
    # What differs stands in summary.json whether it was allowed or not: without it there is no result.
    allow_differences: bool = setting(
        False,
        help="Predict windows although their recordings were cleaned otherwise than those of the training.",
        panel=DATA,
        result=False,
    )
    unit: Literal["subject", "recording", "segment", "trial", "window"] | None = setting(
        help="Group of windows that casts one vote.", shown="subject; recording where the run's target changes within subjects", panel=MODEL
    )
    vote_windows: int | None = setting(help="Only the first N windows of each unit vote.", shown="all", panel=MODEL, metavar="N", min=1)
    each_network: bool = setting(False, help="Write the predictions of each network, too (networks.parquet).", panel=MODEL)
    embeddings: bool = embeddings()
    trust: bool = trust()
    arch: str | None = own_network()
    wait: bool = wait()
