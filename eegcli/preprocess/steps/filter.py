"""Step `filter`."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from eegcli.artifacts.recordings import is_boundary
from eegcli.bids.errors import RecordingError
from eegcli.preprocess.signal import Signal


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
    import mne

    highest = max([h_freq or 0.0, l_freq or 0.0, *notch])
    if highest >= signal.sfreq / 2:
        raise RecordingError(
            f"sampled at {signal.sfreq:g} Hz: a filter edge at {highest:g} Hz is not below half of that", cause="sampling frequency"
        )
    data = np.empty_like(signal.data)
    for start, stop in _stretches(signal):
        part = signal.data[:, start:stop]
        if l_freq or h_freq:
            part = mne.filter.filter_data(
                part,
                signal.sfreq,
                l_freq or None,
                h_freq or None,
                l_trans_bandwidth=l_trans_bandwidth or "auto",
                h_trans_bandwidth=h_trans_bandwidth or "auto",
                verbose="ERROR",
            )
        if notch:
            part = mne.filter.notch_filter(part, signal.sfreq, np.asarray(notch, float), verbose="ERROR")
        data[:, start:stop] = part
    return replace(signal, data=data)


def _stretches(signal: Signal) -> list[tuple[int, int]]:
    """Samples between boundaries: across one, a step in the signal would ring for seconds."""
    cuts = {
        round(onset * signal.sfreq) for onset, value in zip(signal.events.onset, signal.events.value, strict=True) if is_boundary(value)
    }
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < signal.n_times), signal.n_times]
    return list(itertools.pairwise(edges))
