"""Recordings that failed, noted beside the signals: this is how shards learn of each other's failures."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from eegcli.errors import ArtifactError
from eegcli.files.atomic import read_json, write_json
from eegcli.files.causes import disk_errors
from eegcli.preprocess.record import Work
from eegcli.result import Failure

FOLDER = "failures"


def note_failure(output: Path, work: Work, failure: Failure) -> None:
    """Write a failure note of a recording, with the digest of the input and settings that it failed with."""
    write_json(_file(output, work), {"cause": failure.cause, "digest": work.digest, "error": failure.error, "recording": work.name})


def noted_failure(output: Path, work: Work) -> Failure | None:
    """Read the failure note of a recording; None if there is none, or input or settings have changed since."""
    try:
        note = read_json(_file(output, work))
    except ArtifactError:
        return None
    return Failure(work.name, str(note.get("error")), str(note.get("cause"))) if note.get("digest") == work.digest else None


def forget_failures(output: Path, *, but: Container[str]) -> None:
    """Remove the notes of recordings that are not among `but`."""
    folder = output / FOLDER
    with disk_errors(folder):
        for path in folder.glob("*.json"):
            if path.stem not in but:
                path.unlink(missing_ok=True)


def _file(output: Path, work: Work) -> Path:
    return output / FOLDER / f"{work.name}.json"
