"""Which EEG recordings a BIDS tree holds, fetched or not: one `scandir` per folder, no file is opened."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eegcli.bids.entities import Name, parse
from eegcli.bids.participants import read_participants
from eegcli.bids.selection import select
from eegcli.errors import InputError
from eegcli.reporter import Reporter
from eegcli.settings import Selected

# The file that is opened to read a recording, and the files beside it that hold its samples or markers.
COMPANIONS: dict[str, tuple[str, ...]] = {
    ".set": (".fdt",),
    ".edf": (),
    ".bdf": (),
    ".vhdr": (".eeg", ".vmrk"),
    ".fif": (),
}
SUFFIXES = ("eeg", "raw")  # `_raw.fif` is how MNE names its own files
_ANNEX_SIZE = re.compile(r"-s(\d+)-")
_STORE = "annex/objects"  # in every link of git-annex
_POINTER = b"/annex/objects/"  # how git-annex begins a file that is unlocked and not fetched
_POINTER_MAX = 32 * 1024


@dataclass(frozen=True)
class RecordingFile:
    """Where one recording lies.

    Attributes
    ----------
    root : Path
        The data set, absolute.
    path : Path
        The file, relative to `root`.
    stem : str
        Its name without `desc`, suffix and extension, e.g. ``sub-01_task-rest``.
    subject, session, task, run, desc : str or None
        Labels without their prefix.
    suffix, extension : str
        E.g. ``eeg`` and ``.set`` (lower case).
    fetched : bool
        False if the file, or a companion of it, is a dangling link or a git-annex pointer.
    size : int or None
        Bytes, companions included; from the annex key where the file is not fetched, None if that does not say.
    annex_key : str or None
        The key, which holds a checksum, where the file is annexed.
    companions : tuple of Path
        Files that belong to it (``.fdt``, ``.eeg``, ``.vmrk``), relative to `root`.
    companion_keys : tuple of (str or None)
        Their annex keys.
    """

    root: Path
    path: Path
    stem: str
    subject: str
    session: str | None
    task: str | None
    run: str | None
    desc: str | None
    suffix: str
    extension: str
    fetched: bool
    size: int | None
    annex_key: str | None = None
    companions: tuple[Path, ...] = ()
    companion_keys: tuple[str | None, ...] = ()

    @property
    def file(self) -> Path:
        """The absolute path."""
        return self.root / self.path


def find_recordings(
    root: Path, selection: Selected | None = None, *, desc: str | None = None, reporter: Reporter | None = None
) -> list[RecordingFile]:
    """Find the EEG recordings of a BIDS tree, in the order of their paths.

    Parameters
    ----------
    root : Path
        The folder that holds ``sub-*``.
    selection : Selected, optional
        What to keep; without it everything is kept.
    desc : str, optional
        Read derivatives with this `desc`; without it, files that have none.
    reporter : Reporter, optional
        Is told which recordings are left out as known to be bad.

    Returns
    -------
    list of RecordingFile

    Raises
    ------
    InputError
        If `root` is no BIDS tree, holds no such recording, or the selection fits none.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow links out of the tree
    everything = list(_scan(root))
    found = [candidate for candidate in everything if candidate.desc == desc]
    if not found:
        others = sorted({candidate.desc for candidate in everything if candidate.desc})
        if others:
            raise InputError(
                f"{root}: no {'raw recordings' if desc is None else f'recordings with desc-{desc}'}, but some with desc: {', '.join(others)}",
                hint="Choose one with --desc.",
            )
        raise InputError(f"{root}: no EEG recordings ({', '.join(COMPANIONS)}) in sub-*/[ses-*/]eeg/")
    chosen = select(sorted(found, key=lambda candidate: candidate.path), selection, lambda: read_participants(root), reporter)
    # Names alone decide what is chosen: only what is chosen is looked at, which takes a round trip each on a network file system.
    stores: dict[str, bool] = {}
    return [_describe(root, candidate, stores) for candidate in chosen]


@dataclass(frozen=True)
class _Candidate:
    """A recording known by its name only; `path` is relative to the data set."""

    path: str
    name: Name
    entry: os.DirEntry[str]
    companions: tuple[os.DirEntry[str], ...]

    @property
    def subject(self) -> str:
        return self.name.entities["sub"]

    @property
    def session(self) -> str | None:
        return self.name.entities.get("ses")

    @property
    def task(self) -> str | None:
        return self.name.entities.get("task")

    @property
    def run(self) -> str | None:
        return self.name.entities.get("run")

    @property
    def desc(self) -> str | None:
        return self.name.entities.get("desc")

    @property
    def suffix(self) -> str:
        return self.name.suffix


