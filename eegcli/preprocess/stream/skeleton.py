"""The skeleton of a data set that lies elsewhere: its tables and sidecars, and a link without an end for each recording."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eegcli.bids.companions import SAMPLES
from eegcli.bids.listing import Listing
from eegcli.bids.scan import RecordingFile
from eegcli.files.annex import link_key
from eegcli.files.atomic import write_json
from eegcli.files.causes import disk_errors
from eegcli.files.folders import make_folder
from eegcli.remote.file import RemoteFile
from eegcli.remote.keys import key_of

INDEX = ".eegcli-metadata.json"  # which content each file had when it was fetched
_METADATA = (".tsv", ".json")


@dataclass(frozen=True)
class Skeleton:
    """A data set without its recordings.

    Attributes
    ----------
    root : Path
        Absolute.
    files : mapping of str to RemoteFile
        Everything that the source lists, by path.
    """

    root: Path
    files: Mapping[str, RemoteFile]

    def objects(self, recording: RecordingFile) -> tuple[RemoteFile, ...] | None:
        """Files that have to be fetched to read a recording; None if the source does not list all of them."""
        paths = [path.as_posix() for path in (recording.path, *recording.companions)]
        paths += [path for path in self._listing.parts(recording.path.as_posix()) if path not in paths]
        found = [self.files.get(path) for path in paths]
        return None if None in found else tuple(file for file in found if file is not None)

    def top(self) -> list[RemoteFile]:
        """Tables and sidecars in the root, which hold for all recordings."""
        return [file for path, file in self.files.items() if "/" not in path and path.endswith(_METADATA)]

    def sidecars(self, recordings: Sequence[RecordingFile]) -> list[RemoteFile]:
        """Sidecars that apply to some recordings, by BIDS' principle of inheritance."""
        paths = dict.fromkeys(path for recording in recordings for path in self._listing.sidecars(recording))
        return [self.files[path] for path in paths]

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.files)

    def draw(self) -> None:
        """Make the links, one per file that holds samples or looks so; those of files that the source no longer lists go.

        Raises
        ------
        UnavailableError
            If nothing can be written there.
        """
        make_folder(self.root)
        census = self._listing.census
        # Links to what is passed over, too: so it is said of a streamed data set as of one that is here.
        named = {*census.passed_over, *census.orphans}
        wanted = {path: key_of(file) for path, file in self.files.items() if _is_samples(path) or path in named}
        with disk_errors(self.root):
            for path, key in wanted.items():
                link_key(self.root, path, key)
            for found in _walk(self.root):
                name = found.relative_to(self.root).as_posix()
                if name not in self.files and (found.is_symlink() or found.suffix in _METADATA):
                    found.unlink(missing_ok=True)

    def outdated(self, files: Iterable[RemoteFile]) -> list[RemoteFile]:
        """List the small files, of those given, that are not here with the size and checksum that the source lists."""
        known = self._index()
        return [
            file for file in files if known.get(file.path) != key_of(file) or file.etag is None or not (self.root / file.path).is_file()
        ]

    def note(self, files: Iterable[RemoteFile]) -> None:
        """Record the keys (size and checksum) of small files that are here."""
        write_json(self.root / INDEX, {**self._index(), **{file.path: key_of(file) for file in files}})

    def _index(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            value = json.loads((self.root / INDEX).read_text(encoding="utf-8"))
            return value if isinstance(value, dict) else {}
        return {}


def _is_samples(path: str) -> bool:
    parts = path.split("/")
    return len(parts) in (3, 4) and parts[-2] == "eeg" and path.lower().endswith(SAMPLES)


def _walk(root: Path) -> Iterable[Path]:
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(".")]
        yield from (Path(folder) / name for name in files if not name.startswith("."))
