"""Fitted windows: those of another cohort, with the channels of a network in its order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.checked import HASH, CheckedArray
from eegcli.artifacts.cleaning import Cleaning
from eegcli.artifacts.content import content_hash
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.streamed import StreamedArray
from eegcli.artifacts.table import StoredTable, Table

AT_ONCE = 256  # windows that are read together


@dataclass(frozen=True)
class ChannelFit:
    """Fit of a cohort's channels to those of a network.

    Attributes
    ----------
    ch_names : tuple of str
        Channels of the network, in its order.
    rows : tuple of int or None
        For each of them its row among the cohort's channels; None for one that is interpolated.
    left_out : tuple of str
        Channels of the cohort that the network does not take.
    sources : tuple of int
        Rows that interpolated channels are estimated from; empty without any.
    weights : ndarray of float64, shape (n_interpolated, n_sources), or None
        Weights of the sources.
    """

    ch_names: tuple[str, ...]
    rows: tuple[int | None, ...]
    left_out: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()
    weights: NDArray[np.float64] | None = None

    @property
    def interpolated(self) -> tuple[str, ...]:
        """Channels of the network that the cohort lacks."""
        return tuple(name for name, row in zip(self.ch_names, self.rows, strict=True) if row is None)

    @property
    def said(self) -> dict[str, Any]:
        """Changes of the channels, for metrics.json."""
        in_order = [row for row in self.rows if row is not None]
        return {"reordered": in_order != sorted(in_order), "left_out": self.left_out, "interpolated": self.interpolated}

    def __call__(self, x: np.ndarray) -> NDArray[np.float32]:
        """Channels of windows as the network takes them: (n, n_channels, ...) -> (n, len(ch_names), ...), float32.

        A channel that is there is copied, to the bit.
        """
        there = [place for place, row in enumerate(self.rows) if row is not None]
        taken = x[:, [row for row in self.rows if row is not None]]
        if self.weights is None:
            return np.ascontiguousarray(taken, dtype=np.float32)
        result = np.empty((len(x), len(self.rows), *x.shape[2:]), np.float32)
        result[:, there] = taken
        missing = [place for place, row in enumerate(self.rows) if row is None]
        # einsum, for BLAS adds in an order that depends on its threads
        result[:, missing] = np.einsum("ms,nst->nmt", self.weights, x[:, list(self.sources)].astype(np.float64))
        return result


class FittedArray:
    """Array of windows whose channels are fitted as they are read, and checked before.

    Parameters
    ----------
    x : CheckedArray or StreamedArray, shape (n_windows, n_channels, ...)
    fit : ChannelFit
    """

    def __init__(self, x: CheckedArray | StreamedArray, fit: ChannelFit) -> None:
        self.inner, self._fit = x, fit
        self.shape, self.dtype = (x.shape[0], len(fit.ch_names), *x.shape[2:]), x.dtype

    def announced(
        self, batches: Sequence[NDArray[np.int64]], later: Callable[[], Sequence[NDArray[np.int64]]] | None = None
    ) -> AbstractContextManager[None]:
        """Announce what will be read to where it comes from, for the block: as `StreamedArray.announced`."""
        return self.inner.announced(batches, later) if isinstance(self.inner, StreamedArray) else contextlib.nullcontext()

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Windows by their rows, any index that NumPy takes along the first axis; float32."""
        x = self.inner[rows]
        return self._fit(x) if x.ndim == len(self.shape) else self._fit(x[None])[0]

    def __len__(self) -> int:
        return len(self.inner)


@dataclass(frozen=True)
class FittedWindows:
    """Windows of another cohort as a network takes them; all else is that of the windows themselves.

    Attributes
    ----------
    windows : Windows or RemoteWindows
        As they were cut.
    fit : ChannelFit
    """

    windows: AnyWindows
    fit: ChannelFit

    @cached_property
    def checked(self) -> FittedArray:
        """The array: each window is checked, then fitted."""
        return FittedArray(self.windows.checked, self.fit)

    @property
    def x(self) -> FittedArray:
        """The same array: nothing is at hand unfitted."""
        return self.checked

    @property
    def table(self) -> StoredTable:
        """Table of the windows as they were cut."""
        return self.windows.table

    @cached_property
    def hashes(self) -> np.ndarray:
        """Content hash of each window as it is fitted, shape (n_windows,); all are read for it."""
        parts = [np.arange(start, min(start + AT_ONCE, len(self))) for start in range(0, len(self), AT_ONCE)]
        with self.checked.announced(parts):
            return np.concatenate([np.zeros(0, object), *(content_hash(self.checked[part]) for part in parts)])

    @property
    def ch_names(self) -> tuple[str, ...]:
        """Channels of the network."""
        return self.fit.ch_names

    @property
    def path(self) -> Any:
        """Path, or address, of the windows."""
        return self.windows.path

    @property
    def digest(self) -> str:
        """Digest of the windows as they were cut."""
        return self.windows.digest

    @property
    def n_times(self) -> int:
        """Samples of a window, whatever was made of them."""
        return self.windows.n_times

    @property
    def sfreq(self) -> float:
        """Sampling frequency in Hz."""
        return self.windows.sfreq

    @property
    def representation(self) -> str:
        """Representation of the windows."""
        return self.windows.representation

    @property
    def cleaning(self) -> Cleaning | None:
        """Cleaning of the recordings that they were cut from."""
        return self.windows.cleaning

    def check_if_touched(self) -> None:
        """See that the array is what was cut; as of the windows themselves."""
        self.windows.check_if_touched()

    def __len__(self) -> int:
        return len(self.windows)


Fittable = AnyWindows | FittedWindows


def fit_of(windows: Fittable) -> ChannelFit | None:
    """Fit of windows; None where they are taken as they were cut."""
    return windows.fit if isinstance(windows, FittedWindows) else None


def table_as_given(windows: Fittable) -> Table:
    """Table of windows with their content hashes as a network is given them: by these they are compared with those of a training."""
    if not isinstance(windows, FittedWindows) or HASH not in windows.table:
        return windows.table
    return {**windows.table, HASH: windows.hashes}
