"""Listing of a data set's paths: its EEG recordings, and all the files that reading them takes. No file is opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath

from eegcli.bids.census import DATATYPES, Census, take_census
from eegcli.bids.entities import Name, RecordingName, parse
from eegcli.bids.inheritance import Inheritance

_FORMATS_THAT_ARE_FOLDERS = (".mff",)
# Of the data set as a whole; names with any extension.
ABOUT = ("dataset_description", "participants", "README", "CHANGES", "LICENSE", "CITATION")


class Listing:
    """A list of paths, relative to a BIDS data set, by folder.

    Parameters
    ----------
    paths : iterable of str
        With forward slashes.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._folders: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            folder, _, name = path.rpartition("/")
            self._folders[folder].append(name)
        for folder in [folder for folder in self._folders if folder.lower().endswith(_FORMATS_THAT_ARE_FOLDERS)]:
            above, _, name = folder.rpartition("/")
            self._folders[above].append(name)
        self._inheritance = Inheritance(lambda folder: self._folders.get(folder, ()))

    @cached_property
    def census(self) -> Census:
        """All names, told apart: recordings, and what looks like one and is passed over."""
        return take_census(self._folders)

    def recordings(self) -> list[RecordingName]:
        """The raw EEG recordings, in the order of their paths."""
        return [self._whole(found) for found in self.census.recordings if found.desc is None]

    def others(self) -> dict[str, int]:
        """Count files of other datatypes (``meg``, ``ieeg``, ...), by datatype."""
        counts: Counter[str] = Counter()
        for folder, names in self._folders.items():
            parts = folder.split("/")
            datatype = next((part for part in parts[1:3] if part.partition(".")[0] in DATATYPES), None)
            if parts[0].startswith("sub-") and datatype is not None:
                counts[datatype] += len(names)
        return dict(sorted(counts.items()))

    def needed(self, recordings: Collection[RecordingName]) -> set[str]:
        """Paths of everything that reading these recordings takes, and of what the data set says of itself."""
        paths = {name for name in self._folders.get("", ()) if name.partition(".")[0] in ABOUT}
        for recording in recordings:
            paths.update(path.as_posix() for path in (recording.path, *recording.companions))
            paths.update(self.sidecars(recording))
        return paths

    def sidecars(self, recording: RecordingName) -> Iterator[str]:
        """Paths of the sidecars that a recording inherits, at every level."""
        return self._inheritance.all(recording)

    def parts(self, path: str) -> list[str]:
        """Paths of the other parts of a split FIF file, which the first one opens."""
        folder, _, name = path.rpartition("/")
        parsed = parse(name)
        if parsed is None or "split" not in parsed.entities:
            return []
        same = _without_split(name)
        return [_join(folder, other) for other in self._folders[folder] if other != name and _without_split(other) == same]

    def _whole(self, found: RecordingName) -> RecordingName:
        """A recording with all parts of a split file."""
        parts = (PurePosixPath(part) for part in self.parts(found.path.as_posix()))
        return replace(found, companions=tuple(sorted({*found.companions, *parts})))


def _without_split(name: str) -> Name | None:
    parsed = parse(name)
    if parsed is None or "split" not in parsed.entities:
        return parsed
    return Name({key: label for key, label in parsed.entities.items() if key != "split"}, parsed.suffix, parsed.extension)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
