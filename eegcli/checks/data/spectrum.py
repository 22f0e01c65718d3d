"""Spectrum of windows: mains that were left in, and rhythms at the wrong place, as of a sampling rate that is stated wrongly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.portrait import portrait
from eegcli.checks.finding import Evidence, Finding

LINE, RATE, BAND = "line noise", "sampling rate", "band of the signal"
NOT_RAW = "windows of another representation hold no signal in time"
MAINS = (50.0, 60.0)  # Hz
WIDTH, BESIDE = 1.0, (2.0, 5.0)  # Hz: of the line, and where the level beside it is taken
COARSE = 2.0  # Hz: a spectrum of coarser steps tells no line
FROM = 1.0  # Hz: drift below is no measure of a line
LOUD, LOUDER = 0.3, 0.75  # share of the power above 1 Hz: a line of 1.7 times the amplitude of the EEG has three quarters
MANY = 0.2  # share of recordings
ALPHA = (7.0, 13.5)  # Hz
SLOW, FAST = (3.2, 6.2), (15.5, 26.0)  # Hz: where alpha is seen at a rate half, and twice, of the true one
LEFT_OVER = 0.005  # of the highest: less is what a filter left
STANDS_OUT, NONE_THERE = 1.8, 1.4  # times the level of the spectrum times frequency
SHARP = 20.0  # times the level on both sides: of mains
RHYTHMS = (2.0, 30.0)  # Hz
HARDLY = 0.08  # share of the rhythms in the power: of filtered and of raw EEG 0.45 to 0.87
FACTORS, STRETCH = (0.5, 2.0), (2.0, 20.0)  # of frequency; Hz
CLEARLY_APART, LEAST_APART = 2.0, 0.3  # times the usual distance of a recording's spectrum from the cohort's; of logarithms
CLOSER = 0.4  # of that distance is left at the right scale, at most
HELD = 0.4  # share of the samples that are as the one before in every channel
Floats = NDArray[np.float64]


def line_noise(evidence: Evidence) -> Finding:
    """Measure the share of 50 or 60 Hz in the power of channels."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(LINE, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    frequencies = seen.frequencies
    if mistaken_axes(evidence.recorded):
        return Finding(LINE, None, why="channels and samples are not told apart")
    if len(frequencies) < 8 or frequencies[1] > COARSE or frequencies[-1] < MAINS[0] + 1:
        return Finding(LINE, None, why=f"windows of {seen.x.shape[2] / seen.sfreq:g} s at {seen.sfreq:g} Hz cannot show it")
    beyond = np.nan_to_num(seen.power)
    beyond = beyond / np.maximum(beyond[..., frequencies >= FROM].sum(axis=2, keepdims=True), 1e-12)
    shares = {mains: _share(frequencies, beyond, mains) for mains in MAINS if mains + 1 <= frequencies[-1]}
    mains = max(shares, key=lambda one: float(np.median(np.median(shares[one], axis=1))))
    of_recordings = np.median(shares[mains], axis=1)
    value = float(np.median(of_recordings))
    loud = np.flatnonzero(of_recordings >= LOUD)
    if not len(loud):
        return Finding(LINE, "ok", value, compared={"mains": mains})
    worst = float(np.median(of_recordings[loud]))
    broken = worst >= LOUDER and len(loud) >= MANY * len(of_recordings)
    why = f"{mains:g} Hz makes up {worst:.0%} of the power above 1 Hz {seen.who(loud)}: the mains drown the EEG, and tell rooms and days apart"
    hint = f"Filter it out before windows are cut: eegcli preprocess --notch {mains:g}, or a low-pass below it (--h-freq 40)."
    names = tuple(seen.names[number] for number in loud)
    return Finding(LINE, "broken" if broken else "suspect", worst, names, why, hint, {"mains": mains}, weight=1.0 if broken else 0.6)


