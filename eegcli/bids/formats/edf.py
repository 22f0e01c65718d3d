"""EDF and BDF, plain and `+`: header, samples at each channel's own rate, annotations and gaps.

The formats: Kemp & Olivan 2003, Clin. Neurophysiol. 114:1755, doi:10.1016/S1388-2457(03)00123-8; BDF: BioSemi, "Which file format does
BioSemi use", www.biosemi.com/faq/file_format.htm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eegcli.bids.events import join, make_events
from eegcli.bids.formats.contents import Contents, Sex, nowhere, numbered, truncated, unknown_format
from eegcli.bids.formats.tal import read_annotations
from eegcli.bids.scan import RecordingFile
from eegcli.bids.units import microvolts
from eegcli.study.events import Events

_FIXED = 256  # bytes before the channels' part
_PER_CHANNEL = 256
ANNOTATIONS = ("edf annotations", "bdf annotations")
_STIM = re.compile(r"status|trigger|trig|stim|sti ?\d+", re.IGNORECASE)
# Of a BioSemi status word: sixteen bits of triggers, then one that is set when a new epoch begins, after a pause.
TRIGGERS, NEW_EPOCH = 0xFFFF, 1 << 16
# A channel of states keeps its value: one that changes more often than that holds a signal, or counts.
MAX_CHANGES = 0.05  # of its samples
_CHUNK_BYTES = 8_000_000
UNKNOWN_LENGTH = "the header does not say how many records there are; they are counted by the length of the file"
OTHER_LENGTH = "the header gives fewer records than the file holds; all are read"
OTHER_BEGIN = "the header gives a wrong length of itself; the samples are read from where it ends"
NO_DURATION = "the header gives a length of 0 s for a record; 1 s is taken"


@dataclass(frozen=True)
class Header:
    """Header of an EDF or BDF file.

    Attributes
    ----------
    sex : str or None
        F or M as written in the EDF+ patient field.
    labels, units : tuple of str
        Of every signal, annotations included.
    physical, digital : ndarray of float, shape (n_signals, 2)
        Minimum and maximum.
    samples : tuple of int
        Of each signal in a record.
    width : int
        Bytes of a sample: 2, in BDF 3.
    begin : int
        First byte of the samples.
    n_records : int
    seconds : float
        Length of a record.
    warnings : tuple of str
    """

    sex: Sex | None
    labels: tuple[str, ...]
    units: tuple[str, ...]
    physical: np.ndarray
    digital: np.ndarray
    samples: tuple[int, ...]
    width: int
    begin: int
    n_records: int
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def starts(self) -> list[int]:
        """First sample of each signal in a record, and one more for its end."""
        return [0, *np.cumsum(self.samples).tolist()]

    @property
    def signals(self) -> list[int]:
        """Signals that are channels: all but annotations."""
        return [index for index, label in enumerate(self.labels) if label.lower() not in ANNOTATIONS]


def open_edf(recording: RecordingFile) -> Contents:
    """Open an EDF or BDF file: header and annotations are read, samples are not.

    Parameters
    ----------
    recording : RecordingFile

    Returns
    -------
    Contents

    Raises
    ------
    RecordingError
        If it is truncated, or no EDF or BDF.
    """
    path = recording.file
    header = read_header(path)
    signals = header.signals
    names = numbered([header.labels[index] for index in signals])
    # What the file calls a trigger channel is one, as MNE has it.
    types = tuple("stim" if name.lower() in ("status", "trigger") else "eeg" for name in names)
    rates = tuple(header.samples[index] / header.seconds for index in signals)
    annotated = [index for index, label in enumerate(header.labels) if label.lower() in ANNOTATIONS]
    columns = _columns(path, header, annotated) if annotated and header.n_records else []
    sampled = max((header.samples[index] for index in signals), default=1)
    events, clock, warned = read_annotations(columns, header.seconds, header.seconds / max(sampled, 1), names)

    @functools.cache
    def steps(channel: int) -> np.ndarray:
        return _whole(path, header, signals[channel])

    if header.width == 3:
        events = join(events, *(_pauses(steps(channel), rates[channel]) for channel, name in enumerate(names) if name.lower() == "status"))
    return Contents(
        ch_names=names,
        types=types,
        units=tuple(header.units[index] for index in signals),
        rates=rates,
        n_times=tuple(header.samples[index] * header.n_records for index in signals),
        read=lambda picks: _samples(path, header, [signals[pick] for pick in picks]),
        steps=lambda channel: steps(channel) & TRIGGERS if header.width == 3 else steps(channel),
        events=events,
        positions=nowhere(len(names)),
        clock=clock,
        sex=header.sex,
        warnings=(*header.warnings, *warned),
    )


def is_trigger(name: str) -> bool:
    """Test for the name of a channel that holds triggers."""
    return _STIM.fullmatch(name.strip()) is not None


def read_header(path: Path) -> Header:
    """Read the header of an EDF or BDF file.

    Raises
    ------
    RecordingError
        If it is truncated, or no EDF or BDF.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        fixed = file.read(_FIXED)
        try:
            n_signals, stated_begin = int(_text(fixed[252:256])), int(_text(fixed[184:192]))
            seconds = _number(_text(fixed[244:252]))
        except ValueError as error:
            raise unknown_format("this is no EDF or BDF header") from error
        rest = file.read(_PER_CHANNEL * n_signals)
    if len(rest) < _PER_CHANNEL * n_signals:
        raise truncated(f"truncated: it ends within its header ({size:,} bytes)")
    try:
        samples = tuple(int(_number(cell)) for cell in _cells(rest, 216, 8, n_signals))
        ranges = [[_number(cell) for cell in _cells(rest, start, 8, n_signals)] for start in (104, 112, 120, 128)]
    except ValueError as error:
        raise unknown_format(f"a number in its header is none ({error})") from error
    width = 3 if fixed[:1] == b"\xff" else 2
    record = sum(samples) * width
    if n_signals < 1 or record < 1:
        raise unknown_format("its header names no signals")
    warned = []
    begin, n_records = _FIXED + _PER_CHANNEL * n_signals, _count(fixed)
    if stated_begin != begin:
        left = size - stated_begin
        if stated_begin > begin and (left == record * n_records if n_records > 0 else not left % record and (size - begin) % record):
            begin = stated_begin  # some programs leave room
        else:
            warned.append(OTHER_BEGIN)
    there = max(size - begin, 0) // record
    if n_records > there:
        raise truncated(f"truncated: {size:,} bytes of {begin + n_records * record:,}")
    if n_records <= 0 and there:
        warned.append(UNKNOWN_LENGTH)
    elif n_records < there:
        warned.append(OTHER_LENGTH)
    if not seconds > 0:
        seconds = 1.0
        warned.append(NO_DURATION)
    fields = fixed[8:88].decode("latin-1").split(" ")  # code, sex, birth date, name
    return Header(
        sex="F" if fields[1:2] == ["F"] else "M" if fields[1:2] == ["M"] else None,
        labels=tuple(_cells(rest, 0, 16, n_signals)),
        units=tuple(_cells(rest, 96, 8, n_signals)),
        physical=np.array(ranges[:2]).T,
        digital=np.array(ranges[2:]).T,
        samples=samples,
        width=width,
        begin=begin,
        n_records=there,
        seconds=seconds,
        warnings=tuple(warned),
    )


