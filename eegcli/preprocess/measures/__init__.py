"""Measures of a recording before any filter: what cleaning hides, and what later statistics have to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eegcli.lazy import submodules
from eegcli.preprocess.measures.heart import heart_rate
from eegcli.preprocess.measures.level import amplitude, drift, means, stretches
from eegcli.preprocess.measures.noise import line_noise, muscle, spectra
from eegcli.preprocess.signal import Signal

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


def measure(signal: Signal, *, ecg: tuple[np.ndarray, float] | None = None, line_frequency: float | None = None) -> dict[str, float]:
    """Measure rate, length, muscle, line noise, drift, amplitude and heart rate of a recording as it was read.

    Parameters
    ----------
    signal : Signal
        As read, before any step; channels marked bad, and those with missing samples, do not count.
    ecg : (ndarray, float), optional
        Samples of a channel that records the heart, and their rate (Hz).
    line_frequency : float, optional, Hz
        Of the mains, where it is known; else 50 or 60, whichever is stronger.

    Returns
    -------
    dict of str to float
        By the names of the columns of recordings.parquet. What cannot be measured is not in it: muscle below a rate of 78 Hz, anything of
        a recording under 2 s, the heart rate without an ECG, or of one in which no regular beat is found.
    """
    found = {"raw_sfreq": signal.sfreq, "raw_seconds": signal.n_times / signal.sfreq}
    rows = [row for row, name in enumerate(signal.ch_names) if name not in signal.bad_channels]
    of_stretches = means(signal.data, rows, signal.sfreq)
    whole = np.isfinite(of_stretches).all(axis=1)
    good = [row for row, finite in zip(rows, whole, strict=True) if finite]
    pieces = stretches(signal.data, good, signal.sfreq)
    if pieces.size:
        frequencies, power = spectra(pieces, signal.sfreq)
        found |= {
            "raw_amplitude": amplitude(pieces),
            "raw_drift": drift(of_stretches[whole]),
            "raw_line_noise": line_noise(frequencies, power, line_frequency),
            "raw_muscle": muscle(frequencies, power, signal.sfreq, len(pieces)),
        }
    if ecg is not None:
        found["heart_rate"] = heart_rate(*ecg)
    return {name: value for name, value in found.items() if np.isfinite(value)}
