"""Clock of a recording: which second of the data a second of the clock is, where recording was interrupted, or the clock drifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.bids.events import make_events
from eegcli.study.events import Events

BOUNDARY = "boundary"
_ROUNDING = 1e-6  # s


@dataclass(frozen=True)
class Clock:
    """Stretches of a recording of which the time is known, in order.

    Attributes
    ----------
    time : ndarray, shape (n,), s
        When each began, from the begin of the first.
    place : ndarray, shape (n,), s
        Where it begins in the data.
    length : ndarray, shape (n,), s
    cut : ndarray of bool, shape (n,)
        Recording was interrupted before it.
    """

    time: np.ndarray
    place: np.ndarray
    length: np.ndarray
    cut: np.ndarray

    @property
    def boundaries(self) -> Events:
        """Events ``boundary`` where recording was interrupted."""
        cuts = self.place[self.cut].tolist()
        return make_events(cuts, [0.0] * len(cuts), [BOUNDARY] * len(cuts))

    @property
    def seconds(self) -> tuple[float, float]:
        """Length of the data, and of the time that passed, in s."""
        return float(self.place[-1] + self.length[-1]), float((self.time + self.length).max())

    def placed(
        self, onset: Sequence[float] | np.ndarray, duration: Sequence[float] | np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Move events from the clock to their place in the data.

        Parameters
        ----------
        onset, duration : array of float, s
            By the clock.

        Returns
        -------
        onset, duration : ndarray of float, s
            In the data. What reaches into a gap loses that part; what begins in one and ends in data begins at the cut.
        there : ndarray of bool
            False for what lies where nothing was recorded.
        """
        begin, end = np.asarray(onset, float), np.asarray(onset, float) + np.asarray(duration, float)
        first, inside = self._place(begin)
        last, _ = self._place(end)
        length, stated = np.maximum(last - first, 0.0), end - begin
        whole = np.abs(length - stated) < _ROUNDING
        return first, np.where(whole, np.asarray(duration, float), length), inside | (length > _ROUNDING)

    def _place(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        index = np.maximum(np.searchsorted(np.maximum.accumulate(self.time), time + _ROUNDING, side="right") - 1, 0)
        within, length = time - self.time[index], self.length[index]
        is_last = index == len(self.time) - 1
        # Where a clock that drifts leaves a little between two stretches, that is no gap.
        goes_on = ~np.append(self.cut[1:], True)[index]
        inside = (within >= -_ROUNDING) & (goes_on | (within < length - _ROUNDING) | (is_last & (within <= length + _ROUNDING)))
        place: np.ndarray = self.place[index] + np.clip(within, 0.0, length)
        return place, inside