def _samples(path: Path, header: Header, signals: Sequence[int]) -> np.ndarray:
    """Samples of signals of one rate, in µV where their unit is one of voltage."""
    starts = header.starts
    n_times = header.samples[signals[0]]
    gain, offset = _scaling(header, signals)
    # In the order in which MNE computes: through volts, so that the same file gives the same bits.
    volts = np.array([(microvolts(header.units[index]) or 1e6) * 1e-6 for index in signals])
    volts = np.where(np.isclose(volts, 1e-6, rtol=1e-9), 1e-6, volts)
    known = np.array([1e6 if microvolts(header.units[index]) else 1.0 for index in signals])
    data = np.empty((len(signals), header.n_records * n_times))
    for first, records in _records(path, header):
        last = first + len(records)
        block = np.empty((len(signals), len(records), n_times), records.dtype)
        for row, index in enumerate(signals):
            block[row] = records[:, starts[index] : starts[index + 1]]
        out = data[:, first * n_times : last * n_times]
        np.multiply(block.reshape(len(signals), -1), gain[:, np.newaxis], out=out)
        out += offset[:, np.newaxis]
        out *= volts[:, np.newaxis]
        out *= known[:, np.newaxis]
    return data


def _scaling(header: Header, signals: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    physical, digital = header.physical[list(signals)], header.digital[list(signals)]
    spans = physical[:, 1] - physical[:, 0], digital[:, 1] - digital[:, 0]
    gain = np.where(spans[0] == 0, 1.0, spans[0]) / np.where(spans[1] == 0, 1.0, spans[1])
    return gain, physical[:, 0] - digital[:, 0] * gain


def _whole(path: Path, header: Header, signal: int) -> np.ndarray:
    """Values of a trigger channel: in its unit where those are whole numbers, else as stored."""
    part = slice(header.starts[signal], header.starts[signal + 1])
    stored = np.concatenate([records[:, part].ravel() for _, records in _records(path, header)])
    gain, offset = _scaling(header, [signal])
    if header.width == 3 or (gain[0] == 1.0 and offset[0] == 0.0):
        return stored.astype(np.int64)
    values = stored * gain[0] + offset[0]
    rounded = np.round(values)
    return (rounded if np.abs(values - rounded).max() < max(0.01, abs(gain[0])) else stored).astype(np.int64)


def _records(path: Path, header: Header) -> Iterator[tuple[int, np.ndarray]]:
    """The first record of each chunk, and its records as whole numbers, (n_records, n_samples)."""
    length = header.starts[-1]
    at_once = max(_CHUNK_BYTES // (length * header.width), 1)
    with path.open("rb", buffering=0) as file:
        file.seek(header.begin)
        for first in range(0, header.n_records, at_once):
            n_records = min(at_once, header.n_records - first)
            if header.width == 2:
                yield first, np.fromfile(file, "<i2", n_records * length).reshape(n_records, length)
                continue
            stored = np.fromfile(file, np.uint8, n_records * length * 3).reshape(-1, 3)
            wide = np.zeros((len(stored), 4), np.uint8)
            wide[:, 1:] = stored
            yield first, (wide.view("<i4").reshape(n_records, length) >> 8)


def _columns(path: Path, header: Header, signals: Sequence[int]) -> list[list[bytes]]:
    """Bytes of annotation signals, record by record."""
    starts = header.starts
    shape = (header.n_records, starts[-1] * header.width)
    stored = np.memmap(path, np.uint8, "r", header.begin, shape)
    columns = [stored[:, starts[index] * header.width : starts[index + 1] * header.width] for index in signals]
    return [[bytes(record) for record in column] for column in columns]


def _pauses(status: np.ndarray, rate: float) -> Events:
    """Boundaries where BioSemi's amplifier was paused: the bit of a new epoch is set anew."""
    new = (status & NEW_EPOCH) != 0
    cuts = np.flatnonzero(new[1:] & ~new[:-1]) + 1
    if np.count_nonzero(np.diff(status)) > MAX_CHANGES * len(status):  # a counter, not a status word
        cuts = cuts[:0]
    return make_events((cuts / rate).tolist(), [0.0] * len(cuts), ["boundary"] * len(cuts))


def _count(fixed: bytes) -> int:
    try:
        return int(_text(fixed[236:244]))
    except ValueError:
        return -1


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _text(cell: bytes) -> str:
    return cell.decode("latin-1").replace("\0", " ").strip()


def _cells(block: bytes, column: int, width: int, n: int) -> list[str]:
    start = column * n
    return [_text(block[start + width * index : start + width * (index + 1)]) for index in range(n)]
