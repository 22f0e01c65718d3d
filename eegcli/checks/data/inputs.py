"""Inputs that are no EEG among EEG channels, by their values and their names: triggers, ECG, EMG, EOG, counters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.bids.channel_names import kind_of, whys_by_name
from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.offset import straight
from eegcli.checks.data.portrait import NEARLY_FLAT, Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import listed

NAME = "channels that are no EEG"
KEPT, KEPT_OF_OTHERS = 0.9, 0.5  # share of samples that are as the one before: of a switch, and of electrodes
MOSTLY = 0.7  # of the recordings: a bad electrode is one in some of them
FEW = 4  # channels: fewer cannot tell which of them is the odd one
ALONE, TOGETHER = 0.3, 0.45  # strongest correlation with another channel: of a stranger, and of the typical electrode
ALONE_ONLY = 0.15  # of what nothing else tells to be a stranger
PEAKED = 1.5  # excess kurtosis within windows, beyond that of the other channels: of a heart beat 3 to 9, of EEG below 0.3
FASTER = 2.5  # times the middle frequency of the others: muscle
LOUDER = 4.0  # times the others, or as much quieter
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def not_eeg(evidence: Evidence) -> Finding:
    """Look for channels whose values, or names, are those of something other than an electrode of the scalp."""
    assert evidence.recorded is not None
    recorded = evidence.recorded
    if not recorded.raw:
        return Finding(NAME, None, why="windows of another representation hold no signal in time")
    seen = portrait(recorded)
    if mistaken_axes(recorded):
        return Finding(NAME, None, why="channels and samples are not told apart")
    if not seen.is_eeg.any():
        return Finding(NAME, None, why="no channel is EEG by what the windows declare")
    by_name = {
        channel: f"{kind_of(why)} by its name"
        for channel, why in enumerate(whys_by_name(seen.ch_names))
        if why is not None and kind_of(why) and seen.is_eeg[channel]
    }
    by_value = _by_value(seen)
    whys = by_name | by_value
    if not whys:
        return Finding(NAME, "ok", 0)
    names = tuple(seen.ch_names[channel] for channel in whys)
    sure = bool(by_name) or any(why.split(" (")[0] != "alone" for why in by_value.values())
    told = listed([f"{seen.ch_names[channel]}: {why.removeprefix('alone (').removesuffix(')')}" for channel, why in whys.items()], 3)
    why = f"{told}: it is learnt as if it were brain, and an average reference spreads it over all channels"
    hint = f"Leave it out: eegcli preprocess --not-eeg {listed(names, 3).replace(', ', ',')}, or eegcli epoch --channels with those that are EEG."
    return Finding(NAME, "broken" if sure else "suspect", len(whys), names, why, hint, weight=0.97 if sure else 0.6)


def switches(seen: Portrait) -> Mask:
    """Mask of channels that stay as they are from sample to sample while others move, and do change, shape (n_recordings, n_channels)."""
    n_channels = len(seen.ch_names)
    found = np.zeros((seen.n_recordings, n_channels), dtype=bool)
    for number, places in enumerate(seen.of_recording):
        if n_channels >= FEW and len(places):
            part = seen.x[places]
            same = (np.diff(part, axis=2) == 0).mean(axis=(0, 2))
            changes = (part.max(axis=2) != part.min(axis=2)).mean(axis=0)
            others = np.array([np.median(np.delete(same, channel)) for channel in range(n_channels)])
            found[number] = (same >= KEPT) & (others < KEPT_OF_OTHERS) & (changes > 0.02)
    return found


def _by_value(seen: Portrait) -> dict[int, str]:
    """Channels that are no EEG by their values, each with what tells so; "alone (...)" where it is only that nothing else is like it."""
    n_channels, found = len(seen.ch_names), dict[int, str]()
    known = [number for number, places in enumerate(seen.of_recording) if len(places)]
    if n_channels < FEW or not known:
        return found
    steps = switches(seen) & seen.is_eeg
    for channel in np.flatnonzero(steps.any(axis=0)).tolist():
        found[channel] = f"its values change in steps, as a trigger's do, {seen.who(np.flatnonzero(steps[:, channel]))}"
    level, company = seen.level[known], seen.company[known]
    live = level > 0
    peaked, centre, lines = (values[known] for values in _shapes(seen))
    with np.errstate(all="ignore"):
        usual = np.array([np.median(row[ok]) if ok.any() else np.nan for row, ok in zip(level, live, strict=True)])
        loud = level / usual[:, None]
        others_peaked = np.median(peaked, axis=1, keepdims=True)
        others_centre = np.median(centre, axis=1, keepdims=True)
        typical_company = float(np.median(company[live])) if live.any() else 0.0
    usual_straight = float(np.median(lines))
    for channel in range(n_channels):
        if channel in found or not seen.is_eeg[channel] or (loud[:, channel] > NEARLY_FLAT).mean() < MOSTLY:
            continue

        def mostly(mask: Mask, channel: int = channel) -> bool:
            return bool(mask[:, channel].mean() >= MOSTLY)

        alone = mostly(company < ALONE) and typical_company >= TOGETHER
        if usual_straight < 0.5 and (lines[:, channel] > 0.98).any():
            where = seen.who([known[place] for place in np.flatnonzero(lines[:, channel] > 0.98)])
            found[channel] = f"its values rise or fall in a straight line, as a counter's or a clock's do, {where}"
        elif mostly(peaked > others_peaked + PEAKED) and float(np.median(others_peaked)) < 1.0 and (alone or mostly(loud > LOUDER)):
            found[channel] = (
                f"peaks as those of heart beats (excess kurtosis {np.median(peaked[:, channel]):.1f}, others {np.median(others_peaked):.1f})"
            )
        elif alone and mostly(centre > FASTER * others_centre):
            found[channel] = (
                f"fast as muscle is ({np.median(centre[:, channel]):.0f} Hz in the middle, others {np.median(others_centre):.0f} Hz)"
            )
        elif alone and (mostly(loud > LOUDER) or mostly(loud < 1 / LOUDER)):
            found[channel] = f"{np.median(loud[:, channel]):.2g} times as loud as the others, and like none of them"
        elif mostly(company < ALONE_ONLY) and typical_company >= TOGETHER:
            found[channel] = f"alone (like no other channel: correlations below {np.max(np.quantile(company[:, channel], 0.7)):.2f})"
    return found


def _shapes(seen: Portrait) -> tuple[Floats, Floats, Floats]:
    """Excess kurtosis, mean frequency (Hz) and share of a straight line, medians within recordings; each of shape (n_recordings, n_channels)."""
    kurtosis = ((seen.unit**2) ** 2).mean(axis=2, dtype=np.float64) - 3.0
    empty = np.full(len(seen.ch_names), np.nan)
    peaked = np.array([np.median(kurtosis[places], axis=0) if len(places) else empty for places in seen.of_recording])
    power = np.nan_to_num(seen.power)
    beyond = seen.frequencies >= 1.0  # slow drift hides what is fast
    centre = (power[..., beyond] * seen.frequencies[beyond]).sum(axis=2) / np.maximum(power[..., beyond].sum(axis=2), 1e-12)
    return peaked, centre, straight(seen)
