"""Settings of `eegcli evaluate`."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.groups import Placed
from eegcli.settings.setting import DATA, MODEL, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(Placed):
    """Settings of `eegcli evaluate`: a run, on its own windows or on others."""

    run: Path = argument(None, help="Run artifact, or - to read its path from standard input.", reads="run", result=False)
    windows: Path | None = setting(
        help="Windows artifact: where the run's windows are now, or other ones.",
        shown="where they were",
        panel=DATA,
        metavar="PATH|ADDRESS",
        reads="windows",
        values=Values("folder", paths="folders"),
        result=False,
    )
    vote_windows: int | None = setting(help="Only the first N windows of each unit vote.", shown="all", panel=MODEL, metavar="N")
    resamples: int = setting(2000, help="Resamples of the bootstrap over subjects.", panel=MODEL, metavar="N")
