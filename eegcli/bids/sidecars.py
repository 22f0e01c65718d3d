"""Which sidecars apply to a recording: BIDS' principle of inheritance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eegcli.bids.entities import parse
from eegcli.bids.errors import RecordingError
from eegcli.bids.scan import RecordingFile

# Sidecars that can change what is read from a recording, hence its digest.
READ = (("channels", ".tsv"), ("events", ".tsv"), ("electrodes", ".tsv"), ("coordsystem", ".json"), ("eeg", ".json"))


class Sidecars:
    """Finds the sidecars of the recordings of one data set; every folder is listed once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listings: dict[Path, list[tuple[str, str, dict[str, str], Path]]] = {}

    def find(self, recording: RecordingFile, suffix: str, extension: str) -> list[Path]:
        """Sidecars of one kind that apply to a recording, the most specific first."""
        own = dict(entity.split("-", 1) for entity in recording.stem.split("_"))
        if recording.desc is not None:
            own["desc"] = recording.desc
        found: list[tuple[int, int, str, Path]] = []
        folder = recording.file.parent
        for depth, level in enumerate(_upwards(folder, self._root)):
            for other_suffix, other_extension, entities, path in self._list(level):
                if (other_suffix, other_extension) == (suffix, extension) and entities.items() <= own.items():
                    found.append((depth, -len(entities), path.name, path))
        return [path for *_, path in sorted(found)]

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
            try:
                value = json.loads(path.read_text(encoding="utf-8-sig"))
            except (OSError, ValueError) as error:
                raise RecordingError(f"{path.name}: not JSON ({error})", cause="sidecar") from error
            if not isinstance(value, dict):
                raise RecordingError(f"{path.name}: not a JSON object", cause="sidecar")
            merged |= value
        return merged

    def _list(self, folder: Path) -> list[tuple[str, str, dict[str, str], Path]]:
        if folder not in self._listings:
            names = ((parse(path.name), path) for path in folder.iterdir() if path.suffix in (".tsv", ".json"))
            self._listings[folder] = [(name.suffix, name.extension, dict(name.entities), path) for name, path in names if name is not None]
        return self._listings[folder]


def _upwards(folder: Path, root: Path) -> list[Path]:
    levels = [folder]
    while levels[-1] != root:
        levels.append(levels[-1].parent)
    return levels
