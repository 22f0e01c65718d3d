"""Commands that fetch the recordings of a git-annex clone which are only links."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eegcli.bids.scan import RecordingFile
from eegcli.catalogue.accession import accession


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
        `eegcli fetch` where OpenNeuro's number is known: it links what is here and fetches the rest; else DataLad.
    """
    if accession(root, description):
        tasks = sorted({item.task for item in missing if item.task})
        chosen = f"--task {','.join(tasks)}" if tasks and all(item.task for item in missing) else "--suffix eeg"
        return f"eegcli fetch {shlex.quote(str(root))} {chosen} --output {shlex.quote(f'{root.name}-fetched')}"
    endings = {f"{f'*_task-{item.task}' if item.task else ''}*{_ending(item)}" for item in missing}
    if any(_other_names(item) for item in missing):
        endings = {"*"}
    if len(endings) > 4:
        endings = {f"*{_ending(item)}" for item in missing}
    folders = sorted({"sub-*/ses-*/eeg" if item.session else "sub-*/eeg" for item in missing})
    return (
        f"cd {shlex.quote(str(root))} && datalad get {' '.join(f'{folder}/{ending}' for folder in folders for ending in sorted(endings))}"
    )


def _other_names(recording: RecordingFile) -> bool:
    """Test that a file of a recording may have another name than it, as its header has it."""
    return recording.extension != ".fif" and any(path.stem != recording.path.stem for path in recording.companions)


def _ending(recording: RecordingFile) -> str:
    # The files that hold its samples and markers have the same name; the parts of a FIF file have a number before the ending.
    if recording.companions:
        return f"_{recording.suffix}{'*.fif' if recording.extension == '.fif' else '.*'}"
    return f"_{recording.suffix}{recording.path.suffix}"
