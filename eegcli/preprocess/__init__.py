"""Preprocessing: from a BIDS data set to a recordings artifact."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.artifacts.at_work import LOOK_SECONDS, at_work, others
from eegcli.artifacts.folder import DONE, Folder, open_folder, touch, write_provenance
from eegcli.artifacts.naming import derived_output
from eegcli.artifacts.recordings import TABLE
from eegcli.artifacts.table import n_rows, read_table
from eegcli.compute.mapping import check_spread
from eegcli.compute.shard import Shard, find_shard
from eegcli.errors import UsageError, counted
from eegcli.files.block import releasing
from eegcli.lazy import submodules
from eegcli.preprocess.artifact import write_artifact, write_timing
from eegcli.preprocess.cleaning import Done, clean_works, gather
from eegcli.preprocess.cohort import VERSION, Cohort, find_cohort
from eegcli.preprocess.definition import Step
from eegcli.preprocess.estimate import estimate
from eegcli.preprocess.quality.page import FILE as PAGE
from eegcli.preprocess.record import Work, content_of
from eegcli.preprocess.sequence import resolved, sequence_of_steps
from eegcli.preprocess.stream import open_stream
from eegcli.preprocess.stream.budget import stream_cost
from eegcli.preprocess.summary import nothing_left, tell, tell_of_earlier, warn_of_missing
from eegcli.reporter import PYTHON, Reporter
from eegcli.result import DryRun, Result
from eegcli.settings import PreprocessSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


@dataclass(frozen=True, kw_only=True, repr=False)
class PreprocessResult(Result):
    """Result of `preprocess`: the recordings artifact and the counts of its recordings.

    Attributes
    ----------
    ok : int
        Recordings cleaned in this run.
    failed : int
        Recordings that could not be.
    skipped : int
        Recordings that were there already.
    left : int
        Recordings that other shards have still to try; the artifact is finished when there are none.
    causes : dict of str to int
        Failures by cause.
    """

    ok: int
    failed: int
    skipped: int
    left: int = 0
    causes: dict[str, int] = field(default_factory=dict)


@releasing()
def run(settings: PreprocessSettings, *, reporter: Reporter = PYTHON) -> PreprocessResult | DryRun:
    """Clean the recordings of a BIDS data set.

    Parameters
    ----------
    settings : PreprocessSettings
        What to clean (data set, selection) and how (steps, flags laid over them).
    reporter : Reporter, optional
        Receives progress and warnings; never prints. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    PreprocessResult
        Path of the recordings artifact, and what could not be cleaned and why. With `dry_run`, a `DryRun`.

    Raises
    ------
    UsageError
        If a step or an option is unknown or impossible.
    InputError
        If there is no such data set or recording, if none could be cleaned, or if the output holds something else.
    """
    steps = sequence_of_steps(settings)
    output = settings.output or derived_output(settings.bids, "recordings")
    settings = replace(settings, output=output)
    whole = output.absolute()  # worker processes may have another current folder
    if not settings.stream:
        return _run(settings, steps, output, find_cohort(settings, steps, whole, reporter=reporter), reporter)
    with open_stream(settings, whole, reporter) as stream:
        return _run(settings, steps, output, find_cohort(settings, steps, whole, stream, reporter=reporter), reporter)


def _run(
    settings: PreprocessSettings, steps: Sequence[Step], output: Path, cohort: Cohort, reporter: Reporter
) -> PreprocessResult | DryRun:
    begun = time.perf_counter()
    whole = output.absolute()
    shard = find_shard(settings.shard)
    works = shard.share(cohort.works, cohort.size, _name)
    if settings.dry_run:
        return _dry_run(cohort, works, shard, steps, output, settings)
    if len(cohort.unreachable) == len(cohort.works):
        raise nothing_left(cohort, cohort.unreachable)
    if not shard.whole:
        _check_shard(shard, settings.force, len(works), len(cohort.works), reporter)
    check_spread(settings)
    warn_of_missing(cohort, reporter)

    folder = open_folder(
        whole,
        "recordings",
        resolved(settings, steps),
        inputs=cohort.inputs(),
        version=VERSION,
        force=settings.force,
        growing=("recordings", "participants"),
    )
    if folder.finished and _is_complete(whole, cohort):
        table = read_table(whole / TABLE)
        tell_of_earlier(table.get("not_eeg", [None] * n_rows(table)), reporter)
        touch(whole)
        reporter.info(f"{output} is finished; nothing to do.")
        return PreprocessResult(output=output, n_items=len(works), ok=0, failed=0, skipped=len(works))
    counts = {"n_recordings": len(cohort.works), "n_unreachable": len(cohort.unreachable)}
    write_provenance(whole, settings, **counts)  # so that `info` can say of how many
    attempt = clean_works(cohort, works, whole, settings, reporter)
    write_timing(whole, cohort, attempt)
    done = _complete(folder, cohort, shard)
    while shard.whole and done.left:
        there = others(whole)  # nobody, where a process died meanwhile
        if there and not settings.wait:
            raise at_work(output, there, what=f"{len(done.left)} of {counted(len(works), 'recording')}")
        if there:
            time.sleep(LOOK_SECONDS)
        left = [work for work in works if work.name in done.left]
        attempt = attempt.joined(clean_works(cohort, left, whole, settings, reporter))
        done = _complete(folder, cohort, shard)
    # Of a recording that another process was at, and failed with, this one knows by the note alone.
    attempt = attempt.with_failures({work.name: done.failures[work.name] for work in works if work.name in done.failures})
    tell(cohort, attempt, done, reporter, page=output / PAGE, seconds=time.perf_counter() - begun)
    return PreprocessResult(
        output=output,
        n_items=len(works),
        failures=tuple(attempt.failures.values()),
        ok=len(attempt.cleaned),
        failed=len(attempt.failures),
        skipped=attempt.skipped,
        left=len(done.left),
        causes=attempt.causes,
    )


def _check_shard(shard: Shard, force: bool, n_mine: int, n_all: int, reporter: Reporter) -> None:
    if force:
        raise UsageError(
            f"--force in shard {shard}: would remove what the other shards write", hint="Remove the artifact's folder before they begin."
        )
    switch = "; --shard 1/1 takes all" if shard.source != "--shard" else ""
    reporter.info(f"Shard {shard} ({shard.source}{switch}): {n_mine} of {counted(n_all, 'recording')}.")


def _complete(folder: Folder, cohort: Cohort, shard: Shard) -> Done:
    """Write the table and the done mark if every recording has been tried, by whomever.

    Every shard does this when it ends; no lock is needed. Whoever writes looks once more afterwards, and writes again if
    another shard has added something meanwhile: so the last table written is that of the last state, and all shards that
    see this state write the same bytes.
    """
    done = gather(cohort, folder.path)
    while not done.left:
        if not done.rows:
            raise nothing_left(cohort, done.failures)
        (folder.path / DONE).unlink(missing_ok=True)  # it speaks of the table that was there before
        write_artifact(folder.path, cohort, done)
        folder.finish(
            {work.output.relative_to(folder.path).as_posix(): content_of(work) for work in cohort.works if work.name in done.rows},
            n_recordings=len(cohort.works),
            n_ok=len(done.rows),
        )
        if shard.whole:
            break
        now = gather(cohort, folder.path)
        if now == done:
            break
        done = now
    return done


def _is_complete(output: Path, cohort: Cohort) -> bool:
    """Test that nothing is left to try again."""
    files = (output / PAGE, *(work.output for work in cohort.works))
    return bool((read_table(output / TABLE)["status"] == "ok").all()) and all(path.exists() for path in files)


def _dry_run(
    cohort: Cohort, works: Sequence[Work], shard: Shard, steps: Sequence[Step], output: Path, settings: PreprocessSettings
) -> DryRun:
    cost = estimate([work.recording for work in works], steps, settings.jobs)
    return DryRun(
        output=output,
        n_items=len(works),
        summary={
            "n_recordings": len(works),
            "n_not_fetched": len([work for work in works if not work.recording.fetched and work.name not in cohort.streamed]),
            "shard": str(shard),
            "steps": [step.as_dict() for step in steps],
            **cost,
            **(stream_cost(works, cohort.streamed, settings, seconds=cost["seconds"]) if settings.stream else {}),
        },
    )


def _name(work: Work) -> str:
    return work.name
