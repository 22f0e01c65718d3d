"""Variables of MATLAB 7.3 files, which are HDF5, in the shape that `scipy.io` gives those of older files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCKS = (0, 512, 1024, 2048)  # bytes before the signature; MATLAB leaves 512
_BLOCK_BYTES = 16_000_000

Value = Any
"""Text, number, array, list (a cell, or a field of a structure array), or dict (a structure)."""


def is_mat73(file: Path) -> bool:
    """Test for the signature of HDF5."""
    with file.open("rb") as stream:
        content = stream.read(_USER_BLOCKS[-1] + len(_SIGNATURE))
    return any(content[start:].startswith(_SIGNATURE) for start in _USER_BLOCKS)


def read_fields(file: Path, fields: Mapping[str, Collection[str]], inside: str) -> dict[str, Value]:
    """Read some variables, or fields of the structure `inside` if the file has one of that name.

    Parameters
    ----------
    file : Path
    fields : mapping of str to collection of str
        Those that there are of these are read; of a structure, the fields named here only, since each of its elements is looked up.
    inside : str

    Returns
    -------
    dict
        Of a numeric field that is larger than a megabyte, its shape as MATLAB has it: a tuple.
    """
    with _opened(file) as root:
        group = root.get(inside, root)
        return {name: _value(group[name], root, only) for name, only in fields.items() if name in group}


def read_array(file: Path, name: str, inside: str, picks: Sequence[int]) -> np.ndarray:
    """Read rows of a large array.

    Parameters
    ----------
    file : Path
    name : str
    inside : str
        Structure that holds it, if the file has one of that name.
    picks : sequence of int
        Rows, as MATLAB counts dimensions.

    Returns
    -------
    ndarray, shape (len(picks), n_columns), as stored
    """
    with _opened(file) as root:
        stored = root.get(inside, root)[name]
        n_columns, n_rows = stored.shape  # HDF5 counts them from the other end
        result = np.empty((len(picks), n_columns), stored.dtype)
        step = max(_BLOCK_BYTES // (n_rows * stored.dtype.itemsize), 1)
        for start in range(0, n_columns, step):
            result[:, start : start + step] = stored[start : start + step].T[list(picks)]
    return result


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    import h5py

    with h5py.File(file, "r", locking=False) as root:
        yield root


def _value(node: Any, root: Any, only: Collection[str] = ()) -> Value:
    import h5py

    if isinstance(node, h5py.Group):
        return {name: _value(node[name], root) for name in node if name in only or not only}
    kind = node.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if node.attrs.get("MATLAB_empty", 0):
        return "" if kind == "char" else np.zeros(0)
    if node.dtype == h5py.ref_dtype:
        return [_value(root[reference], root) for reference in node[()].T.ravel(order="F")]
    if kind == "char":
        return _text(node[()])
    if node.size * node.dtype.itemsize > 1_000_000:
        return tuple(reversed(node.shape))
    array = node[()].T
    if array.size != 1:
        return np.squeeze(array)
    number = array.item()
    # MATLAB 5 stores whole numbers as such; here all are floating, and would be called 1.0.
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _text(codes: np.ndarray) -> str:
    """Characters, which MATLAB stores as UTF-16 units, a column of the matrix for each line."""
    return codes.ravel().astype("<u2").tobytes().decode("utf-16-le", "replace")
