"""Formats of recordings: a file for each says what only that format knows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from eegcli.bids.formats.brainvision import open_brainvision
from eegcli.bids.formats.contents import Contents, unreadable
from eegcli.bids.formats.edf import open_edf
from eegcli.bids.formats.eeglab import open_eeglab
from eegcli.bids.formats.fif import open_fif
from eegcli.bids.scan import RecordingFile
from eegcli.errors import EegcliError

_OPENERS: dict[str, Callable[[RecordingFile], Any]] = {
    ".bdf": open_edf,
    ".edf": open_edf,
    ".fif": open_fif,
    ".set": open_eeglab,
    ".vhdr": open_brainvision,
}


@contextmanager
def opened(recording: RecordingFile) -> Iterator[Contents]:
    """Open a recording, whatever its format.

    Parameters
    ----------
    recording : RecordingFile
        Fetched.

    Yields
    ------
    Contents

    Raises
    ------
    RecordingError
        If it cannot be read; the cause says whether another copy would help. So do the functions of the contents.
    """
    with ExitStack() as stack:
        contents = _explaining(lambda: _contents(recording, stack))()
        yield replace(contents, read=_explaining(contents.read), steps=_explaining(contents.steps))


def _contents(recording: RecordingFile, stack: ExitStack) -> Contents:
    found = _OPENERS[recording.extension](recording)
    return found if isinstance(found, Contents) else stack.enter_context(found)


def _explaining(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose errors say what is wrong with the file: a damaged one makes parsers fail in every way."""

    @functools.wraps(function)
    def explained(*args: Any) -> Any:
        try:
            return function(*args)
        except (EegcliError, MemoryError):  # of the machine, or said already
            raise
        except Exception as error:
            raise unreadable(error) from error

    return explained


__all__ = ["Contents", "opened"]
