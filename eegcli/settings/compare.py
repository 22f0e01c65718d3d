"""Settings of `eegcli compare`."""

from dataclasses import dataclass
from pathlib import Path

from eegcli.settings.setting import OUTPUT, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class CompareSettings:
    """Settings of `eegcli compare`: which runs, and where the figure goes."""

    runs: tuple[Path, ...] = argument(
        (), help="Run artifacts that learnt the same target, or - to read the path of one from standard input.", reads="run", result=False
    )
    output: Path = setting(
        Path("compare.png"),
        help="Figure of accuracy per epoch.",
        flags=("-o", "--output"),
        panel=OUTPUT,
        values=Values("figure", paths="files", suffix=".png"),
        result=False,
    )
    force: bool = setting(False, help="Replace another figure.", flags=("-f", "--force"), panel=OUTPUT, result=False)
