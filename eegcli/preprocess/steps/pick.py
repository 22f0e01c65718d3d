"""Step `pick`."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import channel_set, resolve, spell
from eegcli.errors import counted, listed
from eegcli.preprocess.definition import Definition, Flag, Options, Size
from eegcli.preprocess.interpolation import interpolate
from eegcli.preprocess.signal import Signal


def pick(signal: Signal, *, channels: tuple[str, ...], missing_channels: Literal["error", "interpolate", "drop"] = "error") -> Signal:
    """Keep channels, in the order and under the names given, so that recordings of different caps can be pooled.

    Parameters
    ----------
    signal : Signal
    channels : tuple of str
        Names in any spelling, or the name of a set such as ``hbn-24``.
    missing_channels : {'error', 'interpolate', 'drop'}
        What becomes of a recording that lacks some: it fails, they are interpolated, or they are left out.

    Returns
    -------
    Signal

    Raises
    ------
    RecordingError
        If channels are missing and may not be, or none is there.
    """
    wanted = channel_set(channels)
    found = dict(zip((spell(name) or name for name in wanted), resolve(wanted, signal.ch_names), strict=True))
    missing = [name for name, row in found.items() if row is None]
    if len(missing) == len(found) or (missing and missing_channels == "error"):
        raise RecordingError(
            f"{len(missing)} of {counted(len(found), 'channel')} are missing ({listed(missing, 4)})",
            cause="missing channels",
            hint="Use --missing-channels interpolate or drop, or name the channels that all recordings have with --channels.",
        )
    there = {name: row for name, row in found.items() if row is not None}
    picked = signal.take(list(there.values())).renamed(tuple(there))
    if not missing or missing_channels == "drop":
        return picked
    complete = replace(
        picked,
        data=np.vstack([picked.data, interpolate(signal, missing)]),
        ch_names=(*there, *missing),
        positions=np.vstack([picked.positions, np.full((len(missing), 3), np.nan)]),
        interpolated=(*picked.interpolated, *missing),
    )
    return complete.take([complete.ch_names.index(name) for name in found])


def _check(options: Options) -> None:
    channel_set(options["channels"])


def _size(options: Options, size: Size) -> Size:
    if not size.n_channels:
        return size
    kept = len(channel_set(options["channels"])) or size.n_channels
    return Size(size.n_samples * kept / size.n_channels, kept, size.sfreq)


STEP = Definition(
    pick,
    flags=(Flag("channels", "channels"), Flag("missing_channels", "missing_channels", brings=False)),
    check=_check,
    size=_size,
)
