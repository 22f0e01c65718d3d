"""Preprocessing of one recording, from file to artifact: read, apply the steps, write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.contents import fits_seal, sealed
from eegcli.artifacts.recordings import Recording, stored_digest, write_recording
from eegcli.bids.amplitude import CLIPPED
from eegcli.bids.channel_choice import Asked, ChannelChoice, matching
from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import clean_names
from eegcli.bids.reading import Reading, quiet, read_recording
from eegcli.bids.scan import RecordingFile
from eegcli.errors import ArtifactError, counted, listed
from eegcli.files.atomic import read_json, write_json
from eegcli.files.causes import disk_errors
from eegcli.files.claim import Owner, take
from eegcli.files.digest import digest_of_file
from eegcli.preprocess.definition import Step
from eegcli.preprocess.empty import recorded
from eegcli.preprocess.fusion import operations
from eegcli.preprocess.measures import measure
from eegcli.preprocess.positions import oriented
from eegcli.preprocess.quality.preview import hold, preview
from eegcli.preprocess.signal import Signal
from eegcli.registry import quality_columns
from eegcli.study.electrodes import DIGITISED, TEMPLATE, UNKNOWN, Electrodes

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
    asked : Asked
        What the user says of channels and unit.
    montage : str
        Where electrodes are: a name in `registry.MONTAGES`.
    """

    recording: RecordingFile
    steps: tuple[Step, ...]
    output: Path
    digest: str
    sex: str | None = None
    asked: Asked = field(default_factory=Asked)
    montage: str = "auto"

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
    choices : tuple of ChannelChoice
        Of every channel of the file.
    unmatched : tuple of str
        Names asked for that fit none of its channels.
    """

    row: dict[str, Any]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: dict[str, float]
    choices: tuple[ChannelChoice, ...] = ()
    unmatched: tuple[str, ...] = ()


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
    reading = read_recording(work.recording, work.asked)
    read = time.perf_counter()
    signal = to_signal(reading, work.montage)
    signal = signal.noting(
        not_eeg=", ".join(str(choice) for choice in reading.choices if not choice.is_eeg),
        **measure(recorded(signal), ecg=reading.ecg, line_frequency=reading.line_frequency),
    )
    bad = signal.bad_channels
    before = hold(signal, work.steps)
    reading = replace(reading, data=np.empty((0, 0)), ecg=None)  # the steps need that memory
    with quiet() as notes:
        for operation in operations(work.steps):
            signal = operation(signal)
            bad = tuple(dict.fromkeys((*bad, *signal.bad_channels)))
    _check_finite(signal, reading)
    seen, figures = preview(before, signal)
    signal = signal.noting(**figures)
    done = time.perf_counter()
    found = oriented(signal)
    row = {**_row(signal, bad), "positions": found.source}
    recording = Recording(signal.data.astype(np.float32), signal.ch_names, signal.sfreq, signal.reference, signal.events, found)
    write_recording(work.output, recording, digest=work.digest, preview=seen)
    write_json(work.sidecar, sealed(_sidecar(work, signal, row)))
    contradicted = work.sex is not None and reading.header_sex is not None and work.sex != reading.header_sex
    return Cleaned(
        row=row,
        warnings=(*reading.warnings, *signal.remarks, *_said_of(found), *([WRONG_SEX] if contradicted else [])),
        notes=(*reading.notes, *notes),
        seconds={"read": read - begun, "steps": done - read, "write": time.perf_counter() - done},
        choices=reading.choices,
        unmatched=_unmatched(work.asked, reading.choices),
    )


def _unmatched(asked: Asked, choices: Sequence[ChannelChoice]) -> tuple[str, ...]:
    wanted = (*asked.eeg, *asked.not_eeg)
    there = {pattern for choice in choices for pattern in matching(choice.name, wanted)}
    return tuple(pattern for pattern in wanted if pattern not in there)


def discard(work: Work) -> None:
    """Remove a recording's files, if there are any."""
    with disk_errors(work.output):
        work.sidecar.unlink(missing_ok=True)
        work.output.unlink(missing_ok=True)


def _said_of(found: Electrodes) -> list[str]:
    """Warnings for the reader of the cohort: of channels that lie nowhere, or elsewhere than they were digitised."""
    n_unknown, n_template, n_all = found.sources.count(UNKNOWN), found.sources.count(TEMPLATE), len(found.sources)
    said = []
    if 2 * n_unknown >= n_all:  # of a few, such as mastoids, nobody asks
        said.append(f"{n_unknown} of {counted(n_all, 'channel')} have no known position: neither digitised nor in a template")
    if n_template and found.source == DIGITISED:
        said.append(
            f"{n_template} of {counted(n_all, 'channel')} were not digitised: they lie where the template says, turned to fit the others"
        )
    return said


def to_signal(reading: Reading, montage: str = "auto") -> Signal:
    """The signal that the first step gets: channel names are spelled as 10-20 spells them."""
    signal = Signal(
        data=reading.data,
        ch_names=reading.ch_names,
        sfreq=reading.sfreq,
        reference=reading.reference,
        events=reading.events,
        positions=reading.positions,
        located=reading.electrodes.source,
        centre=reading.electrodes.centre,
        montage=montage,
        bad_channels=reading.bad_channels,
    )
    return signal.renamed(clean_names(reading.ch_names))


def _check_finite(signal: Signal, reading: Reading) -> None:
    # Checked at the end: a channel that the steps leave out may be broken.
    if np.isfinite(signal.data).all():
        return
    broken = reading.broken_channels
    raise RecordingError(
        f"samples are missing (NaN or infinite) in {len(broken)} of {counted(len(reading.ch_names), 'channel')} ({listed(broken, 4)})",
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
        "n_bad_channels": float(len(bad)),
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
