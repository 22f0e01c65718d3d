"""Offset of windows: a constant or a slow drift that is left in, and is larger than the signal."""

from __future__ import annotations

import numpy as np

from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.portrait import Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import listed

NAME = "offset and drift"
# Unfiltered real recordings of two seconds: at most 2.3 for a window, 0.9 typically.
OFFSET, LARGE_OFFSET = 4.0, 15.0  # mean of a window over its standard deviation
DRIFTING, DRIFT = 0.75, 0.97  # share of a straight line in the power of a window
PAIRS, MANY = 0.02, 0.2  # share of channels of recordings
HINT = (
    "High-pass recordings before they are cut (eegcli preprocess --l-freq 0.5), or take it out of each window (--normalise channel-window)."
)
CHANGE = {"normalise": "channel-window"}


def offset(evidence: Evidence) -> Finding:
    """Hold the mean of windows, and their straight line, against what varies about it."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(NAME, None, why="windows of another representation have a mean of their own")
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded):
        return Finding(NAME, None, why="channels and samples are not told apart")
    with np.errstate(all="ignore"):
        ratio = np.where((seen.sd > 0) & seen.alive[:, None], np.abs(seen.mean) / seen.sd, np.nan)
    typical = np.array(
        [np.median(ratio[places], axis=0) if len(places) else np.full(ratio.shape[1], np.nan) for places in seen.of_recording]
    )
    if not np.isfinite(typical).any():
        return Finding(NAME, None, why="no window holds a signal")
    value = float(np.nanmedian(typical))
    high = np.nan_to_num(typical) > OFFSET
    normalise = evidence.trial.settings.normalise if evidence.trial is not None else None
    removed = normalise == "channel-window"
    if high.mean() >= PAIRS:
        worst = float(np.median(typical[high]))
        channels, numbers = np.flatnonzero(high.mean(axis=0) >= 0.5), np.flatnonzero(high.any(axis=1))
        of = f" of {listed([seen.ch_names[c] for c in channels], 3)}" if 0 < len(channels) < 0.5 * high.shape[1] else ""
        broken = worst >= LARGE_OFFSET and high.mean() >= MANY and not removed
        why = f"the mean of a window{of} is {worst:.3g} times its standard deviation {seen.who(numbers)}: a constant (DC) was left in, " + (
            "which --normalise channel-window takes out, though not what an average reference made of it"
            if removed
            else "and learning spends its steps on it"
        )
        names = tuple(seen.names[number] for number in numbers)
        weight = 0.95 if broken else 0.3 if removed else 0.6
        return Finding(NAME, "broken" if broken else "suspect", worst, names, why, HINT, weight=weight, change={} if removed else CHANGE)
    positive = (seen.x[seen.alive].min(axis=2) >= 0).mean()
    if positive > 0.9:
        why = "no value is below zero: absolute values, power, or a scale from 0 to 1, in place of a voltage"
        hint = "Bring in the voltages as they were recorded (eegcli import); a network normalises by itself (--normalise channel-window)."
        return Finding(NAME, "suspect", value, (), why, hint, weight=0.5)
    line = straight(seen)
    drifting = np.nan_to_num(line) > DRIFTING
    if drifting.mean() >= 0.1:
        worst = float(np.median(line[drifting]))
        numbers = (
            np.flatnonzero(drifting.mean(axis=1) >= 0.5) if (drifting.mean(axis=1) >= 0.5).any() else np.flatnonzero(drifting.any(axis=1))
        )
        broken = worst >= DRIFT and drifting.mean() >= MANY
        why = f"a straight line makes up {worst:.0%} of the power of a window {seen.who(numbers)}: slow drift was left in, and the EEG is small beside it"
        names = tuple(seen.names[number] for number in numbers)
        hint = HINT.split(", or", 1)[0] + "."
        return Finding(NAME, "broken" if broken else "suspect", worst, names, why, hint, weight=0.9 if broken else 0.5)
    return Finding(NAME, "ok", value, compared={"straight_line": float(np.nanmedian(line)) if np.isfinite(line).any() else None})


def straight(seen: Portrait) -> np.ndarray:
    """Share of a straight line in the power of each channel, median over the windows of a recording; shape (n_recordings, n_channels)."""
    n_times = seen.x.shape[2]
    time = np.arange(n_times) - (n_times - 1) / 2
    time = (time / np.sqrt((time**2).sum())).astype(np.float32)
    share = (seen.unit @ time) ** 2 / n_times
    empty = np.full(share.shape[1], np.nan)
    return np.array([np.median(share[places], axis=0) if len(places) else empty for places in seen.of_recording])
