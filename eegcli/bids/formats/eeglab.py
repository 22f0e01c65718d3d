"""EEGLAB `.set` in every form: fields as variables or in a structure, MATLAB 5 or 7.3, samples inside or in a `.fdt` or `.dat`.

The format: EEGLAB's "EEG" structure, eeglab.org/tutorials/ConceptsGuide/Data_Structures.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.events import make_events, typed
from eegcli.bids.formats.clock import BOUNDARY
from eegcli.bids.formats.contents import Contents, nowhere, numbered, one_line, truncated, unknown_format, unreadable
from eegcli.bids.formats.mat5 import read_samples
from eegcli.bids.formats.mat73 import is_mat73, read_array, read_fields
from eegcli.bids.formats.pointers import RENAMED, pointed
from eegcli.bids.scan import RecordingFile
from eegcli.errors import counted
from eegcli.study.events import Events, is_boundary

_STRUCTURE = "EEG"
_FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("nbchan", "trials", "pnts", "srate"), ()),
    "chanlocs": ("labels", "type", "X", "Y", "Z"),
    "event": ("type", "latency", "duration"),
}
# Types of channels that MNE knows by these words; any other is EEG.
_TYPES = frozenset(
    [
        "eog",
        "ecg",
        "emg",
        "misc",
        "stim",
        "resp",
        "chpi",
        "exci",
        "ias",
        "syst",
        "bio",
        "ref_meg",
        "meg",
        "seeg",
        "ecog",
        "dbs",
        "csd",
        "dipole",
        "gof",
        "fnirs",
        "temperature",
        "gsr",
        "eyetrack",
    ]
)
BOUNDARY_CODE = -99  # of event types that are numbers, the one that EEGLAB uses for a boundary
# Fields of an event that EEGLAB itself gives it; `event`, a value that a label of ours has, stays free.
_OF_EEGLAB = ("latency", "duration", "type", "urevent", "init_index", "init_time", "epoch")
_METRES = ((0.25, 1.0), (2.5, 0.1), (25.0, 0.01))  # a head's mean radius below that stands in m, dm, cm; else in mm, as MNE has it
NO_LATENCY = "events of the file without a latency are left out"
NOT_READABLE = "text in the file is in an encoding that is not known: names have the sign \ufffd for some letters"
OUTSIDE = "events of the file beyond its data are left out"

_Fields = dict[str, Any]


def open_eeglab(recording: RecordingFile) -> Contents:
    """Open a `.set`: everything but its samples is read.

    Parameters
    ----------
    recording : RecordingFile

    Returns
    -------
    Contents

    Raises
    ------
    RecordingError
        If it is damaged, cut into epochs, or its samples are not here.
    """
    file = recording.file
    new = is_mat73(file)
    fields = read_fields(file, {**_FIELDS, "data": ()}, _STRUCTURE) if new else _mat5(file)
    try:
        n_channels, n_times, rate = int(fields["nbchan"]), int(fields["pnts"]), float(fields["srate"])
        trials = int(_number(fields.get("trials", 1), 1.0))
    except (KeyError, TypeError, ValueError) as error:
        raise unknown_format(f"this is no EEGLAB structure of one data set ({one_line(error)})") from error
    if trials > 1:
        raise RecordingError("cut into epochs; continuous recordings are needed", cause="epochs")
    if not rate > 0:
        raise unknown_format("its sampling frequency is 0")
    names, types, positions = _channels(fields.get("chanlocs"), n_channels)
    events, warned = _events(fields.get("event"), rate, n_times)
    inside = fields.get("data")
    samples, renamed = None, False
    if isinstance(inside, str):
        n_bytes = 4 * n_channels * n_times
        samples, renamed = pointed(recording, inside, (".fdt", ".dat"), fits=lambda path: path.stat().st_size == n_bytes)
        if samples.stat().st_size < n_bytes:
            raise truncated(f"truncated: {samples.name}: {samples.stat().st_size:,} bytes of {n_bytes:,}")

    def read(picks: Sequence[int]) -> np.ndarray:
        if samples is not None:
            return _floats(samples, n_channels, n_times, picks)
        if new:
            _check_shape(inside, n_channels, n_times)
            data = read_array(file, "data", _STRUCTURE, picks)
            return data if data.dtype in (np.float32, np.float64) else data.astype(float)
        found = read_samples(file, n_channels, n_times, picks)
        if found is not None:
            return found
        whole = inside if isinstance(inside, np.ndarray) else _mat5(file, samples=True).get("data")
        return _inside(whole, n_channels, n_times)[list(picks)]

    return Contents(
        ch_names=names,
        types=types,
        units=("",) * n_channels,
        rates=(rate,) * n_channels,
        n_times=(n_times,) * n_channels,
        read=read,
        steps=lambda channel: np.round(read([channel])[0]).astype(np.int64),
        events=events,
        positions=positions,
        warnings=(
            *warned,
            *([RENAMED] if renamed else []),
            *([NOT_READABLE] if any("\ufffd" in name for name in (*names, *events.value)) else []),
        ),
    )


def _mat5(file: Path, *, samples: bool = False) -> _Fields:
    """Fields of a file of MATLAB 4 to 7; its samples only where they stand in a structure, or are asked for."""
    from scipy.io import loadmat, whosmat

    options: dict[str, Any] = {"squeeze_me": True, "chars_as_strings": True, "mat_dtype": False}
    try:
        kinds = {name: kind for name, _, kind in whosmat(file)}
        wanted = [*_FIELDS, _STRUCTURE]
        if kinds.get("data") == "char" or samples:
            wanted.append("data")
        try:
            loaded = loadmat(file, variable_names=wanted, **options)
        except (TypeError, UnicodeError):  # a text in another encoding than the file says
            loaded = loadmat(file, variable_names=wanted, uint16_codec="latin-1", **options)
    except Exception as error:
        raise unreadable(error) from error
    whole = loaded.get(_STRUCTURE)
    if whole is not None:
        whole = whole.item() if whole.dtype.names is None else whole
        return {name: whole[name].item() if whole[name].ndim == 0 else whole[name] for name in whole.dtype.names or ()}
    # An element of a structure array stays one: as a tuple it would lose the names of its fields.
    return {name: value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value for name, value in loaded.items()}


def _check_shape(shape: object, n_channels: int, n_times: int) -> None:
    found = shape if isinstance(shape, tuple) else np.shape(np.atleast_2d(np.asarray(shape)))
    if tuple(found) != (n_channels, n_times):
        raise unknown_format(f"its data are {found}, its header says {(n_channels, n_times)}")


def _inside(data: object, n_channels: int, n_times: int) -> np.ndarray:
    array = np.atleast_2d(np.asarray(data))
    if array.dtype == object or array.shape != (n_channels, n_times):
        raise unknown_format(f"its data are {array.shape}, its header says {(n_channels, n_times)}")
    return array if array.dtype in (np.float32, np.float64) else array.astype(float)


def _floats(file: Path, n_channels: int, n_times: int, picks: Sequence[int]) -> np.ndarray:
    """Samples of a `.fdt` (all channels of a sample together) or of a `.dat` (all samples of a channel together)."""
    if file.suffix.lower() == ".dat":
        return np.memmap(file, "<f4", "r", shape=(n_channels, n_times))[list(picks)]
    stored = np.memmap(file, "<f4", "r", shape=(n_times, n_channels))
    data = np.empty((len(picks), n_times), np.float32)
    step = max(4_000_000 // n_channels, 1)
    for start in range(0, n_times, step):
        data[:, start : start + step] = stored[start : start + step].T[list(picks)]
    return data


def _rows(table: object) -> list[_Fields]:
    """Structure array as a dict for each element."""
    if isinstance(table, dict):  # MATLAB 7.3: a list for each field, or the value itself where there is one element
        columns = {name: value if isinstance(value, list) else [value] for name, value in table.items()}
        length = max(map(len, columns.values()), default=0)
        return [{name: values[row] for name, values in columns.items() if row < len(values)} for row in range(length)]
    if isinstance(table, (np.ndarray, np.void)) and table.dtype.names:
        return [{name: row[name] for name in table.dtype.names} for row in np.atleast_1d(np.asarray(table))]
    return []


def _number(value: object, otherwise: float = np.nan) -> float:
    """First number of a field; what `otherwise` says where it is empty, or none."""
    array = np.asarray(value).ravel()
    try:
        return float(array[0].item() if isinstance(array[0], np.ndarray) else array[0]) if array.size else otherwise
    except (TypeError, ValueError):
        return otherwise


def _text(value: object) -> str:
    """Text of a field; a number as EEGLAB shows it."""
    array = np.asarray(value)
    if array.size == 0:
        return ""
    if array.dtype.kind in "biuf":
        number = array.ravel()[0].item()
        return str(number)
    return str(array.ravel()[0] if array.ndim else value).strip()


def _cell(value: object) -> str | None:
    """Cell of a column: a whole number without a point; None where the field is empty or holds several values."""
    array = np.asarray(value)
    if array.size != 1:
        return None
    number = _number(value)
    if array.dtype.kind in "biuf":
        return None if np.isnan(number) else str(int(number)) if number.is_integer() else repr(number)
    return _text(value) or None


def _channels(chanlocs: object, n_channels: int) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray]:
    """Names, types and positions."""
    rows = _rows(chanlocs)
    if not rows:
        return tuple(f"EEG {index:03d}" for index in range(n_channels)), ("eeg",) * n_channels, nowhere(n_channels)
    if len(rows) < n_channels:
        raise unknown_format(f"it names {counted(len(rows), 'channel')} of {n_channels}")
    rows = rows[:n_channels]
    names = [_text(row.get("labels", "")) or f"EEG {index:03d}" for index, row in enumerate(rows)]
    kinds = [_text(row.get("type", "")).lower() for row in rows]
    # EEGLAB's axes: the first to the nose, the second to the left.
    places = np.array([[-_number(row.get("Y", [])), _number(row.get("X", [])), _number(row.get("Z", []))] for row in rows])
    places[~np.isfinite(places).all(axis=1)] = np.nan
    if np.isfinite(places).any():
        radius = float(np.nanmean(np.linalg.norm(places, axis=1)))
        places *= next((scale for limit, scale in _METRES if radius < limit), 0.001)
    places[np.abs(places).sum(axis=1) == 0] = np.nan
    return numbered(names), tuple(kind if kind in _TYPES else "eeg" for kind in kinds), places


def _events(table: object, rate: float, n_times: int) -> tuple[Events, list[str]]:
    """Events in seconds from the first sample; EEGLAB counts samples from one. Fields of a laboratory's own are columns."""
    rows = _rows(table)
    onset, duration, value, left = [], [], [], {NO_LATENCY: False, OUTSIDE: False}
    own = [name for name in dict.fromkeys(name for row in rows for name in row) if name.lower() not in _OF_EEGLAB]
    columns: dict[str, list[str | None]] = {name: [] for name in own}
    numeric = bool(rows) and all(np.asarray(row.get("type", "")).dtype.kind in "biuf" for row in rows)
    for row in rows:
        latency = _number(row.get("latency", [])) - 1
        name = _text(row.get("type", ""))
        if numeric and _number(row.get("type", [])) == BOUNDARY_CODE:
            name = BOUNDARY
        if not np.isfinite(latency):
            left[NO_LATENCY] = True
            continue
        if not -1 <= latency <= n_times:
            left[OUTSIDE] = left[OUTSIDE] or not is_boundary(name)
            continue
        seconds = _number(row.get("duration", []), 0.0) / rate
        onset.append(max(latency, 0.0) / rate if is_boundary(name) else latency / rate)
        # The duration of a boundary is that of what was cut out.
        duration.append(0.0 if is_boundary(name) or not seconds > 0 else min(seconds, (n_times - latency) / rate))
        value.append(name)
        for field, cells in columns.items():
            cells.append(_cell(row.get(field, "")))
    kept = {name: typed(cells) for name, cells in columns.items() if any(cell is not None for cell in cells)}
    return make_events(onset, duration, value, columns=kept), [text for text, wrong in left.items() if wrong]
