"""Artifact subspace reconstruction (ASR), the repair of EEGLAB's clean_rawdata, from its published description."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.compute.threads import limited
from eegcli.errors import counted, listed
from eegcli.lazy import submodules
from eegcli.preprocess.asr.calibration import calibrate
from eegcli.preprocess.asr.drifts import remove_drifts
from eegcli.preprocess.asr.processing import process_stretches
from eegcli.preprocess.asr.spectral import MIN_SFREQ
from eegcli.preprocess.asr.windows import clean_samples

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

__all__ = ["AsrResult", "clean_samples", "remove_drifts", "repair"]

MIN_CALIBRATION_SECONDS = 15.0  # below this the clean distribution is fitted to fewer than 90 windows


@dataclass(frozen=True)
class AsrResult:
    """A recording after ASR, and how it came about.

    Attributes
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
        Repaired, in the unit given.
    calibration_mask : ndarray of bool, shape (n_times,)
        Samples that served as clean.
    mixing : ndarray of float64, shape (n_channels, n_channels)
        M, square root of the clean covariance after the spectral filter.
    threshold : ndarray of float64, shape (n_channels, n_channels)
        T, a row per component of M, up to the rows' signs.
    filter_state : ndarray of float64, shape (n_channels, 8)
        Of the spectral filter after calibration.
    fraction_changed : float
        Of the samples, those that were rewritten.
    calibration_seconds : float, s
        Clean time.
    dimensions_removed : float
        Components removed, mean over the updates.
    variance_removed : float
        1 - variance after / variance before, over all channels.
    """

    data: np.ndarray
    calibration_mask: np.ndarray
    mixing: np.ndarray
    threshold: np.ndarray
    filter_state: np.ndarray
    fraction_changed: float
    calibration_seconds: float
    dimensions_removed: float
    variance_removed: float

    def __repr__(self) -> str:
        shape = " x ".join(f"{n:,}" for n in self.data.shape)
        return f"AsrResult: {shape}, {self.fraction_changed:.1%} of the samples changed, {self.calibration_seconds:.1f} s clean"


def repair(
    data: np.ndarray,
    sfreq: float,
    *,
    cutoff: float = 20.0,
    max_bad_channels: float = 0.075,
    tolerances: tuple[float, float] = (-math.inf, 5.5),
    stretches: Sequence[tuple[int, int]] = (),
    empty: np.ndarray | None = None,
) -> AsrResult:
    """Repair bursts of artifacts by ASR, calibrated on the recording's own clean part.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)
        Without drifts (`remove_drifts`, or any high-pass filter), in any unit.
    sfreq : float, Hz
        Above 82.
    cutoff : float
        Standard deviations of a component's clean power above which it is rebuilt; 5 is strict, 20 mild.
    max_bad_channels : float
        Share of the channels that may have unusual power in a window that serves as clean.
    tolerances : (float, float)
        Range of usual power, in standard deviations.
    stretches : sequence of (int, int)
        First and last sample (exclusive) of each stretch that was recorded without interruption, in order; left out: one.
        Filters and windows of the repair stop where one ends; all are calibrated together.
    empty : ndarray of bool, shape (n_times,), optional
        Samples in which nothing was recorded: none of them serves as clean.

    Returns
    -------
    AsrResult

    Raises
    ------
    RecordingError
        If the signal has missing samples or a flat channel, is too short or sampled too slowly, or less than 15 s of it are clean:
        what cannot be cleaned is never given back as it was.
    ValueError
        If an argument is impossible.

    Notes
    -----
    Equal to clean_rawdata 2.11 with blocks of 10 samples and one grid of updates, whatever the memory. The result depends on data
    and settings only: BLAS has one thread inside.
    Mullen et al. 2015, IEEE Trans. Biomed. Eng. 62:2553, doi:10.1109/TBME.2015.2481482.
    Chang et al. 2020, IEEE Trans. Biomed. Eng. 67:1114, doi:10.1109/TBME.2019.2930186.
    """
    signal = np.ascontiguousarray(data, dtype=float)
    _check(signal, sfreq, cutoff)
    with limited(1):
        try:
            clean = clean_samples(signal, sfreq, max_bad_channels=max_bad_channels, tolerances=tolerances)
        except ValueError as error:
            raise RecordingError(f"ASR: power cannot be judged ({error})", cause="ASR calibration") from error
        if empty is not None:
            clean &= ~empty
        seconds = float(clean.sum() / sfreq)
        if seconds < MIN_CALIBRATION_SECONDS:
            raise RecordingError(
                f"ASR: {seconds:.1f} s of {signal.shape[1] / sfreq:.1f} s are clean, {MIN_CALIBRATION_SECONDS:g} s are needed",
                cause="ASR calibration",
                hint="Find bad channels first (step bad-channels), or clean this recording with --asr-cutoff off.",
            )
        try:
            calibration = calibrate(signal[:, clean], sfreq, cutoff=cutoff)
        except ValueError as error:
            raise RecordingError(f"ASR: cannot be calibrated ({error})", cause="ASR calibration") from error
        repaired = process_stretches(signal, sfreq, calibration, stretches or [(0, signal.shape[1])])
    return AsrResult(
        data=repaired.data,
        calibration_mask=clean,
        mixing=calibration.mixing,
        threshold=calibration.threshold,
        filter_state=calibration.state,
        fraction_changed=float(repaired.changed.mean()),
        calibration_seconds=seconds,
        dimensions_removed=repaired.dimensions,
        variance_removed=1.0 - _variance(repaired.data) / _variance(signal),
    )


def _variance(data: np.ndarray) -> float:
    """Summed over channels, one at a time: no copy of the recording is made."""
    return float(sum(channel.var() for channel in data))


def _check(data: np.ndarray, sfreq: float, cutoff: float) -> None:
    if data.ndim != 2:
        raise ValueError(f"channels x samples are needed, not {data.ndim} dimensions")
    if not cutoff > 0.0:
        raise ValueError(f"the cutoff must be above 0, not {cutoff:g}")
    n_channels, n_times = data.shape
    if not sfreq > MIN_SFREQ:
        raise RecordingError(
            f"ASR: sampled at {sfreq:g} Hz, more than {MIN_SFREQ:g} Hz are needed",
            cause="sampling frequency",
            hint="Resample to 128 Hz or more, or leave ASR out with --asr-cutoff off.",
        )
    if n_times < MIN_CALIBRATION_SECONDS * sfreq or n_times <= n_channels:
        raise RecordingError(
            f"ASR: {n_times / sfreq:.1f} s of {counted(n_channels, 'channel')}, {MIN_CALIBRATION_SECONDS:g} s at least are needed",
            cause="too short",
        )
    if not np.isfinite(data).all():
        raise RecordingError("ASR: samples are missing (NaN or infinite)", cause="missing samples")
    flat = np.flatnonzero(np.ptp(data, axis=1) == 0.0)
    if flat.size:
        raise RecordingError(
            f"ASR: {flat.size} of {counted(n_channels, 'channel')} are flat (rows {listed(flat, 4)})",
            cause="flat channels",
            hint="Find and interpolate bad channels first (steps bad-channels and interpolate).",
        )