def _scan(root: Path) -> Iterator[_Candidate]:
    if not root.exists():
        raise InputError(f"{root}: not found")
    if not root.is_dir():
        raise InputError(f"{root}: is a file", hint="Give the folder of the BIDS data set.")
    subjects = [entry for entry in _entries(root) if entry.name.startswith("sub-") and entry.is_dir()]
    if not subjects:
        if any(part.startswith("sub-") for part in root.parts):
            raise InputError(f"{root}: no BIDS data set", hint="Give the folder that holds the sub-* folders.")
        raise InputError(
            f"{root}: no BIDS data set (no sub-* folders in it)", hint="See https://bids-specification.readthedocs.io for the layout."
        )
    for subject in subjects:
        for level in _entries(subject):
            if level.name == "eeg" and level.is_dir():
                yield from _recordings_in(root, level)
            elif level.name.startswith("ses-") and level.is_dir():
                for datatype in _entries(level):
                    if datatype.name == "eeg" and datatype.is_dir():
                        yield from _recordings_in(root, datatype)


def _entries(folder: os.DirEntry[str] | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except PermissionError as error:
        raise InputError(f"{os.fspath(folder)}: may not be read") from error


def _recordings_in(root: Path, folder: os.DirEntry[str]) -> Iterator[_Candidate]:
    entries = {entry.name: entry for entry in _entries(folder)}
    relative = os.path.relpath(folder.path, root).replace(os.sep, "/")
    for entry in entries.values():
        name = parse(entry.name) if entry.name.lower().endswith(tuple(COMPANIONS)) else None
        if name is None or name.suffix not in SUFFIXES or "sub" not in name.entities:
            continue
        extension = name.extension.lower()
        # The first part of a split FIF file opens the others.
        if extension not in COMPANIONS or name.entities.get("split", "1").lstrip("0") not in ("1", ""):
            continue
        base = entry.name.removesuffix(name.extension)
        companions = tuple(entries[base + other] for other in COMPANIONS[extension] if base + other in entries)
        yield _Candidate(f"{relative}/{entry.name}", name, entry, companions)


def _describe(root: Path, candidate: _Candidate, stores: dict[str, bool]) -> RecordingFile:
    name, path = candidate.name, Path(candidate.path)
    parts = [_look(part, stores) for part in (candidate.entry, *candidate.companions)]
    sizes = [size for _, size, _ in parts]
    labels = {key: label for key, label in name.entities.items() if key != "desc"}
    return RecordingFile(
        root=root,
        path=path,
        stem="_".join(f"{key}-{label}" for key, label in labels.items()),
        subject=candidate.subject,
        session=candidate.session,
        task=candidate.task,
        run=candidate.run,
        desc=candidate.desc,
        suffix=name.suffix,
        extension=name.extension.lower(),
        fetched=all(fetched for fetched, _, _ in parts),
        size=None if any(size is None for size in sizes) else sum(size for size in sizes if size is not None),
        annex_key=parts[0][2],
        companions=tuple(path.parent / companion.name for companion in candidate.companions),
        companion_keys=tuple(key for _, _, key in parts[1:]),
    )


def _look(entry: os.DirEntry[str], stores: dict[str, bool]) -> tuple[bool, int | None, str | None]:
    """Whether a file is there, its size, and its annex key if it has one.

    `stores` remembers which annexes are there at all: in a clone of which nothing is fetched there is none, and the links say everything.
    """
    key = None
    if entry.is_symlink():
        target = os.readlink(entry.path)  # noqa: PTH115  # ten times as fast, and there are thousands
        before, objects, _ = target.replace(os.sep, "/").partition(_STORE)
        if objects:
            key = os.path.basename(target)  # noqa: PTH119
            store = os.path.join(os.path.dirname(entry.path), before, _STORE)  # noqa: PTH118, PTH120
            if store not in stores:  # once a folder: folders may be links into other clones
                stores[store] = os.path.isdir(store)  # noqa: PTH112
            if not stores[store]:
                return False, _annex_size(key), key
    try:
        status = entry.stat()
    except OSError:  # a dangling link
        return False, _annex_size(key), key
    if stat.S_ISREG(status.st_mode) and 0 < status.st_size < _POINTER_MAX:
        with open(entry.path, "rb") as file:  # noqa: PTH123
            first = file.readline(1024)
        if first.startswith(_POINTER):
            pointed = first.decode(errors="replace").strip().rpartition("/")[2]
            return False, _annex_size(pointed), pointed
    return True, status.st_size, key


def _annex_size(key: str | None) -> int | None:
    match = _ANNEX_SIZE.search(key) if key else None
    return int(match.group(1)) if match else None
