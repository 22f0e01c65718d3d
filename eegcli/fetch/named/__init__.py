"""`fetch FOLDER --pattern`: a folder of recordings with names of their own becomes a BIDS data set."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.artifacts.folder import open_folder
from eegcli.artifacts.table import Table, column
from eegcli.bids.description import BIDS_VERSION, FILE, is_dataset
from eegcli.bids.name_pattern import parse_pattern
from eegcli.bids.selection import select
from eegcli.compute.signals import stop_signals
from eegcli.errors import ASKED_WRONGLY, EegcliError, InputError
from eegcli.fetch.chosen import is_selective
from eegcli.fetch.manifest import BIDSIGNORE, Entry, is_complete, read_manifest, write_manifest
from eegcli.fetch.named.people import People, read_people
from eegcli.fetch.named.placing import place, sources_of
from eegcli.fetch.named.plan import Named, Plan, make_plan, show
from eegcli.fetch.result import FetchResult, summarise
from eegcli.files import atomic
from eegcli.files.causes import disk_errors
from eegcli.files.column import read_column
from eegcli.files.digest import digest_of, digest_of_file
from eegcli.files.lease import lease
from eegcli.lazy import submodules
from eegcli.reporter import Reporter
from eegcli.result import DryRun, Failure
from eegcli.settings import FetchSettings
from eegcli.version import __version__

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

SOURCE = "names"
VERSION = 1
NOTES = ".fetch"  # a note per recording that is in its place: what it was made of
PARTICIPANTS, IGNORE, README = "participants.tsv", ".bidsignore", "README"


def default_output(text: str) -> Path:
    """Derive the output folder: the name of the folder with ``-bids`` behind it, here."""
    return Path(f"{Path(text).expanduser().resolve().name}-bids")


def dry_run(settings: FetchSettings, output: Path, *, reporter: Reporter) -> DryRun:
    """Say what every name means and what would be made of it; nothing is written."""
    root, plan, _, chosen = _planned(settings, output, reporter)
    show(chosen, title="What the names say", reporter=reporter)
    size = {item.target.stem: sum(path.stat().st_size for path in sources_of(item, root)) for item in chosen}
    summary: dict[str, Any] = {
        "source": SOURCE,
        "n_recordings": len(chosen),
        "n_converted": sum(not item.is_kept for item in chosen),
        "n_unmatched": len(plan.unmatched),
        "n_other_files": len(plan.others),
        "n_files": len(chosen),
        # Links take no room: what is converted is written in single precision, and seldom takes more than twice its size.
        "bytes": sum(size[item.target.stem] for item in chosen if not item.is_kept),
        "recording_bytes": sum(size.values()),
        "files": [_facts(item) for item in chosen],
        "unmatched": list(plan.unmatched),
    }
    return DryRun(output=output, n_items=len(chosen), summary=summary, shown=("files", "unmatched"))


def fetch(settings: FetchSettings, output: Path, *, reporter: Reporter) -> FetchResult:
    """Make a BIDS data set of a folder: links to the files that BIDS allows, BrainVision of the others.

    Parameters
    ----------
    settings : FetchSettings
        `source` is the folder; `pattern`, `task_label` and `participants` say what its names mean; the selection.
    output : Path
        A BIDS data set with `fetch.parquet`. A recording that is in its place is not made again unless its files have changed.
    reporter : Reporter
        Is shown what every name means before anything is written.

    Raises
    ------
    InputError
        If a name fits in two ways, two files would get one name, the table of participants fits nobody, or no recording can be read.
    UsageError
        If the pattern makes no sense, or the task is not said.
    """
    root, plan, people, chosen = _planned(settings, output, reporter)
    show(chosen, title="What the names say", reporter=reporter)
    digests = {item.target.path.as_posix(): _digest(item, root) for item in chosen}
    inputs = {"tree": digest_of(digests)}
    if settings.participants is not None:
        inputs["participants"] = digest_of_file(settings.participants)
    own = FetchSettings(source=str(root), output=output, force=settings.force, pattern=settings.pattern, task_label=settings.task_label)
    with lease(output, reporter):
        folder = open_folder(output, "dataset", own, inputs=inputs, version=VERSION, force=settings.force, growing=("tree", "participants"))
        if folder.finished and is_complete(output):
            reporter.info(f"{output}: complete already")
            return summarise(output, SOURCE, read_manifest(output), n_recordings=len(chosen), n_items=len(chosen))
        if not is_selective(settings):
            _remove_vanished(output, {item.target.stem for item in plan.items}, reporter)
        failures = _place_all(chosen, digests, root, output, reporter)
        if len(failures) == len(chosen):
            raise InputError(f"{root}: no recording could be brought; the first: {failures[0].name}: {failures[0].error}")
        entries = _finish(root, output, people)
        if not failures:
            folder.finish(n_recordings=len(chosen), n_files=len(entries))
    return summarise(output, SOURCE, entries, n_recordings=len(chosen) - len(failures), n_items=len(chosen), failures=tuple(failures))


def _planned(settings: FetchSettings, output: Path, reporter: Reporter) -> tuple[Path, Plan, People, list[Named]]:
    assert settings.pattern is not None
    pattern = parse_pattern(settings.pattern)
    source = Path(settings.source).expanduser()
    if not source.is_dir():
        raise InputError(f"{source}: not a folder", hint="--pattern names the recordings in a folder here.")
    root = source.resolve()
    if output.resolve().is_relative_to(root):
        raise InputError(f"{output}: lies in the folder that is read", hint="Choose another folder with --output.")
    if is_dataset(root):
        reporter.warn(f"{root} looks like a BIDS data set: without --pattern it is taken as it is")
    plan = make_plan(root, pattern, task=settings.task_label, reporter=reporter)
    by_path = {item.target.path: item for item in plan.items}
    people = read_people(settings.participants, _subjects(plan.items), reporter)
    found = select([item.target for item in plan.items], settings, lambda: _table_of(people), reporter)
    return root, plan, people, [by_path[name.path] for name in found]


def _table_of(people: People) -> Table:
    """Participants as a table, for `--where`."""
    table: Table = {"subject": column(people.cells)}
    for place_, name in enumerate(people.columns):
        cells = [row[place_] for row in people.cells.values()]
        table[name] = column(read_column(cells, range(1, len(cells) + 1)).values)
    return table


def _subjects(items: Iterable[Named]) -> list[str]:
    return sorted({item.target.subject for item in items})


def _facts(item: Named) -> dict[str, Any]:
    entities = item.target.name.entities
    names = {"subject": "sub", "session": "ses", "task": "task", "acquisition": "acq", "run": "run"}
    return {
        "file": item.source.as_posix(),
        **{name: entities.get(entity) for name, entity in names.items()},
        "target": item.target.path.as_posix(),
        "converted": not item.is_kept,
    }


def _digest(item: Named, root: Path) -> str:
    status = ((path, path.stat()) for path in sources_of(item, root))
    return digest_of([item.source.as_posix(), *[[path.name, found.st_size, found.st_mtime_ns] for path, found in status]])


def _place_all(items: Sequence[Named], digests: dict[str, str], root: Path, output: Path, reporter: Reporter) -> list[Failure]:
    work, failures = output / NOTES / "work", []
    with stop_signals() as stop:
        for item in reporter.progress(items, "Bringing recordings", len(items)):
            stop.raise_if_requested()
            note, digest = output / NOTES / f"{item.target.stem}.json", digests[item.target.path.as_posix()]
            if _is_placed(note, digest, output):
                continue
            shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
            _take_out(note, output)  # what its file was before
            try:
                with disk_errors(output):
                    placed = place(item, root, output, work)
            except EegcliError as error:
                if error.exit_code in ASKED_WRONGLY:
                    raise
                failures.append(Failure(item.source.as_posix(), error.message, error.cause))
                continue
            for line in placed.notes:
                reporter.debug(f"{item.target.stem}: {line}")
            if placed.remark:
                reporter.warn(f"{item.target.stem}: {placed.remark}")
            atomic.write_json(note, {"source": item.source.as_posix(), "digest": digest, "files": placed.files})
    shutil.rmtree(work, ignore_errors=True)
    return failures


def _is_placed(note: Path, digest: str, output: Path) -> bool:
    if not note.exists():
        return False
    known = atomic.read_json(note)
    return known.get("digest") == digest and all((output / name).exists() for name in known.get("files", ()))


def _notes(output: Path) -> list[tuple[Path, dict[str, Any]]]:
    return [(path, atomic.read_json(path)) for path in sorted((output / NOTES).glob("*.json"))]


def _remove_vanished(output: Path, stems: set[str], reporter: Reporter) -> None:
    for path, note in _notes(output):
        if path.stem not in stems:
            reporter.info(f"{path.stem}: its file {note['source']} is not there any more; it is taken out")
            _take_out(path, output)


def _take_out(note: Path, output: Path) -> None:
    """Take a recording out of the data set, the file that is opened first."""
    if note.exists():
        for name in reversed(atomic.read_json(note)["files"]):
            (output / name).unlink(missing_ok=True)
        note.unlink()


def _finish(root: Path, output: Path, people: People) -> list[Entry]:
    """Write what is said of the data set as a whole, and the manifest."""
    notes = _notes(output)
    subjects = sorted({Path(note["files"][-1]).parts[0].removeprefix("sub-") for _, note in notes})
    atomic.write_text(output / PARTICIPANTS, people.text(subjects))
    texts = {
        FILE: json.dumps(
            {
                "Name": root.name,
                "BIDSVersion": BIDS_VERSION,
                "DatasetType": "raw",
                "GeneratedBy": [{"Name": "eegcli", "Version": __version__}],
            },
            indent=2,
        ),
        README: f"{root.name}: recordings whose BIDS names were made of the names of their files. fetch.parquet says which file each was made of.",
    }
    for name, text in texts.items():
        if not (output / name).exists():  # what somebody wrote there stays
            atomic.write_text(output / name, text + "\n")
    atomic.write_text(output / IGNORE, "".join(f"{line}\n" for line in BIDSIGNORE))
    entries = [Entry(name, (output / name).stat().st_size, None, SOURCE) for name in (PARTICIPANTS, *texts)]
    for _, note in notes:
        entries += [Entry(name, (output / name).stat().st_size, None, note["source"]) for name in note["files"]]
    write_manifest(output, entries)
    return entries
