"""Channels beside one another: flat, copied or mirrored, and how many of them are sums of others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.data.axes import mistaken_axes
from eegcli.checks.data.inputs import switches
from eegcli.checks.data.portrait import NEARLY_FLAT, Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted, listed

FLAT, COPIES, RANK, REFERENCE = "flat channels", "channels that are copies", "rank", "one reference"
NOT_RAW = "windows of another representation hold no signal in time"
NOT_TOLD = "channels and samples are not told apart"
STRANGER = 0.3  # correlation with any other: above, it is a channel in another unit, not a flat one
# Neighbours on a net of 64 correlate up to 0.996 before a reference is chosen, bridged ones 0.9986 (eegmmidb, S001).
ALIKE = 0.9995
ONE_SIGNAL = 0.97  # correlation of all channels with all others: neighbours alone have it
DROPPED = 0.02  # share of channels of windows
MANY = 0.2  # share of channels (of recordings)
NO_RANK = 1e-9  # of the largest eigenvalue: rounding of float32 leaves 1e-14, an average reference no more
SUM_OF_NONE, SUM_OF_OTHERS = 1e-3, 0.3  # mean over channels, in standard deviations of one: of an average reference, and of any other
LOST, LOST_MUCH = 0.25, 0.6  # share of the dimensions: bad channels and eye components take 5 to 20 %
Floats = NDArray[np.float64]


def flat_channels(evidence: Evidence) -> Finding:
    """Look for channels without a signal: an electrode that was off, or the recording's own reference."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(FLAT, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded):
        return Finding(FLAT, None, why=NOT_TOLD)
    flat = flat_in(seen)
    known = np.isfinite(seen.level).any(axis=1)
    if not known.any():
        return Finding(FLAT, None, why="no window holds a signal")
    value = float(flat[known].mean())
    # Channels that drop out now and then; a switch does by its nature.
    quiet = (seen.sd[seen.alive] == 0).mean(axis=0) * ~switches(seen).any(axis=0)
    if quiet.mean() >= max(DROPPED, 2 * value):
        dropping = tuple(seen.ch_names[channel] for channel in np.flatnonzero(quiet >= DROPPED))
        value = float(quiet.mean())
        why = f"{value:.0%} of the channels of a window hold no signal ({listed(dropping, 3)}), now in one window, now in another: they dropped out, or were set to zero"
        hint = "Leave such windows out when they are cut (eegcli epoch), or find and interpolate bad channels (eegcli preprocess)."
        broken = value >= MANY
        return Finding(FLAT, "broken" if broken else "suspect", value, dropping, why, hint, weight=0.95 if broken else 0.8)
    if not flat.any():
        return Finding(FLAT, "ok", 0)
    everywhere = np.flatnonzero(flat[known].all(axis=0))
    channels = np.flatnonzero(flat.any(axis=0))
    numbers = np.flatnonzero(flat.any(axis=1))
    names = tuple(seen.ch_names[channel] for channel in channels)
    if len(everywhere) == 1 and len(channels) == 1:
        why = f"{names[0]} holds no signal in any recording: the reference was left in, or an input with nothing on it"
        hint = f"Leave it out: eegcli epoch --channels without {names[0]}; or give it back its signal with an average reference (preprocess --reference average)."
    else:
        why = (
            f"{counted(len(channels), 'channel')} ({listed(names, 3)}) hold no signal {seen.who(numbers)}, {value:.1%} of all: "
            "electrodes that were off look the same whoever wears them"
        )
        hint = "Find and interpolate bad channels (eegcli preprocess), or leave out channels (epoch --channels) or recordings (--exclude)."
    broken = value >= MANY
    # A few flat channels do little harm: a network gives them small weights.
    return Finding(FLAT, "broken" if broken else "suspect", value, names, why, hint, weight=0.95 if broken else 0.8)


