"""BrainVision: header, markers and samples, in whatever encoding, under whatever names.

The format: Brain Products, "BrainVision Core Data Format 1.0", www.brainproducts.com/support-resources/brainvision-core-data-format-1-0.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.events import join, make_events
from eegcli.bids.formats.clock import BOUNDARY, Clock
from eegcli.bids.formats.contents import Contents, nowhere, numbered, one_line, truncated, unknown_format
from eegcli.bids.formats.pointers import RENAMED, pointed
from eegcli.bids.formats.text import NOT_UTF8, decoded
from eegcli.bids.scan import RecordingFile
from eegcli.bids.units import microvolts
from eegcli.errors import counted
from eegcli.study.events import Events

_SAMPLES = {"INT_16": "<i2", "UINT_16": "<u2", "INT_32": "<i4", "IEEE_FLOAT_32": "<f4", "IEEE_FLOAT_64": "<f8"}
_EOG = ("HEOGL", "HEOGR", "VEOGb")  # as MNE has it
_HEAD_RADIUS = 0.095  # m, of a head whose coordinates are those of a sphere of radius 1, as MNE has it
_CHUNK_BYTES = 8_000_000
NO_MARKERS = "the header names a marker file that is not here; there are no markers"
MARKERS_OUTSIDE = "markers beyond the end of the data are left out"
MARKERS_BROKEN = "markers that cannot be read are left out"

_Sections = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class _Layout:
    """Layout of the samples in their file."""

    file: Path
    dtype: str
    n_channels: int
    n_times: int
    skip: int  # bytes, or in text lines
    by_channel: bool
    text: bool


def open_brainvision(recording: RecordingFile) -> Contents:
    """Open a BrainVision header and its markers; samples are not read.

    Parameters
    ----------
    recording : RecordingFile

    Returns
    -------
    Contents

    Raises
    ------
    RecordingError
        If a file is missing or of a kind that is not known.
    """
    content, guessed = _text(recording.file)
    sections = _sections(content)
    common = sections.get("common infos", {})
    try:
        n_channels, rate = int(common["numberofchannels"]), 1e6 / float(common["samplinginterval"].replace(",", "."))
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise unknown_format("the header gives no number of channels, or no sampling interval") from error
    names, units, resolution = _channels(sections, n_channels)
    file, renamed = pointed(recording, common.get("datafile", ""), (".eeg", ".dat", ".avg", ".seg"))
    layout = _layout(sections, file, n_channels)
    warned = {NOT_UTF8: guessed, RENAMED: renamed}
    events, clock = make_events([], [], []), None
    if common.get("markerfile") or any(path.suffix.lower() == ".vmrk" for path in recording.companions):
        try:
            markers, renamed = pointed(recording, common.get("markerfile", ""), (".vmrk",))
        except RecordingError:
            warned[NO_MARKERS] = True
        else:
            events, clock, more = _markers(markers, rate, layout.n_times)
            warned |= {RENAMED: warned[RENAMED] or renamed, **dict.fromkeys(more, True)}
    positions = _positions(sections, n_channels)
    # As MNE has it: where the header knows positions, a channel that has none is no electrode.
    placed = np.isfinite(positions).all(axis=1) | (not np.isfinite(positions).any())
    kinds = [
        "eog" if name in _EOG else "stim" if name == "STI 014" else "eeg" if microvolts(unit) and there else "misc"
        for name, unit, there in zip(names, units, placed, strict=True)
    ]
    return Contents(
        ch_names=names,
        types=tuple(kinds),
        units=units,
        rates=(rate,) * n_channels,
        n_times=(layout.n_times,) * n_channels,
        read=lambda picks: _scaled(layout, resolution, units, picks),
        steps=lambda channel: np.round(_stored(layout, [channel])[0] * resolution[channel]).astype(np.int64),
        events=events,
        positions=positions,
        clock=clock,
        warnings=tuple(text for text, wrong in warned.items() if wrong),
    )


def _text(file: Path) -> tuple[str, bool]:
    content = file.read_bytes()
    stated = re.search(rb"^\s*Codepage\s*=\s*(\S+)", content, re.IGNORECASE | re.MULTILINE)
    text, guessed = decoded(content, stated[1].decode("ascii", "ignore") if stated else "")
    return text.replace("\0", ""), guessed


def _sections(content: str) -> _Sections:
    """Keys and values by section, both in lower case; the comment at the end is none."""
    sections: dict[str, dict[str, str]] = {}
    here: dict[str, str] = {}
    for line in content.splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            if text.lower() == "[comment]":
                break
            here = sections.setdefault(text[1:-1].strip().lower(), {})
        elif "=" in text and not text.startswith(";"):
            key, _, value = text.partition("=")
            here.setdefault(key.strip().lower(), value.strip())
    return sections


def _channels(sections: _Sections, n_channels: int) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray]:
    """Names, units and resolutions."""
    infos = sections.get("channel infos", {})
    names, units, resolution = [], [], np.ones(n_channels)
    for index in range(n_channels):
        parts = [part.strip() for part in infos.get(f"ch{index + 1}", "").split(",")]
        if parts == [""]:
            raise unknown_format(f"the header does not describe channel {index + 1} of {n_channels}")
        parts += [""] * (4 - len(parts))
        names.append(parts[0].replace(r"\1", ",") or f"Ch{index + 1}")
        # The format's own rule: µV where nothing is named.
        units.append(parts[3] or "µV")
        try:
            resolution[index] = float(parts[2]) if parts[2] else 1.0
        except ValueError as error:
            raise unknown_format(f"the resolution of {names[-1]} is no number: {parts[2]}") from error
    return numbered(names), tuple(units), resolution


def _layout(sections: _Sections, file: Path, n_channels: int) -> _Layout:
    common = sections["common infos"]
    by_channel = common.get("dataorientation", "MULTIPLEXED").upper() == "VECTORIZED"
    if common.get("dataformat", "BINARY").upper() == "ASCII":
        skip = int(sections.get("ascii infos", {}).get("skiplines", "0") or 0)
        n_times = _written(file, n_channels, skip, by_channel).shape[1]
        return _Layout(file, "", n_channels, n_times, skip, by_channel, text=True)
    binary = sections.get("binary infos", {})
    kind = binary.get("binaryformat", "INT_16").upper()
    if kind not in _SAMPLES:
        raise unknown_format(f"its samples are {kind}, which is not known ({', '.join(_SAMPLES)})")
    big = binary.get("usebigendianorder", "no").lower() in ("yes", "true", "1")
    dtype = _SAMPLES[kind].replace("<", ">") if big else _SAMPLES[kind]
    skip = int(binary.get("dataoffset") or 0)
    n_times = (file.stat().st_size - skip) // (np.dtype(dtype).itemsize * n_channels)
    stated = common.get("datapoints", "")
    if stated.isdigit() and 0 < int(stated) != n_times:
        if int(stated) > n_times:
            raise truncated(f"truncated: {file.name} holds {counted(n_times, 'sample')} of {int(stated):,}")
        n_times = int(stated) if by_channel else n_times
    return _Layout(file, dtype, n_channels, n_times, skip, by_channel, text=False)


def _scaled(layout: _Layout, resolution: np.ndarray, units: Sequence[str], picks: Sequence[int]) -> np.ndarray:
    """Samples in µV where the unit is one of voltage; in the order in which MNE computes, through volts."""
    data = _stored(layout, picks)
    factors = [microvolts(units[pick]) for pick in picks]
    volts = np.array([1.0 if factor is None else {1.0: 1e-6, 1e3: 1e-3, 1e6: 1.0}.get(factor, factor * 1e-6) for factor in factors])
    data *= (resolution[list(picks)] * volts)[:, np.newaxis]
    data *= np.array([1.0 if factor is None else 1e6 for factor in factors])[:, np.newaxis]
    return data


def _stored(layout: _Layout, picks: Sequence[int]) -> np.ndarray:
    if layout.text:
        return _written(layout.file, layout.n_channels, layout.skip, layout.by_channel)[list(picks)]
    data = np.empty((len(picks), layout.n_times))
    width = np.dtype(layout.dtype).itemsize
    with layout.file.open("rb") as file:
        if layout.by_channel:
            for row, pick in enumerate(picks):
                file.seek(layout.skip + pick * layout.n_times * width)
                data[row] = np.fromfile(file, layout.dtype, layout.n_times)
            return data
        file.seek(layout.skip)
        n_block = max(_CHUNK_BYTES // (layout.n_channels * width), 1)
        for start in range(0, layout.n_times, n_block):
            n = min(n_block, layout.n_times - start)
            block = np.fromfile(file, layout.dtype, n * layout.n_channels).reshape(n, layout.n_channels)
            data[:, start : start + n] = block[:, list(picks)].T
    return data


@functools.lru_cache(maxsize=1)
def _written(file: Path, n_channels: int, skip: int, by_channel: bool) -> np.ndarray:
    """Samples written as text, (n_channels, n_times): a line for each sample, or for each channel, which then begins with its name."""
    lines = [line.strip() for line in _text(file)[0].splitlines()[skip:] if line.strip()]
    between = re.compile(r"[;\s]+" if lines and len(re.split(r"[;\s]+", lines[0])) > 1 else ",")  # else a comma is a decimal mark
    rows = [[cell for cell in between.split(line) if cell] for line in lines]
    try:
        values = np.array([[float(cell.replace(",", ".")) for cell in (row[1:] if by_channel else row)] for row in rows])
    except ValueError as error:
        raise unknown_format(f"{file.name} is no table of numbers ({one_line(error)})") from error
    data = values if by_channel else values.T
    if data.ndim != 2 or len(data) != n_channels:
        raise unknown_format(f"{file.name} has another number of channels than the header says ({n_channels})")
    return data


def _markers(file: Path, rate: float, n_times: int) -> tuple[Events, Clock | None, list[str]]:
    """Events of a marker file; a segment that begins within the data is a cut."""
    content, guessed = _text(file)
    warned = {NOT_UTF8: guessed}
    rows: list[tuple[float, float, str]] = []
    segments: list[tuple[int, str]] = []
    section = re.search(r"^\s*\[Marker Infos\]\s*$(.*?)(?=^\s*\[|\Z)", content, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    for line in re.findall(r"^\s*Mk\d+=(.*)$", section[1] if section else "", re.MULTILINE):
        kind, name, place, length, _, date = [*(part.strip("\r") for part in line.split(",")), "", "", "", "", ""][:6]
        if not place.strip().isdigit():
            warned[MARKERS_BROKEN] = True
            continue
        sample = int(place) - 1  # counted from one
        if kind.lower() == "new segment":
            segments.append((sample, date.strip()))
        elif sample > n_times:
            warned[MARKERS_OUTSIDE] = True
        else:
            seconds = int(length) / rate if length.strip().isdigit() else 0.0
            rows.append((sample / rate, min(seconds, max(n_times - sample, 0) / rate), f"{kind}/{name}".replace(r"\1", ",")))
    events = make_events([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    cuts = sorted({sample for sample, _ in segments if 0 < sample < n_times})
    boundaries = make_events([cut / rate for cut in cuts], [0.0] * len(cuts), [BOUNDARY] * len(cuts))
    return join(events, boundaries), _clock(segments, cuts, rate, n_times), [text for text, wrong in warned.items() if wrong]


def _clock(segments: Sequence[tuple[int, str]], cuts: Sequence[int], rate: float, n_times: int) -> Clock | None:
    """Clock by the dates of segments; None where one has none, or they contradict the samples."""
    dates = {max(sample, 0): _date(text) for sample, text in segments}
    edges = [0, *cuts, n_times]
    begins = [dates.get(edge) for edge in edges[:-1]]
    if not cuts or any(begin is None for begin in begins):
        return None
    time = np.array([(begin - begins[0]).total_seconds() for begin in begins if begin is not None and begins[0] is not None])
    length = np.diff(edges) / rate
    if (np.diff(time) < length[:-1] - 1 / rate).any():
        return None
    return Clock(time, np.array(edges[:-1]) / rate, length, np.arange(len(length)) > 0)


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:20], "%Y%m%d%H%M%S%f")  # of no zone, and only differences count
    except ValueError:
        return None


def _positions(sections: _Sections, n_channels: int) -> np.ndarray:
    """Coordinates of the header in m: radius in mm (1 stands for a head), theta and phi in degrees; a radius of 0 is none."""
    positions = nowhere(n_channels)
    for key, value in sections.get("coordinates", {}).items():
        number = re.fullmatch(r"ch(\d+)", key)
        try:
            radius, theta, phi = (float(cell) for cell in value.split(","))
        except ValueError:
            continue
        if number is None or not 1 <= int(number[1]) <= n_channels or radius == 0:
            continue
        length = _HEAD_RADIUS if radius == 1 else radius / 1000
        polar, azimuth = np.deg2rad(theta), np.deg2rad(phi)
        positions[int(number[1]) - 1] = length * np.array([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)])
    return positions
