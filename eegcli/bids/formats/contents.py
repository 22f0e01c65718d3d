"""Contents of an opened recording: what its file says of channels, events and cuts, and how its samples are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.formats.clock import Clock
from eegcli.study.events import Events

Sex = Literal["F", "M"]
VIEW = "eegcli-view-"  # begin of the name of a folder of links that MNE is shown
DEPENDENCY = "dependency"  # the cause of a recording that a missing package keeps from being read
FETCH_AGAIN = "Fetch the file again, or leave the recording out."


@dataclass(frozen=True)
class Contents:
    """Contents of an opened recording.

    Attributes
    ----------
    ch_names : tuple of str
        As the file names them; equal ones are numbered.
    types : tuple of str
        In MNE's words, as the file gives them; ``eeg`` where it gives none.
    units : tuple of str
        As the file names them; empty where it names none.
    rates : tuple of float, Hz
        Of each channel.
    n_times : tuple of int
        Samples of each channel.
    read : callable
        Given channels of one rate, by index, their samples (n_channels, n_times): in µV where `units` is a unit of voltage, else as stored.
    steps : callable
        Given a channel, its values as whole numbers, as trigger channels hold them.
    events : Events
        Annotations and markers, in seconds of the data; ``boundary`` where recording was interrupted.
    clock : Clock or None
        Where the data lie in time, if the file says so and they have gaps.
    positions : ndarray, shape (n_channels, 3), m
        In MNE's head coordinates; NaN where the file does not know.
    landmarks : bool
        True where the file holds nasion and ears beside the positions, which then were digitised.
    sex : str or None
        F or M, of the subject.
    warnings : tuple of str
        What had to be mended or left out, without numbers and names of files, so that equal ones can be counted.
    """

    ch_names: tuple[str, ...]
    types: tuple[str, ...]
    units: tuple[str, ...]
    rates: tuple[float, ...]
    n_times: tuple[int, ...]
    read: Callable[[Sequence[int]], np.ndarray]
    steps: Callable[[int], np.ndarray]
    events: Events
    positions: np.ndarray
    clock: Clock | None = None
    landmarks: bool = False
    sex: Sex | None = None
    warnings: tuple[str, ...] = field(default=())


def nowhere(n_channels: int) -> np.ndarray:
    """Positions of channels of which nothing is known, shape (n_channels, 3)."""
    return np.full((n_channels, 3), np.nan)


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Number equal names, as MNE does: ``A-0``, ``A-1``."""
    result = list(names)
    for name in sorted({name for name in names if names.count(name) > 1}):
        for number, index in enumerate(index for index, other in enumerate(names) if other == name):
            choices = (f"{name}-{suffix}" for suffix in (number, *"abcdefghijklmnopqrstuvwxyz"))
            result[index] = next((choice for choice in choices if choice not in result), f"{name}-{number}-{index}")
    return tuple(result)


def one_line(error: object) -> str:
    """Shorten the text of an error to one line."""
    text = " ".join(str(error).split())
    return text[:200] if text else type(error).__name__


def truncated(what: str) -> RecordingError:
    """Error of a file that ends too early."""
    return RecordingError(f"cannot be read: {what}", cause="truncated", hint=FETCH_AGAIN)


def unknown_format(what: str) -> RecordingError:
    """Error of a file that is whole, but of a kind that is not read here."""
    return RecordingError(
        f"cannot be read: {what}", cause="format", hint="Convert it to EDF, BrainVision or EEGLAB, or leave the recording out."
    )


def lacking(what: str) -> RecordingError:
    """Error of a file whose other part is not there."""
    return RecordingError(f"cannot be read: {what}", cause="companion", hint="Fetch or name the missing file, or leave the recording out.")


def unreadable(error: Exception) -> RecordingError:
    """Error of a file that the reader gave up, for a reason that only its words know."""
    if isinstance(error, UnicodeError):
        return RecordingError(
            f"cannot be read: a text in another encoding ({one_line(error)})",
            cause="encoding",
            hint="Write its header anew in UTF-8, or leave the recording out.",
        )
    if isinstance(error, ImportError):
        package = error.name or one_line(error)
        return RecordingError(f"cannot be read: the package {package} is not installed", cause=DEPENDENCY, hint=f"pip install {package}")
    if isinstance(error, FileNotFoundError):
        return lacking(one_line(error))
    return RecordingError(
        f"cannot be read: damaged, truncated, or of a kind that is not known ({one_line(error)})", cause="unreadable", hint=FETCH_AGAIN
    )
