"""Folders: made with those above them, or one line that says why not."""

from __future__ import annotations

from pathlib import Path

from eegcli.errors import UnavailableError
from eegcli.files.causes import cause_of


def make_folder(path: Path) -> None:
    """Make a folder and those above it.

    Raises
    ------
    UnavailableError
        If that cannot be, whatever the reason.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = cause_of(error) or "bad output"
        raise UnavailableError(
            f"{path}: cannot be made ({error.strerror})", hint="Choose another folder with --output.", cause=cause
        ) from error
