"""Definition of an augmentation: what its file states beside the function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eegcli.engine.feed import Batch

Options = Mapping[str, float]


@dataclass(frozen=True)
class Cut:
    """Rate and length of windows, as an augmentation has to know them.

    Attributes
    ----------
    sfreq : float
        Hz.
    n_times : int
        Samples of a window.
    """

    sfreq: float
    n_times: int

    @property
    def seconds(self) -> float:
        """Length of a window, s."""
        return self.n_times / self.sfreq


@dataclass(frozen=True)
class Definition:
    """An augmentation.

    Attributes
    ----------
    function : callable
        ``function(batch, draws, *, option=default, ...) -> Batch``; `draws` is a `numpy.random.Generator`. Options are numbers. One named
        ``sfreq`` is the sampling frequency, Hz, and no option.
    ranges : mapping of str to (float, float)
        Least and greatest value of each option; the least is itself none, the greatest is.
    check : callable
        Options and cut -> what is wrong with them beyond the ranges, in words; empty: nothing.
    """

    function: Callable[..., Batch]
    ranges: Mapping[str, tuple[float, float]]
    check: Callable[[Options, Cut], str] = lambda options, cut: ""
