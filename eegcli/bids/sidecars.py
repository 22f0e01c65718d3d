"""Sidecars that apply to a recording, by BIDS' principle of inheritance."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from eegcli.bids.description import read_description
from eegcli.bids.errors import RecordingError
from eegcli.bids.events import read_events
from eegcli.bids.hed import HedSidecar, read_hed, stated_version
from eegcli.bids.inheritance import Inheritance
from eegcli.bids.scan import RecordingFile
from eegcli.errors import InputError
from eegcli.files.objects import JsonObject, read_object
from eegcli.study.events import Events

# Sidecars that can change what is read from a recording, hence its digest.
READ = (("channels", ".tsv"), ("events", ".tsv"), ("events", ".json"), ("electrodes", ".tsv"), ("coordsystem", ".json"), ("eeg", ".json"))


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
        self._inheritance = Inheritance(lambda folder: os.listdir(root / folder))  # noqa: PTH208  # names are enough, and there are tens of thousands
        self._json: dict[Path, JsonObject] = {}
        self._hed: dict[tuple[Path, ...], HedSidecar] = {}
        self._version: str | None = None

    def find(self, recording: RecordingFile, suffix: str, extension: str) -> list[Path]:
        """Sidecars of one kind that apply to a recording, the most specific first."""
        return [self._root / path for path in self._inheritance.find(recording, suffix, extension)]

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
            self.remarks |= dict.fromkeys(f"eeg.json {remark}" for remark in self._json[path].remarks)
            merged |= self._json[path].value
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
        self.remarks |= dict.fromkeys(self._hed[paths].remarks)
        return self._hed[paths]


def _read_json(path: Path) -> JsonObject:
    try:
        return read_object(path)
    except InputError as error:
        raise RecordingError(error.message.removeprefix(f"{path.parent}{os.sep}"), cause="sidecar", hint=error.hint) from error
