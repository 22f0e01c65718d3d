"""NumPy's `.npy` and `.npz`: arrays are mapped where they lie, compressed ones after they were unpacked to scratch.

The format: NumPy Enhancement Proposal 1. Pickled objects in it are never loaded.
"""

from __future__ import annotations

import mmap
import shutil
import struct
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from eegcli.errors import InputError
from eegcli.files.scratch import claimed_scratch
from eegcli.importing.formats.contents import Contents, Mapped, Refused, Variable, array_in, damaged, mapped, releasing

UNPACKED = "eegcli-import-"  # of the names of scratch folders
SMALL = 1 << 20  # bytes: smaller members are read at once
_BLOCK = 1 << 22
_LOCAL_HEADER = 30  # bytes of a zip file's local header, before its name
OBJECTS = "Python objects, which are not loaded: they could run code"


def open_npy(path: Path, stack: ExitStack) -> Contents:
    """Open an array; its name is the file's.

    Raises
    ------
    InputError
        If it is truncated, or no array.
    """
    try:
        memory = mapped(path)
        with path.open("rb") as file:
            shape, fortran, dtype = _header(file)
            offset = file.tell()
    except (ValueError, OSError, EOFError) as error:
        raise damaged(path, error) from error
    return Contents({path.stem: _variable(memory, dtype, offset, shape, fortran=fortran, name=str(path))})


def open_npz(path: Path, stack: ExitStack) -> Contents:
    """Open an archive of arrays.

    Raises
    ------
    InputError
        If it is truncated, or no archive of arrays.
    """
    variables: dict[str, Variable] = {}
    try:
        memory = mapped(path)
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    variables[member.filename.removesuffix(".npy")] = _member(path, archive, member, memory, stack)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, struct.error, NotImplementedError, RuntimeError) as error:
        raise damaged(path, error) from error
    return Contents(variables)


def _header(file: BinaryIO | Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    return tuple(int(size) for size in shape), bool(fortran), dtype


def _variable(memory: mmap.mmap, dtype: np.dtype[Any], offset: int, shape: tuple[int, ...], *, fortran: bool, name: str) -> Variable:
    if dtype.hasobject:
        return Refused(OBJECTS)
    return array_in(memory, dtype, offset, shape, fortran=fortran, name=name)


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, memory: mmap.mmap, stack: ExitStack) -> Variable:
    with archive.open(member) as stream:
        shape, fortran, dtype = _header(stream)
        begin = stream.tell()
        if dtype.hasobject:
            return Refused(OBJECTS)
        if member.file_size <= SMALL:
            content = stream.read()
            array = np.frombuffer(content, dtype, int(np.prod(shape, dtype=np.int64)))
            return Mapped(array.reshape(shape, order="F" if fortran else "C"))
    if member.compress_type == zipfile.ZIP_STORED:
        name, extra = struct.unpack("<HH", memory[member.header_offset + 26 : member.header_offset + _LOCAL_HEADER])
        start = member.header_offset + _LOCAL_HEADER + name + extra
        _check(path, member, memory, start)
        return _variable(memory, dtype, start + begin, shape, fortran=fortran, name=str(path))
    unpacked = stack.enter_context(claimed_scratch(UNPACKED)) / "array.npy"
    with archive.open(member) as stream, unpacked.open("wb") as file:
        shutil.copyfileobj(stream, file, _BLOCK)
    return _variable(mapped(unpacked), dtype, begin, shape, fortran=fortran, name=str(path))


def _check(path: Path, member: zipfile.ZipInfo, memory: mmap.mmap, start: int) -> None:
    """See that a member that is mapped has its checksum: nobody else looks."""
    checksum, release = 0, releasing(memory)
    for place in range(start, start + member.file_size, _BLOCK):
        checksum = zlib.crc32(memory[place : min(place + _BLOCK, start + member.file_size)], checksum)
        release()
    if checksum != member.CRC:
        raise InputError(f"{path}: {member.filename} is damaged: its checksum is another", hint="Copy or download the file again.")
