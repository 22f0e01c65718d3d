"""Columns as Arrow has them, and back, by their buffers.

Not by `pyarrow.array` and `to_numpy`: those import pandas wherever it is installed, which takes half a second and 60 MB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

REPEATED = 4  # times that a text stands there on average, from which on each is encoded once


def to_arrow(values: np.ndarray) -> Any:
    """Make an Arrow array of a column.

    Parameters
    ----------
    values : ndarray, shape (n_rows,), or (n_rows, n) for vectors
        Objects of str or None, ASCII as bytes of one length, truth, or numbers (NaN stays NaN).
    """
    import pyarrow as pa

    if values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(to_arrow(values.ravel()), values.shape[1])
    if values.dtype.kind not in "OS":
        data = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
        return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(data)])
    texts = values.tolist()
    if values.dtype.kind == "O" and len(distinct := dict.fromkeys(texts)) < len(texts) // REPEATED:
        places = dict(zip(distinct, range(len(distinct)), strict=True))
        which = np.fromiter(map(places.__getitem__, texts), dtype=np.int64, count=len(texts))
        return to_arrow(np.fromiter(distinct, dtype=object, count=len(distinct))).take(to_arrow(which))
    encoded = texts if values.dtype.kind == "S" else [b"" if text is None else text.encode() for text in texts]
    ends = np.zeros(len(texts) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(map(len, encoded), dtype=np.int32, count=len(texts)), out=ends[1:])
    validity = None
    if None in texts:
        validity = pa.py_buffer(np.packbits([text is not None for text in texts], bitorder="little"))
    return pa.Array.from_buffers(pa.string(), len(texts), [validity, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])


def repeated(values: np.ndarray, times: np.ndarray) -> Any:
    """Make an Arrow array in which each value of a column stands several times.

    Parameters
    ----------
    values : ndarray, shape (n,)
        As for `to_arrow`.
    times : ndarray of int, shape (n,)
        How often each stands there.
    """
    array = to_arrow(values)
    return array if (times == 1).all() else array.take(to_arrow(np.repeat(np.arange(len(values), dtype=np.int64), times)))


def from_arrow(values: Any) -> np.ndarray:
    """Make a column of a chunked Arrow array: text as objects, integers as int64, truth as bool, other numbers and missing ones as float64.

    Vectors of one length are an array of two axes, of their own type.
    """
    import pyarrow as pa

    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        empty = np.zeros(0, kind.value_type.to_pandas_dtype())
        return np.concatenate([empty, *(_numbers(chunk.flatten()) for chunk in values.chunks)]).reshape(len(values), kind.list_size)
    if pa.types.is_dictionary(kind):
        return np.concatenate([np.zeros(0, object), *map(_looked_up, values.chunks)])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        result = np.full(len(values), None, dtype=object)
        result[:] = values.to_pylist()
        return result
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        return np.asarray(values.to_numpy(), dtype=np.float64)
    numbers = np.concatenate([np.zeros(0, kind.to_pandas_dtype()), *map(_numbers, values.chunks)])
    if values.null_count:
        return np.where(np.concatenate([_present(chunk) for chunk in values.chunks]), numbers, np.nan).astype(np.float64)
    return numbers if numbers.dtype == bool else numbers.astype(np.int64 if numbers.dtype.kind in "iu" else np.float64)


def _looked_up(chunk: Any) -> np.ndarray:
    # A text that stands in many rows is one object.
    words = np.full(len(chunk.dictionary) + 1, None, dtype=object)  # the last one for what is missing
    words[:-1] = chunk.dictionary.to_pylist()
    found: np.ndarray = words[np.where(_present(chunk.indices), _numbers(chunk.indices), len(words) - 1)]
    return found


def _numbers(chunk: Any) -> np.ndarray:
    data, kind = chunk.buffers()[1], chunk.type.to_pandas_dtype()
    if data is None or not len(chunk):
        return np.zeros(len(chunk), kind)
    if kind is np.bool_:
        return _bits(data, chunk)
    return np.frombuffer(data, dtype=kind)[chunk.offset : chunk.offset + len(chunk)]


def _present(chunk: Any) -> np.ndarray:
    validity = chunk.buffers()[0]
    return np.ones(len(chunk), dtype=bool) if validity is None else _bits(validity, chunk)


def _bits(buffer: Any, chunk: Any) -> np.ndarray:
    bits = np.unpackbits(np.frombuffer(buffer, dtype=np.uint8), bitorder="little")
    return bits[chunk.offset : chunk.offset + len(chunk)].astype(bool)
