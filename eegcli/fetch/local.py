"""A local BIDS tree as a source: checked and linked, never copied."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from eegcli.artifacts.folder import open_folder, touch
from eegcli.bids.annex import fetch_command
from eegcli.bids.description import is_dataset, read_description
from eegcli.bids.listing import Listing
from eegcli.bids.scan import RecordingFile, find_recordings
from eegcli.errors import InputError, counted
from eegcli.fetch import annexed
from eegcli.fetch.annexed import Linked
from eegcli.fetch.chosen import is_selective
from eegcli.fetch.cost import as_summary
from eegcli.fetch.manifest import BIDSIGNORE, NOT_FETCHED, OK, Entry, is_complete, read_manifest, write_manifest
from eegcli.fetch.progress import known_entries
from eegcli.fetch.result import FetchResult, summarise
from eegcli.files import atomic
from eegcli.files.annex import read_key
from eegcli.files.causes import disk_errors
from eegcli.files.digest import digest_of
from eegcli.files.lease import lease
from eegcli.files.tsv import read_sheet
from eegcli.remote.file import RemoteFile
from eegcli.reporter import Reporter
from eegcli.result import DryRun, Failure
from eegcli.settings import FetchSettings, Selected

SOURCE = "local"
VERSION = 1
DESCRIPTION, PARTICIPANTS, IGNORE = "dataset_description.json", "participants.tsv", ".bidsignore"


def recognises(text: str) -> bool:
    """True for the path of something that is here."""
    return Path(text).expanduser().exists()


def default_output(text: str) -> Path:
    """Derive the output folder of the links: it has the tree's name, here."""
    return Path(Path(text).resolve().name)


def dry_run(settings: FetchSettings, output: Path, *, reporter: Reporter) -> DryRun:
    """List the files that registering would link, and fetch; nothing is written, and no server is asked."""
    source = Path(settings.source).expanduser()
    recordings = check(source, output, settings, reporter)
    root = source.resolve()
    files = list(_chosen(root, recordings, settings))
    missing = annexed.missing(root, files, settings)
    signals = {path.as_posix() for recording in recordings for path in (recording.path, *recording.companions)}
    return DryRun(
        output=output,
        n_items=len(recordings),
        summary={
            "source": SOURCE,
            "n_recordings": len(recordings),
            "n_not_fetched": sum(not recording.fetched for recording in recordings),
            "n_files": len(files),
            "bytes": sum(item.entry.bytes or 0 for item in files),
            "recording_bytes": sum(item.entry.bytes or 0 for item in files if item.entry.path in signals),
            **as_summary(output, sum(file.bytes or 0 for file in missing), len(missing), settings.jobs),
        },
    )


def fetch(settings: FetchSettings, output: Path, *, reporter: Reporter) -> FetchResult:
    """Check a BIDS tree and link every file of it into `output`, or those of a selection.

    What was selected and is not here, as in a DataLad clone, is fetched from OpenNeuro's bucket where the tree says its number,
    and verified against its annex key.

    Parameters
    ----------
    settings : FetchSettings
        `source` is the tree, whose hidden files and folders are left out, `.bidsignore` apart; the selection; `force` replaces another data
        set that lies at `output`.
    output : Path
        A folder of absolute symbolic links in the same layout, with `fetch.parquet`.
    reporter : Reporter
        Hears about recordings that are not fetched.

    Raises
    ------
    InputError
        If the tree is no BIDS data set with EEG recordings, or `output` is the tree itself or lies in it.
    UnavailableError
        If what is to be fetched cannot be.
    """
    source = Path(settings.source).expanduser()
    if settings.metadata_only:
        reporter.warn("--metadata-only is for data sets elsewhere: of one that is here all files are linked, which brings nothing")
    recordings = check(source, output, settings, reporter)
    root = source.resolve()
    files = list(_chosen(root, recordings, settings))
    missing = annexed.missing(root, files, settings)
    # Links show what the files hold now: only which files there are, and where they lead, is our configuration.
    tree = digest_of([(item.entry.path, str(item.target)) for item in files])
    own = FetchSettings(source=str(root), output=output, force=settings.force)
    with lease(output, reporter) if missing else contextlib.nullcontext():
        folder = open_folder(output, "dataset", own, inputs={"tree": tree}, version=VERSION, force=settings.force, growing=("tree",))
        absent = [recording for recording in recordings if not recording.fetched]
        if absent and not missing:
            reporter.warn(
                f"{len(absent)} of {counted(len(recordings), 'recording')} are not fetched (dangling links); fetch them with: "
                + fetch_command(root, absent, read_description(root))
            )
        failures: tuple[Failure, ...] = ()
        if folder.finished and is_complete(output) and _is_as_noted(output, files, {file.path for file in missing}):
            touch(output)
            reporter.info(f"{output}: complete already")
            entries = read_manifest(output)
        else:
            entries, failures = _make(root, output, files, missing, settings, reporter)
            if not failures:
                folder.finish(n_recordings=len(recordings), n_files=len(entries))
    return summarise(output, SOURCE, entries, n_recordings=len(recordings), n_items=len(recordings), failures=failures)


