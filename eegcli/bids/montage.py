"""Channel names: one position, many spellings (`EEG Fp1`, `Fc5.`, `T3` and `T7`, EGI's `E22`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources

from eegcli.errors import UsageError
from eegcli.registry import CHANNEL_SETS, lookup

_PREFIX = re.compile(r"^eeg[ _:-]+", re.IGNORECASE)
# Recorders append the reference; A2-A1 or Fz-Cz is a derivation of its own and stays one.
_SUFFIX = re.compile(r"[ _]?-[ _]?(ref|re|le|ar|avg?|a1a2)$|(?<!^[am][12])-[am][12]$", re.IGNORECASE)
_ROWS = "N Fp AFp AF AFF F FFT FFC FT FC FTT FCC T C TTP CCP TP CP TPP CPP P PPO PO POO O OI I A M"
_SPELLED = {row.lower(): row for row in _ROWS.split()}
_POSITION = re.compile(r"^([a-z]+)(z|10h?|[1-9]h?)$", re.IGNORECASE)
_EGI = re.compile(r"^E(\d{1,3})$", re.IGNORECASE)
_LETTERED = re.compile(r"^(A([3-9]|[12]\d|3[0-2])|[BD]\d{1,2})$")  # BioSemi's A1-D32: there, C3 is no 10-20 position, and A1 no ear


def channel_set(channels: Sequence[str]) -> tuple[str, ...]:
    """Resolve channels: those named, or those of a named set.

    Parameters
    ----------
    channels : sequence of str
        Channel names, or one name of a set such as ``hbn-24``.

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError
        If none is named, a set is unknown, or one position is named twice.
    """
    if isinstance(channels, str):
        channels = (channels,)
    if len(channels) == 1 and "-" in channels[0] and _key(channels[0]) is None:
        lookup("channel set", channels[0], CHANNEL_SETS)
        channels = [name for name, _ in _table(channels[0])]
    if not channels:
        raise UsageError("no channel is named")
    keys = [_key(name) or name.lower() for name in channels]
    twice = sorted({name for name, key in zip(channels, keys, strict=True) if keys.count(key) > 1})
    if twice:
        raise UsageError(f"channels are named twice: {', '.join(twice)}")
    return tuple(channels)


def spell(name: str) -> str | None:
    """Spell a 10-20, 10-10 or 10-05 channel name as usual; None if it is none.

    Examples
    --------
    >>> spell("EEG FP1-REF"), spell("Fc5."), spell("E22")
    ('Fp1', 'FC5', None)
    """
    bare = _SUFFIX.sub("", _PREFIX.sub("", name.strip())).strip().rstrip(".")
    match = _POSITION.match(bare)
    row = _SPELLED.get(match.group(1).lower()) if match else None
    return f"{row}{match.group(2).lower()}" if match and row else None


def clean_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names as 10-20 spells them where they are 10-20 names; the others, and all if two would become one, as they are."""
    if _is_lettered(names):
        return tuple(names)
    cleaned = tuple(spell(name) or name for name in names)
    return cleaned if len(set(cleaned)) == len(cleaned) else tuple(names)


def resolve(wanted: Sequence[str], names: Sequence[str]) -> list[int | None]:
    """Find each wanted channel among the names of a recording.

    Parameters
    ----------
    wanted : sequence of str
        Names in any spelling.
    names : sequence of str
        Channels of the recording.

    Returns
    -------
    list of (int or None)
        Index into `names`; None for a channel that is not there. A name that stands there literally goes before a synonym.
    """
    key = _keys(names)
    literal = {name: index for index, name in reversed(list(enumerate(names)))}
    by_key = {key(name): index for index, name in reversed(list(enumerate(names)))}
    return [literal.get(name, by_key.get(key(name))) for name in wanted]


