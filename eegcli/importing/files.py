"""Files of arrays: which are read, which of them hold labels of which, and what their names say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eegcli.artifacts.contents import DONE
from eegcli.bids.entities import parse
from eegcli.bids.name_pattern import parse_pattern
from eegcli.errors import InputError, UsageError, counted, listed
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.importing.formats import SUFFIXES
from eegcli.importing.formats.fif_parts import parts_after
from eegcli.settings import ImportSettings
from eegcli.study.sets import SET_WORDS, SETS

_TABLES = (".csv", ".tsv")
_ENTITIES = {"sub": "subject", "ses": "session", "task": "task", "run": "run"}
_SPLIT = {"split": "split", "set": "split"}
_LABELS = re.compile(r"(?:y|labels?|targets?)(?![A-Za-z])", re.IGNORECASE)
_TRIALS = re.compile(r"(?:x|data|signals?|trials|epochs)(?![A-Za-z])", re.IGNORECASE)
_WORD = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])")
_SHOWN = 5


@dataclass(frozen=True)
class ArrayFile:
    """A file of trials.

    Attributes
    ----------
    path : Path
    name : str
        What sets it apart from the other files: its path below the folder they share, without its ending.
    labels : Path or None
        File of their labels.
    says : dict of str to str
        ``subject``, ``session``, ``task``, ``run`` and ``split``, as far as its name says them.
    """

    path: Path
    name: str
    labels: Path | None = None
    says: dict[str, str] = field(default_factory=dict)


def find_files(settings: ImportSettings) -> list[ArrayFile]:
    """Find the files of trials, and those of their labels.

    Raises
    ------
    UsageError
        If none is named, or the pattern makes no sense.
    InputError
        If one is not there, a folder holds none, there are not as many files of labels, or a name does not fit the pattern.
    """
    if not settings.arrays:
        raise UsageError("no arrays are named", hint="Name files of arrays, or folders of them.")
    paths = [path for given in settings.arrays for path in _expanded(given)]
    if len({path.resolve() for path in paths}) < len(paths):
        raise InputError("a file is named twice", hint="Name each file of arrays once.")
    paths = _without_parts(paths)
    if settings.labels:
        trials, labels = paths, list(settings.labels)
        if len(labels) != len(trials):
            raise InputError(
                f"{counted(len(labels), 'file')} of labels for {len(trials)} of trials ({listed((path.name for path in trials), _SHOWN)})",
                hint="Name one for each, in the same order.",
            )
        if missing := [path for path in labels if not path.is_file()]:
            raise InputError(f"{missing[0]}: not found")
        pairs: list[tuple[Path, Path | None]] = list(zip(trials, labels, strict=True))
    else:
        pairs = _paired(paths)
    names = _names([path for path, _ in pairs])
    return _said([ArrayFile(path, name, labels) for (path, labels), name in zip(pairs, names, strict=True)], settings.pattern)


def digest_of_files(files: Sequence[ArrayFile]) -> str:
    """Digest of the content of all files, in the order in which they are read, and of their names."""
    parts = [
        [file.name, digest_of_file(file.path), _digest_or_none(file.labels), [digest_of_file(beside) for beside in _read_with(file.path)]]
        for file in files
    ]
    return digest_of(parts)


def states_of(files: Sequence[ArrayFile]) -> dict[Path, tuple[int, int, int]]:
    """States of all files that are read (size, time of the last change, number on the disk), by which a change is noticed."""
    paths = [path for file in files for path in (file.path, file.labels, *_read_with(file.path)) if path is not None]
    return {path: (found.st_size, found.st_mtime_ns, found.st_ino) for path in paths if (found := path.stat())}


def _digest_or_none(path: Path | None) -> str | None:
    return None if path is None else digest_of_file(path)


def _without_parts(paths: Sequence[Path]) -> list[Path]:
    """Files without those that are read with another: the further parts of long epochs. Read by themselves, their trials would come twice."""
    parts = {part.resolve() for path in paths if path.suffix.lower() == ".fif" for part in parts_after(path)}
    return [path for path in paths if path.resolve() not in parts]


def _read_with(path: Path) -> list[Path]:
    """Files that are read with another: further parts of epochs, and what may hold the samples of an EEGLAB data set.

    Which file that is, only its header says, whatever it is called itself.
    """
    if path.suffix.lower() == ".fif":
        return parts_after(path)
    if path.suffix.lower() != ".set":
        return []
    named = [beside for suffix in (".fdt", ".dat") if (beside := path.with_suffix(suffix)).is_file()]
    return named or sorted(beside for beside in path.parent.iterdir() if beside.suffix.lower() in (".fdt", ".dat"))


def _expanded(given: Path) -> list[Path]:
    if not given.exists():
        raise InputError(f"{given}: not found")
    if not given.is_dir():
        return [given]
    if (given / DONE).exists():
        raise InputError(f"{given}: an artifact of eegcli, and no folder of arrays", hint=f"`eegcli info {given}` says what it is.")
    # What was imported before lies beside its arrays, and holds tables.
    artifacts = {path.parent for path in given.rglob(DONE)}
    found = sorted(
        path
        for path in given.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file() and artifacts.isdisjoint(path.parents)
    )
    found = [path for path in found if not (path.suffix.lower() == ".dat" and path.with_suffix(".set").exists())]
    arrays = [path for path in found if path.suffix.lower() not in _TABLES]
    if not found:
        raise InputError(f"{given}: no file of arrays in it", hint=f"Known are {', '.join(SUFFIXES)}.")
    return arrays or found


def _paired(paths: Sequence[Path]) -> list[tuple[Path, Path | None]]:
    """Files of trials, each with `Y_NAME` where it is `X_NAME`."""
    is_label = {path: bool(_LABELS.match(path.stem)) for path in paths}
    if all(is_label.values()):
        return [(path, None) for path in paths]
    trials, labels = [path for path in paths if not is_label[path]], [path for path in paths if is_label[path]]
    pairs: list[tuple[Path, Path | None]] = [(path, _partner(path, labels)) for path in trials]
    taken = {partner.resolve() for _, partner in pairs if partner is not None}
    if alone := [path for path in labels if path.resolve() not in taken]:
        raise InputError(f"{alone[0]}: looks like labels, and no X_... beside it has them", hint="Name it with --labels.")
    return pairs


def _partner(path: Path, named: Sequence[Path]) -> Path | None:
    """File of labels with the rest of a file's name: among those that are named; of X_NAME also Y_NAME beside it."""
    found = _TRIALS.match(path.stem)
    if not found:
        return None
    rest = path.stem[found.end() :].lower()
    beside = {other.resolve(): other for other in named if other.parent.resolve() == path.parent.resolve()}
    if found[0] in "xX":
        others = sorted(other for other in path.parent.iterdir() if other.suffix.lower() in SUFFIXES and other.stem[:1] in "yY")
        beside = {**{other.resolve(): other for other in others}, **beside}
    fitting = [other for other in beside.values() if (match := _LABELS.match(other.stem)) and other.stem[match.end() :].lower() == rest]
    if len(fitting) > 1:
        raise InputError(
            f"{path}: several files may hold its labels ({listed((other.name for other in fitting), _SHOWN)})",
            hint="Name one with --labels.",
        )
    return fitting[0] if fitting else None


