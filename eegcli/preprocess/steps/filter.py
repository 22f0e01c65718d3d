"""Step `filter`."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.padding import is_empty
from eegcli.errors import UsageError
from eegcli.preprocess.definition import Cost, Definition, Flag, Options, Size
from eegcli.preprocess.dsp.fir import PASS, filter_resample
from eegcli.preprocess.signal import Signal
from eegcli.study.events import is_boundary

ROUNDING = 0.1  # samples: onsets in seconds are rounded

# As MNE's notch: the stop band is a two-hundredth of the frequency wide, each transition band half a hertz.
NOTCH_WIDTH, NOTCH_TRANSITION = 1 / 200, 0.5


def filter(  # the step's name
    signal: Signal,
    *,
    l_freq: float | None = None,
    h_freq: float | None = None,
    notch: tuple[float, ...] = (),
    l_trans_bandwidth: float | None = None,
    h_trans_bandwidth: float | None = None,
) -> Signal:
    """Filter with zero-phase FIR filters (windowed sinc, Hamming), on each side of a boundary by itself.

    Parameters
    ----------
    signal : Signal
    l_freq, h_freq : float or None, Hz
        Edges of the pass band; None or 0 leaves that side open.
    notch : tuple of float, Hz
        Frequencies to remove, each with a stop band of a two-hundredth of it.
    l_trans_bandwidth, h_trans_bandwidth : float or None, Hz
        Widths of the transition bands; None is MNE's choice: a quarter of the edge, at least 2 Hz, at most the edge.

    Returns
    -------
    Signal

    Raises
    ------
    RecordingError
        If an edge lies at or above half the sampling frequency.

    Notes
    -----
    Widmann, Schröger & Maess 2015, J. Neurosci. Methods 250:34, for the choice of the transition bands.
    """
    kernels = design(
        signal.sfreq, l_freq=l_freq, h_freq=h_freq, notch=notch, l_trans_bandwidth=l_trans_bandwidth, h_trans_bandwidth=h_trans_bandwidth
    )
    return replace(signal, data=filter_resample(signal.data, signal.sfreq, kernels, cuts=cuts(signal)))


@functools.cache
def design(
    sfreq: float,
    *,
    l_freq: float | None,
    h_freq: float | None,
    notch: tuple[float, ...],
    l_trans_bandwidth: float | None,
    h_trans_bandwidth: float | None,
) -> tuple[np.ndarray, ...]:
    """Design the filter kernels, as MNE does: one for the band, one for the notches.

    Raises
    ------
    RecordingError
        If an edge lies at or above half the sampling frequency.
    """
    from mne.filter import create_filter

    highest = max([h_freq or 0.0, l_freq or 0.0, *notch])
    if highest >= sfreq / 2:
        raise RecordingError(
            f"sampled at {sfreq:g} Hz: a filter edge at {highest:g} Hz is not below half of that", cause="sampling frequency"
        )
    kernels: list[np.ndarray] = []
    if l_freq or h_freq:
        widths = {"l_trans_bandwidth": l_trans_bandwidth or "auto", "h_trans_bandwidth": h_trans_bandwidth or "auto"}
        kernels.append(create_filter(None, sfreq, l_freq or None, h_freq or None, **widths, verbose="ERROR"))
    if notch:
        centres = np.asarray(notch, float)
        reach = centres * NOTCH_WIDTH / 2 + NOTCH_TRANSITION
        widths = {"l_trans_bandwidth": NOTCH_TRANSITION, "h_trans_bandwidth": NOTCH_TRANSITION}
        kernels.append(create_filter(None, sfreq, centres + reach, centres - reach, **widths, verbose="ERROR"))  # above, below: stops
    return tuple(kernels)


def cuts(signal: Signal) -> list[int]:
    """First samples after a boundary, and of what was padded and what follows: across one, a step in the signal would ring for seconds."""
    edges: list[float] = []
    for onset, duration, value in zip(signal.events.onset, signal.events.duration, signal.events.value, strict=True):
        if is_boundary(value):
            edges.append(onset)
        elif is_empty(value):
            edges += [onset, onset + duration]
    # EEGLAB's boundaries stand between two samples, others on the first of the later stretch.
    return sorted({math.ceil(edge * signal.sfreq - ROUNDING) for edge in edges})


def stretches(signal: Signal) -> list[tuple[int, int]]:
    """First and last sample (exclusive) of each stretch between cuts."""
    edges = [0, *(cut for cut in cuts(signal) if 0 < cut < signal.n_times), signal.n_times]
    return list(itertools.pairwise(edges))


def _check(options: Options) -> None:
    low, high = options["l_freq"], options["h_freq"]
    if low and high and low >= high:
        raise UsageError(f"step filter: l_freq {low:g} Hz is not below h_freq {high:g} Hz")
    if 0.0 in options["notch"]:
        raise UsageError("step filter: there is no notch at 0 Hz")


def _removes_drifts(options: Options) -> bool:
    return bool(options["l_freq"])


def _cost(options: Options, size: Size) -> Cost:
    return Cost(PASS)


STEP = Definition(
    filter,
    flags=(Flag("l_freq", "l_freq"), Flag("h_freq", "h_freq"), Flag("notch", "notch")),
    check=_check,
    removes_drifts=_removes_drifts,
    cost=_cost,
)