def sampling_rate(evidence: Evidence) -> Finding:
    """Look where the cohort's rhythm and the mains lie: at half or twice their frequency, the rate is stated wrongly."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(RATE, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    frequencies = seen.frequencies
    known = [number for number, places in enumerate(seen.of_recording) if len(places)]
    if mistaken_axes(evidence.recorded) or not known or len(frequencies) < 16 or frequencies[1] > COARSE / 2 or not seen.is_eeg.all():
        return Finding(RATE, None, why="the spectrum cannot show it")
    held = float(np.median((np.diff(seen.x[seen.alive][:: max(1, int(seen.alive.sum()) // 64)], axis=2) == 0).all(axis=1).mean(axis=1)))
    if held > HELD:
        why = f"{held:.0%} of the samples are as the one before in every channel: a lower rate that was raised by repeating samples, {seen.sfreq * (1 - held):.3g} Hz?"
        hint = "Resample recordings as they were recorded (eegcli preprocess --sfreq), or import them at their own rate (eegcli import --sfreq)."
        return Finding(RATE, "suspect", held, (), why, hint, weight=0.6)
    stretched = _stretched(frequencies, np.mean(seen.power[known], axis=1))
    if stretched:
        numbers = [known[place] for place in stretched]
        factor = stretched[min(stretched)]
        why = f"the spectrum is that of the other recordings at {factor:g} times the frequency {seen.who(numbers)}: their rate is another than the stated {seen.sfreq:g} Hz"
        hint = "Resample every recording from its own rate (eegcli preprocess --sfreq), or import each file with its --sfreq."
        share = len(stretched) / len(known)
        broken, names = share >= MANY / 2, tuple(seen.names[number] for number in numbers)
        return Finding(RATE, "broken" if broken else "suspect", len(numbers), names, why, hint, weight=0.9 if broken else 0.6)
    # Each recording counts as much as any other, on a scale on which the usual fall of the spectrum with frequency is level.
    spectra = np.mean(seen.power[known], axis=1) * frequencies
    spectra = spectra / np.maximum(np.median(spectra[:, (frequencies >= 3) & (frequencies <= 30)], axis=1, keepdims=True), 1e-12)
    cohort = np.median(spectra, axis=0)
    stray = _stray_line(frequencies, spectra)
    if stray is not None:
        ratios = sorted((abs(np.log2(mains / stray)), mains / stray) for mains in MAINS)
        why = f"a line as sharp as the mains lies at {stray:g} Hz in nearly every recording: are they mains, and the rate {ratios[0][1]:.3g} times {seen.sfreq:g} Hz?"
        hint = "State the true rate where the data come in (eegcli import --sfreq), or filter before samples are left out (eegcli preprocess --sfreq)."
        return Finding(RATE, "suspect", stray, (), why, hint, weight=0.5)
    heights = {band: _height(frequencies, cohort, band) for band in (ALPHA, SLOW, FAST)}
    compared = {f"{low:g}-{high:g} Hz": round(height, 2) for (low, high), (height, _) in heights.items()}
    middle = (frequencies >= 8.0) & (frequencies <= 11.0)
    if np.median(cohort[middle]) < LEFT_OVER * cohort[(frequencies >= RHYTHMS[0]) & (frequencies <= 45.0)].max():
        return Finding(RATE, None, why="a filter took what lies at 7 to 13 Hz")
    for band, factor in ((SLOW, 2.0), (FAST, 0.5)):
        height, place = heights[band]
        if height > STANDS_OUT and heights[ALPHA][0] < NONE_THERE:
            why = f"the cohort's rhythm lies at {place:.1f} Hz, and none at 7 to 13: alpha, if the rate is {factor:g} times the stated {seen.sfreq:g} Hz"
            hint = "Hold sfreq of eegcli info against the recording; state it where the data come in (eegcli import --sfreq)."
            return Finding(RATE, "suspect", place, (), why, hint, compared, weight=0.5)
    return Finding(RATE, "ok", heights[ALPHA][1], compared=compared)


def band(evidence: Evidence) -> Finding:
    """Measure how much of the power lies where EEG has its rhythms, from 2 to 30 Hz."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(BAND, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    known = [number for number, places in enumerate(seen.of_recording) if len(places)]
    frequencies = seen.frequencies
    if mistaken_axes(evidence.recorded) or not known or not seen.is_eeg.all() or len(frequencies) < 8 or frequencies[1] > COARSE:
        return Finding(BAND, None, why="the spectrum cannot show it")
    inside = (frequencies >= RHYTHMS[0]) & (frequencies <= RHYTHMS[1])
    of_recordings = np.median(seen.power[known][..., inside].sum(axis=2), axis=1)
    low = [known[place] for place in np.flatnonzero(of_recordings < HARDLY)]
    value = float(np.median(of_recordings))
    if len(low) < MANY * len(known):
        return Finding(BAND, "ok", value)
    mean = np.mean(seen.power[low], axis=(0, 1))
    middle = float(frequencies[int(np.searchsorted(np.cumsum(mean), 0.5 * mean.sum()))])
    why = f"{np.median(of_recordings[of_recordings < HARDLY]):.1%} of the power lie at 2 to 30 Hz, half of it {'below' if middle < 8 else 'about'} {max(middle, frequencies[1]):.3g} Hz {seen.who(low)}: the rhythms were filtered out, or drown"
    hint = "See how the recordings were filtered (eegcli info), and keep 1 to 40 Hz (eegcli preprocess --l-freq 1 --h-freq 40)."
    return Finding(BAND, "suspect", value, tuple(seen.names[number] for number in low), why, hint, weight=0.4)


