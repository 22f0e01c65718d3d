"""Errors that reach the user: one line, one hint, one exit code."""

from __future__ import annotations

from collections.abc import Iterable

# The whole table of exit codes; `docs/exit-codes.md` is checked against it.
OK = 0
BUG = 1
USAGE = 2
BAD_INPUT = 3
BAD_ARTIFACT = 4
PARTIAL = 5
UNAVAILABLE = 6
STOPPED = 75  # EX_TEMPFAIL, run me again: a checkpoint was written, or another process is at this work
INTERRUPTED = 130
# What no single recording is to blame for: the same error would meet every one of a cohort.
ASKED_WRONGLY = (USAGE, UNAVAILABLE, STOPPED, INTERRUPTED)


def listed(names: Iterable[object], n: int = 5, *, count: bool = False) -> str:
    """List the first `n` names for a message: ``A, B, ...``; with `count`, ``A, B and 3 more``. Nothing is left out without a word."""
    texts = [str(name) for name in names]
    shown, rest = ", ".join(texts[:n]), len(texts) - n
    if rest <= 0:
        return shown
    if count:
        return f"{shown} and {rest} more" if shown else f"and {rest} more"
    return f"{shown}, ..."


def counted(n: int, one: str, several: str = "") -> str:
    """Count things in words: ``1 row``, ``16,320 rows``; `several` is what more than one are, where that is not `one` with an s."""
    return f"{n:,} {one if n == 1 else several or one + ('es' if one.endswith(('s', 'tch')) else 's')}"


class EegcliError(Exception):
    """An error that is meant for the reader of the terminal.

    Parameters
    ----------
    message : str
        Message: the error, with the name of the thing.
    hint : str, optional
        Command or option that mends it.
    cause : str, optional
        A short name by which the failures of a cohort are counted, e.g. ``not fetched``.
    """

    exit_code = BUG

    def __init__(self, message: str, *, hint: str | None = None, cause: str = "bad input") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.cause = cause

    def __reduce__(self) -> tuple[object, ...]:  # keyword-only arguments do not survive a trip to a worker otherwise
        return _rebuild, (type(self), self.message, self.hint, self.cause)


def _rebuild(kind: type[EegcliError], message: str, hint: str | None, cause: str) -> EegcliError:
    return kind(message, hint=hint, cause=cause)


class UsageError(EegcliError):
    """The command line, an environment variable or a recipe asks for something that does not exist."""

    exit_code = USAGE


class InputError(EegcliError):
    """The data given are missing, broken or unfit for what was asked."""

    exit_code = BAD_INPUT


class ArtifactError(EegcliError):
    """An artifact is of another kind, schema or version, or was changed by hand."""

    exit_code = BAD_ARTIFACT


class UnavailableError(EegcliError):
    """A dependency, device, disk or remote that is needed is not there."""

    exit_code = UNAVAILABLE


class PartlyFailed(EegcliError):
    """Some parts of an artifact could not be made, so that it is unfinished; the others are kept."""

    exit_code = PARTIAL


class Stopped(EegcliError):
    """A signal asked the command to stop; what was finished is kept and the same command resumes."""

    exit_code = STOPPED


class AtWork(Stopped):
    """Another process is at this very work; what it does is kept, and the same command goes on later."""


class Interrupted(Stopped):
    """Ctrl-C asked the command to stop; what was finished is kept and the same command resumes."""

    exit_code = INTERRUPTED
