"""Channels of a data set without its signals: what channels.tsv and headers say of which are EEG, and which are not."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from eegcli.bids.channel_choice import Asked, ChannelChoice, choose_channels, matching
from eegcli.bids.channels import read_channels
from eegcli.bids.reading import channels_in_file
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.errors import InputError, listed
from eegcli.files.tsv import read_sheet

MAX_HEADERS = 100  # files without channels.tsv that are opened for a summary: a cohort has few amplifiers
MAX_NAMES = 6


def channels_of(recording: RecordingFile, sidecars: Sidecars, *, header: bool = True) -> list[ChannelChoice] | None:
    """List the channels of a recording, each taken as EEG or not by its name and type; its values may say otherwise later.

    Parameters
    ----------
    recording : RecordingFile
    sidecars : Sidecars
    header : bool
        Open the file where there is no channels.tsv.

    Returns
    -------
    list of ChannelChoice or None
        None where neither is to be had.
    """
    try:
        for path in sidecars.find(recording, "channels", ".tsv"):
            names = [name for name in read_sheet(path).column("name") if name]
            return choose_channels(names, read_channels(path, names).types, ["eeg"] * len(names))
        if header and recording.fetched:
            return channels_in_file(recording)
    except (InputError, ValueError):
        pass  # preprocess says what is wrong with it
    return None


def summarise_channels(recordings: Sequence[RecordingFile], sidecars: Sidecars) -> dict[str, Any]:
    """Count over recordings which channels are taken as EEG, and which are not and why.

    Returns
    -------
    dict
        ``eeg_channels``: sets of channels, and ``not_eeg``: channels with the reason, each with its number of recordings; empty where nothing tells.
    """
    eeg, out = Counter[str](), Counter[str]()
    same: dict[bytes, list[ChannelChoice] | None] = {}  # thousands of tables are few
    n_opened = 0
    for recording in recordings:
        table = next(iter(sidecars.find(recording, "channels", ".tsv")), None)
        content = b""
        with contextlib.suppress(OSError):  # a link to a table that is not fetched
            content = b"" if table is None else table.read_bytes()
        n_opened += table is None and recording.fetched
        if not content or content not in same:
            same[content] = channels_of(recording, sidecars, header=n_opened <= MAX_HEADERS)
        if choices := same[content]:
            names = [choice.name for choice in choices if choice.is_eeg]
            eeg[f"{len(names)}: {listed(names, MAX_NAMES)}"] += 1
            out.update(str(choice) for choice in choices if not choice.is_eeg)
    return {"eeg_channels": dict(eeg.most_common()), "not_eeg": dict(out.most_common())} if eeg else {}


def check_asked(asked: Asked, recordings: Sequence[RecordingFile], sidecars: Sidecars) -> None:
    """Refuse names of channels that fit no recording; recordings are looked at until every name has fitted one.

    Parameters
    ----------
    asked : Asked
        What the user says.
    recordings : sequence of RecordingFile
    sidecars : Sidecars

    Raises
    ------
    InputError
        If a name fits no channel of any recording; where the channels of one are not to be had, it could be there.
    """
    open_ones = list(dict.fromkeys((*asked.eeg, *asked.not_eeg)))
    seen: dict[str, None] = {}
    for recording in recordings:
        if not open_ones:
            return
        names = _names(recording, sidecars)
        if names is None:
            return
        seen |= dict.fromkeys(names)
        fitted = {pattern for name in names for pattern in matching(name, open_ones)}
        open_ones = [pattern for pattern in open_ones if pattern not in fitted]
    if open_ones and seen:
        raise InputError(
            f"no recording has a channel {listed(open_ones, 6)}, of --eeg-channels or --not-eeg",
            hint=f"There are: {listed(seen, 12, count=True)}.",
        )


def _names(recording: RecordingFile, sidecars: Sidecars) -> list[str] | None:
    """Names of the channels in the file, of which channels.tsv may lack some; as it has them where the file is not here."""
    try:
        return [choice.name for choice in channels_in_file(recording)]
    except (InputError, ValueError):
        choices = channels_of(recording, sidecars, header=False)
        return [choice.name for choice in choices] if choices else None
