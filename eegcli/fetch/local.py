"""A local BIDS tree as a source: checked and linked, never copied."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from eegcli.artifacts import atomic
from eegcli.artifacts.digest import digest_of
from eegcli.artifacts.folder import open_folder
from eegcli.bids.annex import fetch_command
from eegcli.bids.description import read_description
from eegcli.bids.scan import RecordingFile, find_recordings
from eegcli.bids.tsv import read_sheet
from eegcli.errors import InputError
from eegcli.fetch.manifest import BIDSIGNORE, NOT_FETCHED, OK, Entry, is_complete, read_manifest, write_manifest
from eegcli.fetch.result import FetchResult, summarise
from eegcli.report import Report
from eegcli.result import Plan
from eegcli.settings import FetchSettings

SOURCE = "local"
VERSION = 1
DESCRIPTION, PARTICIPANTS, IGNORE = "dataset_description.json", "participants.tsv", ".bidsignore"
_ANNEX_KEY = re.compile(r"SHA256E?-s(?P<size>\d+)--(?P<digest>[0-9a-f]{64})")


def plan_local(source: Path, output: Path) -> Plan:
    """What registering would link; nothing is written."""
    recordings = check(source, output)
    entries = list(_entries(source.resolve()))
    return Plan(
        output=output,
        n_items=len(recordings),
        summary={
            "source": SOURCE,
            "n_recordings": len(recordings),
            "n_not_fetched": sum(not recording.fetched for recording in recordings),
            "n_files": len(entries),
            "bytes": sum(entry.bytes or 0 for entry, _ in entries),
            "seconds": round(1 + len(entries) / 5000, 1),
        },
    )


def register_local(source: Path, output: Path, *, force: bool = False, report: Report) -> FetchResult:
    """Check a BIDS tree and link every file of it into `output`.

    Parameters
    ----------
    source : Path
        The tree. Hidden files and folders are left out, `.bidsignore` apart.
    output : Path
        A folder of absolute symbolic links in the same layout, with `fetch.parquet`.
    force : bool
        Replace another data set that lies at `output`.
    report : Report
        Hears about recordings that are not fetched.

    Raises
    ------
    InputError
        If the tree is no BIDS data set with EEG recordings, or `output` is the tree itself or lies in it.
    """
    recordings = check(source, output)
    root = source.resolve()
    linked = list(_entries(root))
    # Links show what the files hold now: only which files there are, and where they lead, is our configuration.
    tree = digest_of([(entry.path, str(target)) for entry, target in linked])
    settings = FetchSettings(source=str(root), output=output, force=force)
    folder = open_folder(output, "dataset", settings, inputs={"tree": tree}, version=VERSION, force=force, growing=("tree",))

    missing = [recording for recording in recordings if not recording.fetched]
    if missing:
        report.warn(
            f"{len(missing)} of {len(recordings)} recordings are not fetched (dangling links); fetch them with: "
            + fetch_command(root, missing, read_description(root))
        )
    entries = [entry for entry, _ in linked]
    if folder.finished and is_complete(output) and [entry.status for entry in read_manifest(output)] == [entry.status for entry in entries]:
        report.info(f"{output}: complete already")
    else:
        _remove_vanished(output, {entry.path for entry in entries})
        for entry, target in linked:
            _link(output / entry.path, target)
        atomic.write_text(output / IGNORE, _bidsignore(root))
        write_manifest(output, entries)
        folder.finish(n_recordings=len(recordings), n_files=len(entries))
    return summarise(output, SOURCE, entries, n_recordings=len(recordings), n_items=len(recordings))


def check(source: Path, output: Path) -> list[RecordingFile]:
    """See that `source` is a BIDS data set with EEG recordings, and that `output` does not lie in it.

    Raises
    ------
    InputError
        Saying what is missing.
    """
    if not source.is_dir():
        raise InputError(f"{source}: not a folder", hint="Give the folder that holds dataset_description.json.")
    root = source.resolve()
    if output.resolve().is_relative_to(root):
        raise InputError(
            f"{output}: lies in the data set that is to be registered",
            hint=f"Choose another folder with --output, or use {source} as it is: every command reads it.",
        )
    if not (root / DESCRIPTION).is_file():
        raise InputError(f"{source}: no BIDS data set ({DESCRIPTION} is missing)", hint=_where_else(source))
    read_description(root)
    if not (root / PARTICIPANTS).is_file():
        raise InputError(f"{source}: {PARTICIPANTS} is missing", hint="Write one: a line per subject, with a column participant_id.")
    if "participant_id" not in read_sheet(root / PARTICIPANTS).columns:
        raise InputError(f"{source / PARTICIPANTS}: no column participant_id")
    return find_recordings(root)


def _where_else(source: Path) -> str:
    near = [folder for folder in (*source.resolve().parents[:2], *sorted(source.iterdir())) if (folder / DESCRIPTION).is_file()]
    return f"Did you mean {near[0]}?" if near else "Give the folder that holds dataset_description.json and the sub-* folders."


def _entries(root: Path) -> Iterator[tuple[Entry, Path]]:
    """Every file of a tree, in the order of their paths, and what a link to it must point at."""
    for path in sorted(_files(root), key=lambda path: path.as_posix()):
        full = root / path
        # A link of git-annex leads to its object: so the key, with size and checksum, stays readable in ours.
        target = full.parent / full.readlink() if full.is_symlink() else full
        target = Path(os.path.normpath(target))
        key = _ANNEX_KEY.search(target.name) if full.is_symlink() else None
        is_here = full.exists()
        size = full.stat().st_size if is_here else int(key["size"]) if key else None
        digest = f"sha256:{key['digest']}" if key else None
        yield Entry(path.as_posix(), size, digest, SOURCE, OK if is_here else NOT_FETCHED), target


def _files(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        here = Path(folder).relative_to(root)
        names[:] = [name for name in names if not name.startswith(".")]
        # A link to a folder is linked as it is: following it could go round in circles.
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            ours = here == Path() and name in (*BIDSIGNORE, IGNORE)
            if not name.startswith(".") and not ours:
                yield here / name


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    with atomic.disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)


def _remove_vanished(output: Path, wanted: set[str]) -> None:
    for path in _files(output):
        if path.as_posix() not in wanted and (output / path).is_symlink():
            (output / path).unlink()


def _bidsignore(root: Path) -> str:
    theirs = (root / IGNORE).read_text(encoding="utf-8").splitlines() if (root / IGNORE).is_file() else []
    return "".join(f"{line}\n" for line in dict.fromkeys([*theirs, *BIDSIGNORE]))
