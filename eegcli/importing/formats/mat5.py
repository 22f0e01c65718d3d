"""MATLAB's `.mat` of version 5 to 7: variables are looked at where they lie, compressed ones after they were unpacked to scratch.

The format: MATLAB, "MAT-File Format", version 5 (The MathWorks 2023). Objects and functions are named and never made.
"""

from __future__ import annotations

import math
import mmap
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.errors import InputError
from eegcli.files.scratch import claimed_scratch
from eegcli.importing.formats.contents import Cell, Contents, Mapped, Refused, Variable, damaged, mapped, releasing
from eegcli.importing.formats.fieldtrip import others, trials_of_fieldtrip
from eegcli.importing.formats.numpy_files import SMALL, UNPACKED

Value = Any
"""Variable, number of a structure's fields (dict), or a list of such."""

_HEADER = 128  # bytes
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCTURE, _OBJECT, _CHAR, _SPARSE, _FUNCTION, _OPAQUE = 1, 2, 3, 4, 5, 16, 17
_REFUSED = {_OBJECT: "an object", _SPARSE: "a sparse matrix", _FUNCTION: "a function", _OPAQUE: "an object (such as a table or a string)"}
_NUMBERS = range(6, 16)
_COMPLEX = 0x0800
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8", 16: "u1", 17: "u2", 18: "u4"}
_TEXTS = {1: "latin-1", 2: "latin-1", 16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}
_DEPTH = 16  # structures and cells within each other
_BLOCK = 1 << 22


