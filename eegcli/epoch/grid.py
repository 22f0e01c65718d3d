"""Grid of all windows: segments, channels, rate, length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eegcli.artifacts.recordings import Recording
from eegcli.epoch.inputs import Pool
from eegcli.errors import InputError, UsageError, counted, listed
from eegcli.settings import EpochSettings
from eegcli.study.segments import SegmentRule

COMMON = "common"  # of --channels: those that all recordings have


@dataclass(frozen=True)
class Grid:
    """Segments, channels, rate and length that all windows share.

    Attributes
    ----------
    rules : tuple of SegmentRule
    ch_names : tuple of str
        In the order of a window's rows.
    sfreq : float
        Hz.
    n_times, step : int
        Samples of a window, and from one to the next.
    pick : bool
        Whether recordings may have other channels besides.
    """

    rules: tuple[SegmentRule, ...]
    ch_names: tuple[str, ...]
    sfreq: float
    n_times: int
    step: int
    pick: bool = False

    @property
    def seconds(self) -> float:
        """Length of a window, s."""
        return self.n_times / self.sfreq


def find_grid(settings: EpochSettings, pool: Pool, rules: tuple[SegmentRule, ...]) -> Grid:
    """The channels and the rate that most recordings of each data set have.

    Raises
    ------
    UsageError
        If length or overlap make no sense.
    InputError
        If data sets differ in rate, or in channels without `--channels`.
    """
    sfreq = _rate(pool)
    n_times, step = samples(settings, sfreq)
    return Grid(rules, _channels(settings.channels, pool), sfreq, n_times, step, pick=bool(settings.channels))


def samples(settings: EpochSettings, sfreq: float) -> tuple[int, int]:
    """Samples of a window, and from one to the next."""
    if not np.isfinite([settings.length, settings.overlap]).all():
        raise UsageError("--length and --overlap have to be numbers of seconds")
    n_times = round(settings.length * sfreq)
    step = n_times - round(settings.overlap * sfreq)
    if n_times < 1:
        raise UsageError(f"--length {settings.length:g} s is less than one sample at {sfreq:g} Hz")
    if not settings.overlap >= 0 or step < 1:
        raise UsageError(f"--overlap {settings.overlap:g} s has to be at least 0 and shorter than --length {settings.length:g} s")
    return n_times, step


def fit(recording: Recording, grid: Grid) -> Recording:
    """Pick the grid's channels from a recording, in the grid's order.

    Raises
    ------
    InputError
        If the recording has another rate, or lacks channels; without `--channels` also if it has others.
    """
    if recording.sfreq != grid.sfreq:
        raise InputError(f"the rate is {recording.sfreq:g} Hz, most recordings have {grid.sfreq:g} Hz", cause="other rate")
    if recording.ch_names == grid.ch_names:
        return recording
    has, wanted = set(recording.ch_names), set(grid.ch_names)
    odd = sorted(wanted - has if grid.pick else wanted ^ has)
    if odd:
        said = (
            f"{counted(len(odd), 'channel is', 'channels are')} missing" if grid.pick else "the channels are not those of most recordings"
        )
        raise InputError(f"{said} ({listed(odd)}); use --channels, or preprocess with it", cause="other channels")
    rows = [recording.ch_names.index(name) for name in grid.ch_names]
    electrodes = recording.electrodes.take(rows) if recording.electrodes else None
    return replace(recording, data=recording.data[rows], ch_names=grid.ch_names, electrodes=electrodes)


def _rate(pool: Pool) -> float:
    rates = _usual(pool, "sfreq")
    if len({rate for _, rate in rates}) > 1:
        listed = ", ".join(f"{name} {rate:g} Hz" for name, rate in rates)
        raise InputError(f"the data sets differ in sampling frequency ({listed})", hint="Preprocess all with the same --sfreq.")
    return float(rates[0][1])


def _channels(wanted: Sequence[str], pool: Pool) -> tuple[str, ...]:
    usual = [(name, tuple(str(channels).split(","))) for name, channels in _usual(pool, "ch_names")]
    first_name, first = usual[0]
    if tuple(wanted) == (COMMON,):
        everywhere = set.intersection(*(set(channels.split(",")) for channels in set(pool.table["ch_names"])))
        if not everywhere:
            raise InputError("the recordings have no channel in common", hint="Name the channels with --channels, or preprocess with it.")
        return tuple(name for name in first if name in everywhere)
    if wanted:
        if len(set(wanted)) < len(wanted) or COMMON in wanted:
            raise UsageError(f"--channels {','.join(wanted)}: each channel once, or `{COMMON}` alone")
        return tuple(wanted)
    for name, channels in usual[1:]:
        only = [(first_name, sorted(set(first) - set(channels))), (name, sorted(set(channels) - set(first)))]
        if said := [f"only {whose}: {listed(those)}" for whose, those in only if those]:
            raise InputError(
                f"the data sets differ in channels ({'; '.join(said)})", hint="Use --channels common, or name the channels to keep."
            )
    return first


def _usual(pool: Pool, column: str) -> list[tuple[str, Any]]:
    """The most common value of each artifact's recordings, beside the artifact's name."""
    chosen = [(source.path.name, pool.table[column][pool.source == number]) for number, source in enumerate(pool.sources)]
    return [(name, Counter(values.tolist()).most_common(1)[0][0]) for name, values in chosen if len(values)]
