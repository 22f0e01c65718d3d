"""Mending of what MNE leaves out of files that are converted: units of GDF, and all that EEGLAB says of an event."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.bids.errors import RecordingError

Columns = dict[str, list[str]]

# Volts of a unit, as GDF 1 writes it; MNE knows µV and takes the others for volts.
VOLTS = {"uv": 1e-6, "µv": 1e-6, "mv": 1e-3, "nv": 1e-9, "v": 1.0}
# GDF 2, codes of ISO/IEEE 11073-10101: 4256 is V, and the decimal factor is added. MNE knows µV and mV.
VOLTS_OF_CODE = {4256: 1.0, 4274: 1e-3, 4275: 1e-6, 4276: 1e-9}
_FIXED = 256  # bytes of the fixed header
_OWN = ("type", "latency", "duration", "urevent")  # fields of EEGLAB's events that are columns already, or numbers of rows


def factors_of_gdf(file: Path) -> list[float]:
    """Factors by which samples that MNE read of a GDF file are brought to volts, one per channel of the file.

    Raises
    ------
    RecordingError
        If the header ends early.
    """
    with file.open("rb") as stream:
        header = stream.read(_FIXED)
        try:
            is_first = float(header[4:8]) < 1.9
            n = struct.unpack_from("<I" if is_first else "<H", header, 252)[0]
            stream.seek((16 + 80) * n + (0 if is_first else 6 * n), 1)
            stored = stream.read((8 if is_first else 2) * n)
            if is_first:
                units = [stored[8 * i : 8 * i + 8].split(b"\0")[0].decode("latin-1").strip().lower() for i in range(n)]
                # MNE looks at the first two letters.
                return [VOLTS.get(unit, 1.0) / (1e-6 if unit.startswith("uv") else 1.0) for unit in units]
            codes = struct.unpack(f"<{n}H", stored)
        except (ValueError, struct.error) as error:
            raise RecordingError(f"cannot be read: its header is damaged ({error})", cause="unreadable") from error
    return [VOLTS_OF_CODE.get(code, 1.0) / {4275: 1e-6, 4274: 1e-3}.get(code, 1.0) for code in codes]


def mend_gdf(raw: Any, file: Path) -> None:
    """Bring the samples of a GDF file to volts."""
    factors = factors_of_gdf(file)
    if len(factors) != len(raw.ch_names):
        return  # a channel of events that MNE adds or takes away: no unit is known to be wrong
    for channel, factor in enumerate(factors):
        if factor != 1.0:
            raw.apply_function(lambda samples, by=factor: samples * by, picks=[channel], channel_wise=True)


def events_of_mat(file: Path) -> Columns | None:
    """Events of an EEGLAB file with all their fields, as columns of events.tsv; None where they are not to be had.

    Parameters
    ----------
    file : Path
        With the structure `EEG`, or its fields, as MATLAB 5 wrote them.
    """
    from scipy.io import loadmat

    try:
        content = loadmat(file, simplify_cells=True)
    except Exception:  # MATLAB 7.3
        return None
    eeg: Mapping[str, Any] = content.get("EEG", content)
    events = eeg.get("event")
    rows = [events] if isinstance(events, Mapping) else list(np.atleast_1d(events)) if events is not None else []
    if not rows or not all(isinstance(row, Mapping) and _number(row.get("latency")) is not None for row in rows):
        return None
    sfreq = float(eeg["srate"])
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _OWN]
    columns: Columns = {name: [] for name in ("onset", "duration", "trial_type", *names)}
    for row in sorted(rows, key=lambda row: float(row["latency"])):
        kind = _text(row.get("type"))
        columns["onset"].append(f"{(float(row['latency']) - 1) / sfreq:.10g}")
        # EEGLAB notes with a boundary how much was cut out there: nothing of it is in the data.
        columns["duration"].append("0" if kind == "boundary" else f"{(_number(row.get('duration')) or 0.0) / sfreq:.10g}")
        columns["trial_type"].append(kind)
        for name in names:
            columns[name].append(_text(row.get(name)))
    return columns


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float, np.number)) and np.isfinite(value):
        return float(value)
    return None


def _text(value: Any) -> str:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return f"{value:.10g}" if np.isfinite(value) else "n/a"
    return (" ".join(value.split()) if isinstance(value, str) else "") or "n/a"


MEND: dict[str, Callable[[Any, Path], None]] = {".gdf": mend_gdf}
EVENTS: dict[str, Callable[[Path], Columns | None]] = {".mat": events_of_mat}
