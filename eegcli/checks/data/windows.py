"""Windows beside one another: copies, overlap, too few, too short, and what is no longer what was cut."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from eegcli.checks.data.everything import everything
from eegcli.checks.data.portrait import Portrait, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted

COPIES, OVERLAP, CHANGED, FEW, SHORT = (
    "windows that are copies",
    "overlap of windows",
    "windows that were changed",
    "number of windows",
    "length of windows",
)
COPIED, COPIED_MUCH = 0.01, 0.2  # share of the windows
ALIKE = 0.98  # correlation of neighbouring windows: of EEG it is below 0.5
PAIRS, SAME_PLACE = 32, 0.6  # neighbours that are held against one another; share of them that overlap by as much
MATCH, PART = 0.999, 8  # correlation of what two windows share; the part of a window that is looked for in the one before
MUCH = 0.5  # overlap, as a share of the window
VERY_FEW, RATHER_FEW = 32, 200  # windows
# A cycle of alpha takes 0.1 s; a spectrum that tells it from theta and beta, half a second.
ONE_CYCLE, A_FEW = 0.125, 0.4  # s


def repeated_windows(evidence: Evidence) -> Finding:
    """Look for windows that are the same as others, to the last bit or nearly."""
    assert evidence.recorded is not None
    seen = everything(evidence.recorded)
    alive = seen.finite & ~seen.dead
    if not alive.any():
        return Finding(COPIES, None, why="no window holds a signal")
    distinct = len(np.unique(seen.hashes[alive].astype("S32")))
    share = 1.0 - distinct / int(alive.sum())
    nearly = _nearly(portrait(evidence.recorded)) if evidence.recorded.raw else 0.0
    value = max(share, nearly)
    if value < COPIED:
        return Finding(COPIES, "ok", value, compared={"windows": int(alive.sum()), "distinct": distinct})
    broken = value >= COPIED_MUCH
    if share >= nearly:
        why = f"of {counted(int(alive.sum()), 'window')} only {distinct:,} are distinct: copies teach nothing, and on both sides of a split they answer it"
    else:
        why = f"{nearly:.0%} of the windows are nearly the same as the one before (correlation above {ALIKE:g}): one signal was repeated, with noise or none"
    hint = "Cut each stretch of signal once (eegcli epoch), and make more of it in training (eegcli train --augment)."
    return Finding(COPIES, "broken" if broken else "suspect", value, (), why, hint, {"distinct": distinct}, weight=0.97 if broken else 0.5)


def overlap(evidence: Evidence) -> Finding:
    """Look, by their values, by how much neighbouring windows overlap: what is counted twice is no more data."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(OVERLAP, None, why="windows of another representation do not show it")
    share = _overlap(portrait(evidence.recorded))
    if share < MUCH:
        return Finding(OVERLAP, "ok", share)
    n = len(evidence.recorded.recording)
    why = (
        f"neighbouring windows share {share:.0%} of their samples: {counted(n, 'window')} hold as much signal as {counted(max(1, round(n * (1 - share))), 'window')}, "
        "an epoch shows each stretch many times, and it is learnt by heart sooner"
    )
    hint = "Cut windows with less overlap (eegcli epoch --overlap 0), and split by subject."
    return Finding(OVERLAP, "suspect", share, (), why, hint, weight=0.3 if share < 0.8 else 0.6)


def changed_windows(evidence: Evidence) -> Finding:
    """Hold windows against their hashes: what was cut, or what somebody made of it since."""
    assert evidence.recorded is not None
    seen = everything(evidence.recorded)
    rows = seen.rows[seen.changed]
    if not len(rows):
        return Finding(CHANGED, "ok", 0, compared={"windows": len(seen.rows)})
    table = evidence.recorded.table
    names = tuple(dict.fromkeys(str(name) for name in table["recording"][rows])) if "recording" in table else ()
    why = (
        f"{counted(len(rows), 'window')} of {len(seen.rows):,} are not what was cut: the array was written to, or its rows and those of the table "
        "no longer belong together"
    )
    hint = "Cut them again (eegcli epoch --force), or bring changed arrays in by eegcli import, which gives them hashes of their own."
    return Finding(CHANGED, "broken", len(rows), names, why, hint, {"windows": len(seen.rows)}, weight=0.4)


