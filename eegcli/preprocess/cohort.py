"""The cohort: which recordings there are to clean, and what decides the bytes of each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eegcli.artifacts.table import Table
from eegcli.bids.channel_choice import asked_of
from eegcli.bids.channel_listing import check_asked
from eegcli.bids.description import dataset_name
from eegcli.bids.keys import fetched_keys
from eegcli.bids.participants import CAUSE as PARTICIPANTS_CAUSE
from eegcli.bids.participants import FILE as PARTICIPANTS
from eegcli.bids.participants import load_participants
from eegcli.bids.scan import RecordingFile, survey
from eegcli.bids.selection import needs_participants
from eegcli.bids.sidecars import Sidecars
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.preprocess.definition import Step
from eegcli.preprocess.record import Work
from eegcli.preprocess.stream import Stream
from eegcli.remote.file import RemoteFile
from eegcli.reporter import Reporter
from eegcli.result import Failure
from eegcli.settings import PreprocessSettings

VERSION = 3  # raise it when the same steps on the same recording give other bytes
NOT_FETCHED = "not fetched"
AMBIGUOUS = "ambiguous"


@dataclass(frozen=True)
class Cohort:
    """The recordings of a data set that are to be cleaned.

    Attributes
    ----------
    root : Path
        The data set, absolute.
    works : tuple of Work
        A piece of work per recording found, in order of the files' paths.
    participants : Table
        From participants.tsv.
    unreachable : dict of str to Failure
        Recordings that fail before they are opened: not fetched, of one name in several folders, or of a participant listed twice.
    state : str
        Digest of the files that are read.
    streamed : dict of str to tuple of RemoteFile
        What has to be fetched for recordings that are not here, by name.
    contradicted : frozenset of str
        Subjects that stand in participants.tsv twice, with different rows.
    """

    root: Path
    works: tuple[Work, ...]
    participants: Table
    unreachable: dict[str, Failure]
    state: str
    streamed: dict[str, tuple[RemoteFile, ...]] = field(default_factory=dict)
    contradicted: frozenset[str] = frozenset()

    @property
    def missing(self) -> list[RecordingFile]:
        """The recordings that are not fetched, and will not be."""
        return [work.recording for work in self.works if not work.recording.fetched and work.name not in self.streamed]

    def size(self, work: Work) -> float:
        """Bytes of a recording that are read; none of one that is not here and will not be."""
        return float(work.recording.size or 0) if work.recording.fetched or work.name in self.streamed else 0.0

    def inputs(self) -> dict[str, str]:
        """Inputs of the artifact: the data set's name, and digests."""
        participants = self.root / PARTICIPANTS
        return {
            "dataset": dataset_name(self.root),
            "participants": digest_of_file(participants) if participants.exists() else "",
            "recordings": self.state,
        }


def find_cohort(
    settings: PreprocessSettings, steps: Sequence[Step], output: Path, stream: Stream | None = None, *, reporter: Reporter | None = None
) -> Cohort:
    """Find the recordings to clean; none is opened.

    Parameters
    ----------
    settings : PreprocessSettings
    steps : sequence of Step
    output : Path
        The artifact, absolute.
    stream : Stream, optional
        Where recordings that are not here come from.
    reporter : Reporter, optional
        Is told which recordings are left out as known to be bad.

    Raises
    ------
    InputError
        If there is no BIDS data set or no such recording, or participants.tsv is malformed.
    """
    root = Path(os.path.abspath(stream.root if stream else settings.bids))  # noqa: PTH100  # as the survey does
    participants = load_participants(root)
    if reporter:
        participants.tell(reporter)
    found = survey(root, settings, desc=settings.desc, reporter=reporter, participants=lambda: participants.table).recordings
    if reporter and not needs_participants(settings):  # else it was said before the selection
        participants.tell_mistaken(reporter, {recording.subject for recording in found})
    sexes = _sexes(participants.table)
    asked = asked_of(settings)
    sidecars, keys, seen = Sidecars(root), fetched_keys(root), dict[Path, str]()
    check_asked(asked, found, sidecars)
    plan = [step.as_dict() for step in steps]
    placed = (
        {"montage": settings.montage} if settings.montage != "auto" else {}
    )  # recordings that were cleaned before it came stay finished
    works: dict[str, Work] = {}
    unreachable: dict[str, Failure] = {}
    streamed: dict[str, tuple[RemoteFile, ...]] = {}
    states = []
    for recording in found:
        name = recording.stem
        if name in works:
            error = f"stands in more than one file ({works[name].recording.path}, {recording.path})"
            unreachable[name] = Failure(name, error, AMBIGUOUS)
            continue
        objects = stream.objects(recording) if stream and not recording.fetched else None
        if recording.subject in participants.contradicted:
            unreachable[name] = Failure(name, participants.contradicted[recording.subject], PARTICIPANTS_CAUSE)
        elif stream and objects and (trouble := stream.trouble(recording)):
            unreachable[name] = Failure(name, trouble, "fetch")
        elif objects:
            streamed[name] = objects
        elif not recording.fetched:
            size = f" ({recording.size / 1e6:.0f} MB)" if recording.size else ""
            unreachable[name] = Failure(name, f"{NOT_FETCHED}{size}", NOT_FETCHED)
        signal_file = output / recording.path.parent / f"{name}_desc-clean_eeg.h5"
        states.append(_state(recording, sidecars, keys, seen))
        digest = digest_of({"version": VERSION, "steps": plan, "input": states[-1], **placed, **asked.state()})
        works[name] = Work(recording, tuple(steps), signal_file, digest, sexes.get(recording.subject), asked, settings.montage)
    return Cohort(
        root, tuple(works.values()), participants.table, unreachable, digest_of(states), streamed, frozenset(participants.contradicted)
    )


def _sexes(participants: Table) -> dict[str, str]:
    column = participants.get("sex", participants.get("gender"))
    if column is None:
        return {}
    words = {"f": "F", "female": "F", "m": "M", "male": "M"}
    pairs = zip(participants["subject"], (words.get(str(value).lower()) for value in column), strict=True)
    return {subject: sex for subject, sex in pairs if sex is not None}


def _state(recording: RecordingFile, sidecars: Sidecars, keys: Mapping[str, str], seen: dict[Path, str]) -> list[Any]:
    """State of a recording and its sidecars: it changes when one of them changes.

    Where keys tell what the samples are, nothing else may depend on when and where files were written: the recording has the
    same state in a clone, fetched, and streamed.
    """
    paths = (recording.path, *recording.companions)
    linked = (recording.annex_key, *recording.companion_keys) if recording.companions else (recording.annex_key,)
    known = [keys.get(path.as_posix()) or key for path, key in zip(paths, linked, strict=True)]
    others = sidecars.all(recording)
    version = sidecars.hed(recording).version  # of the HED schema, which stands in no sidecar
    if all(known):
        first = [[path.as_posix(), key] for path, key in zip(paths, known, strict=True)]
        return [*first, *([path.relative_to(recording.root).as_posix(), _digest(path, seen)] for path in others), version]
    if not recording.fetched:
        return [recording.path.as_posix(), recording.annex_key]
    return [*(_stamp(path, recording.root) for path in (*(recording.root / path for path in paths), *others)), version]


def _digest(path: Path, seen: dict[Path, str]) -> str:
    """Digest of a small file's content; inherited files are read once."""
    if path not in seen:
        seen[path] = digest_of_file(path)
    return seen[path]


def _stamp(path: Path, root: Path) -> list[Any]:
    status = path.stat()
    return [path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns]
