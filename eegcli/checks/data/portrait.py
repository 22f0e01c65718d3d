"""Portrait of windows: figures of channels, windows and recordings, worked out once for all checks of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import CHUNK, Recorded
from eegcli.checks.data.everything import ABSURD
from eegcli.errors import counted, listed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

KEY = "portrait"
MOST = 8_000_000  # values that are looked at: more windows of a large net would take seconds
NEARLY_FLAT = 0.02  # of the other channels' standard deviation: a channel below holds no signal
STILL = 1e-4  # of a channel's standard deviation from sample to sample: EEG of all channels at once moves by more
WIDEST_GAP = 0.1  # of a window: a longer run of one value in all channels is no signal


@dataclass(frozen=True)
class Portrait:
    """Portrait of the sample of windows.

    Attributes
    ----------
    x : ndarray of float32, shape (n, n_channels, n_times)
        As they lie there.
    rows : ndarray of int, shape (n,)
        Of the windows' table.
    recording : ndarray of int, shape (n,)
        Number of each window's recording, counted from 0 among those of the sample.
    names : tuple of str
        Of these recordings.
    ch_names : tuple of str
    is_eeg : ndarray of bool, shape (n_channels,)
        False for channels that the windows declare as something else.
    sfreq : float
        Hz.
    """

    x: NDArray[np.float32]
    rows: Ints
    recording: Ints
    names: tuple[str, ...]
    ch_names: tuple[str, ...]
    is_eeg: Mask
    sfreq: float

    @property
    def n_recordings(self) -> int:
        """Number of recordings in the sample."""
        return len(self.names)

    @cached_property
    def finite(self) -> Mask:
        """Mask of channels of windows whose values are all finite, and within what squares of single precision hold; shape (n, n_channels)."""
        with np.errstate(invalid="ignore"):
            sound: Mask = np.asarray((self.x.min(axis=2) > -ABSURD) & (self.x.max(axis=2) < ABSURD))
        return sound

    @cached_property
    def mean(self) -> Floats:
        """Mean of each channel of a window, shape (n, n_channels); NaN where a value is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            mean: Floats = np.where(self.finite, self.x.mean(axis=2, dtype=np.float64), np.nan)
        return mean

    @cached_property
    def centred(self) -> NDArray[np.float32]:
        """Windows without the mean of each channel; 0 throughout a channel that holds a value that is not finite."""
        known = np.where(self.finite[:, :, None], self.x, np.float32(0))
        return np.asarray(known - np.nan_to_num(self.mean)[:, :, None], dtype=np.float32)

    @cached_property
    def sd(self) -> Floats:
        """Standard deviation within a window, shape (n, n_channels); NaN where a value is not finite."""
        # Of ten thousand volts as of a nanovolt: squares of single precision would leave its range.
        top = np.maximum(np.abs(self.centred).max(axis=2), np.float32(1e-30)).astype(np.float64)
        scaled = self.centred / top[:, :, None].astype(np.float32)
        spread = top * np.sqrt(np.einsum("ict,ict->ic", scaled, scaled, dtype=np.float64) / self.x.shape[2])
        # A constant has the rounding of its mean.
        level = np.abs(np.nan_to_num(self.mean)) * np.finfo(np.float32).eps * 4
        spread_or_none: Floats = np.where(self.finite, np.where(spread <= level, 0.0, spread), np.nan)
        return spread_or_none

    @cached_property
    def typical(self) -> float:
        """Standard deviation of the typical EEG channel of a window that holds a signal; NaN where none does."""
        spread = self.sd[:, self.is_eeg] if self.is_eeg.any() else self.sd
        spread = spread[np.isfinite(spread) & (spread > 0)]
        return float(np.median(spread)) if len(spread) else float("nan")

    @cached_property
    def held(self) -> Floats:
        """Longest run, as a share of the window, in which no channel moves by more than rounding; shape (n,)."""
        tolerance = (STILL * np.nan_to_num(self.sd)).astype(np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            still: Mask = np.asarray((np.abs(np.diff(self.x, axis=2)) <= tolerance[:, :, None]).all(axis=1))
        longest, run = np.zeros(len(still), dtype=np.int64), np.zeros(len(still), dtype=np.int64)
        for column in still.T:
            run = np.where(column, run + 1, 0)
            np.maximum(longest, run, out=longest)
        held: Floats = np.where(longest > 0, longest + 1, 0) / self.x.shape[2]
        return held

    @cached_property
    def alive(self) -> Mask:
        """Mask of windows that hold a signal throughout and nothing that is not finite, shape (n,)."""
        alive: Mask = self.finite.all(axis=1) & (self.held <= WIDEST_GAP) & (np.nan_to_num(self.sd).max(axis=1) > 0)
        return alive

    @cached_property
    def of_recording(self) -> list[Ints]:
        """Places, in the sample, of the windows of each recording that hold a signal."""
        return [np.flatnonzero((self.recording == number) & self.alive) for number in range(self.n_recordings)]

    @cached_property
    def level(self) -> Floats:
        """Median standard deviation of each channel of each recording, shape (n_recordings, n_channels); NaN where it has no whole window."""
        empty = np.full(len(self.ch_names), np.nan)
        return np.array([np.median(self.sd[places], axis=0) if len(places) else empty for places in self.of_recording])

    @cached_property
    def unit(self) -> NDArray[np.float32]:
        """Windows in units of each channel's own standard deviation; 0 where it has none; shape as `x`."""
        spread = np.where(np.nan_to_num(self.sd) > 0, np.nan_to_num(self.sd), np.inf)
        return (self.centred / spread[:, :, None]).astype(np.float32)

    @cached_property
    def correlation(self) -> Floats:
        """Mean correlation of channels within windows, shape (n_recordings, n_channels, n_channels); NaN without a whole window."""
        n_channels = len(self.ch_names)
        found = np.full((self.n_recordings, n_channels, n_channels), np.nan)
        for number, places in enumerate(self.of_recording):
            if len(places):
                part = self.unit[places]
                found[number] = np.mean(part @ part.transpose(0, 2, 1), axis=0, dtype=np.float64) / self.x.shape[2]
        return found

    @cached_property
    def company(self) -> Floats:
        """Strongest correlation of each channel with another, shape (n_recordings, n_channels); 0 where nothing is known of it."""
        with_others = np.where(np.eye(len(self.ch_names), dtype=bool), 0.0, np.nan_to_num(self.correlation))
        strongest: Floats = np.abs(with_others).max(axis=2)
        return strongest

    @cached_property
    def frequencies(self) -> Floats:
        """Frequencies of `power`, Hz."""
        return np.asarray(np.fft.rfftfreq(self.x.shape[2], 1 / self.sfreq), dtype=np.float64)

    @cached_property
    def power(self) -> Floats:
        """Share of each frequency in the power of each recording's channels, under a Hann window; shape (n_recordings, n_channels, n_freqs).

        The mean over windows of their shares: a movement in one of them decides nothing. NaN without a whole window.
        """
        import scipy.fft

        n_times = self.x.shape[2]
        found = np.full((self.n_recordings, len(self.ch_names), n_times // 2 + 1), np.nan)
        hann = np.hanning(n_times + 1)[:-1].astype(np.float32)
        for number, places in enumerate(self.of_recording):
            if len(places):
                transform = scipy.fft.rfft(self.unit[places] * hann, axis=2, workers=1)
                energy: Floats = np.asarray(np.mean(transform.real**2 + transform.imag**2, axis=0, dtype=np.float64))
                energy[:, 0] = 0.0
                found[number] = energy / np.maximum(energy.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        return found

    def who(self, recordings: Sequence[int] | Ints) -> str:
        """Say in which recordings: all, or how many of how many, with the first names."""
        names = [self.names[number] for number in recordings]
        if len(names) == self.n_recordings:
            return "in every recording"
        return f"in {len(names)} of {counted(self.n_recordings, 'recording')} ({listed(names, 3)})"


def portrait(recorded: Recorded) -> Portrait:
    """Portrait of the sample of some windows, as signals: made when it is first asked for."""
    if KEY not in recorded.kept:
        places = np.arange(len(recorded.rows))
        size = int(np.prod(recorded.sample.shape[1:]))
        if len(places) * size > MOST and not recorded.thorough:
            n_chunks = max(1, MOST // (size * CHUNK))
            starts = np.unique(np.linspace(0, max(0, len(places) - CHUNK), n_chunks).astype(np.int64) // CHUNK * CHUNK)
            places = np.unique(np.minimum((starts[:, None] + np.arange(CHUNK)).ravel(), len(places) - 1))
        rows = recorded.rows[places]
        numbers, first, recording = np.unique(recorded.recording[rows], return_index=True, return_inverse=True)
        stated = recorded.table.get("recording", recorded.recording)
        names = tuple(str(stated[rows[place]]) for place in first)
        if len(set(names)) < len(names) and "subject" in recorded.table:  # imported: the name of the file
            names = tuple(str(recorded.table["subject"][rows[place]]) for place in first)
        x = recorded.sample if len(places) == len(recorded.rows) else recorded.sample[places]
        types = recorded.ch_types if len(recorded.ch_types) == x.shape[1] else ("eeg",) * x.shape[1]
        is_eeg = np.array([kind == "eeg" for kind in types])
        recorded.kept[KEY] = Portrait(x, rows, recording.reshape(-1), names, recorded.rows_named, is_eeg, recorded.sfreq)
        assert len(names) == len(numbers)
    found: Portrait = recorded.kept[KEY]
    return found
