"""Scale of windows: microvolts of scalp EEG, or another unit under that name, in all of them, in some recordings or in some channels."""

from __future__ import annotations

import numpy as np

from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.portrait import portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted, listed

NAME, RECORDINGS, CHANNELS, OUTLIERS = "unit and scale", "scale of recordings", "scale of channels", "windows out of scale"
LOW, HIGH = 0.5, 200.0  # µV: standard deviation of a channel of scalp EEG after cleaning is 2 to 60
# Between real recordings of one cohort the typical amplitude differs by a factor of 4, between channels of a head by 3 (docs/benchmarks.md).
FAR, ODD = 30.0, 8.0  # a factor that no head explains; one that a head hardly explains
COMPANY = 0.4  # strongest correlation with another channel: below, it is no electrode in another unit, but something else
OUT_OF_SCALE = 20.0  # times the typical window of its own recording
SOME, MANY = 0.01, 0.05  # share of windows
HINT = "State the unit where the data come in (eegcli preprocess or import --unit), cut the windows again, and look with eegcli info."
REPRESENTED = "windows of another representation have another scale"


def scale(evidence: Evidence) -> Finding:
    """Look at the standard deviation of channels: one far below or above that of scalp EEG is another unit."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw or evidence.recorded.units != "uV":
        return Finding(NAME, None, why=REPRESENTED)
    seen = portrait(evidence.recorded)
    if not seen.is_eeg.any():
        return Finding(NAME, None, why="no channel is EEG by what the windows declare")
    value = seen.typical
    if not np.isfinite(value):
        return Finding(NAME, None, why="no window holds a signal")
    if LOW <= value <= HIGH:
        return Finding(NAME, "ok", value)
    far = value < LOW / 10 or value > HIGH * 20
    why = f"the median channel has a standard deviation of {value:.3g}, scalp EEG 2 to 60 µV: {_unit(value)}? Learning rates and initial weights suit microvolts"
    return Finding(
        NAME, "broken" if far else "suspect", value, (), why, HINT, weight=1.0 if far else 0.5, change={"normalise": "channel-window"}
    )


def scale_of_recordings(evidence: Evidence) -> Finding:
    """Hold the typical amplitude of each recording against that of the cohort: another unit, or another gain, in some of them."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(RECORDINGS, None, why=REPRESENTED)
    seen = portrait(evidence.recorded)
    with np.errstate(all="ignore"):
        live = np.where(seen.level > 0, seen.level, np.nan)[:, seen.is_eeg if seen.is_eeg.any() else slice(None)]
        level = np.array([np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in live])
    known = np.flatnonzero(np.isfinite(level))
    if len(known) < 3:
        return Finding(RECORDINGS, None, why=f"{counted(len(known), 'recording')} cannot tell which is the odd one")
    ratio = level / np.median(level[known])
    distance = np.where(np.isfinite(ratio), np.maximum(ratio, 1 / ratio), 1.0)
    odd, value = np.flatnonzero(distance > ODD), float(distance.max())
    if not len(odd):
        return Finding(RECORDINGS, "ok", value)
    far = value > FAR
    named = odd[np.argsort(-distance[odd])]
    ours, others = level[named[0]], float(np.median(level[known]))
    why = (
        f"channels have a standard deviation of {ours:.3g} where others have {others:.3g} {seen.who(named)}: another unit or gain; "
        "the loud ones rule every step, and who they are is easier to learn than the target"
    )
    names = tuple(seen.names[number] for number in named)
    hint = "State their unit where they come in (eegcli preprocess --unit, by --include for these alone), or leave them out (--exclude)."
    change = {"normalise": "channel-window"}
    return Finding(RECORDINGS, "broken" if far else "suspect", value, names, why, hint, weight=1.0 if far else 0.5, change=change)


