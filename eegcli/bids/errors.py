"""Errors of one recording, and the short cause by which such failures are counted."""

from __future__ import annotations

from eegcli.errors import InputError


class RecordingError(InputError):
    """One recording cannot be used; the cohort goes on without it.

    Parameters
    ----------
    message : str
        What is wrong, in one line.
    cause : str
        Short name by which failures are counted, e.g. ``flat``.
    hint : str, optional
        What to do about it; it becomes part of the message, which is all that a table of failures keeps.
    """

    def __init__(self, message: str, *, cause: str = "bad input", hint: str | None = None) -> None:
        super().__init__(f"{message}. {hint}" if hint else message)
        self.cause = cause
