"""Digests of windows: of each window's bytes, and of a whole artifact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xxhash

from eegcli.artifacts.table import Table, column


def content_digest(table: Table, ch_names: Sequence[str], sfreq: float) -> str:
    """Digest of a windows artifact: every window's hash, every label, the channel order, the rate."""
    state = xxhash.xxh3_128()
    state.update(repr((tuple(ch_names), float(sfreq))).encode())
    for name in sorted(table):
        values = table[name]
        state.update(name.encode())
        state.update("\0".join(_texts(values)).encode() if values.dtype.kind == "O" else np.ascontiguousarray(values).tobytes())
    return state.hexdigest()


def _texts(values: np.ndarray) -> list[str]:
    texts: list[str] = values.tolist()
    return ["" if text is None else text for text in texts] if None in texts else texts


def content_hash(x: np.ndarray) -> np.ndarray:
    """xxh3-128 of each window's float32 bytes, hexadecimal; shape (n_windows,)."""
    return column(map(xxhash.xxh3_128_hexdigest, np.ascontiguousarray(x, "<f4"))) if len(x) else np.zeros(0, object)