def scale_of_channels(evidence: Evidence) -> Finding:
    """Hold the amplitude of each channel against the other channels of its recording: an electrode in another unit, or of another gain."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(CHANNELS, None, why=REPRESENTED)
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded):
        return Finding(CHANNELS, None, why="channels and samples are not told apart")
    if seen.is_eeg.sum() < 4:
        return Finding(CHANNELS, None, why="three channels cannot tell which is the odd one")
    with np.errstate(all="ignore"):
        live = np.where((seen.level > 0) & seen.is_eeg, seen.level, np.nan)
        if not np.isfinite(live).any():
            return Finding(CHANNELS, None, why="no window holds a signal")
        usual = np.array([np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in live])
        ratio = live / usual[:, None]
        distance = np.where(np.isfinite(ratio), np.maximum(ratio, 1 / ratio), 1.0)
    distance = np.where(seen.company >= COMPANY, distance, np.minimum(distance, 1.0))
    value = float(distance.max())
    odd = np.flatnonzero((distance > ODD).any(axis=0))
    if not len(odd):
        return Finding(CHANNELS, "ok", value)
    pairs = (distance > FAR) & (np.nan_to_num(ratio) > 1)  # a quiet channel does no harm to others
    n_recordings = int((distance > ODD).any(axis=1).sum())
    far = bool(pairs.any()) and n_recordings >= max(1, 0.05 * seen.n_recordings)
    found = tuple(seen.ch_names[channel] for channel in odd)
    why = (
        f"{counted(len(odd), 'channel')} ({listed(found, 3)}) of {len(seen.ch_names)} are {value:.3g} times as loud, or as quiet, as the median channel in "
        f"{n_recordings} of {counted(seen.n_recordings, 'recording')}, and correlate with the others as electrodes do: another unit or gain"
    )
    hint = "State units where the data come in (units in channels.tsv, eegcli preprocess --unit), or normalise each channel (--normalise channel-window)."
    change = {"normalise": "channel-window"}
    return Finding(CHANNELS, "broken" if far else "suspect", value, found, why, hint, weight=0.98 if far else 0.7, change=change)


def outliers(evidence: Evidence) -> Finding:
    """Look for windows many times as loud as their recording: movements and loose electrodes, which rule the loss."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(OUTLIERS, None, why=REPRESENTED)
    seen = portrait(evidence.recorded)
    usual = np.array([np.median(seen.sd[places]) if len(places) else np.nan for places in seen.of_recording])
    with np.errstate(all="ignore"):
        loudest = np.nanmedian(np.where(seen.alive[:, None], seen.sd, 0.0), axis=1) / usual[seen.recording]
    loud = np.flatnonzero(np.nan_to_num(loudest) > OUT_OF_SCALE)
    share = len(loud) / len(seen.rows)
    if share < SOME:
        return Finding(OUTLIERS, "ok", share)
    numbers = np.unique(seen.recording[loud])
    why = (
        f"{share:.1%} of the windows are more than {OUT_OF_SCALE:g} times as loud as the typical one of their recording {seen.who(numbers)}: "
        "the loss is that of movements, and gradients follow them"
    )
    hint = "Leave them out (eegcli epoch --reject 200), repair them (eegcli preprocess --asr-cutoff 20), or normalise (--normalise channel-window)."
    names = tuple(seen.names[number] for number in numbers)
    broken = share >= MANY
    change = {"normalise": "channel-window"}
    return Finding(OUTLIERS, "broken" if broken else "suspect", share, names, why, hint, weight=0.8 if broken else 0.4, change=change)


def _unit(value: float) -> str:
    """Unit that values are in, if they are EEG whose channels have 10 µV."""
    power = round(float(np.log10(value / 10.0)) / 3) * 3  # in steps of a thousand
    near = abs(float(np.log10(value / 10.0)) - power) < 1.0
    known = {-6: "volts", -3: "millivolts", 3: "nanovolts"}
    if near and power in known:
        return known[power]
    return "scaled or normalised before" if value < LOW else "an amplifier's units, or no EEG"
