"""Errors of one remote file."""

from __future__ import annotations

from eegcli.errors import InputError

UNREACHABLE = "unreachable"
GONE, DENIED, CHANGED, DAMAGED, REFUSED = "gone", "denied", "changed on the server", "damaged on the way", "refused"


class TransferError(InputError):
    """Transfer error: one remote file could not be fetched; `cause` is one of the names above."""


class TryAgain(Exception):
    """Temporary error, after which a request is tried again: a cut connection, a busy server.

    Parameters
    ----------
    message : str
        What happened.
    after : float, optional
        Seconds that the server asked for.
    cause : str, optional
        What it is counted as if it does not pass.
    most : int, optional
        Tries after which it will not pass.
    busy : bool
        Whether the server is there and has no time.
    """

    def __init__(
        self, message: str, *, after: float | None = None, cause: str = UNREACHABLE, most: int | None = None, busy: bool = False
    ) -> None:
        super().__init__(message)
        self.after, self.cause, self.most, self.busy = after, cause, most, busy
        self.progress = False  # whether bytes came before