def _names(paths: Sequence[Path]) -> list[str]:
    """Names that differ: the stem, else the path below the folder that all share."""
    stems = [path.stem for path in paths]
    if len(set(stems)) == len(stems):
        return stems
    whole = [path.resolve() for path in paths]
    common = Path(os.path.commonpath([path.parent for path in whole]))
    return [path.relative_to(common).with_suffix("").as_posix().replace("/", "_") for path in whole]


def _said(files: list[ArrayFile], pattern: str | None) -> list[ArrayFile]:
    if pattern is not None:
        parsed = parse_pattern(pattern, more=_SPLIT, needs=None)
        return [
            ArrayFile(file.path, file.name, file.labels, _read(file.path, parsed.readings(_fitted(file.path, pattern)), pattern))
            for file in files
        ]
    words = [_sets_in(file.name) for file in files]
    known = all(len(found) == 1 for found in words) and len(files) > 1
    return [
        ArrayFile(file.path, file.name, file.labels, _of_bids(file.path.name) | ({"split": SETS[next(iter(found))]} if known else {}))
        for file, found in zip(files, words, strict=True)
    ]


def _fitted(path: Path, pattern: str) -> str:
    """The end of a path that has as many folders as the pattern."""
    whole = path.resolve()
    above = whole.parents[pattern.count("/")] if pattern.count("/") < len(whole.parents) else Path(whole.anchor)
    return whole.relative_to(above).as_posix()


def _read(path: Path, readings: Sequence[object], pattern: str) -> dict[str, str]:
    if len(readings) != 1:
        many = "in two ways" if readings else "not at all"
        raise InputError(
            f"{path.name}: fits --pattern {pattern} {many}",
            hint="Write the pattern closer to the names; {subject:S??} says what a field looks like.",
        )
    reading: dict[str, str] = dict(readings[0])  # type: ignore[call-overload]
    says = {_ENTITIES.get(entity, entity): text.removeprefix(f"{entity}-") for entity, text in reading.items()}
    if "split" in says:
        which = SET_WORDS.get(says["split"].lower())
        if which is None:
            raise InputError(
                f"{path.name}: {says['split']!r} is none of train, validation, test",
                hint="Call it {session} in --pattern, if it is no set.",
            )
        says["split"] = SETS[which]
    return says


def _of_bids(name: str) -> dict[str, str]:
    parsed = parse(name)
    return {} if parsed is None else {_ENTITIES[key]: label for key, label in parsed.entities.items() if key in _ENTITIES}


def _sets_in(name: str) -> set[int]:
    return {SET_WORDS[word] for word in _words(name) if word in SET_WORDS}


def _words(name: str) -> Iterable[str]:
    return (word.lower() for word in _WORD.split(name) if word)
