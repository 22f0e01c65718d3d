"""Files as laboratories have them: EDF and BDF with gaps, triggers and other rates, BrainVision in any encoding, MATLAB 7.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from tests.kit.trees import NAMES, SFREQ

Annotation = tuple[float, float | None, bytes]


def write_records(
    path: Path,
    signals: Sequence[np.ndarray],
    names: Sequence[str] = NAMES,
    rates: Sequence[float] | float = SFREQ,
    *,
    kind: str = "EDF",
    units: Sequence[bytes] | bytes = b"uV",
    span: float = 800.0,
    digital: Sequence[int] = (),
    annotations: Sequence[Annotation] | None = None,
    stamps: Sequence[float] | None = None,
    seconds: float = 1.0,
    **header: object,
) -> None:
    """EDF or BDF, `+` where there are annotations or stamps: a record holds `seconds` of each signal, in its unit, whose range is ± `span`.

    Signals in `digital` are stored as they are. `stamps`: the time of each record. `header`: `n_records`, `plus`, `n_bytes` as stated.
    """
    width, top = (3, 2**23) if kind == "BDF" else (2, 2**15)
    n = len(names)
    rates = [rates] * n if isinstance(rates, (int, float)) else list(rates)
    units = [units] * n if isinstance(units, bytes) else list(units)
    lengths = [round(rate * seconds) for rate in rates]
    n_records = len(signals[0]) // lengths[0]
    limits = [top if index in digital else span for index in range(n)]
    lists = None
    if annotations is not None or stamps is not None:
        times = list(stamps) if stamps is not None else [record * seconds for record in range(n_records)]
        lists = [b"+%s\x14\x14\x00" % f"{time:g}".encode() for time in times]
        for onset, duration, text in annotations or ():
            record = max([index for index, time in enumerate(times) if time <= onset], default=0)
            length = b"" if duration is None else b"\x15%s" % f"{duration:g}".encode()
            lists[record] += b"%+g%s\x14%s\x14\x00" % (onset, length, text)
        size = max(map(len, lists)) + 1
        size += -size % width
    names, units = [name.encode("latin-1") for name in names], [*units]
    ranges = [[f"{-limit:.8g}" for limit in limits], [f"{limit - (limit == top):.8g}" for limit in limits]]
    if lists:
        names.append(f"{kind} Annotations".encode())
        units.append(b"")
        lengths.append(size // width)
        ranges[0].append("-1")
        ranges[1].append("1")

    def cell(value: object, width: int) -> bytes:
        return (value if isinstance(value, bytes) else str(value).encode()).ljust(width)[:width]

    total = len(names)
    head = (b"\xffBIOSEMI" if kind == "BDF" else cell("0", 8)) + cell("X X X X", 80) + cell("Startdate X X X X", 80) + b"01.01.2000.00.00"
    head += cell(header.get("n_bytes", 256 * (total + 1)), 8) + cell(header.get("plus", f"{kind}+D" if lists else ""), 44)
    head += cell(header.get("n_records", n_records), 8) + cell(f"{seconds:g}", 8) + cell(total, 4)
    columns = [(names, 16), ([""] * total, 80), (units, 8), (ranges[0], 8), (ranges[1], 8), ([-top] * total, 8), ([top - 1] * total, 8)]
    columns += [([""] * total, 80), (lengths, 8), ([""] * total, 32)]
    head += b"".join(cell(value, size) for values, size in columns for value in values)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        for record in range(n_records):
            for index, length in zip(range(n), lengths, strict=False):
                part = np.asarray(signals[index][record * length : (record + 1) * length], float)
                whole = part if index in digital else np.round((part + span) / (2 * span) * (2 * top - 1) - top)
                stored = np.clip(whole, -top, top - 1).astype("<i4")
                file.write(stored.view(np.uint8).reshape(-1, 4)[:, :3].tobytes() if width == 3 else stored.astype("<i2").tobytes())
            if lists:
                file.write(lists[record].ljust(size, b"\0"))


def write_brainvision(
    path: Path,
    data: np.ndarray,
    markers: Sequence[str] = ("New Segment,,1,1,0",),
    *,
    names: Sequence[str] = NAMES,
    unit: str = "µV",
    resolution: float = 0.1,
    codepage: str | None = "UTF-8",
    encoding: str = "utf-8",
    pointers: tuple[str, str] | None = None,
    stored: Mapping[str, str] = {},
    text: bool = False,
) -> None:
    """Three files; `data` in `unit`. `pointers`: what the header calls the other files; `stored`: what they are called, by ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    base = path.name.removesuffix(".vhdr")
    own = {ending: stored.get(ending, f"{base}{ending}") for ending in (".eeg", ".vmrk")}
    data_file, marker_file = pointers or (own[".eeg"], own[".vmrk"])
    coding = f"Codepage={codepage}\r\n" if codepage else ""
    form = "DataFormat=ASCII\r\n" if text else "DataFormat=BINARY\r\n"
    content = (
        f"Brain Vision Data Exchange Header File Version 1.0\r\n[Common Infos]\r\n{coding}DataFile={data_file}\r\nMarkerFile={marker_file}\r\n"
        f"{form}DataOrientation=MULTIPLEXED\r\nNumberOfChannels={len(names)}\r\nSamplingInterval={1e6 / SFREQ:g}\r\n"
        f"[Binary Infos]\r\nBinaryFormat=INT_16\r\n[ASCII Infos]\r\nDecimalSymbol=,\r\nSkipLines=1\r\n[Channel Infos]\r\n"
    )
    content += "".join(f"Ch{number}={name},,{resolution},{unit}\r\n" for number, name in enumerate(names, start=1))
    path.write_bytes(content.encode(encoding))
    rows = "".join(f"Mk{number}={marker}\r\n" for number, marker in enumerate(markers, start=1))
    head = f"Brain Vision Data Exchange Marker File, Version 1.0\r\n[Common Infos]\r\n{coding}DataFile={data_file}\r\n[Marker Infos]\r\n"
    (path.parent / own[".vmrk"]).write_bytes((head + rows).encode(encoding))
    whole = np.round(data.T / resolution)
    if text:
        lines = [" ".join(names), *(" ".join(f"{value:.1f}".replace(".", ",") for value in row) for row in whole)]
        (path.parent / own[".eeg"]).write_text("\n".join(lines) + "\n")
    else:
        whole.astype("<i2").tofile(path.parent / own[".eeg"])


