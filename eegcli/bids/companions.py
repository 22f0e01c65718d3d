"""Companions of a recording: the other files that hold its samples or markers, by their names alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

# The file that is opened to read a recording, and the kinds of files that go with it: of each kind there is one.
COMPANIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    ".set": ((".fdt", ".dat"),),
    ".edf": (),
    ".bdf": (),
    ".vhdr": ((".eeg", ".dat"), (".vmrk",)),
    ".fif": (),
}
SAMPLES = tuple(dict.fromkeys([*COMPANIONS, *(ending for kinds in COMPANIONS.values() for group in kinds for ending in group)]))
# Parts of a long recording: as BIDS names them, and as MNE does.
_SPLIT, _NUMBERED = re.compile(r"_split-0*(\d+)(?=_)"), re.compile(r"-(\d+)(?=\.fif$)", re.IGNORECASE)


class Companions:
    """Finds the companions of the recordings of one folder.

    Parameters
    ----------
    names : iterable of str
        Of all files in it.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_ending: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._parts: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for name in names:
            stem, dot, ending = name.rpartition(".")
            ending = (dot + ending).lower()
            if ending in SAMPLES:
                self._by_ending[ending][stem].append(name)
            if ending == ".fif":
                whole, number = _whole(name)
                self._parts[whole].append((number, name))

    def of(self, name: str) -> list[str]:
        """Names of the companions of a recording.

        Notes
        -----
        Where a file of the recording's own name is missing, its header may name one as it was called before; names alone do not tell which,
        so that all files of that kind count that belong to no other recording.
        """
        stem, dot, ending = name.rpartition(".")
        ending = (dot + ending).lower()
        found: list[str] = []
        for kinds in COMPANIONS[ending]:
            own = [other for kind in kinds for other in self._by_ending.get(kind, {}).get(stem, ())]
            # Beside a .set, which mostly holds its samples itself, a .dat is as likely to be something else.
            found += sorted(own) or self._unclaimed(kinds[:1] if ending == ".set" else kinds, ending)
        if ending == ".fif":
            whole, first = _whole(name)
            found += [other for number, other in sorted(self._parts.get(whole, ())) if other != name and number > first]
        return found

    def _unclaimed(self, kinds: tuple[str, ...], header: str) -> list[str]:
        headers = self._by_ending.get(header, {})
        found = ([name for stem, names in self._by_ending.get(kind, {}).items() if stem not in headers for name in names] for kind in kinds)
        return sorted(next(filter(None, found), []))


def _whole(name: str) -> tuple[str, int]:
    """Name of the whole of which a FIF file is a part, and the number of the part; the first of MNE's parts has the name of the whole."""
    numbered, split = _NUMBERED.search(name), _SPLIT.search(name)
    if numbered:
        return _NUMBERED.sub("", name), int(numbered[1])
    return (_SPLIT.sub("_split", name), int(split[1])) if split else (name, 0)
