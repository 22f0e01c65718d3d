"""Heart rate from an ECG channel."""

from __future__ import annotations

import numpy as np

BAND = (5.0, 15.0)  # Hz: where the QRS complex is strongest against P and T waves
WINDOW = 0.15  # s: as wide as the widest QRS complex
REFRACTORY = 0.3  # s: no heart beats faster than 200 a minute
THRESHOLD = 0.35  # of the typical beat
MIN_BEATS = 10
MIN_RATE, MAX_RATE = 30.0, 200.0  # beats a minute
MAX_SPREAD = 0.35  # of the intervals' median: where half of them differ by more, what was found are no beats


def heart_rate(ecg: np.ndarray, sfreq: float) -> float:
    """Measure the heart rate: 60 s by the median interval between R peaks.

    Parameters
    ----------
    ecg : ndarray, shape (n_times,)
        In any unit, of either polarity.
    sfreq : float, Hz

    Returns
    -------
    float
        Beats a minute; NaN where fewer than ten beats are found, or no regular ones.

    Notes
    -----
    Band-pass, derivative, square, moving mean: Pan & Tompkins 1985, doi:10.1109/TBME.1985.325532. The threshold is a share of the
    typical beat, the median over the recording of the largest value within 2 s, and not adaptive: a whole recording is at hand.
    """
    beats = r_peaks(ecg, sfreq)
    if len(beats) < MIN_BEATS:
        return float("nan")
    intervals = np.diff(beats) / sfreq
    typical = float(np.median(intervals))
    low, high = np.percentile(intervals, [25, 75])
    rate = 60.0 / typical
    return rate if high - low <= MAX_SPREAD * typical and MIN_RATE <= rate <= MAX_RATE else float("nan")


def r_peaks(ecg: np.ndarray, sfreq: float) -> np.ndarray:
    """Find the samples of heart beats: the highest of the energy of each QRS complex.

    Parameters
    ----------
    ecg : ndarray, shape (n_times,)
    sfreq : float, Hz

    Returns
    -------
    ndarray of int
        Empty where the rate is too low for the band, samples are missing, or the recording is shorter than 2 s.
    """
    from scipy.signal import butter, find_peaks, sosfiltfilt

    none = np.zeros(0, dtype=int)
    step, width = round(2.0 * sfreq), max(round(WINDOW * sfreq), 1)
    if sfreq <= 2.5 * BAND[1] or len(ecg) < step or not np.isfinite(ecg).all():
        return none
    filtered = sosfiltfilt(butter(2, BAND, btype="bandpass", fs=sfreq, output="sos"), ecg - ecg.mean())
    energy = np.convolve(np.gradient(filtered) ** 2, np.ones(width) / width, mode="same")
    highest = energy[: len(energy) // step * step].reshape(-1, step).max(axis=1)
    typical = float(np.median(highest))
    if not typical > 0:
        return none
    peaks: np.ndarray = find_peaks(energy, height=THRESHOLD * typical, distance=max(round(REFRACTORY * sfreq), 1))[0]
    return peaks
