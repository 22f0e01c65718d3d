"""The source `demo`: a simulated cohort in the form of the Healthy Brain Network, with a planted effect of sex."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.artifacts.folder import open_folder, touch
from eegcli.compute.mapping import map_items
from eegcli.compute.threads import default_jobs, limited
from eegcli.errors import UsageError
from eegcli.fetch.demo import hbn_texts, truth
from eegcli.fetch.demo.cohort import Person, make_cohort
from eegcli.fetch.demo.eeglab import set_bytes
from eegcli.fetch.demo.head import CH_NAMES, FULL_NAMES, N_BACKGROUND, REFERENCE, HeadModel, make_head
from eegcli.fetch.demo.paradigm import CLOSED_SECONDS, FULL_EDGE_SECONDS, OPEN_SECONDS, SFREQ
from eegcli.fetch.demo.participants import participants_json, participants_tsv
from eegcli.fetch.demo.world_texts import events_sidecar, make_world_truth, readme
from eegcli.fetch.demo.worlds import Inhabitant, make_inhabitants
from eegcli.fetch.manifest import BIDSIGNORE, Entry, describe, is_complete, read_manifest, write_manifest
from eegcli.fetch.result import FetchResult, summarise
from eegcli.files import atomic
from eegcli.files.block import releasing
from eegcli.lazy import submodules
from eegcli.reporter import Reporter
from eegcli.result import DryRun
from eegcli.settings import FetchSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

SOURCE = "demo"
VERSION = 1  # of the simulation: raised when its bytes change
TRUNCATED_SHARE = 0.6  # of the bytes of the file that breaks off
ROOT_FILES = 9
RECORDING_FILES = 4
# Outside the blocks: start of the task, lead-in, last open block (means).
EDGE_SECONDS = 1.5 + 7.5 + 4.6
START_BYTES = 165_000_000  # Python with MNE, the sphere model
SAMPLE_BYTES = 12  # of each background source or channel, whichever are more, at the same time
SECONDS_PER_RECORDED_SECOND, PER_CHANNEL = 0.004, 0.00004  # one process of a 2020s core, writing included


def dry_run_demo(settings: FetchSettings, output: Path) -> DryRun:
    """Estimate what `fetch demo` would write; nothing is computed."""
    _check(settings)
    n_recordings = len(_people(settings))
    seconds = (FULL_EDGE_SECONDS if settings.full_size else EDGE_SECONDS) + settings.blocks * (OPEN_SECONDS + CLOSED_SECONDS)
    n_channels = len(_ch_names(settings))
    return DryRun(
        output=output,
        n_items=n_recordings,
        summary={
            "source": SOURCE,
            "n_recordings": n_recordings,
            "n_files": n_recordings * (RECORDING_FILES + settings.artifacts) + ROOT_FILES,
            "bytes": round(n_recordings * seconds * SFREQ) * n_channels * 4,
            "memory_bytes": (START_BYTES + round(seconds * SFREQ) * SAMPLE_BYTES * max(N_BACKGROUND, n_channels))
            * min(default_jobs(settings.jobs), n_recordings),
            "seconds": round(
                5 + n_recordings * seconds * (SECONDS_PER_RECORDED_SECOND + PER_CHANNEL * n_channels) / default_jobs(settings.jobs), 1
            ),
        },
    )


@releasing()
def fetch_demo(settings: FetchSettings, output: Path, *, reporter: Reporter) -> FetchResult:
    """Simulate the cohort and write it as a BIDS data set; what is there already is kept.

    Raises
    ------
    UsageError
        If fewer than one subject or block is asked for, or the seed is negative.
    InputError
        If `output` holds another configuration.
    """
    _check(settings)
    folder = open_folder(output, "dataset", settings, inputs={}, version=VERSION, force=settings.force)
    people = _people(settings)
    if folder.finished and is_complete(output):
        touch(output)
        reporter.info(f"{output}: complete already")
        return summarise(output, SOURCE, read_manifest(output), n_recordings=len(people), n_items=len(people))

    atomic.sweep(output)  # a finished data set whose files are gone is made whole again, and that may be killed too
    with limited(1):  # threads would change the last bits
        head = make_head(_ch_names(settings))
    write = functools.partial(write_recording, output=output, head=head, settings=settings)
    outcomes = map_items(write, people, jobs=settings.jobs, reporter=reporter, label="Simulating", name=_stem)
    entries = [entry for outcome in outcomes if outcome.value is not None for entry in outcome.value]
    failures = tuple(outcome.failure for outcome in outcomes if outcome.failure is not None)
    entries += [_write(output, path, content) for path, content in _root_files(people, head, settings)]
    write_manifest(output, entries)
    if not failures:
        folder.finish(n_recordings=len(people), n_files=len(entries))
    return summarise(output, SOURCE, entries, n_recordings=len(people) - len(failures), n_items=len(people), failures=failures)


def write_recording(person: Person, *, output: Path, head: HeadModel, settings: FetchSettings) -> list[Entry]:
    """Simulate one person's recording and write its files; the signals come last, and are proof of the others."""
    folder = Path(f"sub-{person.label}") / "eeg"
    stem = _stem(person)
    names = ["channels.tsv", "events.tsv", "eeg.json", *(["artifacts.tsv"] if settings.artifacts else []), "eeg.set"]
    paths = [folder / f"{stem}_{name}" for name in names]
    if all((output / path).exists() for path in paths):
        return [describe(output, path, source=SOURCE) for path in paths]

    from eegcli.fetch.demo.confounding import LENGTH, MOVEMENT, extra_blocks, move
    from eegcli.fetch.demo.disturbance import artifacts_tsv, disturb, undisturbed
    from eegcli.fetch.demo.planting import plant
    from eegcli.fetch.demo.simulation import simulate  # needs scipy, which a run with nothing to do does not wait for

    who = undisturbed(person) if settings.artifacts else person
    blocks = settings.blocks + (extra_blocks(person, seed=settings.seed) if LENGTH in settings.confounds else 0)
    data, course = simulate(who, head, seed=settings.seed, blocks=blocks, full_size=settings.full_size)
    if settings.effect is not None and isinstance(person, Inhabitant):
        course = plant(settings.effect, data, person, head, course, seed=settings.seed)
    if MOVEMENT in settings.confounds and person.fault != "flat":
        move(data, person, seed=settings.seed)
    is_disturbed = settings.artifacts and person.fault != "flat"
    table = [artifacts_tsv(disturb(data, person, head, course, seed=settings.seed) if is_disturbed else [])] if settings.artifacts else []
    signals = set_bytes(
        data,
        name=f"{stem}_eeg",
        sfreq=SFREQ,
        ch_names=head.ch_names,
        ch_pos=head.ch_pos - head.centre,
        reference=REFERENCE,
        events=course.events,
        comments="simulated by eegcli: no person was recorded",
    )
    if person.fault == "truncated":
        signals = signals[: round(TRUNCATED_SHARE * len(signals))]
    contents = [
        hbn_texts.channels_tsv(head.ch_names),
        hbn_texts.events_tsv(course),
        hbn_texts.recording_json(course.n_times, len(head.ch_names)),
        *table,
        signals,
    ]
    return [_write(output, path, content) for path, content in zip(paths, contents, strict=True)]


