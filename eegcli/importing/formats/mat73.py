"""MATLAB's `.mat` of version 7.3, which is HDF5: arrays are read by slices, cells in one go."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.errors import InputError
from eegcli.importing.formats.contents import Cell, Contents, Mapped, Refused, damaged
from eegcli.importing.formats.mat5 import Value, contents_of

_CLASSES = {"double", "single", "logical", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
_INTERNAL = ("#refs#", "#subsystem#")
_DEPTH = 16


@dataclass(frozen=True)
class OfHdf5:
    """Array of an HDF5 file, with the axes in MATLAB's order, which is the other way round."""

    stored: Any
    file: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""
        return tuple(reversed(self.stored.shape))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers."""
        dtype: np.dtype[Any] = self.stored.dtype
        return dtype

    def take(self, axis: int, start: int, stop: int) -> np.ndarray:
        """Read a stretch of an axis."""
        if not self.stored.shape:  # a number, as other programs than MATLAB store it
            return np.asarray(self.stored[()])
        try:
            piece: np.ndarray = self.stored[(slice(None),) * (len(self.shape) - 1 - axis) + (slice(start, stop),)]
        except OSError as error:
            raise damaged(Path(self.file), error) from error
        return piece.T


def open_mat73(path: Path, stack: ExitStack) -> Contents:
    """Open a file: variables, and fields of structures as ``structure.field``.

    Raises
    ------
    InputError
        If it is truncated or damaged.
    """
    return contents_of(read_mat73(path, stack), path)


def read_mat73(path: Path, stack: ExitStack) -> dict[str, Value]:
    """Read a file as a tree: structures are dicts, arrays stay in the file. Errors as for `open_mat73`."""
    import h5py

    try:
        root = stack.enter_context(h5py.File(path, "r", locking=False))
        return {name: _value(root[name], root, str(path)) for name in root if name not in _INTERNAL}
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise damaged(path, error) from error


def _value(node: Any, root: Any, file: str, depth: int = 0) -> Value:
    import h5py

    if depth > _DEPTH:
        raise InputError(f"{file}: more than {_DEPTH} structures within each other")
    kind = _class_of(node)
    if isinstance(node, h5py.Group):
        if kind not in ("", "struct"):
            return Refused(f"an object of the class {kind}")
        return {name: _value(node[name], root, file, depth + 1) for name in node if name not in _INTERNAL}
    if kind == "function_handle" or kind not in (*_CLASSES, "char", "cell", "struct", ""):
        return Refused("a function" if kind == "function_handle" else f"an object of the class {kind}")
    if "MATLAB_object_decode" in node.attrs and kind not in _CLASSES:
        return Refused(f"an object of the class {kind}")
    if node.attrs.get("MATLAB_empty", 0):
        return "" if kind == "char" else Mapped(np.zeros((0, 0)))
    if h5py.check_string_dtype(node.dtype) is not None:  # texts as other programs than MATLAB write them
        texts = node.asstr(errors="replace")[()]
        return texts if isinstance(texts, str) else [str(text) for text in texts.ravel()]
    if h5py.check_ref_dtype(node.dtype) is h5py.Reference:
        if kind == "cell":
            return Cell(tuple(reversed(node.shape)), _cells(node[()].T.ravel(order="F"), root, file, depth))
        return [_value(root[reference], root, file, depth + 1) for reference in node[()].T.ravel(order="F")]
    if kind == "char":
        return _texts(node[()])
    if node.dtype.names is not None:
        return Refused("complex numbers")
    if node.dtype.kind not in "iuf":
        return Refused(f"values of the type {node.dtype}")
    return OfHdf5(node, file)


def _class_of(node: Any) -> str:
    kind = node.attrs.get("MATLAB_class", b"")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _cells(references: np.ndarray, root: Any, file: str, depth: int) -> list[Value]:
    """Items of a cell; single numbers and texts, of which there may be hundreds of thousands, by the quick way.

    What is empty is stored as its sizes, which are no doubles; of what is stored in 16 bits, characters alone say how to decode it.
    """
    from h5py import h5a, h5d, h5r, h5s, h5t

    text, number, one, everything = h5t.NATIVE_UINT16, h5t.NATIVE_DOUBLE, np.empty((1, 1)), h5s.ALL
    dereference, place, values = h5r.dereference, root.id, list[Value]()
    for reference in references:
        item = dereference(reference, place)
        kind = item.get_type() if isinstance(item, h5d.DatasetID) else None
        if kind == number and item.shape == (1, 1):
            item.read(everything, everything, one, number)
            values.append(one.item())
        elif kind == text and h5a.exists(item, b"MATLAB_int_decode"):
            codes = np.empty(item.shape, np.uint16)
            item.read(everything, everything, codes, text)
            values.append(_texts(codes))
        else:
            values.append(_value(root[reference], root, file, depth + 1))
    return values


def _texts(codes: np.ndarray) -> str | list[str]:
    """Characters, which MATLAB stores as UTF-16 units; of several rows a list."""
    if codes.ndim < 2 or codes.shape[1] == 1:
        return codes.astype("<u2").tobytes().decode("utf-16-le", "replace")
    rows = [row.astype("<u2").tobytes().decode("utf-16-le", "replace") for row in codes.T]
    return rows[0] if len(rows) == 1 else [row.rstrip() for row in rows]
