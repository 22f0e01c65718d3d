"""Reads one recording into memory: EEG channels, µV, events; nothing of what it meets is printed."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.amplitude import MICROVOLTS, amplitude, check_amplitude, clipped, plausible
from eegcli.bids.channels import Channels, is_eeg, read_channels
from eegcli.bids.edf import EdfHeader, Sex, read_edf_header
from eegcli.bids.eeglab import read_samples
from eegcli.bids.errors import RecordingError
from eegcli.bids.events import join, make_events
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.errors import listed
from eegcli.files.scratch import scratch
from eegcli.study.events import Events, is_bad, is_boundary

_VIEW = "eegcli-view-"
_MNE_UNITS = ("uV", "µV", "μV", "\x83\xcaV", "mV", "V")  # those that MNE converts; it takes any other for volts


@dataclass(frozen=True)
class Reading:
    """Recording as read from its files, before any step.

    Attributes
    ----------
    data : ndarray of float64, or of float32 where that is what the file holds, shape (n_channels, n_times), µV
        EEG channels only.
    ch_names : tuple of str
        As the file names them.
    sfreq : float
        Sampling frequency, Hz.
    reference : str
        As the sidecar states it; ``unknown`` if it does not.
    events : Events
        Of events.tsv, or the file's annotations; ``boundary`` and ``BAD_`` of the file in any case, ``BAD_clipped`` found here.
    positions : ndarray of float64, shape (n_channels, 3), m
        In MNE's head coordinates; NaN where unknown.
    bad_channels : tuple of str
        Marked ``bad`` in channels.tsv.
    header_sex : str or None
        F or M in an EDF header; participants.tsv, not this, says who was recorded.
    broken_channels : tuple of str
        With samples that are NaN or infinite.
    warnings : tuple of str
        What the reader of a cohort should know, without the recording's name, so that equal ones can be counted.
    notes : tuple of str
        What MNE and mne-bids said, for the log.
    """

    data: np.ndarray
    ch_names: tuple[str, ...]
    sfreq: float
    reference: str
    events: Events
    positions: np.ndarray
    bad_channels: tuple[str, ...] = ()
    broken_channels: tuple[str, ...] = ()
    header_sex: Sex | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_recording(recording: RecordingFile) -> Reading:
    """Read a recording and the sidecars that apply to it.

    Parameters
    ----------
    recording : RecordingFile
        From `find_recordings`.

    Returns
    -------
    Reading

    Raises
    ------
    RecordingError
        If the file is not fetched, empty, truncated or damaged, holds no continuous EEG, is flat or in an unknown unit,
        or if a sidecar contradicts it.
    """
    _check_file(recording)
    sidecars = Sidecars(recording.root)
    header = read_edf_header(recording.file) if recording.extension in (".edf", ".bdf") else None
    if header and header.expected_bytes is not None and recording.file.stat().st_size < header.expected_bytes:
        raise _damaged(f"truncated: {recording.file.stat().st_size:,} bytes of {header.expected_bytes:,}")
    metadata = sidecars.metadata(recording)
    stated_events = sidecars.events(recording)
    with quiet() as notes, _opened(recording, sidecars, notes) as raw:
        names = list(raw.ch_names)
        stated = next((read_channels(path, names) for path in sidecars.find(recording, "channels", ".tsv")), Channels())
        picks = [i for i, name in enumerate(names) if is_eeg(name, stated.types.get(name), raw.get_channel_types([i])[0])]
        if not picks:
            raise RecordingError(f"no EEG channels among {listed(names, 6)}", cause="no EEG channels")
        data = _samples(recording, raw, picks)
        sfreq, annotations, positions = float(raw.info["sfreq"]), _annotations(raw), _positions(raw, picks)
    if data.shape[1] == 0:
        raise _damaged("no samples")
    kept = [names[index] for index in picks]
    data, warned = _microvolts(data, kept, stated, _stored_units(recording, header, names, picks))
    check_amplitude(data)
    return Reading(
        data=data,
        ch_names=tuple(kept),
        sfreq=sfreq,
        reference=_reference(metadata),
        events=join(*_chosen(stated_events, annotations, sfreq), clipped(data, sfreq)),
        positions=positions,
        bad_channels=tuple(name for name in kept if name in stated.bad),
        broken_channels=tuple(name for name, channel in zip(kept, data, strict=True) if not np.isfinite(channel).all()),
        header_sex=header.sex if header else None,
        warnings=(*warned, *sidecars.remarks),
        notes=tuple(note for note in notes if _VIEW not in note),  # mne-bids misses sidecars that the view leaves out
    )


def events_in_file(recording: RecordingFile) -> Events:
    """Events that the file itself holds, whether or not there is an events.tsv.

    Parameters
    ----------
    recording : RecordingFile
        One that is fetched.

    Raises
    ------
    RecordingError
        If the file cannot be read.
    """
    _check_file(recording)
    with quiet() as notes, _opened(recording, Sidecars(recording.root), notes) as raw:
        return _annotations(raw)


class _Collector(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        self.notes.append(_one_line(record.getMessage()))


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Collect what MNE, mne-bids and others warn of inside the block; nothing of it is printed."""
    import mne

    notes: list[str] = []
    logger = mne.utils.logger
    handlers = logger.handlers[:]
    logger.handlers[:] = [_Collector(notes)]  # MNE's own handler writes to standard output, which carries the artifact's path alone
    try:
        with warnings.catch_warnings(record=True) as caught, mne.utils.use_log_level("WARNING"):
            warnings.simplefilter("always")
            yield notes
    finally:
        logger.handlers[:] = handlers
        notes.extend(_one_line(warning.message) for warning in caught)
        notes[:] = list(dict.fromkeys(notes))


