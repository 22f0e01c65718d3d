"""BIDS file names: entities, suffix, extension; the names of EEG recordings among the files of a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from eegcli.bids.companions import COMPANIONS, Companions

SUFFIXES = ("eeg", "raw")  # `_raw.fif` is how MNE names its own files


@dataclass(frozen=True)
class Name:
    """BIDS file name, parsed into entities, suffix and extension.

    Attributes
    ----------
    entities : dict of str to str
        Labels by short entity (``sub``, ``ses``, ``task``, ``run``, ``desc``, ...), in the order of the name.
    suffix : str
        What follows the last underscore, e.g. ``eeg``.
    extension : str
        From the first dot of the suffix on, e.g. ``.set``; case as written.
    """

    entities: Mapping[str, str]
    suffix: str
    extension: str


def parse(name: str) -> Name | None:
    """Parse a BIDS file name; None if it is not one.

    Parameters
    ----------
    name : str
        Name of a file, without folders.

    Examples
    --------
    >>> parse("sub-01_task-rest_run-2_eeg.set").entities["run"]
    '2'
    """
    stem, dot, extension = name.partition(".")
    *pairs, suffix = stem.split("_")
    entities: dict[str, str] = {}
    for pair in pairs:
        key, dash, label = pair.partition("-")
        if not (key and dash and label) or key in entities:
            return None
        entities[key] = label
    return Name(entities, suffix, dot + extension) if suffix and "-" not in suffix else None


@dataclass(frozen=True)
class RecordingName:
    """Name of an EEG recording: its path in a BIDS data set, and what that path says.

    Attributes
    ----------
    path : PurePosixPath
        Of the file that is opened, relative to the data set.
    name : Name
        The file name taken apart.
    companions : tuple of PurePosixPath
        Files beside it that hold its samples or markers (``.fdt``, ``.eeg``, ``.vmrk``, parts of a split FIF), relative to the data set.
    """

    path: PurePosixPath
    name: Name
    companions: tuple[PurePosixPath, ...]

    @property
    def stem(self) -> str:
        """The name without `desc`, suffix and extension, e.g. ``sub-01_task-rest``."""
        return "_".join(f"{key}-{label}" for key, label in self.name.entities.items() if key != "desc")

    @property
    def subject(self) -> str:
        """Label without ``sub-``."""
        return self.name.entities["sub"]

    @property
    def session(self) -> str | None:
        """Label without ``ses-``."""
        return self.name.entities.get("ses")

    @property
    def task(self) -> str | None:
        """Label without ``task-``."""
        return self.name.entities.get("task")

    @property
    def run(self) -> str | None:
        """Label without ``run-``."""
        return self.name.entities.get("run")

    @property
    def desc(self) -> str | None:
        """Label without ``desc-``."""
        return self.name.entities.get("desc")

    @property
    def suffix(self) -> str:
        """BIDS suffix, such as ``eeg``."""
        return self.name.suffix

    @property
    def extension(self) -> str:
        """File extension, such as ``.set``, in lower case."""
        return self.name.extension.lower()


def recording_names(folder: str, names: Collection[str]) -> Iterator[RecordingName]:
    """Find the EEG recordings among the files of one folder, by their names alone.

    Parameters
    ----------
    folder : str
        Relative to the data set, with forward slashes.
    names : collection of str
        Of all files in it; looked up, so that a set or a dict is quick.
    """
    companions = Companions(names)
    for file in names:
        name = parse(file) if file.lower().endswith(tuple(COMPANIONS)) else None
        if name is None or name.suffix not in SUFFIXES or "sub" not in name.entities:
            continue
        extension = name.extension.lower()
        # The first part of a split FIF file opens the others.
        if extension not in COMPANIONS or name.entities.get("split", "1").lstrip("0") not in ("1", ""):
            continue
        path = PurePosixPath(folder, file)
        yield RecordingName(path, name, tuple(path.parent / other for other in companions.of(file)))
