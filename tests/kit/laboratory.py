"""Files as laboratories name and store them: GDF of both versions, written byte by byte, and EEGLAB's structure as a .mat."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

CODES = {"uV": 4275, "mV": 4274, "nV": 4276, "V": 4256}


def write_gdf(
    path: Path,
    data: np.ndarray,
    names: Sequence[str],
    sfreq: int,
    *,
    version: str = "2.20",
    unit: str = "uV",
    events: Sequence[tuple[float, int]] = (),
) -> None:
    """One-second records of float32 in `unit`; events as (seconds, code)."""
    n = len(names)
    n_records = data.shape[1] // sfreq
    first = version.startswith("1")
    labels = b"".join(name.encode().ljust(16, b"\0") for name in names) + b"\0" * (80 * n)
    if first:
        head = f"GDF {version}".encode() + b"X X".ljust(80) + b"X".ljust(80) + b"2020010100000000"
        head += struct.pack("<q", 256 * (n + 1)) + b"\0" * 24 + b"\0" * 20 + struct.pack("<qIII", n_records, 1, 1, n)
        body = labels + unit.encode().ljust(8, b"\0") * n
        body += struct.pack(f"<{n}d", *[-1e4] * n) + struct.pack(f"<{n}d", *[1e4] * n)
        body += struct.pack(f"<{n}q", *[-10000] * n) + struct.pack(f"<{n}q", *[10000] * n)
        body += b" " * (80 * n) + struct.pack(f"<{n}i", *[sfreq] * n) + struct.pack(f"<{n}i", *[16] * n) + b"\0" * (32 * n)
    else:
        head = f"GDF {version}".encode() + b"X X".ljust(66) + b"\0" * 10 + b"\0" * 4 + b"X".ljust(64, b"\0") + b"\0" * 4 + b"\0" * 12
        head += struct.pack("<QQ", 0, 0) + struct.pack("<H", n + 1) + b"\0" * 6 + b"\0" * 8 + b"\0" * 6 + b"\0" * 6 + b"\0" * 24
        head += struct.pack("<qIIHH", n_records, 1, 1, n, 0)
        body = labels + b"\0" * (6 * n) + struct.pack(f"<{n}H", *[CODES[unit]] * n)
        for bound in (-1e4, 1e4, -1e4, 1e4):
            body += struct.pack(f"<{n}d", *[bound] * n)
        body += b"\0" * (68 * n) + struct.pack(f"<{n}f", *[0] * n) * 3 + struct.pack(f"<{n}i", *[sfreq] * n)
        body += struct.pack(f"<{n}i", *[16] * n) + b"\0" * (12 * n) + b"\0" * (20 * n)
    assert len(head) == 256 and len(body) == 256 * n
    samples = data[:, : n_records * sfreq].reshape(n, n_records, sfreq).transpose(1, 0, 2).astype("<f4").tobytes()
    rate = struct.pack("<I", sfreq)[:3] if first else struct.pack("<I", len(events))[:3]
    table = b"\x01" + rate + (struct.pack("<I", len(events)) if first else struct.pack("<f", sfreq))
    table += b"".join(struct.pack("<I", round(onset * sfreq) + 1) for onset, _ in events)
    table += b"".join(struct.pack("<H", code) for _, code in events)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + body + samples + table)


def write_mat(
    path: Path, data: np.ndarray, names: Sequence[str], sfreq: float, *, events: Sequence[dict[str, object]] = (), samples: str = ""
) -> None:
    """EEGLAB's structure: float32 inside, or with `samples` the name of a file beside it; events with any fields."""
    empty = np.zeros((0, 0))
    labels = np.zeros(len(names), dtype=[("labels", object)])
    labels["labels"] = list(names)
    fields = list(dict.fromkeys(name for event in events for name in event))
    marks = np.zeros(len(events), dtype=[(name, object) for name in fields]) if events else empty
    for row, event in zip(marks, events, strict=True):
        for name in fields:
            row[name] = event.get(name, empty)
    eeg = {
        "setname": "x",
        "nbchan": len(names),
        "trials": 1,
        "pnts": data.shape[1],
        "srate": sfreq,
        "xmin": 0.0,
        "xmax": data.shape[1] / sfreq,
    }
    eeg |= {"data": samples or data.astype(np.float32), "chanlocs": labels, "event": marks, "icawinv": empty, "icasphere": empty}
    eeg |= {"icaweights": empty, "icaact": empty, "epoch": empty, "ref": "common"}
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"EEG": eeg}, appendmat=False)
    if samples:
        data.T.astype("<f4").tofile(path.with_name(samples))


def write_cnt(
    path: Path, data: np.ndarray, names: Sequence[str], sfreq: int, *, events: Sequence[tuple[float, int]] = (), bad: Sequence[str] = ()
) -> None:
    """Neuroscan's continuous file: 32-bit samples in steps of 0.01 µV; events as (seconds, code)."""
    n, n_times = data.shape
    head = bytearray(900)
    head[:12] = b"Version 3.0\0"
    struct.pack_into("<H", head, 370, n)
    struct.pack_into("<H", head, 376, sfreq)
    struct.pack_into("<i", head, 864, n_times)
    first = 900 + 75 * n
    end = first + 4 * n * n_times
    struct.pack_into("<i", head, 886, end)
    channels = b""
    for name in names:
        entry = bytearray(75)
        entry[:10] = name.encode().ljust(10, b"\0")
        entry[14] = name in bad
        struct.pack_into("<f", entry, 59, 0.01 * 204.8)
        struct.pack_into("<f", entry, 71, 1.0)
        channels += entry
    samples = np.round(data * 100).astype("<i4").T.tobytes()
    # An event's place in the file; readers count it from one.
    marks = b"".join(struct.pack("<HBbi", code, 0, 0, first + 4 * n * (round(onset * sfreq) + 1)) for onset, code in events)
    table = struct.pack("<Bii", 1, len(marks), 0) + marks
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(head) + channels + samples + table)
