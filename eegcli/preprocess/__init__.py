"""Preprocessing: from a BIDS data set to a recordings artifact."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from eegcli.artifacts.folder import open_folder
from eegcli.artifacts.recordings import TABLE
from eegcli.artifacts.table import read_table
from eegcli.preprocess.artifact import write_artifact
from eegcli.preprocess.cleaning import clean_cohort
from eegcli.preprocess.cohort import VERSION, Cohort, find_cohort
from eegcli.preprocess.estimate import estimate
from eegcli.preprocess.plan import Step, plan_steps
from eegcli.preprocess.quality_page import FILE as PAGE
from eegcli.preprocess.summary import nothing_left, tell, warn_of_missing
from eegcli.report import Report
from eegcli.result import Plan, Result
from eegcli.settings import PreprocessSettings


@dataclass(frozen=True, kw_only=True)
class PreprocessResult(Result):
    """What was cleaned.

    Attributes
    ----------
    ok : int
        Recordings cleaned in this run.
    failed : int
        Recordings that could not be.
    skipped : int
        Recordings that were there already.
    causes : dict of str to int
        Failures by cause.
    """

    ok: int
    failed: int
    skipped: int
    causes: dict[str, int] = field(default_factory=dict)


def run(settings: PreprocessSettings, *, report: Report) -> PreprocessResult | Plan:
    """Clean the recordings of a BIDS data set.

    Parameters
    ----------
    settings : PreprocessSettings
        What to clean (data set, selection) and how (steps, flags laid over them).
    report : Report
        Receives progress and warnings; never prints.

    Returns
    -------
    PreprocessResult
        Path of the recordings artifact, and what could not be cleaned and why. With `dry_run`, a Plan.

    Raises
    ------
    UsageError
        If a step or an option is unknown or impossible.
    InputError
        If there is no such data set or recording, if none could be cleaned, or if the output holds something else.
    """
    begun = time.perf_counter()
    steps = plan_steps(settings)
    output = settings.output or _default_output(settings.bids)
    whole = output.absolute()  # worker processes may have another current folder
    cohort = find_cohort(settings, steps, whole)
    if settings.dry_run:
        return _plan(cohort, steps, output, settings.jobs)
    if len(cohort.unreachable) == len(cohort.works):
        raise nothing_left(cohort, cohort.unreachable)
    warn_of_missing(cohort, report)

    folder = open_folder(
        whole,
        "recordings",
        _resolved(settings, steps),
        inputs=cohort.inputs(),
        version=VERSION,
        force=settings.force,
        growing=("recordings", "participants"),
    )
    if folder.finished and _is_complete(whole, cohort):
        return PreprocessResult(output=output, n_items=len(cohort.works), ok=0, failed=0, skipped=len(cohort.works))
    done = clean_cohort(cohort, jobs=settings.jobs, report=report)
    if not done.rows:
        raise nothing_left(cohort, done.failures)
    write_artifact(whole, cohort, done)
    folder.finish(n_recordings=len(cohort.works), n_ok=len(done.rows))
    tell(cohort, done, report, page=output / PAGE, seconds=time.perf_counter() - begun)
    return PreprocessResult(
        output=output,
        n_items=len(cohort.works),
        failures=tuple(done.failures.values()),
        ok=len(done.cleaned),
        failed=len(done.failures),
        skipped=done.skipped,
        causes=done.causes,
    )


def _default_output(bids: Path) -> Path:
    whole = bids.resolve()
    return whole.with_name(f"{whole.name}-recordings")


def _resolved(settings: PreprocessSettings, steps: Sequence[Step]) -> PreprocessSettings:
    """The settings with the flags worked into the steps: equal work has equal settings, however it was asked for."""
    return replace(
        settings,
        steps=tuple(step.as_dict() for step in steps),
        l_freq=None,
        h_freq=None,
        notch=(),
        sfreq=None,
        asr_cutoff=None,
        reference=(),
        channels=(),
        missing_channels="error",
    )


def _is_complete(output: Path, cohort: Cohort) -> bool:
    """Whether nothing is left to try again."""
    files = (output / PAGE, *(work.output for work in cohort.works))
    return bool((read_table(output / TABLE)["status"] == "ok").all()) and all(path.exists() for path in files)


def _plan(cohort: Cohort, steps: Sequence[Step], output: Path, jobs: int | None) -> Plan:
    return Plan(
        output=output,
        n_items=len(cohort.works),
        summary={
            "n_recordings": len(cohort.works),
            "n_not_fetched": len(cohort.missing),
            "steps": [step.as_dict() for step in steps],
            **estimate([work.recording for work in cohort.works], steps, jobs),
        },
    )
