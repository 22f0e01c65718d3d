"""Scan of a BIDS tree for EEG recordings, fetched or not: one `scandir` per folder, no recording is opened."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.artifacts.folder import SETTINGS, check_readable
from eegcli.artifacts.table import Table
from eegcli.bids.census import Census, is_worth_listing, one_file_each, take_census
from eegcli.bids.companions import COMPANIONS
from eegcli.bids.entities import RecordingName
from eegcli.bids.keys import MANIFEST
from eegcli.bids.participants import load_participants
from eegcli.bids.selection import matches, select
from eegcli.errors import InputError, counted, listed
from eegcli.files.annex import size_of_key
from eegcli.files.atomic import read_json
from eegcli.reporter import Reporter
from eegcli.settings import Selected

_STORE = "annex/objects"  # in every link of git-annex
_POINTER = b"/annex/objects/"  # how git-annex begins a file that is unlocked and not fetched
_LFS = b"version https://git-lfs.github.com/spec/"  # and Git LFS; the next lines state checksum and size
_POINTER_MAX = 32 * 1024

_Entry = os.DirEntry[str]


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
        Is told which recordings are left out as known to be bad, and what is passed over.

    Returns
    -------
    list of RecordingFile
        One file of each, where it lies there in several formats.

    Raises
    ------
    InputError
        If `root` is no BIDS tree, holds no such recording, or the selection fits none.
    ArtifactError
        If `fetch` brought it, and wrote what this version cannot read.
    """
    return survey(root, selection, desc=desc, reporter=reporter).recordings


@dataclass(frozen=True)
class Survey:
    """Recordings of a tree that are selected, and what has to be said of the others.

    Attributes
    ----------
    recordings : list of RecordingFile
        In the order of their paths; one file of each, unless one name stands in several folders.
    census : Census
        All names of the tree.
    several : tuple of str
        Lines on what was chosen among several formats.
    """

    recordings: list[RecordingFile]
    census: Census
    several: tuple[str, ...]

    @property
    def said(self) -> list[str]:
        """All lines for the reader: what is passed over, too."""
        return [*self.census.lines(), *self.several]


