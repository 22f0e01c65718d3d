"""Settings of `eegcli explain`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eegcli.settings.groups import Placed
from eegcli.settings.setting import DATA, MODEL, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class ExplainSettings(Placed):
    """Settings of `eegcli explain`: what the network looks at."""

    run: Path = argument(None, help="Run artifact, or - to read its path from standard input.", reads="run", result=False)
    windows: Path | None = setting(
        help="Windows artifact: where the run's windows are now.",
        shown="where they were",
        panel=DATA,
        metavar="PATH|ADDRESS",
        reads="windows",
        values=Values("folder", paths="folders"),
        result=False,
    )
    method: tuple[str, ...] = setting(
        ("saliency",),
        help="Explanation methods (comma-separated or repeated).",
        panel=MODEL,
        values=Values("method", table="EXPLANATIONS"),
    )
    split: Literal["train", "validation", "test"] = setting("validation", help="Choose windows of these subjects.", panel=DATA)
    # Per class, those with the highest probability of their class.
    n_windows: int = setting(200, help="Windows per class: those the network is surest of.", panel=DATA, metavar="N")
