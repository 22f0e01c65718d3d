"""Sidecars that apply to a recording, by BIDS' principle of inheritance."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

from eegcli.bids.description import read_description
from eegcli.bids.entities import parse
from eegcli.bids.errors import RecordingError
from eegcli.bids.events import read_events
from eegcli.bids.hed import HedSidecar, read_hed, stated_version
from eegcli.bids.scan import RecordingFile
from eegcli.errors import InputError
from eegcli.study.events import Events

# Sidecars that can change what is read from a recording, hence its digest.
READ = (("channels", ".tsv"), ("events", ".tsv"), ("events", ".json"), ("electrodes", ".tsv"), ("coordsystem", ".json"), ("eeg", ".json"))

# Sidecars of one folder and kind: those with the same entities together, by their labels. A look-up costs the same in a folder of thousands.
_Kind = dict[tuple[str, ...], dict[tuple[str, ...], Path]]


class Sidecars:
    """Finds and reads the sidecars of the recordings of one data set; every folder is listed once, what is inherited is read once.

    Attributes
    ----------
    remarks : dict of str to None
        What was mended in the sidecars read so far, in order; by kind of sidecar, without its name.
    """

    def __init__(self, root: Path) -> None:
        self.remarks: dict[str, None] = {}
        self._root = root
        self._listings: dict[str, dict[tuple[str, str], _Kind]] = {}
        self._json: dict[Path, dict[str, Any]] = {}
        self._hed: dict[tuple[Path, ...], HedSidecar] = {}
        self._version: str | None = None

    def find(self, recording: RecordingFile, suffix: str, extension: str) -> list[Path]:
        """Sidecars of one kind that apply to a recording, the most specific first."""
        own = recording.name.entities
        found: list[Path] = []
        for level in (recording.path.parent, *recording.path.parent.parents):
            kind = self._list(level).get((suffix, extension), {})
            matches = [(keys, kind[keys].get(tuple(own.get(key, "") for key in keys))) for keys in kind]
            here = [(-len(keys), path.name, path) for keys, path in matches if path is not None]
            found += [path for *_, path in sorted(here)]
        return found

    def all(self, recording: RecordingFile) -> list[Path]:
        """Every sidecar that can change what is read from a recording."""
        return [path for suffix, extension in READ for path in self.find(recording, suffix, extension)]

    def metadata(self, recording: RecordingFile) -> dict[str, Any]:
        """The recording's ``*_eeg.json``, what is nearer going before what is inherited.

        Raises
        ------
        RecordingError
            If one of the files is no JSON object.
        """
        merged: dict[str, Any] = {}
        for path in reversed(self.find(recording, "eeg", ".json")):
            if path not in self._json:
                self._json[path] = _read_json(path)
            merged |= self._json[path]
        return merged

    def events(self, recording: RecordingFile) -> Events | None:
        """The events of the recording's ``events.tsv``, with the HED of its ``events.json``; None where there is no such table.

        Raises
        ------
        RecordingError
            If the table is malformed.
        """
        paths = self.find(recording, "events", ".tsv")
        return read_events(paths[0], self.hed(recording), self.remarks) if paths else None

    def hed(self, recording: RecordingFile) -> HedSidecar:
        """The HED annotations that apply to the recording's events."""
        if self._version is None:
            try:
                self._version = stated_version(read_description(self._root))
            except InputError:
                self._version = ""  # a data set may be read without its description
        paths = tuple(self.find(recording, "events", ".json"))
        if paths not in self._hed:
            self._hed[paths] = read_hed(paths, self._version)
        return self._hed[paths]

    def _list(self, folder: PurePosixPath) -> dict[tuple[str, str], _Kind]:
        key = str(folder)
        if key not in self._listings:
            whole = self._root / folder
            listing: dict[tuple[str, str], _Kind] = {}
            for name in os.listdir(whole):  # noqa: PTH208  # names are enough, and there are tens of thousands
                parsed = parse(name) if name.endswith((".tsv", ".json")) else None
                if parsed is not None:
                    kind = listing.setdefault((parsed.suffix, parsed.extension), {})
                    kind.setdefault(tuple(parsed.entities), {})[tuple(parsed.entities.values())] = whole / name
            self._listings[key] = listing
        return self._listings[key]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path.name}: not JSON ({error})", cause="sidecar") from error
    if not isinstance(value, dict):
        raise RecordingError(f"{path.name}: not a JSON object", cause="sidecar")
    return value
