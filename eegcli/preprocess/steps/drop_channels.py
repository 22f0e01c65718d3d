"""Step `drop-channels`."""

from __future__ import annotations

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import channel_set, index_of
from eegcli.preprocess.definition import Definition, Options
from eegcli.preprocess.signal import Signal


def drop_channels(signal: Signal, *, channels: tuple[str, ...]) -> Signal:
    """Drop channels by name.

    Parameters
    ----------
    signal : Signal
    channels : tuple of str
        Names in any spelling.

    Returns
    -------
    Signal

    Raises
    ------
    RecordingError
        If one of them is not there, or none would be left.
    """
    dropped, missing = index_of(channels, signal.ch_names)
    if missing:
        raise RecordingError(f"channels to drop are not there: {', '.join(missing)}", cause="missing channels")
    kept = [row for row in range(len(signal.ch_names)) if row not in dropped]
    if not kept:
        raise RecordingError("every channel would be dropped", cause="missing channels")
    return signal.take(kept)


def _check(options: Options) -> None:
    channel_set(options["channels"])


STEP = Definition(drop_channels, check=_check)
