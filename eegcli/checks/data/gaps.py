"""Gaps in windows: windows without a signal, and stretches of one value within them."""

from __future__ import annotations

import numpy as np

from eegcli.checks.data.everything import everything
from eegcli.checks.data.portrait import WIDEST_GAP, portrait
from eegcli.checks.finding import Evidence, Finding
from eegcli.errors import counted

DEAD, PADDING = "dead windows", "padding"
# Share of windows without a signal: one of a long recording does no harm, several are copies of one another, on both sides of a split.
SOME, MANY = 0.002, 0.01
PADDED, PADDED_MUCH = 0.01, 0.05  # share of all samples
HINT = "Cut the windows again: eegcli epoch leaves out dead and clipped windows unless --keep-dead; eegcli import takes trials without padding."


def dead_windows(evidence: Evidence) -> Finding:
    """Look for windows in which every channel keeps one value: an amplifier that was off, zeros put in place of what was rejected."""
    assert evidence.recorded is not None
    seen = everything(evidence.recorded)
    dead = seen.rows[seen.dead]
    share = len(dead) / len(seen.rows)
    if share < SOME and len(dead) < len(seen.rows):
        return Finding(DEAD, "ok", len(dead), compared={"windows": len(seen.rows)})
    table = evidence.recorded.table
    names = tuple(dict.fromkeys(str(name) for name in table["recording"][dead])) if "recording" in table else ()
    where = f" of {counted(len(names), 'recording')}" if names else ""
    why = f"{counted(len(dead), 'window')} of {len(seen.rows):,}{where} hold one value in each channel: they have labels, and nothing to learn them from"
    broken = share >= MANY
    return Finding(
        DEAD, "broken" if broken else "suspect", len(dead), names, why, HINT, {"windows": len(seen.rows)}, weight=1.0 if broken else 0.5
    )


def padding(evidence: Evidence) -> Finding:
    """Look for stretches within windows in which no channel changes: zeros at the end or inside, or the last value repeated."""
    assert evidence.recorded is not None
    if not evidence.recorded.raw:
        return Finding(PADDING, None, why="windows of another representation hold no signal in time")
    seen = portrait(evidence.recorded)
    within = (seen.held > WIDEST_GAP) & (seen.held < 1.0)
    share = float(np.where(within, seen.held, 0.0).mean())
    if share < PADDED:
        return Finding(PADDING, "ok", share)
    numbers = np.unique(seen.recording[within])
    why = (
        f"{within.mean():.0%} of the windows hold no signal for {np.median(seen.held[within]):.0%} of their time {seen.who(numbers)}: "
        "a network may learn how long the padding is, and normalisation and rhythms suffer"
    )
    broken = share >= PADDED_MUCH
    names = tuple(seen.names[number] for number in numbers)
    return Finding(PADDING, "broken" if broken else "suspect", share, names, why, HINT, weight=1.0 if broken else 0.6)
