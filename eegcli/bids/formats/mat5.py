"""The samples of a one-file EEGLAB `.set`, read straight from the file.

MNE reads them, too, but through five copies of the recording, which is half the time that cleaning it takes.
The format: MATLAB, "MAT-File Format", version 5 (The MathWorks 2023).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

_HEADER_BYTES = 128
_LEVEL_5, _LITTLE_ENDIAN = 0x0100, b"IM"
_MATRIX = 14  # the data type of a variable; 15 is a compressed one
_NUMERIC_CLASSES = range(6, 16)  # double, single, eight kinds of integers
_COMPLEX = 0x0800
_TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
_BLOCK_BYTES = 400_000  # stay in the cache between being read and being turned


def read_samples(file: Path, n_channels: int, n_times: int, picks: Sequence[int]) -> np.ndarray | None:
    """Read the variable `data` of a `.set` that holds its samples itself, as variables of their own.

    Parameters
    ----------
    file : Path
    n_channels, n_times : int
        What its header says.
    picks : sequence of int
        Channels to keep.

    Returns
    -------
    ndarray of float32 (of float64 where single precision does not hold what is stored), shape (len(picks), n_times), as stored
        None where the file is of another form: a structure `EEG`, compressed, MATLAB 7.3, beside a `.fdt`; or cut off.
    """
    with file.open("rb") as stream:
        stored = _find(stream, "data", file.stat().st_size)
        if stored is None or stored[1] != (n_channels, n_times):
            return None
        dtype, _ = stored
        everything = list(picks) == list(range(n_channels))
        data = np.empty((len(picks), n_times), np.float32 if dtype in ("<f4", "<i2", "i1", "u1", "<u2") else np.float64)
        n_block = max(_BLOCK_BYTES // (n_channels * np.dtype(dtype).itemsize), 1)
        for start in range(0, n_times, n_block):
            # Sample by sample, all channels together: MATLAB stores columns.
            block = np.fromfile(stream, dtype, min(n_block, n_times - start) * n_channels).reshape(-1, n_channels).T
            data[:, start : start + n_block] = block if everything else block[list(picks)]
    return data


def _find(stream: BinaryIO, name: str, size: int) -> tuple[str, tuple[int, ...]] | None:
    """Type and shape of a numeric variable, with the stream at its first value; None where there is no such variable to be read here."""
    header = stream.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or header[126:] != _LITTLE_ENDIAN or struct.unpack("<H", header[124:126])[0] != _LEVEL_5:
        return None
    while len(tag := stream.read(8)) == 8:
        kind, n_bytes = struct.unpack("<II", tag)
        end = stream.tell() + n_bytes
        if end > size:
            return None
        if kind == _MATRIX and (found := _matrix(stream, name, end)):
            return found
        stream.seek(end)
    return None


def _matrix(stream: BinaryIO, name: str, end: int) -> tuple[str, tuple[int, ...]] | None:
    flags = struct.unpack("<II", _element(stream)[1])[0]
    shape = np.frombuffer(_element(stream)[1], "<i4")
    if _element(stream)[1] != name.encode() or flags & 0xFF not in _NUMERIC_CLASSES or flags & _COMPLEX:
        return None
    kind, n_bytes = struct.unpack("<II", stream.read(8))  # a matrix of at most four bytes, whose tag is another, is no recording
    dtype = _TYPES.get(kind)
    whole = (
        dtype is not None and n_bytes == int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize and stream.tell() + n_bytes <= end
    )
    return (dtype, tuple(int(length) for length in shape)) if dtype and whole else None


def _element(stream: BinaryIO) -> tuple[int, bytes]:
    """Type and content of a small part of a variable; at most four bytes stand in the tag itself."""
    tag = stream.read(8)
    kind, n_bytes = struct.unpack("<II", tag)
    if kind >> 16:
        return kind & 0xFFFF, tag[4 : 4 + (kind >> 16)]
    content = stream.read(n_bytes)
    stream.seek(-n_bytes % 8, 1)
    return kind, content
