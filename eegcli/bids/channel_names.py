"""Channel names as evidence: electrodes of the scalp, inputs that are none, and the prefixes that recorders put before both."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

# Positions of the 10-20 system and of clinics that the table of 10-05 lacks: earlobes, mastoids, Silverman's T1 and T2, cerebellum.
_BESIDE = "T3 T4 T5 T6 A1 A2 M1 M2 T1 T2 CB1 CB2 Nz"
_REFERENCE = re.compile(r"(ref|re|le|ar|avg?|ave|average|a1a2|a12|lm|linked|org|g\d)?\d*", re.IGNORECASE)
_EEG = re.compile(r"^\s*(eeg)[ _:-]+(?=\S)", re.IGNORECASE)
_PREFIXES = (re.compile(r"^\s*(\S*[A-Za-z]\S*)\s+(\S.*)$"), re.compile(r"^\s*([A-Za-z]+)[_:](\S.*)$"))
_FAMILY = re.compile(r"^([A-Za-z']+)\d+$")
# Nets whose electrodes are numbered; as many as this tell a net from a few inputs that happen to be named so.
_NETS = (re.compile(r"^(E\d{1,3}|VREF|Vertex Reference)$", re.IGNORECASE), re.compile(r"^[A-H]\d{1,2}$"))
MIN_NET = 16
_BY_NAME = " by its name"
_EARS = re.compile(r"^[AM][12]\s*[-:/]\s*[AM][12]$", re.IGNORECASE)
OF_EARS = "one ear against the other"
_EYES = re.compile(r"^E[12]$", re.IGNORECASE)  # of the AASM's montages; EGI's nets go on with E3
_UNUSED = re.compile(r"[-.\s]*(-\d+)?")  # CHB-MIT's - and ., numbered by MNE where there are several; doi:10.13026/C2K01R
MAX_SETS = 64  # of channels, whose verdicts are kept
MIN_PREFIXED = 2  # electrodes behind one prefix: a single one may be chance


class Name(NamedTuple):
    """A channel's name, taken apart: ``EEG`` and ``Fp1-Ref``; the prefix is empty where there is none."""

    prefix: str
    rest: str


def parted(name: str) -> Name:
    """Part a name into prefix and rest.

    Examples
    --------
    >>> parted("EEG Fp1-Ref"), parted("Cz")
    (Name(prefix='EEG', rest='Fp1-Ref'), Name(prefix='', rest='Cz'))
    """
    if match := _EEG.match(name):
        return Name("EEG", name[match.end() :].strip())
    if not is_position(name):
        for pattern in _PREFIXES:
            if (match := pattern.match(name)) and not is_position(match.group(1)):
                return Name(match.group(1), match.group(2).strip())
    return Name("", name.strip())


def is_position(name: str) -> bool:
    """Test that a name without its prefix is a place on the scalp (10-20, 10-10, 10-05), or two, as of a derivation.

    Examples
    --------
    >>> is_position("Fc5."), is_position("Fpz-Cz"), is_position("Fp1-Ref"), is_position("X1")
    (True, True, True, False)
    """
    if _EARS.match(name.strip()):
        return False
    first, *others = [part.strip(" .") for part in re.split(r"[-:/\s]+", name.strip())]
    return first.lower() in _positions() and all(other.lower() in _positions() or _REFERENCE.fullmatch(other) for other in others)


def are_electrodes(names: Sequence[str]) -> list[bool]:
    """Find the channels that are electrodes of the scalp by their names: positions, and numbers of a net of EGI or BioSemi.

    Parameters
    ----------
    names : sequence of str
        All channels of a file: they tell the net.
    """
    return list(_are_electrodes(tuple(names)))


# Thousands of recordings have the same channels.
@lru_cache(maxsize=MAX_SETS)
def _are_electrodes(names: tuple[str, ...]) -> tuple[bool, ...]:
    parts = [parted(name) for name in names]
    main = _main_prefixes(parts)
    found = [is_position(part.rest) and part.prefix.upper() in ("", "EEG", *main) for part in parts]
    for net in _NETS:
        members = [part.prefix in ("", "EEG") and bool(net.match(part.rest)) for part in parts]
        if sum(members) >= MIN_NET:
            found = [either or member for either, member in zip(found, members, strict=True)]
    return tuple(found)


def whys_by_name(names: Sequence[str]) -> list[str | None]:
    """Find, by the names alone, why each channel is no EEG; None where the names do not speak against it.

    Parameters
    ----------
    names : sequence of str
        All channels of a file: one is judged beside the others.
    """
    return list(_whys_by_name(tuple(names)))


