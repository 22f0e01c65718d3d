"""Selection of files of a data set elsewhere, made before any signal is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields, replace
from functools import cached_property
from typing import Any

from eegcli.artifacts.table import Table
from eegcli.bids import participants
from eegcli.bids.census import one_file_each
from eegcli.bids.entities import RecordingName
from eegcli.bids.listing import Listing
from eegcli.bids.scan import lines_for, no_recordings, tell
from eegcli.bids.selection import select
from eegcli.files.scratch import scratch
from eegcli.remote.file import Refused, RemoteFile
from eegcli.remote.sources import Source
from eegcli.reporter import Reporter
from eegcli.settings import Common, Selected

IGNORE = ".bidsignore"


@dataclass(frozen=True)
class Chosen:
    """Selected files of one data set.

    Attributes
    ----------
    recordings : list of RecordingName
    files : list of RemoteFile
        What describes the data set first, signals last.
    skipped : mapping of str to int
        Files of other datatypes.
    refused : list of Refused
        Names that would leave the folder.
    """

    recordings: list[RecordingName]
    files: list[RemoteFile]
    skipped: Mapping[str, int]
    refused: list[Refused]

    @property
    def signals(self) -> list[RemoteFile]:
        """The files that hold samples and markers."""
        return [file for file in self.files if file.path in self._paths]

    @property
    def described(self) -> list[RemoteFile]:
        """Metadata files of the selection: all that hold neither samples nor markers."""
        return [file for file in self.files if file.path not in self._paths]

    @cached_property
    def _paths(self) -> set[str]:
        return {path.as_posix() for recording in self.recordings for path in (recording.path, *recording.companions)}


def choose(source: Source, selection: Selected, reporter: Reporter) -> Chosen:
    """List a data set elsewhere and select from it.

    Raises
    ------
    InputError
        If it holds no EEG recordings, or the selection fits none.
    """
    files, refused = source.listing
    by_path = {file.path: file for file in files}
    listing = Listing(by_path)
    everything = listing.recordings()
    skipped = listing.others()
    if not everything:
        there = ", ".join(f"{name}: {count}" for name, count in skipped.items())
        message = f"{source.text}: no EEG recordings in sub-*/[ses-*/]eeg/{f' (but other files: {there})' if there else ''}"
        raise no_recordings(message, listing.census.lines())
    tell(reporter, lines_for(listing.census, selection))
    recordings, several = one_file_each(select(everything, selection, _participants(source, reporter), reporter))
    tell(reporter, several)
    needed = sorted(listing.needed(recordings) - {IGNORE})
    signals = {path.as_posix() for recording in recordings for path in (recording.path, *recording.companions)}
    return Chosen(
        recordings, [by_path[path] for path in sorted(needed, key=lambda path: (path in signals, "/" in path, path))], skipped, refused
    )


def is_selective(settings: Selected) -> bool:
    """Test that any selection was named."""
    return any(getattr(settings, f.name) != f.default for f in _own_fields())


def selection_options(settings: Selected) -> dict[str, object]:
    """The selection of a settings object, without what is common to all commands."""
    return {f.name: getattr(settings, f.name) for f in _own_fields()}


def _own_fields() -> list[Field[Any]]:
    common = {f.name for f in fields(Common)}
    return [f for f in fields(Selected) if f.name not in common]


def without_release(settings: Selected) -> Selected:
    """The selection where the release has chosen the data set already."""
    return replace(settings, release=())


def _participants(source: Source, reporter: Reporter) -> Callable[[], Table]:
    def table() -> Table:
        content = source.read(participants.FILE)
        if content is None:
            return {}
        with scratch("eegcli-participants-") as folder:
            (folder / participants.FILE).write_bytes(content)
            read = participants.load_participants(folder)
        read.tell(reporter)
        return read.table

    return table
