"""A command as a developer adds one: a settings class and a stage. Its line of the table stands in the test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eegcli.artifacts.naming import derived_output
from eegcli.result import DryRun, Result
from eegcli.settings.groups import Common
from eegcli.settings.setting import MODEL, Values, argument, setting


@dataclass(frozen=True, kw_only=True)
class CountSettings(Common):
    """Settings of `eegcli count`."""

    windows: Path = argument(None, help="Windows artifact.", reads="windows", result=False)
    weight: int = setting(2, help="Weight of a window.", panel=MODEL, metavar="W")
    by: Literal["subject", "task"] = setting("subject", help="Count by this.", panel=MODEL)
    arch: str = setting("vgg", help="Architecture.", panel=MODEL, values=Values(table="MODELS"))


@dataclass(frozen=True, kw_only=True)
class CountResult(Result):
    """Result of the command `count`."""

    n: int


def run(settings, *, reporter):
    """Count files of the artifact."""
    n = settings.weight * len(list(settings.windows.iterdir()))
    output = settings.output or derived_output(settings.windows, f"count-{settings.by}")
    if settings.dry_run:
        return DryRun(output=output, summary={"n": n})
    output.mkdir()
    (output / "n.txt").write_text(str(n))
    return CountResult(output=output, n=n)
