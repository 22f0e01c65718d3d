"""Files of git-annex that are only links: what their keys say, and how to bring them here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.bids.scan import RecordingFile

_ACCESSION = re.compile(r"(?<![A-Za-z0-9])ds\d{6}(?!\d)")
_KEY = re.compile(r"(?P<backend>SHA256|MD5)E?-s(?P<size>\d+)--(?P<digest>[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-f])")


@dataclass(frozen=True)
class AnnexKey:
    """What the name of an annexed file says of its content.

    Attributes
    ----------
    size : int
        Bytes.
    sha256, md5 : str or None
        Hexadecimal.
    """

    size: int
    sha256: str | None
    md5: str | None

    @property
    def digest(self) -> str:
        """``sha256:…`` or ``md5:…``."""
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"


def read_key(name: str) -> AnnexKey | None:
    """Take a key apart; None if it holds no checksum that is known here."""
    match = _KEY.search(name)
    if match is None or len(match["digest"]) != {"SHA256": 64, "MD5": 32}[match["backend"]]:
        return None
    is_sha = match["backend"] == "SHA256"
    return AnnexKey(int(match["size"]), match["digest"] if is_sha else None, None if is_sha else match["digest"])


def accession(root: Path, description: Mapping[str, Any]) -> str | None:
    """OpenNeuro's number of a data set, from its DOI or the name of its folder; None if neither says it."""
    found = _ACCESSION.search(str(description.get("DatasetDOI", ""))) or _ACCESSION.fullmatch(root.name)
    return found.group() if found else None


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
    if len(endings) > 4:
        endings = {f"*{_ending(item)}" for item in missing}
    folders = sorted({"sub-*/ses-*/eeg" if item.session else "sub-*/eeg" for item in missing})
    return (
        f"cd {shlex.quote(str(root))} && datalad get {' '.join(f'{folder}/{ending}' for folder in folders for ending in sorted(endings))}"
    )


def _ending(recording: RecordingFile) -> str:
    # The files that hold its samples and markers have the same name.
    return f"_{recording.suffix}{'.*' if recording.companions else recording.path.suffix}"
