"""Step `reference`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import channel_set, index_of, resolve
from eegcli.errors import listed
from eegcli.preprocess.definition import Definition, Flag, Options
from eegcli.preprocess.signal import Signal

AVERAGE = "average"
FLAT = 1e-3  # µV: above the rounding that a filter leaves on a flat line, below any EEG
MIRRORED = "after the average reference of two channels each is the other's mirror image: --recipe minimal leaves the reference as it is"


def reference(signal: Signal, *, channels: tuple[str, ...], keep: bool = False) -> Signal:
    """Reference all channels to the mean of some.

    Parameters
    ----------
    signal : Signal
    channels : tuple of str
        ``average`` for all channels that are not bad, or names in any spelling, e.g. of the two mastoids.
    keep : bool
        Keep the named channels. By default they go: kept, they would sum to zero and cost the data one rank.

    Returns
    -------
    Signal

    Raises
    ------
    RecordingError
        If a named channel is not there, or no channel is good, or only one, of which the average leaves nothing.
    """
    if tuple(channels) == (AVERAGE,):
        rows = [row for row, name in enumerate(signal.ch_names) if name not in signal.bad_channels]
        if not rows:
            raise RecordingError("every channel is marked bad", cause="bad channels")
        return _averaged(signal, rows)
    rows, missing = index_of(channels, signal.ch_names)
    if missing:
        raise RecordingError(f"reference channels are not there: {', '.join(missing)}", cause="missing channels")
    own = resolve([signal.reference], signal.ch_names)[0]
    if still := [signal.ch_names[row] for row in rows if row != own and _is_flat(signal.data[row])]:
        signal = signal.remarking(f"the reference is, or has in it, a flat channel, which is no reference: {', '.join(still)}")
    if bad := [signal.ch_names[row] for row in rows if signal.ch_names[row] in signal.bad_channels]:
        signal = signal.remarking(
            f"the reference is, or has in it, a channel marked bad, which it spreads over all others: {', '.join(bad)}"
        )
    names = ", ".join(signal.ch_names[row] for row in rows)
    kept = [row for row in range(len(signal.ch_names)) if keep or row not in rows]
    if not kept:
        raise RecordingError("no channel but the reference is there", cause="missing channels")
    referenced = replace(signal.take(kept), reference=names)
    np.subtract(referenced.data, signal.data[rows].mean(axis=0), out=referenced.data)  # `take` has made a copy already
    return referenced


def _averaged(signal: Signal, rows: list[int]) -> Signal:
    if len(rows) == 1:
        alone = signal.ch_names[rows[0]]
        which = f"{alone}, the only channel" if len(signal.ch_names) == 1 else f"{alone}, the only channel that is not bad"
        raise RecordingError(
            f"the average reference of one channel is that channel, so that nothing would be left of {which}",
            cause="one channel",
            hint="Take a recipe without the step reference, such as --recipe minimal.",
        )
    if flat := _dead(signal, rows):
        signal = signal.remarking(
            f"flat channels are in the average reference and are its mirror image afterwards: {listed(flat, 4)}; "
            "the step bad-channels before it leaves them out"
        )
    averaged = replace(signal, data=signal.data - signal.data[rows].mean(axis=0), reference=AVERAGE)
    if alone := _reference_maybe(signal, rows):
        averaged = averaged.remarking(
            f"a flat channel is taken for the recording's reference, which nothing names: {alone}; if it is a dead electrode, the step "
            "bad-channels before the average leaves it out"
        )
    return averaged.remarking(MIRRORED) if len(rows) == 2 else averaged


def _dead(signal: Signal, rows: list[int]) -> list[str]:
    """Flat channels that are not the recording's reference electrode, which is zero by definition; a single one may be that where nothing tells."""
    flat = [signal.ch_names[row] for row in rows if _is_flat(signal.data[row])]
    known = resolve([signal.reference], signal.ch_names)[0]
    dead = [name for name in flat if known is None or name != signal.ch_names[known]]
    return dead if known is not None or len(dead) > 1 else []


def _reference_maybe(signal: Signal, rows: list[int]) -> str:
    """Name of the only flat channel of a recording that names no reference."""
    flat = [signal.ch_names[row] for row in rows if _is_flat(signal.data[row])]
    return flat[0] if len(flat) == 1 and resolve([signal.reference], signal.ch_names)[0] is None else ""


def _is_flat(row: np.ndarray) -> bool:
    return bool(np.ptp(row) <= FLAT)


def _check(options: Options) -> None:
    channel_set(options["channels"])


STEP = Definition(reference, flags=(Flag("reference", "channels"),), check=_check)
