"""Inheritance: which sidecars of a data set apply to a recording, by names alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eegcli.bids.entities import COMPANIONS, SUFFIXES, Name, RecordingName, parse

KINDS = ("channels", "events", "electrodes", "coordsystem", "eeg")  # suffixes of sidecars, as .tsv or .json
ENDINGS = (".tsv", ".json")
INTEGERS = ("run", "split", "echo", "flip", "inv", "chunk")  # entities whose labels are numbers: 1 and 01 are one
SPACE = "space"  # of coordinates: no entity of the recording
# Of positions in several spaces, those in the first of these are taken: without a space, in the head's own frame, in other orders of it,
# in a template's. Others come after them, by name.
SPACES = ("", "CapTrak", "EEGLAB", "EEGLAB-HJ", "CTF", "ElektaNeuromag", "4DBti", "KitYokogawa", "ChietiItab", "ACPC", "ScanRAS")


@dataclass(frozen=True)
class _Sidecar:
    name: str
    entities: Mapping[str, str]  # as written, without the space
    space: str


# Sidecars of one kind in a folder: those with the same entities together, by their labels. A look-up costs the same in a folder of thousands.
_Kind = dict[tuple[str, ...], dict[tuple[str, ...], list[_Sidecar]]]


@dataclass
class _Folder:
    kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict)
    recordings: list[Mapping[str, str]] = field(default_factory=list)


class Inheritance:
    """Finds the sidecars of recordings; the names in a folder are looked at once.

    Parameters
    ----------
    names_in : callable
        Gives the names in a folder of the data set, by its path with forward slashes (the root: empty).
    """

    def __init__(self, names_in: Callable[[str], Iterable[str]]) -> None:
        self._names_in = names_in
        self._folders: dict[str, _Folder] = {}

    def find(self, recording: RecordingName, suffix: str, extension: str) -> Iterator[str]:
        """Paths of the sidecars of one kind that apply to a recording: the nearest and most specific first, an exact label before an equal number."""
        own = recording.name.entities
        plain = plain_entities(own)
        for folder in levels(recording):
            here = self._folder(folder)
            kind = here.kinds.get((suffix, extension), {})
            found = []
            for keys, by_labels in kind.items():
                for sidecar in by_labels.get(tuple(plain.get(key, "") for key in keys), ()):
                    exact = sidecar.entities.items() <= own.items()
                    # A run-1 beside a run-01 has its own sidecars.
                    if exact or not any(sidecar.entities.items() <= other.items() for other in here.recordings):
                        found.append((-len(keys), not exact, _rank(sidecar.space), sidecar.name))
            yield from (_join(folder, name) for *_, name in sorted(found))

    def all(self, recording: RecordingName) -> Iterator[str]:
        """Paths of the sidecars of every kind that apply to a recording."""
        for suffix in KINDS:
            for extension in ENDINGS:
                yield from self.find(recording, suffix, extension)

    def sidecars_in(self, folder: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Paths of all sidecars in one folder, and the entities of each."""
        for kind in self._folder(folder).kinds.values():
            for by_labels in kind.values():
                for sidecars in by_labels.values():
                    yield from ((_join(folder, sidecar.name), sidecar.entities) for sidecar in sidecars)

    def _folder(self, folder: str) -> _Folder:
        if folder not in self._folders:
            self._folders[folder] = _read(self._names_in(folder))
        return self._folders[folder]


def plain_label(key: str, label: str) -> str:
    """Write a label as others write the same: numbers without zeros before them."""
    return (label.lstrip("0") or "0") if key in INTEGERS and label.isdigit() else label


def plain_entities(entities: Mapping[str, str]) -> dict[str, str]:
    """Write all labels so."""
    return {key: plain_label(key, label) for key, label in entities.items()}


def _read(names: Iterable[str]) -> _Folder:
    folder = _Folder()
    for name in names:
        if name.endswith(ENDINGS):
            parsed = parse(name)
            if parsed is not None and parsed.suffix in KINDS and parsed.extension in ENDINGS:
                _put(folder, name, parsed)
        elif name.lower().endswith(tuple(COMPANIONS)):
            parsed = parse(name)
            if parsed is not None and parsed.suffix in SUFFIXES:
                folder.recordings.append(parsed.entities)
    return folder


def _put(folder: _Folder, name: str, parsed: Name) -> None:
    entities = {key: label for key, label in parsed.entities.items() if key != SPACE}
    kind = folder.kinds.setdefault((parsed.suffix, parsed.extension), {})
    labels = tuple(plain_label(key, label) for key, label in entities.items())
    kind.setdefault(tuple(entities), {}).setdefault(labels, []).append(_Sidecar(name, entities, parsed.entities.get(SPACE, "")))


def _rank(space: str) -> tuple[int, str]:
    return (SPACES.index(space) if space in SPACES else len(SPACES), space)


def levels(recording: RecordingName) -> Iterator[str]:
    """Folders whose sidecars a recording inherits, the nearest first."""
    folder = recording.path.as_posix()
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