def index_of(wanted: Sequence[str], names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Indices of the wanted channels that are there, and the names of those that are not."""
    found = resolve(wanted, names)
    return [index for index in found if index is not None], [name for name, index in zip(wanted, found, strict=True) if index is None]


def is_hydrocel_128(names: Sequence[str]) -> bool:
    """Test for the names of EGI's GSN-HydroCel net of 128 electrodes (E1 to E128, E129 or Cz the vertex).

    Smaller and larger nets number their electrodes otherwise.
    """
    numbers = [int(match.group(1)) for match in map(_EGI.match, names) if match]
    return len(numbers) >= 3 and 65 < max(numbers) <= 129


def template(names: Sequence[str], montage: str = "auto") -> tuple[str, Callable[[str], str | None]]:
    """Standard electrode positions for a recording.

    Parameters
    ----------
    names : sequence of str
        Channels of the recording: they tell the net.
    montage : str
        ``10-05`` or ``hydrocel-128`` where it is known what they mean.

    Returns
    -------
    montage : str
        Name of one of MNE's montages.
    named : callable
        Gives the montage's name of a channel; None where it has none.
    """
    if montage == "hydrocel-128" or (montage == "auto" and is_hydrocel_128(names)):
        return "GSN-HydroCel-129", hydrocel_name(names)
    name, there = _standard_1005()
    if _is_lettered(names):
        return name, lambda channel: None
    return name, lambda channel: spelled if (spelled := spell(channel)) in there else None


@cache
def _standard_1005() -> tuple[str, frozenset[str]]:
    """Name of MNE's montage of the 10-05 system, which differs by its version, and its electrodes."""
    import mne

    name = "standard_1005" if "standard_1005" in mne.channels.get_builtin_montages() else "colin27_1005"
    return name, frozenset(mne.channels.make_standard_montage(name).ch_names)


def hydrocel_name(names: Sequence[str]) -> Callable[[str], str | None]:
    """A function that gives the electrode of EGI's net of 128 (E1 to E128, Cz) that a channel is; None where it is none.

    Parameters
    ----------
    names : sequence of str
        Channels of the recording: they tell how names are to be read.
    """
    by_key = {_key(name): "Cz" if egi == "E129" else egi for name, egi in _table("gsn-hydrocel-128")}
    there, key = {f"E{number}": f"E{number}" for number in range(1, 129)} | {"E129": "Cz", "Cz": "Cz"}, _keys(names)
    return lambda name: there.get(name) or by_key.get(key(name))


def standard_name(names: Sequence[str]) -> Callable[[str], str | None]:
    """A function that gives a channel's name in the 10-05 system since 1991 (T7 for T3); None where it has none.

    Parameters
    ----------
    names : sequence of str
        Channels of the recording: they tell how names are to be read.
    """
    if _is_lettered(names):
        return lambda name: None
    since = {before.lower(): name for before, name in _table("ten-twenty-1991")}
    return lambda name: since.get(spelled.lower(), spelled) if (spelled := spell(name)) else None


def _keys(names: Sequence[str]) -> Callable[[str], str]:
    """A function that gives all spellings of one position one key, as far as the recording's names allow."""
    if _is_lettered(names):
        return str.lower
    if not is_hydrocel_128(names):
        return lambda name: _key(name) or name.lower()
    positions = {egi.lower(): _key(name) or name.lower() for name, egi in _table("gsn-hydrocel-128")}
    return lambda name: positions.get(name.lower()) or _key(name) or name.lower()


def _key(name: str) -> str | None:
    spelled = spell(name)
    return _renamed().get(spelled.lower(), spelled.lower()) if spelled else None


@cache
def _renamed() -> dict[str, str]:
    return {before.lower(): since.lower() for before, since in _table("ten-twenty-1991")}


def _is_lettered(names: Sequence[str]) -> bool:
    return sum(bool(_LETTERED.match(name)) for name in names) > 1


@cache
def _table(name: str) -> tuple[tuple[str, str], ...]:
    text = resources.files("eegcli.bids").joinpath("montages", f"{name}.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")][1:]
    return tuple((row[0], row[1]) for row in rows)