def _share(frequencies: Floats, power: Floats, mains: float) -> Floats:
    """Share of a line in the power, beyond the level beside it; shape (n_recordings, n_channels)."""
    distance = np.abs(frequencies - mains)
    line, beside = distance <= max(WIDTH, 1.01 * frequencies[1]), (distance >= BESIDE[0]) & (distance <= BESIDE[1])
    level = np.median(power[..., beside], axis=2, keepdims=True) if beside.any() else 0.0
    share: Floats = np.maximum((power[..., line] - level).sum(axis=2), 0.0)
    return share


def _height(frequencies: Floats, spectrum: Floats, band: tuple[float, float]) -> tuple[float, float]:
    """Height of the highest peak in a band above the deeper valleys within an octave on both sides, and its frequency; 1 where there is none."""
    best, at = 1.0, float("nan")
    for place in np.flatnonzero((frequencies >= band[0]) & (frequencies <= band[1])):
        here = frequencies[place]
        below = spectrum[(frequencies >= max(here / 2, FROM)) & (frequencies < here)]
        above = spectrum[(frequencies > here) & (frequencies <= 2 * here)]
        if len(below) and len(above) and spectrum[place] >= max(below[-1], above[0]):
            height = float(spectrum[place] / max(below.min(), above.min(), 1e-12))
            if height > best:
                best, at = height, float(here)
    return best, at


def _stretched(frequencies: Floats, power: Floats) -> dict[int, float]:
    """Recordings whose spectrum, from 2 to 20 Hz (40 at twice), is the cohort's at another scale of frequency, each with the factor."""
    if len(power) < 4:
        return {}
    level = np.log(np.maximum(power, 1e-6))  # of the whole: what a filter left lies below
    cohort = np.median(level, axis=0)
    found, low = dict[int, float](), (frequencies >= STRETCH[0]) & (frequencies <= STRETCH[1])
    for factor in FACTORS:
        wide = (frequencies >= STRETCH[0]) & (frequencies <= STRETCH[1] * max(factor, 1.0))
        expected = np.interp(frequencies / factor, frequencies, cohort)
        here, scaled = (_distance((level - one)[:, wide]) for one in (cohort, expected))
        odd = (here >= np.maximum(CLEARLY_APART * np.median(here), LEAST_APART)) & (scaled < CLOSER * here)
        # Above 20 Hz clipping and rounding raise a spectrum, too; its rhythms they leave where they are.
        here, scaled = (_distance((level - one)[:, low]) for one in (cohort, expected))
        found |= dict.fromkeys(np.flatnonzero(odd & (scaled < 0.8 * here)).tolist(), factor)
    return found


def _distance(differences: Floats) -> Floats:
    """Mean absolute difference about its median, along the last axis."""
    distance: Floats = np.mean(np.abs(differences - np.median(differences, axis=-1, keepdims=True)), axis=-1)
    return distance


def _stray_line(frequencies: Floats, spectra: Floats) -> float | None:
    """Frequency of a line as sharp as mains, at the same place in nearly all recordings, above 14 Hz and far from mains and its harmonics."""
    step = max(1, round(1.0 / frequencies[1]))
    peaks = []
    for place in range(3 * step, len(frequencies) - 3 * step):
        away = [abs(frequencies[place] - one * times) for one in MAINS for times in (1, 2, 3)]
        if frequencies[place] < 14 or min(away) < 2.5:
            continue
        left, right = spectra[:, place - 3 * step : place - 2 * step + 1], spectra[:, place + 2 * step : place + 3 * step + 1]
        level = np.maximum(np.median(left, axis=1), np.median(right, axis=1))
        peaks.append((float(np.quantile(spectra[:, place] / np.maximum(level, 1e-12), 0.2)), place))
    if not peaks:
        return None
    sharpness, place = max(peaks)
    return float(frequencies[place]) if sharpness > SHARP else None
