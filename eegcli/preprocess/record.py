"""Preprocessing of one recording, from file to artifact: read, apply the steps, write."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.contents import fits_seal, sealed
from eegcli.artifacts.recordings import Recording, stored_digest, write_recording
from eegcli.bids.amplitude import CLIPPED
from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import clean_names
from eegcli.bids.reading import Reading, quiet, read_recording
from eegcli.bids.scan import RecordingFile
from eegcli.errors import ArtifactError, listed
from eegcli.files.atomic import read_json, write_json
from eegcli.files.causes import disk_errors
from eegcli.files.claim import Owner, take
from eegcli.files.digest import digest_of_file
from eegcli.preprocess.definition import Step
from eegcli.preprocess.fusion import operations
from eegcli.preprocess.quality.preview import hold, preview
from eegcli.preprocess.signal import Signal
from eegcli.registry import quality_columns

AT_WORK = "at work"  # the cause of a recording that another process is cleaning: no failure
WRONG_SEX = "the sex in the file header contradicts participants.tsv, which is right"


@dataclass(frozen=True)
class Work:
    """One recording to clean.

    Attributes
    ----------
    recording : RecordingFile
        What is read.
    steps : tuple of Step
        What is done.
    output : Path
        The signal file to write; its sidecar lies beside it.
    digest : str
        Of everything that decides the bytes written.
    sex : str or None
        F or M as participants.tsv says, to be compared with the file's header.
    """

    recording: RecordingFile
    steps: tuple[Step, ...]
    output: Path
    digest: str
    sex: str | None = None

    @property
    def name(self) -> str:
        """The recording's BIDS stem."""
        return self.recording.stem

    @property
    def claim(self) -> Path:
        """The file that says which process cleans it."""
        return self.output.with_name(f".{self.output.stem}.claim")

    @property
    def sidecar(self) -> Path:
        """The JSON file that says how the signal was made; written last."""
        return self.output.with_suffix(".json")


@dataclass(frozen=True)
class Cleaned:
    """Outcome of cleaning a recording.

    Attributes
    ----------
    row : dict
        Its columns of recordings.parquet: sampling, length, quality.
    warnings, notes : tuple of str
        For the reader of the cohort, and for the log.
    seconds : dict
        Wall time of reading, steps and writing.
    """

    row: dict[str, Any]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: dict[str, float]


def finished(work: Work) -> dict[str, Any] | None:
    """Read the table row of a recording that was cleaned with this digest before; None if it has to be made."""
    try:
        sidecar = read_json(work.sidecar)
    except ArtifactError:
        return None
    if not fits_seal(sidecar) or sidecar.get("Digest") != work.digest or stored_digest(work.output) != work.digest:
        return None
    row: dict[str, Any] = sidecar["Row"]
    return row


def content_of(work: Work) -> str | None:
    """Read the digest of a signal's file as it was written; None of one that was written before there was one."""
    content = read_json(work.sidecar).get("Content")
    return content if isinstance(content, str) else None


def clean(work: Work) -> Cleaned:
    """Read one recording, apply the steps, write the signal and its sidecar.

    Parameters
    ----------
    work : Work

    Returns
    -------
    Cleaned

    Raises
    ------
    RecordingError
        If the recording cannot be used.
    """
    claim = take(work.claim)
    if isinstance(claim, Owner):
        raise RecordingError(f"{claim} is at work on it", cause=AT_WORK)
    with claim:
        row = finished(work)  # by another process, meanwhile
        return _clean(work) if row is None else Cleaned(row, (), (), {})


def _clean(work: Work) -> Cleaned:
    begun = time.perf_counter()
    discard(work)  # what lies there is of another configuration; a failure must not leave it standing
    reading = read_recording(work.recording)
    read = time.perf_counter()
    signal = to_signal(reading)
    bad = signal.bad_channels
    before = hold(signal, work.steps)
    reading = replace(reading, data=np.empty((0, 0)))  # the steps need that memory
    with quiet() as notes:
        for operation in operations(work.steps):
            signal = operation(signal)
            bad = tuple(dict.fromkeys((*bad, *signal.bad_channels)))
    _check_finite(signal, reading)
    seen, figures = preview(before, signal)
    signal = signal.noting(**figures)
    done = time.perf_counter()
    row = _row(signal, bad)
    recording = Recording(signal.data.astype(np.float32), signal.ch_names, signal.sfreq, signal.reference, signal.events)
    write_recording(work.output, recording, digest=work.digest, preview=seen)
    write_json(work.sidecar, sealed(_sidecar(work, signal, row)))
    contradicted = work.sex is not None and reading.header_sex is not None and work.sex != reading.header_sex
    return Cleaned(
        row=row,
        warnings=(*reading.warnings, *([WRONG_SEX] if contradicted else [])),
        notes=(*reading.notes, *notes),
        seconds={"read": read - begun, "steps": done - read, "write": time.perf_counter() - done},
    )


def discard(work: Work) -> None:
    """Remove a recording's files, if there are any."""
    with disk_errors(work.output):
        work.sidecar.unlink(missing_ok=True)
        work.output.unlink(missing_ok=True)


def to_signal(reading: Reading) -> Signal:
    """The signal that the first step gets: channel names are spelled as 10-20 spells them."""
    signal = Signal(
        data=reading.data,
        ch_names=reading.ch_names,
        sfreq=reading.sfreq,
        reference=reading.reference,
        events=reading.events,
        positions=reading.positions,
        bad_channels=reading.bad_channels,
    )
    return signal.renamed(clean_names(reading.ch_names))


def _check_finite(signal: Signal, reading: Reading) -> None:
    # Checked at the end: a channel that the steps leave out may be broken.
    if np.isfinite(signal.data).all():
        return
    broken = reading.broken_channels
    raise RecordingError(
        f"samples are missing (NaN or infinite) in {len(broken)} of {len(reading.ch_names)} channels ({listed(broken, 4)})",
        cause="missing samples",
        hint="Leave these channels out with the step drop-channels, or that stretch with the step crop.",
    )


def _row(signal: Signal, bad: tuple[str, ...]) -> dict[str, Any]:
    return {
        "sfreq": signal.sfreq,
        "ch_names": ",".join(signal.ch_names),
        "n_channels": len(signal.ch_names),
        "n_times": signal.n_times,
        "seconds": signal.n_times / signal.sfreq,
        "bad_channels": ",".join(bad),
        "interpolated": ",".join(signal.interpolated),
        **{column.name: signal.quality.get(column.name) for column in quality_columns()},
        "clipped_seconds": float(signal.events.duration[signal.events.value == CLIPPED].sum()),
    }


def _sidecar(work: Work, signal: Signal, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "Content": digest_of_file(work.output),
        "Description": "continuous EEG after the steps listed, float32, microvolt",
        "Digest": work.digest,
        "EEGReference": signal.reference,
        "RecordingDuration": row["seconds"],
        "Row": row,
        "SamplingFrequency": signal.sfreq,
        "Sources": [f"bids::{work.recording.path.as_posix()}"],
        "Steps": [step.as_dict() for step in work.steps],
    }
