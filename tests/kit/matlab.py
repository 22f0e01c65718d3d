"""MATLAB files that no Python library writes: version 7.3 with cells and structures, and version 5 with objects and functions."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def write_mat73(path: Path, variables: dict[str, Any], *, compression: str | None = None) -> Path:
    """Write a file of version 7.3 as MATLAB does: axes reversed, texts as UTF-16, cells as references, 512 bytes of its own before."""
    with h5py.File(path, "w", userblock_size=512) as file:
        references = file.create_group("#refs#")
        for name, value in variables.items():
            _write(file, name, value, references, compression)
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\x02IM")
    return path


def _write(parent: Any, name: str, value: Any, references: Any, compression: str | None) -> None:
    if isinstance(value, dict):
        group = parent.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for field, item in value.items():
            _write(group, field, item, references, compression)
    elif isinstance(value, list):  # a structure array's field: a reference for each element
        parent.create_dataset(name, data=_referred(np.array(value, dtype=object).reshape(1, -1), references).T, dtype=h5py.ref_dtype)
    elif isinstance(value, str):
        units = np.frombuffer(value.encode("utf-16-le"), "<u2").reshape(-1, 1)
        stored = parent.create_dataset(name, data=units)
        stored.attrs["MATLAB_class"] = np.bytes_("char")
        stored.attrs["MATLAB_int_decode"] = np.int32(2)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        stored = parent.create_dataset(name, data=_referred(value, references).T, dtype=h5py.ref_dtype)
        stored.attrs["MATLAB_class"] = np.bytes_("cell")
    else:
        array = np.atleast_2d(np.asarray(value))
        classes = {"f8": "double", "f4": "single", "i8": "int64", "i4": "int32"}
        stored = parent.create_dataset(name, data=array.T, compression=compression)
        stored.attrs["MATLAB_class"] = np.bytes_(classes[array.dtype.str[1:]])


def _referred(values: np.ndarray, references: Any) -> np.ndarray:
    result = np.empty(values.shape, dtype=h5py.ref_dtype)
    for place in np.ndindex(*values.shape):
        name = f"r{len(references)}"
        _write(references, name, values[place], references, None)
        result[place] = references[name].ref
    return result


def element(kind: int, content: bytes) -> bytes:
    """One element of a file of version 5: type, length, content, padded to 8 bytes."""
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def variable(matlab_class: int, name: str, body: bytes, *, flags: int = 0, shape: tuple[int, ...] = (1, 1)) -> bytes:
    """A variable of version 5 of any class, with what stands behind its name."""
    begin = element(6, struct.pack("<II", matlab_class | flags, 0))
    if matlab_class != 17:  # MATLAB's own objects say no size
        begin += element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, begin + element(1, name.encode()) + body)


def write_mat5(path: Path, *variables: bytes) -> Path:
    """Write a file of version 5 of given variables."""
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + b"".join(variables))
    return path
