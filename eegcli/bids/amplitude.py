"""Amplitude checks of a recording that was read: its unit, flat channels, saturation of the amplifier."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.events import make_events
from eegcli.bids.units import microvolts
from eegcli.study.events import Events

# A scalp EEG lies between 1 and 1000 µV; volts taken for microvolts, or the other way round, are six decades off.
TYPICAL = 20.0  # µV: the robust standard deviation of a channel at rest, at most four times more or less in all real recordings at hand
MAX_DECADES = 1.5  # half the way from one unit to the next
MIN_AMPLITUDE, MAX_AMPLITUDE = 0.05, 50_000.0  # µV
_LOOK_AT = 2_000  # samples per channel are enough for a median
CLIPPED = "BAD_clipped"
MIN_CLIPPED_SAMPLES = 5
MIN_CLIPPED_SHARE = 0.1  # of the channels that are not flat


def amplitude(data: np.ndarray) -> float:
    """Median over channels of the robust standard deviation; flat channels do not count.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)

    Returns
    -------
    float
        In the unit of `data`; NaN if every channel is flat or not finite.
    """
    seen = data[:, :: max(1, data.shape[1] // _LOOK_AT)]
    seen = seen[np.isfinite(seen).all(axis=1)].astype(float)
    spread = 1.4826 * np.median(np.abs(seen - np.median(seen, axis=1, keepdims=True)), axis=1) if seen.size else np.zeros(0)
    spread = spread[spread > 0]
    return float(np.median(spread)) if len(spread) else float("nan")


class ProbableUnit(NamedTuple):
    """A unit that values read as microvolts are probably in, and the microvolts that one of it is."""

    name: str
    factor: float


def probable_unit(value: float) -> ProbableUnit | None:
    """Guess the unit of values that are read as microvolts from their typical amplitude; None where it is that of an EEG in microvolts.

    Parameters
    ----------
    value : float, µV
        Median over channels.

    Returns
    -------
    ProbableUnit or None
        The one in which the amplitude comes nearest to 20 µV, in decades; None if that is not within one and a half of them.

    Examples
    --------
    >>> probable_unit(2e-5), probable_unit(20.0)
    (ProbableUnit(name='V', factor=1000000.0), None)
    """
    if not value > 0 or not np.isfinite(value):
        return None
    units = {name: microvolts(name) or 1.0 for name in ("uV", "V", "mV", "nV")}
    decades, name = min((abs(float(np.log10(value * factor / TYPICAL))), name) for name, factor in units.items())
    return None if name == "uV" or decades > MAX_DECADES else ProbableUnit(name, units[name])


def plausible(value: float) -> bool:
    """Test that an amplitude in µV can be an EEG's; unknown (NaN) can."""
    return bool(np.isnan(value) or MIN_AMPLITUDE <= value <= MAX_AMPLITUDE)


def check_amplitude(data: np.ndarray) -> None:
    """Refuse a recording that is flat or in another unit.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), µV

    Raises
    ------
    RecordingError
        If every channel is constant, or the amplitude cannot be in microvolts.
    """
    if not (data.max(axis=1) > data.min(axis=1)).any() and np.isfinite(data).all():
        raise RecordingError("every channel is flat", cause="flat")
    value = amplitude(data)
    if not plausible(value):
        unit = probable_unit(value)
        guess = f", as of values in {unit.name} (times {unit.factor:g}: --unit {unit.name})" if unit else ""
        raise RecordingError(
            f"the unit is probably wrong: the typical channel varies by {value:.3g} µV{guess}",
            cause="unit",
            hint="State the unit of the stored values with --unit, or in the column units of channels.tsv (V, mV, µV).",
        )


def clipped(data: np.ndarray, sfreq: float) -> Events:
    """Find where the amplifier saturated.

    There, at least a tenth of the channels that are not flat stay at their own minimum or maximum of the recording
    for at least five samples.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)
        Signals as recorded, before any filter.
    sfreq : float
        Sampling frequency, Hz.

    Returns
    -------
    Events
        ``BAD_clipped``, with durations.
    """
    n_times = data.shape[1]
    change = np.zeros(n_times + 1, dtype=np.int64)  # of the number of saturated channels, sample by sample
    n_alive = 0
    for channel in data:
        low, high = channel.min(), channel.max()
        if not low < high:
            continue
        n_alive += 1
        for extreme in (low, high):
            there = channel == extreme
            if np.count_nonzero(there) < MIN_CLIPPED_SAMPLES:
                continue
            for start, stop in runs(there):
                if stop - start >= MIN_CLIPPED_SAMPLES:
                    change[start] += 1
                    change[stop] -= 1
    needed = max(1.0, MIN_CLIPPED_SHARE * n_alive)
    found = runs(np.cumsum(change[:-1]) >= needed)
    return make_events([start / sfreq for start, _ in found], [(stop - start) / sfreq for start, stop in found], [CLIPPED] * len(found))


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.view(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
