"""Check of the chosen channels on their values: what is left out, what is marked bad, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eegcli.bids.channel_choice import ChannelChoice
from eegcli.bids.channel_values import Oddity, odd_channels
from eegcli.bids.montage import resolve
from eegcli.errors import listed

_SAID = {"constant": "constant", "stepwise": "changes in steps", "amplitude": "an amplitude far from the others'"}


@dataclass(frozen=True)
class CheckedChannels:
    """Channels of a recording after their values were looked at.

    Attributes
    ----------
    choices : tuple of ChannelChoice
        Of all channels of the file.
    rows : tuple of int
        Channels that stay, as rows of the data that were checked.
    bad : frozenset of str
        Electrodes by their name or by channels.tsv with such values: they stay, marked bad, so that no reference spreads them.
    usual : tuple of int
        Rows of the data that were checked in which nothing is odd: an input that stands at its extremes does not say that the amplifier saturated.
    warnings : tuple of str
    """

    choices: tuple[ChannelChoice, ...]
    rows: tuple[int, ...]
    bad: frozenset[str]
    usual: tuple[int, ...]
    warnings: tuple[str, ...]

    def take(self, data: np.ndarray) -> np.ndarray:
        """Select the rows that stay; no copy where all do."""
        return _rows(data, self.rows)

    def take_usual(self, data: np.ndarray) -> np.ndarray:
        """Select the rows in which nothing is odd; no copy where that are all."""
        return _rows(data, self.usual)


def _rows(data: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    return data if len(rows) == len(data) else data[list(rows)]


def check_values(choices: Sequence[ChannelChoice], data: np.ndarray, sfreq: float, reference: str) -> CheckedChannels:
    """Check the channels that names and types call EEG on their values.

    Parameters
    ----------
    choices : sequence of ChannelChoice
        Of all channels of the file.
    data : ndarray, shape (n_eeg, n_times)
        Of those that are EEG so far, as read.
    sfreq : float, Hz
    reference : str
        As the recording states it: that electrode has no signal by definition.

    Returns
    -------
    CheckedChannels
    """
    eeg = [choice for choice in choices if choice.is_eeg]
    odd = odd_channels(data, sfreq, [choice.surely for choice in eeg])
    if all(oddity is not None and oddity.kind == "constant" for oddity in odd):
        odd = [None] * len(eeg)  # a flat recording, which is another fault
    referred = resolve([reference], [choice.name for choice in eeg])[0]
    out: dict[str, Oddity] = {}
    bad: dict[str, Oddity] = {}
    believed: dict[str, Oddity] = {}
    for row, (choice, oddity) in enumerate(zip(eeg, odd, strict=True)):
        if oddity is None or row == referred or (oddity.kind == "constant" and choice.surely):
            continue  # a flat electrode is found by the step bad-channels
        group = believed if choice.why == "--eeg-channels" else bad if choice.surely else out
        group[choice.name] = oddity
    said = {
        "left out, as the values are no EEG's": out,
        "marked bad, as the values are no EEG's": bad,
        "taken as EEG as asked for, though the values are none's": believed,
    }
    return CheckedChannels(
        choices=tuple(
            replace(choice, is_eeg=False, why=out[choice.name].why, kind="") if choice.name in out else choice for choice in choices
        ),
        rows=tuple(row for row, choice in enumerate(eeg) if choice.name not in out),
        bad=frozenset(bad),
        usual=tuple(row for row, choice in enumerate(eeg) if not {choice.name} & {*out, *bad, *believed}),
        warnings=tuple(
            f"{what}: {listed([f'{name} ({_SAID[why.kind]})' for name, why in group.items()])}" for what, group in said.items() if group
        ),
    )