@lru_cache(maxsize=MAX_SETS)
def _whys_by_name(names: tuple[str, ...]) -> tuple[str | None, ...]:
    electrodes, parts = are_electrodes(names), [parted(name) for name in names]
    whys: list[str | None] = [
        None if electrode else OF_EARS if _EARS.match(part.rest) else _by_word(name) or _by_prefix(part, parts)
        for name, electrode, part in zip(names, electrodes, parts, strict=True)
    ]
    if any(electrodes) and not any(re.fullmatch(r"E\d+", part.rest, re.IGNORECASE) and not _EYES.match(part.rest) for part in parts):
        whys = ["eog" + _BY_NAME if why is None and _EYES.match(part.rest) else why for why, part in zip(whys, parts, strict=True)]
    # What could be an electrode elsewhere is told by its company: a file of inputs X1 to X64 is no file without EEG.
    left = [index for index, why in enumerate(whys) if why is None]
    odd = {index: why for index in left if not electrodes[index] and (why := _by_whole_name(parts[index].rest))}
    if 2 * len(odd) < len(left) or sum(electrodes) > MIN_PREFIXED:
        whys = [odd.get(index, why) for index, why in enumerate(whys)]
    return tuple(whys)


def kind_of(why: str | None) -> str:
    """Read the kind of input (``ecg``, ``eog``, ...) from what `whys_by_name` says; empty where it says none."""
    return why.split(" ", 1)[0] if why is not None and why.endswith(_BY_NAME) else ""


def _by_word(name: str) -> str | None:
    texts = {_plain(name), _plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))}
    return next((kind + _BY_NAME for pattern, kind in _table("word") if any(pattern.search(text) for text in texts)), None)


def _by_whole_name(rest: str) -> str | None:
    if _UNUSED.fullmatch(rest):
        return "misc" + _BY_NAME
    text = _plain(rest)
    return next((kind + _BY_NAME for pattern, kind in _table("name") if pattern.fullmatch(text)), None)


def _by_prefix(part: Name, parts: Sequence[Name]) -> str | None:
    """The prefix rule: where a file prefixes its electrodes, what has another prefix is none, nor what has none."""
    main = _main_prefixes(parts)
    if not main or part.prefix.upper() in main or any(not other.prefix and is_position(other.rest) for other in parts):
        return None
    if is_position(part.rest) and not _is_contact(part, parts):
        # Recorders name what was plugged in later apart (POL T1 beside EEG Fp1); twice the same electrode it cannot be.
        there = {_spelled(other.rest) for other in parts if other.prefix.upper() in main}
        if _spelled(part.rest) not in there:
            return None
    electrodes = " or ".join(sorted(main))
    return f"has not the prefix {electrodes} of the electrodes" if not part.prefix else f"{part.prefix}, where electrodes are {electrodes}"


def _main_prefixes(parts: Sequence[Name]) -> set[str]:
    """Prefixes, in capitals, that stand mostly before positions."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for part in parts:
        groups[part.prefix.upper()].append(is_position(part.rest))
    if sum(groups["EEG"]) >= MIN_PREFIXED:
        return {"EEG"}
    return {prefix for prefix, there in groups.items() if prefix and sum(there) >= MIN_PREFIXED and 2 * sum(there) >= len(there)}


def _is_contact(part: Name, parts: Sequence[Name]) -> bool:
    """Test for a contact of a depth electrode: A1 beside A3 and A4, which are no places on the scalp."""
    family = _FAMILY.match(part.rest)
    if not family:
        return False
    others = [(other, _FAMILY.match(other.rest)) for other in parts if other.prefix == part.prefix]
    return any(match and match.group(1) == family.group(1) and not is_position(other.rest) for other, match in others)


def _spelled(rest: str) -> str:
    return re.split(r"[-:/\s]+", rest.strip(" ."))[0].lower()


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^A-Za-z0-9$+]+", " ", name).split()).lower()


@cache
def _table(match: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    around = (r"(?<![a-z0-9])(?:", r")(?![a-z0-9])") if match == "word" else ("(?:", ")")
    return tuple((re.compile(pattern.join(around)), kind) for how, pattern, kind, *_ in _rows("channel_names.tsv") if how == match)


@cache
def _positions() -> frozenset[str]:
    return frozenset(row[0].lower() for row in _rows("montages/positions-10-05.tsv")) | frozenset(_BESIDE.lower().split())


def _rows(file: str) -> list[list[str]]:
    text = resources.files("eegcli.bids").joinpath(*file.split("/")).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")][1:]
