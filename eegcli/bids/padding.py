"""Padding: stretches in which nothing was recorded, and the file repeats one value."""

from __future__ import annotations

import numpy as np

from eegcli.bids.amplitude import runs
from eegcli.bids.events import make_events
from eegcli.study.events import Events

PADDING = "BAD_padding"
SKIPPED = "bad_acq_skip"  # MNE's name for time in which a FIF file stores nothing, and for which it gives zeros
MIN_SECONDS = 0.25  # no scalp and no amplifier holds every channel at one value that long


def is_empty(value: str) -> bool:
    """Test for an event during which nothing was recorded."""
    return value == PADDING or value.lower() == SKIPPED


def padding(data: np.ndarray, sfreq: float) -> Events:
    """Find where every channel stands still: what a program wrote to fill a record, or an amplifier that stood.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)
        Signals as recorded, before any filter. Channels that are constant throughout, or not finite, do not count.
    sfreq : float
        Sampling frequency, Hz.

    Returns
    -------
    Events
        ``BAD_padding``, with durations of 0.25 s or more.
    """
    n_times = data.shape[1]
    shortest = max(int(np.ceil(MIN_SECONDS * sfreq)), 2)
    stretches = [(0, n_times)] if n_times >= shortest else []
    n_alive = 0
    for channel in data:
        if not stretches:
            break
        if not channel.min() < channel.max():  # constant, or NaN
            continue
        n_alive += 1
        # What stands still in all channels stands still in the first: the others are looked at there only.
        found = []
        for start, stop in stretches:
            part = channel[start:stop]
            same = runs(part[1:] == part[:-1])
            found += [(start + begin, start + end + 1) for begin, end in same if end + 1 - begin >= shortest]
        stretches = found
    if not n_alive:
        stretches = []
    # A jump from one value to another ends no padding.
    starts = [start for start, _ in stretches if start not in {stop for _, stop in stretches}]
    stops = [stop for _, stop in stretches if stop not in {start for start, _ in stretches}]
    stretches = list(zip(starts, stops, strict=True))
    onset, length = [start / sfreq for start, _ in stretches], [(stop - start) / sfreq for start, stop in stretches]
    return make_events(onset, length, [PADDING] * len(stretches))
