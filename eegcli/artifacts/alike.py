"""Versions of a stage whose finished results stand beside those of today: they differ by rounding, or by what a seed draws, and by no choice."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from eegcli.artifacts.contents import DONE, SETTINGS
from eegcli.files.atomic import read_json


def version_there(path: Path, version: int, alike: Collection[int], *, force: bool) -> int:
    """Version that an output is to be compared by: its own, where it is finished and stands beside those of today.

    Parameters
    ----------
    path : Path
        Folder of the output, which may not be there.
    version : int
        Version of the stage.
    alike : collection of int
        Earlier ones that made the same up to rounding.
    force : bool
        Whether it is to be made again in any case.

    Returns
    -------
    int
        `version` for all that is unfinished: half of a training in each of two versions is the result of neither.
    """
    if force or not ((path / SETTINGS).is_file() and (path / DONE).is_file()):
        return version
    there = read_json(path / SETTINGS).get("stage_version")
    return there if isinstance(there, int) and there in alike else version
