"""Scan of a BIDS tree for EEG recordings, fetched or not: one `scandir` per folder, no recording is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.artifacts.folder import SETTINGS, check_readable
from eegcli.bids.companions import COMPANIONS
from eegcli.bids.entities import RecordingName, recording_names
from eegcli.bids.keys import MANIFEST
from eegcli.bids.participants import read_participants
from eegcli.bids.selection import select
from eegcli.errors import InputError
from eegcli.files.annex import size_of_key
from eegcli.files.atomic import read_json
from eegcli.reporter import Reporter
from eegcli.settings import Selected

_STORE = "annex/objects"  # in every link of git-annex
_POINTER = b"/annex/objects/"  # how git-annex begins a file that is unlocked and not fetched
_POINTER_MAX = 32 * 1024

# A recording, known by its name only, with the entries of its file and companions.
_Found = tuple[RecordingName, list[os.DirEntry[str]]]


@dataclass(frozen=True)
class RecordingFile(RecordingName):
    """A recording of a data set on this machine, fetched or not.

    Attributes
    ----------
    path, name, companions
        As of every `RecordingName`.
    root : Path
        The data set, absolute.
    fetched : bool
        False if the file, or a companion of it, is a dangling link or a git-annex pointer.
    size : int or None
        Bytes, companions included; from the annex key where the file is not fetched, None if that does not say.
    annex_key : str or None
        The key, which holds a checksum, where the file is annexed.
    companion_keys : tuple of (str or None)
        Annex keys of the companions.
    """

    root: Path
    fetched: bool
    size: int | None
    annex_key: str | None
    companion_keys: tuple[str | None, ...]

    @property
    def file(self) -> Path:
        """Absolute path of the recording's file."""
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
    ArtifactError
        If `fetch` brought it, and wrote what this version cannot read.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow links out of the tree
    if (root / MANIFEST).exists() and (root / SETTINGS).exists():
        check_readable(str(root), read_json(root / SETTINGS), "dataset")
    everything = list(_scan(root))
    found = {name.path: entries for name, entries in everything if name.desc == desc}
    if not found:
        others = sorted({name.desc for name, _ in everything if name.desc})
        if others:
            raise InputError(
                f"{root}: no {'raw recordings' if desc is None else f'recordings with desc-{desc}'}, but some with desc: {', '.join(others)}",
                hint="Choose one with --desc.",
            )
        raise InputError(f"{root}: no EEG recordings ({', '.join(COMPANIONS)}) in sub-*/[ses-*/]eeg/")
    names = sorted((name for name, _ in everything if name.path in found), key=lambda name: name.path.as_posix())
    chosen = select(names, selection, lambda: read_participants(root), reporter)
    # Names alone decide what is chosen: only what is chosen is looked at, which takes a round trip each on a network file system.
    stores: dict[str, bool] = {}
    return [_describe(root, name, found[name.path], stores) for name in chosen]


def _scan(root: Path) -> Iterator[_Found]:
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


def _recordings_in(root: Path, folder: os.DirEntry[str]) -> Iterator[_Found]:
    entries = {entry.name: entry for entry in _entries(folder)}
    for name in recording_names(os.path.relpath(folder.path, root).replace(os.sep, "/"), entries):
        yield name, [entries[path.name] for path in (name.path, *name.companions)]


def _describe(root: Path, name: RecordingName, entries: Sequence[os.DirEntry[str]], stores: dict[str, bool]) -> RecordingFile:
    parts = [_look(entry, stores) for entry in entries]
    sizes = [size for _, size, _ in parts]
    return RecordingFile(
        path=name.path,
        name=name.name,
        companions=name.companions,
        root=root,
        fetched=all(fetched for fetched, _, _ in parts),
        size=None if any(size is None for size in sizes) else sum(size for size in sizes if size is not None),
        annex_key=parts[0][2],
        companion_keys=tuple(key for _, _, key in parts[1:]),
    )


def _look(entry: os.DirEntry[str], stores: dict[str, bool]) -> tuple[bool, int | None, str | None]:
    """Look at a file: is it fetched, its size, and its annex key if it has one.

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
                return False, size_of_key(key), key
    try:
        status = entry.stat()
    except OSError:  # a dangling link
        return False, size_of_key(key), key
    if stat.S_ISREG(status.st_mode) and 0 < status.st_size < _POINTER_MAX:
        with open(entry.path, "rb") as file:  # noqa: PTH123
            first = file.readline(1024)
        if first.startswith(_POINTER):
            pointed = first.decode(errors="replace").strip().rpartition("/")[2]
            return False, size_of_key(pointed), pointed
    return True, status.st_size, key
