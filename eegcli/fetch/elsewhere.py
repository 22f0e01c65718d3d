"""Data sets elsewhere as a source: listed, selected, fetched, verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from eegcli.artifacts.configuration import leave_out
from eegcli.artifacts.folder import DONE, Folder, is_finished, open_folder, touch
from eegcli.errors import EegcliError, InputError
from eegcli.fetch.bring import bring, left_to_do
from eegcli.fetch.chosen import IGNORE, Chosen, choose, selection_options, without_release
from eegcli.fetch.cost import as_summary
from eegcli.fetch.manifest import BIDSIGNORE, Entry, is_complete, read_manifest, write_manifest
from eegcli.fetch.progress import known_entries, logging_to
from eegcli.fetch.result import FetchResult, summarise
from eegcli.files import atomic
from eegcli.files.digest import digest_of
from eegcli.files.lease import lease
from eegcli.remote import partial
from eegcli.remote.client import Client
from eegcli.remote.sources import Source, open_sources
from eegcli.remote.transfer import JOBS
from eegcli.reporter import Reporter
from eegcli.result import DryRun, Failure
from eegcli.settings import FetchSettings

VERSION = 1
# Those of 0.1.0 are part of every digest of a selection, whatever they hold: so data sets fetched then stay complete.
FIRST_WISHES = (
    *("subject", "session", "task", "run", "suffix", "release", "include", "exclude"),
    *("where", "max_subjects", "exclude_known_bad", "metadata_only"),
)


def default_output(text: str) -> Path:
    """Derive the output folder of a data set from elsewhere, or of several that belong together."""
    sources = open_sources(text)
    return Path(sources[0].folder if len(sources) == 1 else sources[0].collection)


def dry_run(settings: FetchSettings, output: Path, *, reporter: Reporter) -> DryRun:
    """List the files that would come, and their bytes; the server is asked for its listing, and nothing is written."""
    places = _places(settings, output)
    chosen = [(place, _choose(source, settings, several=len(places) > 1, reporter=reporter)) for source, place in places]
    pairs = [(place, item) for place, item in chosen if item is not None]
    _require_any(pairs, settings)
    wanted = [(place, item.described if settings.metadata_only else item.files) for place, item in pairs]
    todo = [file for place, files in wanted for file in left_to_do(place, files, known_entries(place))]
    skipped: dict[str, int] = {}
    for _, item in pairs:
        for name, count in item.skipped.items():
            skipped[name] = skipped.get(name, 0) + count
    return DryRun(
        output=output,
        n_items=sum(len(item.recordings) for _, item in pairs),
        summary={
            "source": settings.source,
            "n_recordings": sum(len(item.recordings) for _, item in pairs),
            "n_files": sum(len(files) for _, files in wanted),
            "bytes": sum(file.bytes or 0 for _, files in wanted for file in files),
            "recording_bytes": sum(file.bytes or 0 for _, item in pairs for file in item.signals),
            "n_refused": sum(len(item.refused) for _, item in pairs),
            "skipped": skipped,
            **as_summary(output, sum(file.bytes or 0 for file in todo), len(todo), settings.jobs),
        },
    )


def fetch(settings: FetchSettings, output: Path, *, reporter: Reporter) -> FetchResult:
    """Fetch data sets from elsewhere into the output folder.

    Parameters
    ----------
    settings : FetchSettings
    output : Path
        The data set's folder; of several data sets (``hbn``), the folder that holds one folder for each.
    reporter : Reporter

    Raises
    ------
    InputError
        If there is nothing of what was asked for, or `output` holds something else.
    UnavailableError
        If the server cannot be reached, or the disk is full or read-only.
    Stopped, Interrupted
        If a signal came.
    """
    places = _places(settings, output)
    results = []
    for source, place in places:
        if len(places) > 1:
            reporter.info(f"{source.name}: {source.prefix}")
        result = _fetch(source, settings, place, several=len(places) > 1, reporter=reporter)
        results += [] if result is None else [result]
    _require_any(results, settings)
    if len(places) == 1:
        return results[0]
    return FetchResult(
        output=output,
        n_items=sum(result.n_items for result in results),
        failures=tuple(replace(failure, name=f"{result.output.name}/{failure.name}") for result in results for failure in result.failures),
        source=settings.source,
        n_recordings=sum(result.n_recordings for result in results),
        n_files=sum(result.n_files for result in results),
        bytes=sum(result.bytes for result in results),
        n_refused=sum(result.n_refused for result in results),
        skipped={f"{result.output.name}/{name}": count for result in results for name, count in result.skipped.items()},
    )


def _places(settings: FetchSettings, output: Path) -> list[tuple[Source, Path]]:
    client = Client(connections=settings.jobs or JOBS)
    sources = open_sources(settings.source, release=settings.release, endpoint_url=settings.endpoint_url, client=client)
    return [(source, output / source.name if len(sources) > 1 else output) for source in sources]


def _require_any(found: Sequence[object], settings: FetchSettings) -> None:
    if not found:
        raise InputError(f"{settings.source}: no data set has recordings that fit the selection")


def _choose(source: Source, settings: FetchSettings, *, several: bool, reporter: Reporter) -> Chosen | None:
    selection = without_release(settings) if source.collection else settings
    try:
        return choose(source, selection, reporter)
    except InputError as error:
        if not several or not error.message.startswith("no recording"):
            raise
        reporter.info(f"{source.name}: {error.message}")  # a subject is of one release
        return None


def _fetch(source: Source, settings: FetchSettings, output: Path, *, several: bool, reporter: Reporter) -> FetchResult | None:
    own = FetchSettings(source=source.text, output=settings.output, force=settings.force, endpoint_url=settings.endpoint_url)
    inputs = {"selection": _digest_of_selection(settings, several=several)}
    if not settings.force and is_finished(output, "dataset", own, inputs=inputs, version=VERSION) and is_complete(output):
        touch(output)
        reporter.info(f"{output}: complete already")
        return _summary(output, source, read_manifest(output))
    chosen = _choose(source, settings, several=several, reporter=reporter)
    if chosen is None:
        return None
    with lease(output, reporter):
        folder = _open(output, own, inputs)
        ignored = source.read(IGNORE)
        with logging_to(output) as log:
            known = known_entries(output)
            fetched_files = bring(
                output, chosen.files, chosen.refused, source=source.text, log=log, known=known, client=source.client, jobs=settings.jobs, reporter=reporter,
                named_only={file.path for file in chosen.signals} if settings.metadata_only else (),
            )  # fmt: skip
            new = {entry.path for entry in fetched_files.entries}
            others = [entry for path, entry in known.items() if path not in new and (output / path).is_file()]
            atomic.write_text(output / IGNORE, _bidsignore(ignored))
            write_manifest(output, [*fetched_files.entries, *others])
        unfinished = {output / failure.name for failure in fetched_files.failures if failure.cause != "refused"}
        partial.sweep(output, unfinished)
        n_recordings = len(chosen.recordings)
        if not fetched_files.failures:
            folder.finish(n_recordings=n_recordings, n_files=len(chosen.files), skipped=dict(chosen.skipped))
    if chosen.skipped:
        reporter.info(f"other files, left where they are: {', '.join(f'{name}: {count}' for name, count in chosen.skipped.items())}")
    return summarise(
        output, source.text, fetched_files.entries, n_recordings=n_recordings, n_items=len(chosen.files), failures=fetched_files.failures,
        skipped=dict(chosen.skipped),
    )  # fmt: skip


def _digest_of_selection(settings: FetchSettings, *, several: bool) -> str:
    """Digest of what was selected; a setting that came later has no part in it where it is as it was added."""
    asked = {name: value for name, value in selection_options(settings).items() if name != "release" or not several}
    return digest_of(leave_out(settings, asked | {"metadata_only": settings.metadata_only}, always=FIRST_WISHES))


def _open(output: Path, own: FetchSettings, inputs: dict[str, str]) -> Folder:
    """Open the folder; forced, a data set of the same source is looked through again, and one of another is replaced."""
    try:
        folder = open_folder(output, "dataset", own, inputs=inputs, version=VERSION, growing=("selection",))
    except EegcliError:
        if not own.force:
            raise
        return open_folder(output, "dataset", own, inputs=inputs, version=VERSION, force=True)
    if own.force:
        (output / DONE).unlink(missing_ok=True)
    return folder


def _summary(output: Path, source: Source, entries: list[Entry]) -> FetchResult:
    done = atomic.read_json(output / DONE)
    skipped = {str(name): int(count) for name, count in done.get("skipped", {}).items()}
    failures: tuple[Failure, ...] = ()
    return summarise(
        output, source.text, entries, n_recordings=int(done["n_recordings"]), n_items=len(entries), failures=failures, skipped=skipped
    )


def _bidsignore(theirs: bytes | None) -> str:
    lines = (theirs or b"").decode("utf-8", "replace").splitlines()
    return "".join(f"{line}\n" for line in dict.fromkeys([*lines, *BIDSIGNORE]))
