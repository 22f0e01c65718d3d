"""Zero-phase FIR filters and a change of the sampling frequency in one pass through the frequency domain."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

MAX_DENOMINATOR = 10_000  # of the ratio of the frequencies: an error of 1e-8, 30 µs in an hour
CHANNELS_AT_ONCE = 4  # a transform of four costs half of four transforms of one; more would leave the cache
PASS = 0.017  # s per million samples (channel x time) of one core, whatever is done there at once: docs/benchmarks.md
_KEPT_BYTES = 30_000_000  # just below the 32 MiB up to which glibc learns


def filter_resample(
    data: np.ndarray,
    sfreq: float,
    kernels: Sequence[np.ndarray],
    new_sfreq: float | None = None,
    *,
    cuts: Sequence[int] = (),
    centred: bool = False,
) -> np.ndarray:
    """Filter and change the sampling frequency at once.

    Parameters
    ----------
    data : ndarray of float32 or float64, shape (n_channels, n_times)
    sfreq : float, Hz
        Its sampling frequency.
    kernels : sequence of ndarray, shape (n_taps,)
        Impulse responses at `sfreq`, symmetric and of odd length, so that their phase is zero; all are applied.
    new_sfreq : float or None, Hz
        Sampling frequency of the result; None is `sfreq`. Where it differs, a kernel has to stop what is above half of the lower one.
    cuts : sequence of int
        Samples at which a new stretch begins: signals on either side have nothing to do with each other.
    centred : bool
        Take each channel's mean away first.

    Returns
    -------
    ndarray of float64, shape (n_channels, max(round(n_times · new_sfreq / sfreq), 1))
        The first sample is at the time of the old first. It does not depend on threads; no channel touches another.

    Notes
    -----
    Each stretch is continued by its odd reflection (``2 x[0] - x[k]``) as far as the kernels reach, and by zeros where the stretch is
    shorter than that, which is MNE's `reflect_limited`. Then follow a real Fourier transform that holds a whole number of new samples,
    a product with the gain of all kernels, and the inverse transform of those bins that the new sampling frequency has.
    So the convolution is exact, and new samples lie on the grid of the whole recording, whatever the cuts.

    A symmetric kernel keeps the reflection odd. So two kernels in one pass and one after the other give the same, ends included,
    where the stretch is longer than both.
    """
    new_sfreq = sfreq if new_sfreq is None else new_sfreq
    means = data.mean(axis=1, keepdims=True, dtype=float) if centred else np.zeros((len(data), 1))
    if not kernels and new_sfreq == sfreq:
        return data - means
    ratio = (Fraction(new_sfreq) / Fraction(sfreq)).limit_denominator(MAX_DENOMINATOR)
    result = np.empty((len(data), n_resampled(data.shape[1], sfreq, new_sfreq)))
    reach = sum(len(kernel) // 2 for kernel in kernels)
    _keep_memory()
    for stretch in _stretches(data.shape[1], result.shape[1], cuts, ratio, reach):
        gain = functools.reduce(np.multiply, (gain_of(kernel, stretch.n_in) for kernel in kernels), np.ones(stretch.n_in // 2 + 1))
        buffer = np.zeros((min(CHANNELS_AT_ONCE, len(data)), stretch.n_in))  # one for all channels: fresh memory is slow
        for row in range(0, len(data), CHANNELS_AT_ONCE):
            rows = slice(row, row + CHANNELS_AT_ONCE)
            continued = _continued(data[rows, stretch.start : stretch.stop], means[rows], stretch, buffer)
            result[rows, stretch.first : stretch.last] = _through_frequency(continued, stretch, gain)
    return result


def n_resampled(n_times: int, sfreq: float, new_sfreq: float) -> int:
    """Number of samples after a change of the sampling frequency."""
    return max(round(n_times * new_sfreq / sfreq), 1)


def gain_of(kernel: np.ndarray, n: int) -> np.ndarray:
    """Gain of a symmetric kernel at the frequencies of a real Fourier transform of `n` samples, n >= its length."""
    from scipy.fft import rfft

    half = len(kernel) // 2
    around_zero = np.zeros(n)
    around_zero[: half + 1] = kernel[half:]
    around_zero[n - half :] = kernel[:half]
    gain: np.ndarray = rfft(around_zero).real
    return gain


def _keep_memory() -> None:
    """Let glibc keep freed blocks of the size of a transform: to give them back and fault them in again takes as long as the transform."""
    np.empty(_KEPT_BYTES, np.uint8)  # never touched; freeing it raises glibc's thresholds for the life of the process


@dataclass(frozen=True)
class _Stretch:
    """Samples between two cuts, and the transform that brings them to the new sampling frequency.

    Attributes
    ----------
    start, stop : int
        Old samples of the stretch.
    first, last : int
        New samples of the stretch, `last` excluded.
    begin, new_begin : int
        Where the transform begins, in old samples and in new ones: one moment, of both grids.
    n_in, n_out : int
        Its length in old samples and in new ones: one duration.
    """

    start: int
    stop: int
    first: int
    last: int
    begin: int
    new_begin: int
    n_in: int
    n_out: int


def _stretches(n_times: int, n_new: int, cuts: Sequence[int], ratio: Fraction, reach: int) -> Iterator[_Stretch]:
    from scipy.fft import next_fast_len

    up, down = ratio.numerator, ratio.denominator
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < n_times}), n_times]
    for start, stop in itertools.pairwise(edges):
        first = min(math.ceil(start * ratio), n_new)
        last = n_new if stop == n_times else min(math.ceil(stop * ratio), n_new)
        if first == last:  # shorter than a new sample
            continue
        # The two grids meet every `down` old samples, which are `up` new ones. In these units:
        begin = (start - reach) // down
        length = next_fast_len(max(-(-(stop + reach) // down), -(-last // up)) - begin, real=True)
        yield _Stretch(start, stop, first, last, begin * down, begin * up, length * down, length * up)


def _continued(data: np.ndarray, means: np.ndarray, stretch: _Stretch, buffer: np.ndarray) -> np.ndarray:
    """The stretch without the means, between its odd reflections, between the zeros that the buffer holds."""
    n_times, before = data.shape[1], stretch.start - stretch.begin
    continued = buffer[: len(data)]
    here = continued[:, before : before + n_times]
    np.subtract(data, means, out=here)
    left, right = min(before, n_times - 1), min(stretch.n_in - before - n_times, n_times - 1)
    np.subtract(2 * here[:, :1], here[:, left:0:-1], out=continued[:, before - left : before])
    np.subtract(2 * here[:, -1:], here[:, -2 : -right - 2 : -1], out=continued[:, before + n_times : before + n_times + right])
    return continued


def _through_frequency(continued: np.ndarray, stretch: _Stretch, gain: np.ndarray) -> np.ndarray:
    from scipy.fft import irfft, rfft

    shorter = min(stretch.n_in, stretch.n_out)
    n_bins = shorter // 2 + 1
    spectrum = rfft(continued, axis=1)[:, :n_bins] * (gain[:n_bins] * (stretch.n_out / stretch.n_in))
    if stretch.n_in != stretch.n_out and shorter % 2 == 0:
        spectrum[:, -1] = 0.0  # at half of the lower sampling frequency a sine and its alias cannot be told apart
    moved: np.ndarray = irfft(spectrum, stretch.n_out, axis=1, overwrite_x=True)
    return moved[:, stretch.first - stretch.new_begin : stretch.last - stretch.new_begin]
