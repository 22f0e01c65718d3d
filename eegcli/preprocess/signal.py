"""Signal: one recording in memory, which steps take and give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from eegcli.study.events import Events


@dataclass(frozen=True)
class Signal:
    """A continuous recording in memory. Steps never change one: they give a new one back.

    Attributes
    ----------
    data : ndarray of float64, shape (n_channels, n_times), µV
        Of float32 only as read: `sequence.Step` gives float64 to every step but those whose definition says `takes_single`.
    ch_names : tuple of str
        In the order of the rows of `data`.
    sfreq : float
        Sampling frequency, Hz.
    reference : str
        ``average``, channel names, or what the recording states.
    events : Events
        Seconds from the first sample.
    positions : ndarray of float64, shape (n_channels, 3), m
        Of the electrodes, in MNE's head coordinates, as the recording's files state them; NaN where unknown. Empty means unknown for all.
    located : str
        Of these positions: ``digitised``, ``unoriented`` (digitised in a frame of unknown axes), ``file``.
    centre : tuple of float or None, m
        Centre of the head, where it was digitised.
    montage : str
        Which positions count: a name in `registry.MONTAGES`.
    bad_channels : tuple of str
        Channels that are known to be bad and still there.
    interpolated : tuple of str
        Channels whose data come from other channels.
    quality : dict
        Figures that steps noted for recordings.parquet, by the names of the columns that `registry.STEPS` has for them.
    remarks : tuple of str
        What the reader of a cohort should know of what steps did; equal ones are counted.
    origin : tuple of (float, float), s
        Where the data lie in the recording as read: onset and duration of each stretch, in order. Empty means the whole.
    """

    data: np.ndarray
    ch_names: tuple[str, ...]
    sfreq: float
    reference: str = "unknown"
    events: Events = field(default_factory=Events)
    positions: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    located: str = "file"
    centre: tuple[float, ...] | None = None
    montage: str = "auto"
    bad_channels: tuple[str, ...] = ()
    interpolated: tuple[str, ...] = ()
    quality: Mapping[str, str | float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    origin: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not len(self.positions):
            object.__setattr__(self, "positions", np.full((len(self.ch_names), 3), np.nan))

    @property
    def n_times(self) -> int:
        """Number of samples."""
        return int(self.data.shape[1])

    def noting(self, **figures: str | float) -> Signal:
        """Copy the recording with these figures of quality noted."""
        return replace(self, quality={**self.quality, **figures})

    def remarking(self, remark: str) -> Signal:
        """Copy the recording with a remark for the reader of the cohort."""
        return replace(self, remarks=tuple(dict.fromkeys((*self.remarks, remark))))

    def keep(self, stretches: Sequence[tuple[int, int]]) -> Signal:
        """Crop the recording to these stretches of samples (first, last + 1), joined; the events are as they were."""
        data = [self.data[:, start:stop] for start, stop in stretches]
        origin: list[tuple[float, float]] = []
        for start, stop in stretches:
            begin, end, passed = start / self.sfreq, stop / self.sfreq, 0.0
            for onset, duration in self.origin or ((0.0, self.n_times / self.sfreq),):
                first, last = max(begin, passed), min(end, passed + duration)
                if first < last:
                    origin.append((onset + first - passed, last - first))
                passed += duration
        return replace(self, data=data[0] if len(data) == 1 else np.concatenate(data, axis=1), origin=tuple(origin))

    def take(self, rows: Sequence[int]) -> Signal:
        """Select channels of the recording, in this order; its data are a copy."""
        names = tuple(self.ch_names[row] for row in rows)
        return replace(
            self,
            data=self.data[list(rows)],
            ch_names=names,
            positions=self.positions[list(rows)],
            bad_channels=tuple(name for name in self.bad_channels if name in names),
            interpolated=tuple(name for name in self.interpolated if name in names),
        )

    def renamed(self, names: tuple[str, ...]) -> Signal:
        """Rename the channels of the recording."""
        new = dict(zip(self.ch_names, names, strict=True))
        return replace(
            self,
            ch_names=names,
            bad_channels=tuple(new[name] for name in self.bad_channels),
            interpolated=tuple(new[name] for name in self.interpolated),
        )