def _check_file(recording: RecordingFile) -> None:
    if not recording.fetched:
        raise RecordingError(f"not fetched{f' ({recording.size / 1e6:.0f} MB)' if recording.size else ''}", cause="not fetched")
    for path in (recording.file, *(recording.root / companion for companion in recording.companions)):
        if path.stat().st_size == 0:
            raise _damaged(f"{path.name} is empty")


@contextmanager
def _opened(recording: RecordingFile, sidecars: Sidecars, notes: list[str]) -> Iterator[Any]:
    """Open a recording with mne-bids; with MNE alone where mne-bids cannot.

    mne-bids gets a view of the data set: links to the recording and to its electrodes. The other sidecars are read by this package,
    since one malformed row would cost the recording, and since mne-bids would write lock files into the data set.
    """
    import mne_bids

    with scratch(_VIEW) as folder:
        view = folder / recording.path.parent
        view.mkdir(parents=True)
        file = view / recording.path.with_suffix(recording.extension).name
        file.symlink_to(recording.file)
        beside = [recording.root / companion for companion in recording.companions]
        beside += [
            path
            for suffix, extension in (("electrodes", ".tsv"), ("coordsystem", ".json"))
            for path in sidecars.find(recording, suffix, extension)[:1]
        ]
        for path in beside:
            (view / path.name).symlink_to(path)
        try:
            raw = mne_bids.read_raw_bids(mne_bids.get_bids_path_from_fname(file, check=False))
        except Exception as error:
            notes.append(f"mne-bids: {_one_line(error)}")
            raw = _read_with_mne(recording.file)
        yield raw


def _read_with_mne(file: Path) -> Any:
    import mne

    try:
        return mne.io.read_raw(file)
    except Exception as error:
        if "epoch" in str(error).lower() or "trials" in str(error).lower():
            raise RecordingError("cut into epochs; continuous recordings are needed", cause="epochs") from error
        raise _unreadable(error) from error


def _samples(recording: RecordingFile, raw: Any, picks: list[int]) -> np.ndarray:
    if recording.extension == ".set":
        samples = read_samples(recording.file, len(raw.ch_names), raw.n_times, picks)
        if samples is not None:
            return samples
    try:
        data: np.ndarray = raw.get_data(picks=picks)
    except Exception as error:
        raise _unreadable(error) from error
    data *= 1e6
    return data


def _positions(raw: Any, picks: list[int]) -> np.ndarray:
    positions = np.array([raw.info["chs"][index]["loc"][:3] for index in picks], dtype=float)
    positions[~np.isfinite(positions).all(axis=1) | (np.abs(positions).sum(axis=1) == 0)] = np.nan
    return positions


def _annotations(raw: Any) -> Events:
    # Onsets count from the measurement's begin, the data from their first sample. The duration of a boundary is that of what was cut out.
    value = list(raw.annotations.description)
    duration = [0.0 if is_boundary(name) else seconds for name, seconds in zip(value, raw.annotations.duration, strict=True)]
    return make_events(raw.annotations.onset - raw.first_time, duration, value)


def _chosen(stated: Events | None, in_file: Events, sfreq: float) -> list[Events]:
    if stated is None:
        return [in_file]
    technical = [
        index
        for index, value in enumerate(in_file.value)
        if is_boundary(value) or is_bad(value)
        if not any(
            value == other and abs(in_file.onset[index] - onset) <= 1 / sfreq
            for other, onset in zip(stated.value, stated.onset, strict=True)
        )
    ]
    return [stated, in_file.take(np.array(technical, dtype=int))]


def _stored_units(recording: RecordingFile, header: EdfHeader | None, names: list[str], picks: list[int]) -> list[float | None]:
    """Microvolts that the reader took one stored unit for, where the file does not say; None where it does."""
    if recording.extension == ".set":
        return [1.0] * len(picks)
    if header is not None and len(header.units) == len(names):
        return [None if header.units[index] in _MNE_UNITS else 1e6 for index in picks]
    return [None] * len(picks)


def _microvolts(data: np.ndarray, names: list[str], stated: Channels, taken: list[float | None]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Bring channels whose file names no unit from the unit they were taken for to µV."""
    if all(factor is None for factor in taken):
        return data, ()
    units = [MICROVOLTS.get(stated.units.get(name, "µV").lower(), 1.0) for name in names]
    as_stated = np.array([1.0 if factor is None else unit / factor for unit, factor in zip(units, taken, strict=True)])
    as_microvolt = np.array([1.0 if factor is None else 1.0 / factor for factor in taken])
    typical = amplitude(data)
    wrong = not plausible(typical * float(np.median(as_stated))) and plausible(typical * float(np.median(as_microvolt)))
    factors = as_microvolt if wrong else as_stated
    if (factors != 1.0).any():
        data = data * factors[:, np.newaxis]  # in double precision
    return data, ("channels.tsv states a unit that the samples cannot be in; they are taken for µV",) if wrong else ()


def _reference(metadata: dict[str, Any]) -> str:
    stated = metadata.get("EEGReference")
    text = ", ".join(map(str, stated)) if isinstance(stated, list) else str(stated or "")
    return text if text.strip() and text.strip().lower() != "n/a" else "unknown"


def _unreadable(error: Exception) -> RecordingError:
    return _damaged(f"damaged, truncated, or of a kind that MNE cannot read ({_one_line(error)})")


def _damaged(what: str) -> RecordingError:
    return RecordingError(f"cannot be read: {what}", cause="unreadable", hint="Fetch the file again, or leave the recording out.")


def _one_line(error: object) -> str:
    text = " ".join(str(error).split())
    return text[:200] if text else type(error).__name__