def survey(
    root: Path,
    selection: Selected | None = None,
    *,
    desc: str | None = None,
    reporter: Reporter | None = None,
    participants: Callable[[], Table] | None = None,
) -> Survey:
    """Find the EEG recordings of a BIDS tree, and what looks like one; as `find_recordings`.

    Parameters
    ----------
    participants : callable, optional
        Gives the table of participants.tsv; without it, the file is read where the selection needs it, and its remarks are reported.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow links out of the tree
    if (root / MANIFEST).exists() and (root / SETTINGS).exists():
        check_readable(str(root), read_json(root / SETTINGS), "dataset")
    entries = _scan(root)
    census = take_census(entries)
    found = [name for name in census.recordings if name.desc == desc]
    if not found:
        raise _nothing(root, desc, census)
    if reporter:
        tell(reporter, [*lines_for(census, selection), *(_only_processed(census, found) if desc is None else ())])
    by_pattern = selection is not None and (selection.include or selection.exclude)
    passed_over = [f"{folder}/{name}" for folder, files in entries.items() for name in files] if by_pattern else []
    chosen, several = one_file_each(select(found, selection, participants or _participants(root, reporter), reporter, beside=passed_over))
    tell(reporter, several)
    # Names alone decide what is chosen: only what is chosen is looked at, which takes a round trip each on a network file system.
    stores: dict[str, bool] = {}
    recordings = []
    for name in chosen:
        here = entries[name.path.parent.as_posix()]
        recordings.append(_describe(root, name, [here[path.name] for path in (name.path, *name.companions)], stores))
    return Survey(recordings, census, tuple(several))


def tell(reporter: Reporter | None, said: Sequence[str]) -> None:
    """Warn of what is passed over, where anybody listens."""
    for line in said if reporter else ():
        assert reporter is not None
        reporter.warn(line)


def lines_for(census: Census, selection: Selected | None) -> list[str]:
    """Lines on what is passed over, of the subjects and paths that are selected."""
    if selection is None:
        return census.lines()
    return census.lines(selection.subject, lambda path: _fits(path, selection))


def _fits(path: str, selection: Selected) -> bool:
    return (not selection.include or matches(path, selection.include)) and not matches(path, selection.exclude)


def _only_processed(census: Census, found: Sequence[RecordingName]) -> list[str]:
    raw = {name.stem for name in found}
    others = [name for name in census.recordings if name.stem not in raw]
    if not others:
        return []
    descs = sorted({str(name.desc) for name in others})
    names = listed([name.path.name for name in others], count=True)
    what = counted(len(others), "recording lies there only as processed", "recordings lie there only as processed")
    return [f"{what} (desc-{', desc-'.join(descs)}): {names}. --desc {descs[0]} reads {'it' if len(others) == 1 else 'them'}."]


def _nothing(root: Path, desc: str | None, census: Census) -> InputError:
    others = sorted({name.desc for name in census.recordings if name.desc})
    if others:
        return InputError(
            f"{root}: no {'raw recordings' if desc is None else f'recordings with desc-{desc}'}, but some with desc: {', '.join(others)}",
            hint="Choose one with --desc.",
        )
    return no_recordings(f"{root}: no EEG recordings ({', '.join(COMPANIONS)}) in sub-*/[ses-*/]eeg/", census.lines())


def no_recordings(message: str, said: Sequence[str]) -> InputError:
    """The error for a data set without recordings, naming what looks like one."""
    if not said:
        return InputError(message)
    first, *others = said
    what, _, advice = first.rpartition(". ")
    return InputError(f"{message}; {'; '.join([what, *others])}".rstrip("."), hint=advice or None)


def _participants(root: Path, reporter: Reporter | None) -> Callable[[], Table]:
    def read() -> Table:
        participants = load_participants(root)
        if reporter:
            participants.tell(reporter)
        return participants.table

    return read


def _scan(root: Path) -> dict[str, dict[str, _Entry]]:
    """Entries of the folders that may hold recordings, by path and name; one listing a folder."""
    if not root.exists():
        raise InputError(f"{root}: not found")
    if not root.is_dir():
        raise InputError(f"{root}: is a file", hint="Give the folder of the BIDS data set.")
    found = _listed(root)
    if not any(path.startswith("sub-") for path in found):
        said = take_census(found).lines()
        if said:
            raise no_recordings(f"{root}: no BIDS data set (no sub-* folders in it)", said)
        if any(part.startswith("sub-") for part in root.parts):
            raise InputError(f"{root}: no BIDS data set", hint="Give the folder that holds the sub-* folders.")
        raise InputError(
            f"{root}: no BIDS data set (no sub-* folders in it)", hint="See https://bids-specification.readthedocs.io for the layout."
        )
    return found


def mislaid(root: Path) -> list[str]:
    """Say what looks like a recording in a folder that is no BIDS data set, a line for each kind."""
    return take_census(_listed(root)).lines() if root.is_dir() else []


def _listed(root: Path) -> dict[str, dict[str, _Entry]]:
    found: dict[str, dict[str, _Entry]] = {"": {entry.name: entry for entry in _entries(root)}}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in found[folder].values():
            # Recordings of a clone are links: what each points to is not asked for to learn that it is no folder.
            if folder and entry.is_symlink() and "." in entry.name:
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if (folder or is_worth_listing(path, found)) and entry.is_dir() and is_worth_listing(path, found):
                found[path] = {inner.name: inner for inner in _entries(entry)}
                waiting.append(path)
    return found


def _entries(folder: _Entry | Path) -> list[_Entry]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except PermissionError as error:
        raise InputError(f"{os.fspath(folder)}: may not be read") from error


def _describe(root: Path, name: RecordingName, entries: Sequence[_Entry], stores: dict[str, bool]) -> RecordingFile:
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


def _look(entry: _Entry, stores: dict[str, bool]) -> tuple[bool, int | None, str | None]:
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
            rest = file.read(1024) if first.startswith(_LFS) else b""
        if rest:
            size = re.search(rb"^size (\d+)", rest, re.MULTILINE)
            return False, int(size[1]) if size else None, key
        if first.startswith(_POINTER):
            pointed = first.decode(errors="replace").strip().rpartition("/")[2]
            return False, size_of_key(pointed), pointed
    return True, status.st_size, key