def few_windows(evidence: Evidence) -> Finding:
    """Count the windows: a network learns few by heart, and no accuracy can be told from chance."""
    assert evidence.recorded is not None
    n = len(evidence.recorded.recording)
    if n >= RATHER_FEW:
        return Finding(FEW, "ok", n)
    broken = n < VERY_FEW
    why = f"{counted(n, 'window')} in all: a network learns them by heart, and what is left for validation cannot tell learning from chance"
    hint = "Cut shorter or more windows (eegcli epoch --length, --segment), bring more recordings, or begin with --arch logistic."
    return Finding(FEW, "broken" if broken else "suspect", n, (), why, hint, weight=0.9 if broken else 0.3)


def short_windows(evidence: Evidence) -> Finding:
    """Hold the length of windows against the rhythms of EEG."""
    assert evidence.recorded is not None
    recorded = evidence.recorded
    if not recorded.raw:
        return Finding(SHORT, None, why="windows of another representation hold no signal in time")
    seconds = recorded.n_times / recorded.sfreq
    if seconds >= A_FEW or not portrait(recorded).is_eeg.any():
        return Finding(SHORT, "ok", seconds)
    broken = seconds < ONE_CYCLE
    why = f"a window lasts {seconds:.3g} s, {counted(recorded.n_times, 'sample')}: {10 * seconds:.1f} cycles of a rhythm of 10 Hz, fewer than tell its power or frequency"
    hint = "Cut longer windows (eegcli epoch --length 2), and see that sfreq is right (eegcli info; eegcli import --sfreq)."
    return Finding(SHORT, "broken" if broken else "suspect", seconds, (), why, hint, weight=0.9 if broken else 0.5)


def _nearly(seen: Portrait) -> float:
    """Share of windows of the sample that are nearly the same as the one before, of their recording."""
    ok = (np.diff(seen.recording) == 0) & seen.alive[1:] & seen.alive[:-1]
    if not ok.any():
        return 0.0
    varying = np.maximum((seen.unit[1:] != 0).any(axis=2).sum(axis=1), 1)
    likeness = np.einsum("ict,ict->i", seen.unit[1:], seen.unit[:-1]) / (varying * seen.x.shape[2])
    return float((likeness[ok] > ALIKE).mean())


def _overlap(seen: Portrait) -> float:
    """Overlap of neighbouring windows, as a share of them, by where the beginning of one is found in the one before; 0 where there is none."""
    n_times = seen.x.shape[2]
    length = max(8, n_times // PART)
    pairs = np.flatnonzero((np.diff(seen.recording) == 0) & (np.diff(seen.rows) == 1) & seen.alive[1:] & seen.alive[:-1])
    if n_times < 2 * length or not len(pairs):
        return 0.0
    pairs = pairs[np.unique(np.linspace(0, len(pairs) - 1, PAIRS).astype(np.int64))]
    channels = np.argsort(-np.nan_to_num(seen.sd[pairs]).mean(axis=0))[:8]
    places = []
    for place in pairs:
        beginning = _unit(seen.centred[place + 1][channels, :length].astype(np.float64))
        stretches = _unit(sliding_window_view(seen.centred[place][channels].astype(np.float64), length, axis=1))
        match = np.einsum("cl,cpl->p", beginning, stretches) / len(channels)
        best = int(np.argmax(match[1:])) + 1
        places.append(best if match[best] > MATCH else 0)
    found, counts = np.unique(np.array(places)[np.array(places) > 0], return_counts=True)
    if not len(found) or counts.max() < SAME_PLACE * len(pairs):
        return 0.0
    return float(1.0 - found[int(np.argmax(counts))] / n_times)


def _unit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stretches about their mean, of length 1, along the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    unit: NDArray[np.float64] = centred / np.maximum(np.sqrt((centred**2).sum(axis=-1, keepdims=True)), 1e-12)
    return unit