@dataclass(frozen=True)
class _Bytes:
    """Bytes of a file, mapped or in memory, with the order in which they make numbers."""

    memory: mmap.mmap | bytes
    order: str
    name: str

    def tag(self, place: int, end: int) -> tuple[int, int, int, int]:
        """Kind of an element, begin and end of its content, and the place of the next one."""
        if place + 8 > end:
            raise InputError(f"{self.name}: truncated or damaged", hint="Copy or download the file again.")
        kind, size = struct.unpack(f"{self.order}II", self.memory[place : place + 8])
        if kind >> 16:  # at most four bytes stand in the tag itself
            return kind & 0xFFFF, place + 4, place + 4 + min(kind >> 16, 4), place + 8
        begin = place + 8
        if begin + size > end:
            raise InputError(f"{self.name}: truncated: {end - begin:,} bytes of {size:,}", hint="Copy or download the file again.")
        return kind, begin, begin + size, begin + size + (-size % 8 if kind != _COMPRESSED else 0)

    def array(self, kind: int, begin: int, end: int) -> np.ndarray:
        """Numbers of an element."""
        if kind not in _TYPES:
            raise InputError(f"{self.name}: damaged: no type of numbers has the code {kind}")
        dtype = np.dtype(f"{self.order}{_TYPES[kind]}")
        return np.frombuffer(self.memory, dtype, (end - begin) // dtype.itemsize, begin) if end > begin else np.zeros(0, dtype)


def open_mat5(path: Path, stack: ExitStack) -> Contents:
    """Open a file: variables, and fields of structures as ``structure.field``.

    Raises
    ------
    InputError
        If it is truncated or damaged, or of version 4.
    """
    return contents_of(read_mat5(path, stack), path)


def contents_of(tree: dict[str, Value], path: Path) -> Contents:
    """Contents of a tree of variables, of either version: trials as FieldTrip has them, else whatever there is."""
    found = trials_of_fieldtrip(tree, path)
    if found is None:
        return Contents(dict(flat(tree)))
    name, contents = found
    return replace(contents, variables={**dict(flat(others(tree, name))), **contents.variables})


def flat(values: dict[str, Value], within: str = "") -> Iterator[tuple[str, Variable]]:
    """Variables of a tree of structures, with dotted names."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", value


def read_mat5(path: Path, stack: ExitStack) -> dict[str, Value]:
    """Read a file as a tree: structures are dicts, arrays stay in the file. Errors as for `open_mat5`."""
    memory = mapped(path)
    mark = memory[126:128]
    if len(memory) < _HEADER or mark not in (b"IM", b"MI"):
        raise InputError(f"{path}: no MATLAB file of version 5 or later", hint="Save it in MATLAB with -v7 or -v7.3.")
    order = "<" if mark == b"IM" else ">"
    whole = _Bytes(memory, order, str(path))
    result: dict[str, Value] = {}
    place = _HEADER
    try:
        while place < len(memory):
            kind, begin, end, following = whole.tag(place, len(memory))
            if kind == _COMPRESSED:
                source = _Bytes(_unpacked(path, memory, begin, end, order, stack), order, str(path))
                kind, begin, end, _ = source.tag(0, len(source.memory))
            else:
                source = whole
            if kind == _MATRIX:
                name, value = _matrix(source, begin, end)
                if name:  # what has none is for MATLAB's objects
                    result[name] = value
            place = following
    except (struct.error, zlib.error, ValueError, OSError) as error:
        raise damaged(path, error) from error
    return result


def _unpacked(path: Path, memory: mmap.mmap, begin: int, end: int, order: str, stack: ExitStack) -> mmap.mmap | bytes:
    """Unpack a variable: as many bytes as its own tag says, in memory where they are few, else in scratch."""
    unpack = zlib.decompressobj()
    first = unpack.decompress(memory[begin : min(begin + _BLOCK, end)], 8)
    size = struct.unpack(f"{order}II", first)[1] + 8 if len(first) == 8 else 0
    pieces = _pieces(unpack, memory, begin, end, first, size)
    if size <= SMALL:
        return b"".join(pieces)
    file = stack.enter_context(claimed_scratch(UNPACKED)) / "variable"
    with file.open("wb") as stream:
        for piece in pieces:
            stream.write(piece)
    return mapped(file)


def _pieces(unpack: Any, memory: mmap.mmap, begin: int, end: int, first: bytes, size: int) -> Iterator[bytes]:
    left, release = size - len(first), releasing(memory)
    yield first
    rest, place = unpack.unconsumed_tail, min(begin + _BLOCK, end)
    while left > 0:
        if not rest:
            if place >= end:
                return
            rest, place = memory[place : min(place + _BLOCK, end)], min(place + _BLOCK, end)
            release()
        piece = unpack.decompress(rest, min(left, _BLOCK))
        rest = unpack.unconsumed_tail
        if not piece and not rest and place >= end:
            return
        left -= len(piece)
        yield piece


def _matrix(source: _Bytes, place: int, end: int, depth: int = 0) -> tuple[str, Value]:
    """Name and value of a variable, a field or an item of a cell."""
    if place == end:  # an item that was never filled
        return "", Mapped(np.zeros((0, 0)))
    if depth > _DEPTH:
        raise InputError(f"{source.name}: more than {_DEPTH} structures within each other")
    kind, begin, stop, place = source.tag(place, end)
    flags = int(source.array(kind, begin, stop)[0])
    matlab_class = flags & 0xFF
    if matlab_class == _OPAQUE:
        _, begin, stop, _ = source.tag(place, end)
        return bytes(source.memory[begin:stop]).decode("latin-1"), Refused(_REFUSED[_OPAQUE])
    kind, begin, stop, place = source.tag(place, end)
    shape = tuple(int(size) for size in source.array(kind, begin, stop))
    if any(size < 0 for size in shape):
        raise InputError(f"{source.name}: damaged: an array has a negative size")
    _, begin, stop, place = source.tag(place, end)
    name = bytes(source.memory[begin:stop]).decode("latin-1")
    if matlab_class in _REFUSED:
        return name, Refused(_REFUSED[matlab_class])
    if matlab_class in _NUMBERS:
        return name, Refused("complex numbers") if flags & _COMPLEX else _numbers(source, place, end, shape)
    if matlab_class == _CHAR:
        return name, _text(source, place, end, shape)
    if matlab_class == _CELL:
        return name, Cell(shape, [value for _, value in _items(source, place, end, math.prod(shape), depth)])
    if matlab_class == _STRUCTURE:
        return name, _structure(source, place, end, shape, depth)
    return name, Refused(f"of a class ({matlab_class}) that is not known")


def _items(source: _Bytes, place: int, end: int, n: int, depth: int) -> Iterator[tuple[str, Value]]:
    for _ in range(n):
        _, begin, stop, place = source.tag(place, end)
        yield _matrix(source, begin, stop, depth + 1)


def _numbers(source: _Bytes, place: int, end: int, shape: tuple[int, ...]) -> Mapped:
    kind, begin, stop, _ = source.tag(place, end)
    flat = source.array(kind, begin, stop)
    if len(flat) != math.prod(shape):
        raise InputError(f"{source.name}: damaged: {len(flat)} numbers where {math.prod(shape)} are due")
    release = releasing(source.memory) if isinstance(source.memory, mmap.mmap) else lambda: None
    return Mapped(flat.reshape(shape, order="F"), release)


def _text(source: _Bytes, place: int, end: int, shape: tuple[int, ...]) -> Value:
    """Text; of several rows a list."""
    if not math.prod(shape):
        return ""
    kind, begin, stop, _ = source.tag(place, end)
    codec = _TEXTS.get(kind, "latin-1")
    if codec.startswith("utf-") and codec != "utf-8":
        codec += "-le" if source.order == "<" else "-be"
    text = bytes(source.memory[begin:stop]).decode(codec, "replace")
    if shape[0] == 1 or len(text) != math.prod(shape):
        return text
    return ["".join(row).rstrip() for row in np.array(list(text)).reshape(shape, order="F").reshape(shape[0], -1).tolist()]


def _structure(source: _Bytes, place: int, end: int, shape: tuple[int, ...], depth: int) -> Value:
    """Fields of a structure; of an array of structures a list."""
    kind, begin, stop, place = source.tag(place, end)
    width = int(source.array(kind, begin, stop)[0])
    _, begin, stop, place = source.tag(place, end)
    raw = bytes(source.memory[begin:stop])
    fields = [raw[start : start + width].split(b"\0")[0].decode("latin-1") for start in range(0, len(raw), max(width, 1))]
    values = [value for _, value in _items(source, place, end, math.prod(shape) * len(fields), depth)]
    elements = [dict(zip(fields, values[start : start + len(fields)], strict=True)) for start in range(0, len(values), max(len(fields), 1))]
    return elements[0] if len(elements) == 1 else elements
