"""Channels and unit of a cohort, told once: what is taken as EEG, what is not and why, and whether the amplitude is that of another unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from eegcli.bids.amplitude import probable_unit
from eegcli.bids.channel_choice import ChannelChoice
from eegcli.errors import counted, listed
from eegcli.reporter import Reporter

MAX_GROUPS = 3  # of recordings with the same channels; more would be a table
MAX_NAMES, MAX_OUT = 6, 8
ANOTHER_UNIT = 300.0  # times the cohort's amplitude: no head differs so much from others, units do by 1000


def tell_channels(recordings: Sequence[Sequence[ChannelChoice]], reporter: Reporter) -> None:
    """Say which channels are taken as EEG, which are not and why: a line for each set of channels, the most frequent first.

    Parameters
    ----------
    recordings : sequence of sequence of ChannelChoice
        Of each recording, one per channel of its file.
    reporter : Reporter
    """
    for line in channel_lines(recordings):
        reporter.info(line)


def channel_lines(recordings: Sequence[Sequence[ChannelChoice]]) -> list[str]:
    """Lines that say which channels are EEG, which are not and why; of a cohort with many sets of EEG channels, the rest is counted."""
    groups: dict[tuple[str, ...], list[Sequence[ChannelChoice]]] = defaultdict(list)
    for choices in recordings:
        if choices:
            groups[tuple(choice.name for choice in choices if choice.is_eeg)].append(choices)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    lines = [_line(eeg, group, sum(map(bool, recordings))) for eeg, group in ordered[:MAX_GROUPS]]
    if rest := sum(len(group) for _, group in ordered[MAX_GROUPS:]):
        lines.append(f"{counted(rest, 'recording has', 'recordings have')} other EEG channels than these")
    return lines


def _line(eeg: Sequence[str], group: Sequence[Sequence[ChannelChoice]], n_all: int) -> str:
    whys = {choice.name: choice.why for choices in reversed(group) for choice in choices if not choice.is_eeg}
    counts = Counter(choice.name for choices in group for choice in choices if not choice.is_eeg)
    some = {name: f"; {counted(count, 'recording')}" if count < len(group) else "" for name, count in counts.most_common()}
    out = [f"{name} ({whys[name]}{number})" for name, number in some.items()]
    said = listed(out, MAX_OUT, count=True) if out else "none"
    return (
        f"EEG in {len(group)} of {counted(n_all, 'recording')}: {counted(len(eeg), 'channel')} ({listed(eeg, MAX_NAMES)}); not EEG: {said}"
    )


def warn_of_unmatched(unmatched: Collection[tuple[str, ...]], reporter: Reporter) -> None:
    """Name the channels that were asked for and are not in every recording.

    Parameters
    ----------
    unmatched : collection of tuple of str
        Of each recording, the names of --eeg-channels and --not-eeg that fit none of its channels.
    reporter : Reporter
    """
    for name, count in Counter(name for names in unmatched for name in names).items():
        reporter.warn(f"no channel fits {name}, of --eeg-channels or --not-eeg ({count} of {counted(len(unmatched), 'recording')})")


def warn_of_unit(rows: Mapping[str, Mapping[str, Any]], reporter: Reporter) -> None:
    """Say where the typical amplitude of a cohort, or of a recording beside the others, is that of another unit.

    Parameters
    ----------
    rows : mapping of str to mapping
        Columns of recordings.parquet of each recording, by its name.
    reporter : Reporter
    """
    found = {name: row.get("raw_amplitude") for name, row in rows.items()}
    values = {name: float(value) for name, value in found.items() if value}
    if not values:
        return
    typical = float(np.median(list(values.values())))
    unit = probable_unit(typical)
    if unit is not None:
        reporter.warn(
            f"the typical amplitude of these recordings is {typical:.3g} µV, as of values in {unit.name} that are read as microvolts; if they are, "
            f"--unit {unit.name} multiplies them by {unit.factor:g}"
        )
    others = [name for name, value in values.items() if not typical / ANOTHER_UNIT < value < typical * ANOTHER_UNIT]
    if others:
        reporter.warn(
            f"{ANOTHER_UNIT:g} times the amplitude of the other recordings, or less than a {ANOTHER_UNIT:g}th: {listed(others, count=True)}"
        )