def _make(
    root: Path, output: Path, files: Sequence[Linked], missing: Sequence[RemoteFile], settings: FetchSettings, reporter: Reporter
) -> tuple[list[Entry], tuple[Failure, ...]]:
    wanted, coming = {item.entry.path for item in files}, {file.path for file in missing}
    if not is_selective(settings):
        _remove_vanished(output, wanted)
    for item in files:
        if item.entry.path not in coming:
            _link(output / item.entry.path, item.target)
    entries = {item.entry.path: item.entry for item in files}
    failures: tuple[Failure, ...] = ()
    known = known_entries(output)
    if missing:
        fetched_files = annexed.bring_missing(root, output, missing, known, settings, reporter)
        entries |= {entry.path: entry for entry in fetched_files.entries}
        failures = fetched_files.failures
    others = [entry for path, entry in known.items() if path not in wanted and (output / path).exists()]
    atomic.write_text(output / IGNORE, _bidsignore(root))
    write_manifest(output, [*entries.values(), *others])
    return [*entries.values(), *others], failures


def _is_as_noted(output: Path, files: Sequence[Linked], coming: set[str]) -> bool:
    noted = {entry.path: entry.status for entry in read_manifest(output)}
    return all(noted.get(item.entry.path) == (OK if item.entry.path in coming else item.entry.status) for item in files)


def check(source: Path, output: Path, selection: Selected | None = None, reporter: Reporter | None = None) -> list[RecordingFile]:
    """Check that `source` is a BIDS data set with EEG recordings, and that `output` does not lie in it.

    Returns
    -------
    list of RecordingFile
        Those of the selection.

    Raises
    ------
    InputError
        Saying what is missing.
    """
    if not source.is_dir():
        raise InputError(f"{source}: not a folder", hint="Give the folder that holds the sub-* folders.")
    root = source.resolve()
    if output.resolve().is_relative_to(root):
        raise InputError(
            f"{output}: lies in the data set that is to be registered",
            hint=f"Choose another folder with --output, or use {source} as it is: every command reads it.",
        )
    if not is_dataset(root):
        raise InputError(f"{source}: no BIDS data set (neither {DESCRIPTION} nor a folder sub-*)", hint=_where_else(source))
    read_description(root)
    _say_what_is_missing(root, reporter)
    if (root / PARTICIPANTS).is_file() and "participant_id" not in read_sheet(root / PARTICIPANTS).columns:
        raise InputError(f"{source / PARTICIPANTS}: no column participant_id")
    return find_recordings(root, selection, reporter=reporter)


def _say_what_is_missing(root: Path, reporter: Reporter | None) -> None:
    """Report the files of a data set that recordings can be read without."""
    if reporter is None:
        return
    if not (root / DESCRIPTION).is_file():
        reporter.warn(f"{root}: there is no {DESCRIPTION}: the data set has no name but that of its folder")
    if not (root / PARTICIPANTS).is_file():
        reporter.info(f"{root}: there is no {PARTICIPANTS}, so that nothing is known of the subjects but their labels")


def _where_else(source: Path) -> str:
    near = [folder for folder in (*source.resolve().parents[:2], *sorted(source.iterdir())) if (folder / DESCRIPTION).is_file()]
    return (
        f"Did you mean {near[0]}?"
        if near
        else "Give the folder that holds the sub-* folders; files that have other names become a BIDS data set with --pattern."
    )


def _chosen(root: Path, recordings: Sequence[RecordingFile], settings: FetchSettings) -> Iterator[Linked]:
    """The files of a tree, in the order of their paths: all, or those that the selected recordings need."""
    paths = sorted(path.as_posix() for path in _files(root))
    if is_selective(settings):
        chosen = {recording.path.as_posix() for recording in recordings}
        listing = Listing(paths)
        needed = listing.needed([recording for recording in listing.recordings() if recording.path.as_posix() in chosen])
        paths = [path for path in paths if path in needed]
    for path in paths:
        yield _linked(root, path)


def _linked(root: Path, path: str) -> Linked:
    full = root / path
    # A link of git-annex leads to its object: so the key, with size and checksum, stays readable in ours.
    target = full.parent / full.readlink() if full.is_symlink() else full
    target = Path(os.path.normpath(target))
    key = read_key(target.name) if full.is_symlink() else None
    is_here = full.exists()
    size = full.stat().st_size if is_here else key.size if key else None
    entry = Entry(path, size, key.digest if key else None, SOURCE, OK if is_here else NOT_FETCHED)
    return Linked(entry, target, key)


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
    with disk_errors(path):
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
