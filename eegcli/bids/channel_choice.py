"""Choice of the EEG channels of a recording: which are taken as EEG, which are not, and why."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eegcli.bids.channel_names import are_electrodes, kind_of, parted, whys_by_name
from eegcli.bids.montage import spell
from eegcli.bids.units import microvolts
from eegcli.errors import UsageError
from eegcli.settings import PreprocessSettings

BY_USER = "--not-eeg"


@dataclass(frozen=True)
class Asked:
    """Wishes of the user about channels, which go before all evidence.

    Attributes
    ----------
    eeg : tuple of str
        Names or patterns of channels that are EEG whatever else says; the others are judged as they would be without.
    not_eeg : tuple of str
        Names or patterns of channels that are not.
    unit : str or None
        V, mV, uV or nV: the unit that the values are in which are read as microvolts.
    """

    eeg: tuple[str, ...] = ()
    not_eeg: tuple[str, ...] = ()
    unit: str | None = None

    @property
    def factor(self) -> float:
        """Microvolts of what was read as one."""
        return (microvolts(self.unit) or 1.0) if self.unit else 1.0

    def state(self) -> dict[str, Any]:
        """State of the wishes, for the digest of a recording: empty where nothing is asked for."""
        return {name: value for name, value in asdict(self).items() if value}


def asked_of(settings: PreprocessSettings) -> Asked:
    """Collect what the settings say of channels and unit.

    Raises
    ------
    UsageError
        If one name is said to be EEG and not to be.
    """
    both = [name for name in settings.eeg_channels if name in settings.not_eeg]
    if both:
        raise UsageError(f"{both[0]} stands in --eeg-channels and in --not-eeg")
    return Asked(settings.eeg_channels, settings.not_eeg, settings.unit)


@dataclass(frozen=True)
class ChannelChoice:
    """Decision on one channel.

    Attributes
    ----------
    name : str
        As the file names it.
    is_eeg : bool
    why : str
        Evidence, in a few words: ``ECG in channels.tsv``, ``gsr by its name``, ``constant``.
    kind : str
        Kind of input in small letters (``ecg``, ``eog``, ...), where the evidence says it; ``eeg`` of one that is taken.
    surely : bool
        An electrode by `channels.tsv`, by the user or by its name: its values may be bad, but do not make it another input.
    """

    name: str
    is_eeg: bool
    why: str
    kind: str = ""
    surely: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.why})"


def choose_channels(
    names: Sequence[str], stated: Mapping[str, str], in_file: Sequence[str], asked: Asked | None = None
) -> list[ChannelChoice]:
    """Choose the EEG channels of a recording by all that is known without its values.

    Parameters
    ----------
    names : sequence of str
        Channels, as the file names them.
    stated : mapping of str to str
        Types in channels.tsv, in capitals; they decide where they stand.
    in_file : sequence of str
        Type of each channel that the file gives, in MNE's words.
    asked : Asked, optional
        The user's word, which goes before channels.tsv.

    Returns
    -------
    list of ChannelChoice
        One per channel, in their order.
    """
    asked = asked or Asked()
    by_name, electrodes = whys_by_name(names), are_electrodes(names)
    choices = []
    for name, kind, why, electrode in zip(names, in_file, by_name, electrodes, strict=True):
        if matching(name, asked.not_eeg):
            choice = ChannelChoice(name, False, BY_USER, stated.get(name, kind_of(why) or kind).lower())
        elif matching(name, asked.eeg):
            choice = ChannelChoice(name, True, "--eeg-channels", "eeg", surely=True)
        elif name in stated:
            is_eeg = stated[name] == "EEG"
            choice = ChannelChoice(name, is_eeg, f"{stated[name]} in channels.tsv", stated[name].lower(), surely=is_eeg)
        elif kind != "eeg":
            choice = ChannelChoice(name, False, f"{kind} in the file", kind)
        elif why is not None:
            choice = ChannelChoice(name, False, why, kind_of(why))
        else:
            choice = ChannelChoice(name, True, "an electrode by its name" if electrode else "nothing speaks against it", "eeg", electrode)
        choices.append(choice)
    return choices


def without(choices: Sequence[ChannelChoice], picks: Sequence[int], why: str) -> list[ChannelChoice]:
    """Leave out, for one more reason, the EEG channels that are not among some.

    Parameters
    ----------
    choices : sequence of ChannelChoice
    picks : sequence of int
        Channels that stay EEG.
    why : str
    """
    stay = set(picks)
    return [
        replace(choice, is_eeg=False, why=why, kind="") if choice.is_eeg and index not in stay else choice
        for index, choice in enumerate(choices)
    ]


def matching(name: str, patterns: Sequence[str]) -> list[str]:
    """Select the patterns that a channel's name fits: in any case and spelling, with ``*`` and ``?``, with or without its prefix.

    Examples
    --------
    >>> matching("EEG Fp1-Ref", ["fp1", "EEG *", "POL*"])
    ['fp1', 'EEG *']
    """
    if not patterns:
        return []
    forms = {form.lower() for form in (name.strip(), parted(name).rest, spell(name) or name)}
    return [pattern for pattern in patterns if any(fnmatch.fnmatchcase(form, pattern.strip().lower()) for form in forms)]


def contradictions(choices: Sequence[ChannelChoice]) -> list[str]:
    """Find channels that channels.tsv calls EEG while their names say what else they record; it is believed, and this is said."""
    whys = whys_by_name([choice.name for choice in choices])
    return [
        f"{choice.name} ({kind_of(why)})"
        for choice, why in zip(choices, whys, strict=True)
        if choice.is_eeg and choice.why.endswith("channels.tsv") and kind_of(why)
    ]