def copied_channels(evidence: Evidence) -> Finding:
    """Look for channels that are the same as another, or its mirror image."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(COPIES, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded):
        return Finding(COPIES, None, why=NOT_TOLD)
    n_channels = len(seen.ch_names)
    if n_channels < 3:
        return Finding(COPIES, None, why="two channels about their mean are each other's mirror image")
    correlation, both, alike = np.nan_to_num(seen.correlation), _pairs(seen), _alike(seen)
    value = float(alike.any(axis=2).mean())
    typical = np.array([np.median(np.abs(one[mask])) if mask.any() else 0.0 for one, mask in zip(correlation, both, strict=True)])
    one_signal = np.flatnonzero(typical > ONE_SIGNAL)
    if len(one_signal):
        why = (
            f"all channels hold one and the same signal {seen.who(one_signal)} (correlation {np.median(typical[one_signal]):.3g}): one channel was repeated, "
            "or the reference electrode was off and its noise is on all"
        )
        hint = "Look at the channels where the data come in; give noise of the reference back (eegcli preprocess --reference average)."
        share = len(one_signal) / seen.n_recordings
        names = tuple(seen.names[number] for number in one_signal)
        return Finding(COPIES, "broken" if share >= MANY else "suspect", share, names, why, hint, weight=0.9 if share >= MANY else 0.7)
    if not alike.any():
        return Finding(COPIES, "ok", 0, compared={"highest": float(np.abs(np.where(both, correlation, 0)).max())})
    numbers = np.flatnonzero(alike.any(axis=(1, 2)))
    one, other = np.nonzero(np.triu(alike.any(axis=0)))
    mirrored = (correlation < -ALIKE) & both
    pairs = tuple(
        f"{seen.ch_names[a]} = {'-' if mirrored[:, a, b].any() else ''}{seen.ch_names[b]}" for a, b in zip(one, other, strict=True)
    )
    what = "the mirror image of another" if mirrored.any() and not (alike & ~mirrored).any() else "the same as another"
    why = f"{value:.0%} of the channels are {what} ({listed(pairs, 3)}) {seen.who(numbers)}: bridged by gel, or copied where they were read"
    hint = (
        "Look at the channels where the data come in; leave copies out (eegcli epoch --channels), or interpolate them (eegcli preprocess)."
    )
    broken = value >= MANY
    return Finding(COPIES, "broken" if broken else "suspect", value, pairs, why, hint, weight=0.95 if broken else 0.7)


def rank(evidence: Evidence) -> Finding:
    """Count the dimensions of the channels: one fewer than channels after an average reference, and fewer by what was interpolated or removed."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(RANK, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded):
        return Finding(RANK, None, why=NOT_TOLD)
    lost, n_channels = _lost(seen), len(seen.ch_names)
    if not np.isfinite(lost).any():
        return Finding(RANK, None, why="no recording has as many samples as it needs")
    typical = float(np.nanmedian(lost))
    value = n_channels - typical
    odd = np.flatnonzero(np.nan_to_num(lost) >= LOST * n_channels)
    share = len(odd) / len(lost)
    if share < 0.1 and typical < LOST * n_channels:
        return Finding(RANK, "ok", value, compared={"channels": n_channels})
    worst = float(np.median(lost[odd]))
    broken = worst >= LOST_MUCH * n_channels and share >= MANY
    why = (
        f"{counted(n_channels, 'channel')} hold {n_channels - worst:g} dimensions {seen.who(odd)}: the others are sums of them "
        "(interpolated channels, components that were removed), and methods that invert a covariance fail"
    )
    hint = (
        "Interpolate and remove less, or keep fewer channels (eegcli epoch --channels); see bad_channels in eegcli info of the recordings."
    )
    names = tuple(seen.names[number] for number in odd)
    return Finding(
        RANK, "broken" if broken else "suspect", value, names, why, hint, {"channels": n_channels}, weight=0.6 if broken else 0.4
    )


