"""Axes of windows: whether channels, samples and windows stand where they are said to stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Recorded
from eegcli.checks.data.portrait import Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted

NAME = "order of the axes"
KEY = "axes"
SMOOTH, ROUGH = 0.8, 0.6  # correlation of neighbours: along time, and where time is not
CLEARLY = 0.25  # by how much one order of the axes is smoother than the other
UNRELATED, RELATED = 0.2, 0.45  # strongest correlation of a channel with any other
# Correlation of neighbouring samples, at most, of what is in no order (or noise): EEG has 0.9 at 100 Hz and more.
IN_NO_ORDER, IN_NO_ORDER_AT, SLOW_RATE = 0.05, 0.3, 100.0
MIN_CHANNELS = 4
SOME = 64  # windows
HINT = (
    "Import the arrays with their order of axes (eegcli import --axes trials,channels,samples), and hold one window against the recording."
)


def axes(evidence: Evidence) -> Finding:
    """Look whether neighbours in time are alike, as samples of a signal are, or neighbours along another axis instead."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(NAME, None, why="windows of another representation hold no signal in time")
    why = mistaken_axes(evidence.recorded)
    seen = portrait(evidence.recorded)
    value = _neighbours(seen.x[:: max(1, len(seen.x) // SOME)])
    if why:
        return Finding(NAME, "broken", value, (), why, HINT)
    if odd := _mistaken_in(seen):
        names = tuple(seen.names[number] for number in odd)
        why = f"channels and samples were swapped, or reshaped in place of transposed, {seen.who(odd)}: only read the other way round are neighbours in time alike"
        return Finding(NAME, "broken", len(odd), names, why, HINT)
    limit = IN_NO_ORDER_AT if evidence.recorded.sfreq >= SLOW_RATE else IN_NO_ORDER
    if abs(value) < limit and np.isfinite(value) and seen.is_eeg.sum() >= MIN_CHANNELS:
        why = f"neighbouring samples have a correlation of {value:.2f} where those of EEG have 0.5 and more: samples in no order, or noise over the signal or in place of it"
        return Finding(NAME, "suspect", value, (), why, HINT, weight=0.9)
    return Finding(NAME, "ok", value)


def mistaken_axes(recorded: Recorded) -> str:
    """Say which axes stand in one another's place; empty where none do. Checks of channels then do not judge."""
    if KEY not in recorded.kept:
        recorded.kept[KEY] = _mistaken(recorded)
    found: str = recorded.kept[KEY]
    return found


def _mistaken(recorded: Recorded) -> str:
    seen = portrait(recorded)
    x = seen.x[:: max(1, len(seen.x) // SOME)]
    _, n_channels, n_times = x.shape
    if len(recorded.ch_names) == n_times != n_channels:
        return f"there are names for {counted(n_times, 'channel')}, and windows of {n_channels} x {n_times} values: channels and samples are swapped"
    if n_channels < MIN_CHANNELS:
        return ""
    in_time = _in_time(x)
    if in_time < ROUGH:
        across = _neighbours(x.transpose(0, 2, 1))
        if across > SMOOTH and across > in_time + CLEARLY:
            return (
                f"neighbours along what is called channels ({n_channels}) have a correlation of {across:.2f}, neighbours in time {in_time:.2f}: "
                "the two axes are swapped"
            )
        again = _neighbours(x.reshape(len(x), n_times, n_channels).transpose(0, 2, 1))
        if again > SMOOTH and again > in_time + CLEARLY:
            return (
                f"every {n_channels}th sample has a correlation of {again:.2f} with the one before, neighbours {in_time:.2f}: "
                "samples x channels were reshaped to channels x samples, not transposed"
            )
    return _channels_by_windows(recorded, x)


def _mistaken_in(seen: Portrait) -> list[int]:
    """Recordings in which neighbours in time are unlike, and alike if samples and channels are read the other way round."""
    odd = []
    for number, places in enumerate(seen.of_recording):
        part = seen.x[places[:: max(1, len(places) // 8)]]
        n, n_channels, n_times = part.shape
        if n_channels >= MIN_CHANNELS and n and (in_time := _in_time(part)) < ROUGH:
            again = _neighbours(part.reshape(n, n_times, n_channels).transpose(0, 2, 1))
            odd += [number] if again > max(SMOOTH, in_time + CLEARLY) else []
    return odd


def _channels_by_windows(recorded: Recorded, x: NDArray[np.float32]) -> str:
    """Say whether windows are made of one channel at many times: an array of channels x windows, reshaped."""
    if not isinstance(recorded.x, np.ndarray) or len(recorded.x) < 2 * MIN_CHANNELS:
        return ""
    here = _company(x)
    if not here < UNRELATED:
        return ""
    n, n_channels, n_times = recorded.x.shape
    flat = recorded.x.reshape(n * n_channels, n_times)
    chosen = np.linspace(0, n - 1, min(SOME, n)).astype(np.int64)
    there = _company(np.asarray(flat[chosen[:, None] + n * np.arange(n_channels)]))
    if there > RELATED:
        return (
            f"channels of a window have a correlation of {here:.2f} with the one most like them, and of {there:.2f} if the array is read as "
            "channels x windows x samples: it was reshaped, not transposed"
        )
    return ""


def _in_time(x: NDArray[np.float32]) -> float:
    """Correlation of neighbours in time, with and without the strongest frequency: the mains may make up nearly all, and change fast."""
    spectrum = np.fft.rfft(np.where(np.isfinite(x), x, 0).astype(np.float64), axis=2)
    strongest = 1 + int(np.argmax((np.abs(spectrum[:, :, 1:]) ** 2).sum(axis=(0, 1)))) if spectrum.shape[2] > 1 else 0
    spectrum[:, :, max(1, strongest - 1) : strongest + 2] = 0
    rest = np.fft.irfft(spectrum, n=x.shape[2], axis=2).astype(np.float32)
    return max((value for value in (_neighbours(x), _neighbours(rest)) if np.isfinite(value)), default=float("nan"))


def _neighbours(x: NDArray[np.float32]) -> float:
    """Correlation of neighbours along the last axis: the median over windows and rows; NaN where nothing varies."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        centred = x.astype(np.float64)
        centred = centred - centred.mean(axis=2, keepdims=True)
        energy = (centred**2).sum(axis=2)
        products = (centred[:, :, 1:] * centred[:, :, :-1]).sum(axis=2) / energy
    products = products[np.isfinite(products) & (energy > 0)]
    return float(np.median(products)) if len(products) else float("nan")


def _company(x: NDArray[np.float32]) -> float:
    """Strongest mean correlation of a channel with any other, within windows: the median over channels; NaN where nothing varies."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        centred = x.astype(np.float64)
        centred = centred - centred.mean(axis=2, keepdims=True)
        unit = np.nan_to_num(centred / np.sqrt((centred**2).sum(axis=2, keepdims=True)), posinf=0.0, neginf=0.0)
    mean = np.abs((unit @ unit.transpose(0, 2, 1)).mean(axis=0))
    np.fill_diagonal(mean, 0.0)
    strongest = mean.max(axis=1)
    return float(np.median(strongest[strongest > 0])) if strongest.any() else float("nan")
