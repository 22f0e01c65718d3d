"""How to bring recordings here that are only links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eegcli.bids.scan import RecordingFile

_ACCESSION = re.compile(r"ds\d{6}")


def fetch_command(root: Path, missing: Sequence[RecordingFile], description: Mapping[str, Any]) -> str:
    """The shell command that fetches recordings which are only links.

    Parameters
    ----------
    root : Path
        The data set.
    missing : sequence of RecordingFile
        What is to be fetched.
    description : mapping
        Its dataset_description.json.

    Returns
    -------
    str
        DataLad inside a DataLad data set; Amazon's client where only the accession number of OpenNeuro is known.
    """
    endings = {f"{f'*_task-{item.task}' if item.task else ''}*{_ending(item)}" for item in missing}
    if len(endings) > 4:
        endings = {f"*{_ending(item)}" for item in missing}
    accession = accession_of(root, description)
    if accession and not (root / ".git").exists():
        included = " ".join(f"--include '{ending}'" for ending in sorted(endings))
        return f"aws s3 cp --no-sign-request --recursive s3://openneuro.org/{accession} {shlex.quote(str(root))} --exclude '*' {included}"
    folders = sorted({"sub-*/ses-*/eeg" if item.session else "sub-*/eeg" for item in missing})
    return (
        f"cd {shlex.quote(str(root))} && datalad get {' '.join(f'{folder}/{ending}' for folder in folders for ending in sorted(endings))}"
    )


def accession_of(root: Path, description: Mapping[str, Any]) -> str | None:
    """The accession number of OpenNeuro under which a data set is published, as its DOI or its folder says."""
    found = _ACCESSION.search(str(description.get("DatasetDOI", ""))) or _ACCESSION.fullmatch(root.resolve().name)
    return found.group() if found else None


def _ending(recording: RecordingFile) -> str:
    # The files that hold its samples and markers have the same name.
    return f"_{recording.suffix}{'.*' if recording.companions else recording.path.suffix}"