def _check(settings: FetchSettings) -> None:
    for name, value, least in (("--subjects", settings.subjects, 1), ("--blocks", settings.blocks, 1), ("--seed", settings.seed, 0)):
        if value < least:
            raise UsageError(f"{name} must be at least {least}, not {value}")
    if unknown := [name for name in settings.confounds if name not in truth.CONFOUNDS]:
        raise UsageError(f"--confounds {unknown[0]}: no such confound", hint=f"There are: {', '.join(truth.CONFOUNDS)}.")
    beside = [name for name in ("with_faults", "artifacts", "confounds") if getattr(settings, name)]
    if settings.effect is not None and beside:
        raise UsageError(f"--effect {settings.effect} is planted alone", hint=f"Leave out --{beside[0].replace('_', '-')}, or --effect.")


def _people(settings: FetchSettings) -> list[Person]:
    if settings.effect is not None:
        return list(make_inhabitants(settings.effect, settings.subjects, settings.seed))
    return make_cohort(settings.subjects, settings.seed, with_faults=settings.with_faults)


def _ch_names(settings: FetchSettings) -> tuple[str, ...]:
    return FULL_NAMES if settings.full_size else CH_NAMES


def _stem(person: Person) -> str:
    return f"sub-{person.label}_task-{hbn_texts.TASK}"


def _write(output: Path, path: Path, content: bytes) -> Entry:
    with atomic.writing(output / path) as temporary:
        temporary.write_bytes(content)
    return describe(output, path, source=SOURCE, content=content)


def _root_files(people: list[Person], head: HeadModel, settings: FetchSettings) -> list[tuple[Path, bytes]]:
    facts = atomic.plain(truth.make_truth(people, head, settings) if settings.effect is None else make_world_truth(people, settings))
    ignored = ("*_artifacts.tsv",) if settings.artifacts else ()
    return [
        (Path(".bidsignore"), "".join(f"{name}\n" for name in (*BIDSIGNORE, truth.FILE, *ignored)).encode()),
        (Path("CHANGES"), hbn_texts.CHANGES.encode()),
        (Path("README"), readme(settings.effect).encode()),
        (Path("dataset_description.json"), hbn_texts.as_json(hbn_texts.DESCRIPTION)),
        (Path(truth.FILE), hbn_texts.as_json(facts)),
        (Path("participants.json"), participants_json()),
        (Path("participants.tsv"), participants_tsv(people, seed=settings.seed)),
        (Path(f"task-{hbn_texts.TASK}_eeg.json"), hbn_texts.as_json(hbn_texts.EEG)),
        (Path(f"task-{hbn_texts.TASK}_events.json"), hbn_texts.as_json(events_sidecar(settings.effect))),
    ]
