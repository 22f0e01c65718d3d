"""Values of windows: not finite, cut off at a limit, or stored so coarsely that steps show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.everything import everything
from eegcli.checks.data.inputs import switches
from eegcli.checks.data.portrait import Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted, listed

FINITE, CODES, CLIPPING, QUANTISATION = "values that are finite", "codes for missing values", "clipping", "quantisation"
NOT_RAW = "windows of another representation hold no signal in time"
SIGNAL = "see how they were recorded and read: eegcli info, eegcli preprocess"
# Of a healthy signal one sample in thousands is its highest; of a sine cut at its standard deviation half of them are.
CLIPPED, CLIPPED_BADLY = 0.01, 0.10  # share of the samples at the limits of their recording's channel
APART = 20.0  # times the spread of the other values: a value that so many samples share, so far from all others, is a code
WRAPPED = 0.003  # share of steps over nearly the whole range: of EEG none
MIN_EACH = 3  # samples at a limit, of a recording: fewer may be chance of coarse values
# Rounding adds noise of step / sqrt(12): 6 % of the standard deviation at 0.2 of it, a third at 1.2 (Widrow & Kollár 2008, doi:10.1017/CBO9780511754661).
STEP, COARSE_STEP = 0.2, 1.0  # of the standard deviation
MOVING = 0.2  # share of samples that are not as the one before, at least: a switch has limits only
Floats = NDArray[np.float64]


def finite(evidence: Evidence) -> Finding:
    """Look for values that are NaN or infinite, in all windows: one is enough to make every weight NaN."""
    assert evidence.recorded is not None
    seen = everything(evidence.recorded)
    bad = seen.rows[~seen.finite]
    if not len(bad):
        return Finding(FINITE, "ok", 0, compared={"windows": len(seen.rows)})
    table = evidence.recorded.table
    names = tuple(dict.fromkeys(str(name) for name in table["recording"][bad])) if "recording" in table else ()
    where = f" of {counted(len(names), 'recording')}" if names else ""
    why = f"{counted(len(bad), 'window')} of {len(seen.rows):,}{where} hold NaN, infinity or numbers beyond any voltage: one such batch makes the loss NaN, and every weight with it"
    hint = "Cut them again without (eegcli epoch, eegcli import --nan drop), or leave the recordings out (--exclude)."
    return Finding(FINITE, "broken", len(bad), names, why, hint, {"windows": len(seen.rows)})


def missing_codes(evidence: Evidence) -> Finding:
    """Look for one value, far from all others, that samples share: -9999, 32767 or the like, in place of what was not recorded."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(CODES, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    counts, codes = np.zeros((seen.n_recordings, len(seen.ch_names)), dtype=np.int64), set[float]()
    for number, places in enumerate(seen.of_recording):
        part = seen.x[places].transpose(1, 0, 2).reshape(len(seen.ch_names), -1) if len(places) else np.zeros((0, 1), dtype=np.float32)
        for channel, values in enumerate(part):
            low, middle, high = np.percentile(values[:: max(1, len(values) // 4096)], [10, 50, 90])
            for code in (values.max(), values.min()):
                same = int((values == code).sum())
                if same >= MIN_EACH and abs(code - middle) > APART * (high - low) > 0:
                    others = values[values != code]
                    # Of a movement the highest values lie close to one another.
                    if np.abs(others - middle).max() < 0.5 * abs(code - middle):
                        counts[number, channel] += same
                        codes.add(float(code))
    counts[:, switches(seen).any(axis=0)] = 0
    n_samples = int(seen.alive.sum()) * seen.x.shape[1] * seen.x.shape[2]
    value = float(counts.sum() / max(n_samples, 1))
    if not counts.any():
        return Finding(CODES, "ok", 0)
    numbers = np.flatnonzero(counts.any(axis=1))
    told = listed([f"{code:g}" for code in sorted(codes)], 3)
    why = f"{value:.2%} of the samples are {told}, far from all others, {seen.who(numbers)}: a code for what was not recorded is read as a voltage"
    hint = "Make them NaN where the data come in, and let eegcli import --nan drop leave out these trials; or eegcli epoch --reject 500."
    return Finding(CODES, "broken", value, tuple(seen.names[number] for number in numbers), why, hint)


def clipping(evidence: Evidence) -> Finding:
    """Look for samples at one highest or lowest value: an amplifier in saturation, or a limit that was set too low."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(CLIPPING, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded):
        return Finding(CLIPPING, None, why="channels and samples are not told apart")
    share = np.nan_to_num(_at_limits(seen))
    value = float(share.mean())
    per_recording, per_channel = share.mean(axis=1), np.median(share, axis=0)
    clipped, channels = np.flatnonzero(per_recording >= CLIPPED), np.flatnonzero(per_channel >= CLIPPED)
    wrapped = _wrapped(seen) if seen.is_eeg.any() else np.zeros(0)  # a heart beat goes from the lowest values to the highest
    if len(around := np.flatnonzero(wrapped >= WRAPPED)):
        worst = float(np.median(wrapped[around]))
        why = (
            f"{worst:.1%} of the steps from sample to sample go from the highest values to the lowest or back {seen.who(around)}: "
            "numbers that were too large for their type came out at the other end (16 bits?)"
        )
        hint = "Convert to floating point before values are scaled or stored; " + SIGNAL + "."
        return Finding(CLIPPING, "broken", worst, tuple(seen.names[number] for number in around), why, hint)
    if not len(clipped) and not len(channels):
        return Finding(CLIPPING, "ok", value)
    worst = float(max(per_recording.max(), per_channel.max()))
    harmful = value >= CLIPPED_BADLY or (worst >= CLIPPED_BADLY and len(clipped) >= 0.2 * len(share))
    where = seen.who(clipped) if len(clipped) else f"of {listed([seen.ch_names[channel] for channel in channels], 3)}"
    why = (
        f"{value:.1%} of all samples are the highest or lowest of their channel {where} (up to {worst:.0%}): peaks are cut off, by the amplifier "
        "or by a limit, and what was above is lost"
    )
    hint = "Leave these recordings out (--exclude), record with a wider range, or set no limit before eegcli import; " + SIGNAL + "."
    names = tuple(seen.names[number] for number in clipped)
    return Finding(CLIPPING, "broken" if harmful else "suspect", value, names, why, hint, {"worst": worst}, weight=0.95 if harmful else 0.6)


def quantisation(evidence: Evidence) -> Finding:
    """Look for values that are multiples of one step that is not small beside the signal: rounded, or stored as whole numbers."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(QUANTISATION, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    steps = _steps(seen)
    known = np.isfinite(steps)
    # Of a single channel it is no way of storing: a trigger among electrodes is looked for elsewhere.
    coarse = np.flatnonzero((np.where(known, steps, 0.0) >= STEP).mean(axis=1) >= 0.5)
    value = float(np.nanmedian(steps)) if known.any() else 0.0
    if not len(coarse):
        return Finding(QUANTISATION, "ok", value)
    worst = float(np.nanmedian(steps[coarse]))
    harmful = worst >= COARSE_STEP and len(coarse) >= 0.2 * len(steps)
    why = (
        f"values are multiples of one step, of {worst:.2g} standard deviations {seen.who(coarse)}: what is smaller than a step is lost "
        "(whole numbers of a large unit, or a range that is too wide)"
    )
    hint = "Read the values as they were recorded, not as whole numbers: eegcli preprocess or import from the original files, with --unit."
    names = tuple(seen.names[number] for number in coarse)
    return Finding(QUANTISATION, "broken" if harmful else "suspect", worst, names, why, hint, weight=0.95 if harmful else 0.6)


def _at_limits(seen: Portrait) -> Floats:
    """Share of samples at the limits of a channel: of its recording, or of each window where windows end at limits of their own.

    As many as have the value next to the limit do not count: of coarse values many are the highest, but fewer than are one step below.
    """
    share = np.full((seen.n_recordings, len(seen.ch_names)), np.nan)
    for number, places in enumerate(seen.of_recording):
        if len(places):
            part = seen.x[places].transpose(1, 0, 2)
            changes = (np.diff(part, axis=2) != 0).mean(axis=(1, 2))  # of a switch both values are limits
            whole = part.reshape(len(part), 1, -1)
            of_all = (_beyond_the_next(whole) + _beyond_the_next(-whole)).sum(axis=1) / whole.shape[2]
            within = _beyond_the_next(part) + _beyond_the_next(-part)
            within = np.where(part.max(axis=2) > part.min(axis=2), within, 0)
            of_each = np.where(np.median(within, axis=1) >= MIN_EACH, within.mean(axis=1) / part.shape[2], 0.0)
            share[number] = np.where(changes > MOVING, np.maximum(of_all, of_each), np.nan)
    return share


def _wrapped(seen: Portrait) -> Floats:
    """Share of steps from sample to sample that span nearly the whole range of a recording's channel: median over channels, shape (n_recordings,)."""
    share = np.zeros(seen.n_recordings)
    for number, places in enumerate(seen.of_recording):
        if len(places):
            part = seen.x[places]
            span = part.max(axis=(0, 2)) - part.min(axis=(0, 2))
            steps = np.abs(np.diff(part, axis=2))
            # What is fast throughout, as a hum, comes around at no single step.
            slow = np.median(steps, axis=(0, 2)) < 0.2 * span
            share[number] = float(np.median(np.where(slow, (steps > 0.8 * span[:, None]).mean(axis=(0, 2)), 0.0)))
    return share


def _beyond_the_next(x: NDArray[np.float32]) -> NDArray[np.int64]:
    """Excess of samples, along the last axis, that have the highest value over those that have the value next to it; 0 for fewer than three."""
    top = x.max(axis=-1, keepdims=True)
    highest = x == top
    count = highest.sum(axis=-1)
    # Few of a healthy signal have it, and then there is no need to look at the next.
    if not (count >= MIN_EACH).any():
        return np.zeros_like(count)
    following = np.where(highest, -np.inf, x).max(axis=-1, keepdims=True)
    more = count - (x == following).sum(axis=-1)
    return np.where(count >= MIN_EACH, np.maximum(more, 0), 0)


def _steps(seen: Portrait) -> Floats:
    """Step of which a channel's values are multiples, in standard deviations, shape (n_recordings, n_channels); 0 where there is none."""
    found = np.full((seen.n_recordings, len(seen.ch_names)), np.nan)
    for number, places in enumerate(seen.of_recording):
        if not len(places):
            continue
        part = np.sort(seen.x[places[:8]].transpose(1, 0, 2).reshape(len(seen.ch_names), -1), axis=1).astype(np.float64)
        between = np.diff(part, axis=1)
        spread = part.std(axis=1)
        for channel, gaps in enumerate(between):
            gaps = gaps[gaps > np.abs(part[channel]).max() * 1e-6]
            if not len(gaps) or not spread[channel] > 0:
                continue
            step = gaps.min()
            multiples = gaps / step
            is_grid = np.abs(multiples - np.rint(multiples)).max() < 0.02 * max(1.0, multiples.max() * 0.01)
            found[number, channel] = step / spread[channel] if is_grid else 0.0
    return found
