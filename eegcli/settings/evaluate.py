"""Settings of `eegcli evaluate`."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.groups import Placed, labels_table, own_network, persons_table, run_artifact, trust, wait, windows_of_run
from eegcli.settings.setting import DATA, MODEL, setting


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(Placed):
    """Settings of `eegcli evaluate`: a run, on its own windows or on others."""

    run: Path = run_artifact()
    windows: Path | None = windows_of_run("Windows artifact: where the run's windows are now, or other ones.")
    labels: Path | None = labels_table()
    persons: Path | None = persons_table()
    # What differs stands in metrics.json whether it was allowed or not: without it there is no result.
    allow_differences: bool = setting(
        False,
        help="Evaluate other windows although their recordings were cleaned otherwise than those of the training.",
        panel=DATA,
        result=False,
    )
    vote_windows: int | None = setting(help="Only the first N windows of each unit vote.", shown="all", panel=MODEL, metavar="N", min=1)
    resamples: int = setting(2000, help="Resamples of the bootstrap over subjects.", panel=MODEL, metavar="N")
    nested_cv: int | None = setting(
        help="Of a closed form trained with --cv: correct the interval by nested cross-validation, repeated N times (20 and more).",
        shown="not corrected",
        panel=MODEL,
        metavar="N",
        min=2,
        added_with=None,
    )
    trust: bool = trust()
    arch: str | None = own_network()
    wait: bool = wait()