def reference(evidence: Evidence) -> Finding:
    """Look whether all recordings have the same reference, as far as an average over the channels tells: it leaves a sum of zero."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(REFERENCE, None, why=NOT_RAW)
    seen = portrait(evidence.recorded)
    if mistaken_axes(evidence.recorded) or len(seen.ch_names) < 4 or not seen.is_eeg.all():
        return Finding(REFERENCE, None, why="too few channels are EEG to tell")
    rest = np.full(seen.n_recordings, np.nan)
    # A channel that was put in another's place spoils the sum: that is a fault of its own.
    spoilt: NDArray[np.bool_] = np.asarray(np.hstack([flat_in(seen), switches(seen), _alike(seen).any(axis=2)]).any(axis=1))
    for number, places in enumerate(seen.of_recording):
        if len(places) and not spoilt[number] and np.median(seen.level[number]) > 0:
            rest[number] = np.median(seen.centred[places].mean(axis=1).std(axis=1)) / np.median(seen.level[number])
    averaged, other = np.flatnonzero(rest < SUM_OF_NONE), np.flatnonzero(rest > SUM_OF_OTHERS)
    if not len(averaged) or not len(other):
        return Finding(REFERENCE, "ok", 0, compared={"average": len(averaged), "other": len(other)})
    fewer = min(averaged, other, key=len)
    share = len(fewer) / seen.n_recordings
    which = "to the average" if fewer is averaged else "to something else than the average"
    why = f"channels are referenced {which} {seen.who(fewer)}, unlike the others: what a channel holds depends on its reference, and so does every weight"
    hint = "Give all recordings one reference (eegcli preprocess --reference average)."
    broken = share >= MANY
    names = tuple(seen.names[number] for number in fewer)
    return Finding(REFERENCE, "broken" if broken else "suspect", len(fewer), names, why, hint, weight=0.7 if broken else 0.4)


def flat_in(seen: Portrait) -> NDArray[np.bool_]:
    """Mask of channels without a signal, shape (n_recordings, n_channels)."""
    with np.errstate(all="ignore"):
        live = np.where(seen.level > 0, seen.level, np.nan)
        usual = np.array([np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in live])
        quiet = (seen.level < NEARLY_FLAT * usual[:, None]) & (seen.company < STRANGER)
    found: NDArray[np.bool_] = ((seen.level == 0) | quiet) & ~switches(seen)
    return found


def _pairs(seen: Portrait) -> NDArray[np.bool_]:
    """Mask of pairs of different channels that both hold a signal, shape (n_recordings, n_channels, n_channels)."""
    alive: NDArray[np.bool_] = np.asarray(~flat_in(seen))
    return alive[:, :, None] & alive[:, None, :] & ~np.eye(alive.shape[1], dtype=bool)


def _alike(seen: Portrait) -> NDArray[np.bool_]:
    """Mask of pairs of channels that are copies or mirror images, shape (n_recordings, n_channels, n_channels)."""
    return (np.abs(np.nan_to_num(seen.correlation)) > ALIKE) & _pairs(seen)


def _lost(seen: Portrait) -> Floats:
    """Dimensions that are lost beyond those of an average reference, flat channels and copies; shape (n_recordings,), NaN where too few samples."""
    found = np.full(seen.n_recordings, np.nan)
    flat, correlation = flat_in(seen), np.nan_to_num(seen.correlation)
    for number, places in enumerate(seen.of_recording):
        copies = (np.abs(np.triu(correlation[number], 1)) > ALIKE).any(axis=0)
        kept = np.flatnonzero(~flat[number] & ~copies)
        if len(kept) < 3 or len(places) * (seen.x.shape[2] - 1) < 4 * len(kept):
            continue
        part = seen.centred[places][:, kept].astype(np.float64) / np.median(seen.level[number, kept])
        covariance = np.einsum("ict,idt->cd", part, part, optimize=True)
        values, vectors = np.linalg.eigh(covariance)
        null = vectors[:, values < NO_RANK * values[-1]]
        ones = np.full(len(kept), 1 / np.sqrt(len(kept)))
        # A null space that holds the sum of all channels has it by the reference.
        found[number] = null.shape[1] - (1 if null.shape[1] and np.sum((null.T @ ones) ** 2) > 0.5 else 0)
    return found
