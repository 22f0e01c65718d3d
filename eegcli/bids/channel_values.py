"""Values of channels as evidence: a channel that is constant, stepwise or far from the others in amplitude records something else.

The rule looks at up to 30 stretches of one second, spread evenly over the recording as it was read, before any filter. Offset and linear trend of
each stretch are removed, so that neither the offset of an amplifier without high-pass nor its slow drift counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

STRETCHES, STRETCH_SECONDS = 30, 1.0
MIN_OTHERS = 3  # fewer cannot tell which of them is the odd one
# From the median electrode of a head the others differ by a factor of 2.2 at most, in all 29 real recordings at hand (docs/benchmarks.md); an input
# with nothing on it wanders by volts, and a level that is none of the skin's potential moves by next to nothing.
MAX_RATIO = 50.0
# A trigger, a level or a slow sensor that is held stays as it is from sample to sample; EEG does only where it is stored coarsely, and then on all channels.
MIN_HELD, MAX_HELD_OTHERS = 0.9, 0.5


class Oddity(NamedTuple):
    """Oddity in the values of a channel: its kind (`constant`, `stepwise` or `amplitude`), and the reason in words."""

    kind: str
    why: str


def odd_channels(data: np.ndarray, sfreq: float, trusted: Sequence[bool]) -> list[Oddity | None]:
    """Find channels whose values are no EEG's.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)
        As read, before any filter; in any unit that all channels share.
    sfreq : float
        Sampling frequency, Hz.
    trusted : sequence of bool
        Channels that are electrodes by other evidence: where there are three of them, or as many as of the rest, they alone are the measure
        of the rest; one of them is judged by others of them only.

    Returns
    -------
    list of (Oddity or None)
        One per channel: ``constant`` (one value throughout); ``stepwise`` (in 90 % of the samples as in the one before, while half of the others
        are so in less than 50 %); or ``amplitude`` (the median standard deviation of the stretches is 50 times that of the others' median or a
        fiftieth of it, and there are three others).
    """
    spread, held = _figures(data, sfreq)
    n_channels = len(data)
    constant = np.array([held[row] == 1.0 and bool((data[row] == data[row, 0]).all()) for row in range(n_channels)])
    alive = ~constant & np.isfinite(spread)
    electrodes = alive & np.asarray(trusted, dtype=bool)
    found: list[Oddity | None] = []
    for row in range(n_channels):
        judges = _judges(row, alive, electrodes)
        if constant[row]:
            found.append(Oddity("constant", "constant"))
        elif not alive[row] or not len(judges):
            found.append(None)
        elif held[row] >= MIN_HELD and np.median(held[judges]) < MAX_HELD_OTHERS:
            found.append(Oddity("stepwise", "changes in steps, as a trigger does"))
        elif len(judges) >= MIN_OTHERS:
            found.append(_by_amplitude(float(spread[row]), float(np.median(spread[judges]))))
        else:  # of two one may be broken: what is odd differs from both
            verdicts = [_by_amplitude(float(spread[row]), float(other)) for other in spread[judges]]
            found.append(verdicts[0] if all(verdicts) else None)
    return found


def _judges(row: int, alive: np.ndarray, electrodes: np.ndarray) -> np.ndarray:
    """Channels by which one is judged: three electrodes or more; fewer, where they are not outnumbered by what is none; else all others."""
    others = electrodes.copy()
    others[row] = False
    if others.sum() >= MIN_OTHERS or (not electrodes[row] and 2 * electrodes.sum() >= alive.sum()):
        return np.flatnonzero(others)
    if electrodes[row] and not electrodes[alive].all():
        return np.zeros(0, dtype=int)  # an electrode is not judged by inputs
    others = alive.copy()
    others[row] = False
    return np.flatnonzero(others) if others.sum() >= MIN_OTHERS else np.zeros(0, dtype=int)


def typical_ratio(data: np.ndarray, sfreq: float) -> float:
    """Largest factor by which a channel's amplitude, as the rule measures it, differs from the median; constant channels do not count."""
    spread = _figures(data, sfreq)[0]
    spread = spread[spread > 0]
    return float(max(spread.max() / np.median(spread), np.median(spread) / spread.min())) if len(spread) else float("nan")


def _by_amplitude(own: float, others: float) -> Oddity | None:
    if own > MAX_RATIO * others > 0:
        return Oddity("amplitude", f"{own / others:.0f} times the amplitude of the others")
    if own * MAX_RATIO < others:
        return Oddity("amplitude", f"{f'1/{others / own:.0f}' if own else 'next to nothing'} of the amplitude of the others")
    return None


def _figures(data: np.ndarray, sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Figures of each channel: the median standard deviation of the stretches (NaN where samples are missing), and the share of held samples."""
    n_times = data.shape[1]
    length = min(max(round(STRETCH_SECONDS * sfreq), 2), n_times)
    if length < 2:
        return np.full(len(data), np.nan), np.zeros(len(data))
    starts = np.unique(np.linspace(0, n_times - length, min(STRETCHES, n_times // length)).astype(int))
    time = np.arange(length) - (length - 1) / 2
    time /= np.sqrt((time**2).sum())
    deviations, held = np.empty((len(starts), len(data))), np.zeros(len(data))
    for index, start in enumerate(starts):
        stretch = np.asarray(data[:, start : start + length], dtype=np.float64)
        held += np.mean(stretch[:, 1:] == stretch[:, :-1], axis=1)
        centred = stretch - stretch.mean(axis=1, keepdims=True)
        power = (centred**2).sum(axis=1) - (centred @ time) ** 2
        deviations[index] = np.sqrt(np.maximum(power, 0.0) / length)
    live = np.where(deviations > 0, deviations, np.nan)  # an electrode that came off is judged by the time before
    spread = np.array(
        [
            np.nanmedian(column) if np.isfinite(column).any() else np.nan if np.isnan(broken).any() else 0.0
            for column, broken in zip(live.T, deviations.T, strict=True)
        ]
    )
    return spread, held / len(starts)