def write_set73(
    path: Path,
    data: np.ndarray,
    events: Sequence[tuple[object, float]] = (),
    *,
    inside: bool = True,
    names: Sequence[str] = NAMES,
    fdt: bool = False,
) -> None:
    """MATLAB 7.3 (HDF5): everything in a structure EEG, or as variables; events as (type, latency); samples in a .fdt if asked for."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def mark(node: h5py.Dataset | h5py.Group, kind: str) -> h5py.Dataset | h5py.Group:
        node.attrs["MATLAB_class"] = np.bytes_(kind)
        return node

    def store(group: h5py.Group, name: str, value: object) -> h5py.Dataset:
        if isinstance(value, str):
            return mark(group.create_dataset(name, data=np.array([[ord(letter)] for letter in value], np.uint16)), "char")
        return mark(group.create_dataset(name, data=np.array([[value]], float)), "double")

    with h5py.File(path, "w", userblock_size=512) as file:
        cells = file.create_group("#refs#")
        target = mark(file.create_group("EEG"), "struct") if inside else file

        def struct(name: str, fields: Mapping[str, Sequence[object]]) -> None:
            group = mark(target.create_group(name), "struct")
            for field, values in fields.items():
                if len(values) == 1:  # of a structure of one element MATLAB stores the fields themselves
                    store(group, field, values[0])
                    continue
                column = group.create_dataset(field, (len(values), 1), dtype=h5py.ref_dtype)
                for row, value in enumerate(values):
                    column[row, 0] = store(cells, f"{name}_{field}_{row}", value).ref

        for name, value in {"nbchan": len(names), "trials": 1, "pnts": data.shape[1], "srate": SFREQ}.items():
            store(target, name, value)
        struct("chanlocs", {"labels": list(names)})
        if events:
            struct("event", {"type": [kind for kind, _ in events], "latency": [latency for _, latency in events]})
        else:
            empty = mark(target.create_dataset("event", data=np.zeros(2, np.uint64)), "double")
            empty.attrs["MATLAB_empty"] = np.uint8(1)
        if fdt:
            store(target, "data", "name before.fdt")
            path.with_suffix(".fdt").write_bytes(data.T.astype("<f4").tobytes())
        else:
            mark(target.create_dataset("data", data=data.T.astype(np.float32), chunks=(512, len(data)), compression="gzip"), "single")
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124, b" ") + b"\x00\x02IM")
