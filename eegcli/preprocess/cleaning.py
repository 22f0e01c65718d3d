"""Cleaning of a cohort: cleaned recordings stay, the others are cleaned, failures are noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from eegcli.compute.mapping import map_items
from eegcli.compute.outcome import Outcome
from eegcli.files.claim import require_held
from eegcli.preprocess.cohort import Cohort
from eegcli.preprocess.failures import note_failure, noted_failure
from eegcli.preprocess.record import AT_WORK, Cleaned, Work, clean, discard, finished
from eegcli.preprocess.stream import streaming
from eegcli.preprocess.stream.worker import clean_streamed
from eegcli.reporter import Reporter
from eegcli.result import Failure
from eegcli.settings import PreprocessSettings


@dataclass(frozen=True)
class Attempt:
    """Outcome of one run on its share of a cohort.

    Attributes
    ----------
    outcomes : list of Outcome
        Of the recordings that it tried.
    failures : dict of str to Failure
        Of the recordings of its share that are not there, in the cohort's order.
    skipped : int
        Recordings of its share that were there before.
    """

    outcomes: list[Outcome[Cleaned]]
    failures: dict[str, Failure]
    skipped: int

    def joined(self, later: Attempt) -> Attempt:
        """Join what was tried later, of recordings that were left before."""
        return Attempt([*self.outcomes, *later.outcomes], self.failures | later.failures, self.skipped + later.skipped)

    def with_failures(self, noted: dict[str, Failure]) -> Attempt:
        """Add failures that another process noted."""
        return replace(self, failures=self.failures | noted)

    @property
    def cleaned(self) -> dict[str, Cleaned]:
        """Recordings that this run cleaned, by name."""
        return {outcome.name: outcome.value for outcome in self.outcomes if outcome.value}

    @property
    def causes(self) -> dict[str, int]:
        """Failures by cause, the most frequent first."""
        return counted(self.failures)


@dataclass(frozen=True)
class Done:
    """State of a cohort's recordings, whichever run cleaned them.

    Attributes
    ----------
    rows : dict
        Columns of each recording that is there, by its name.
    failures : dict of str to Failure
        Of each recording that could not be cleaned, in the cohort's order.
    left : tuple of str
        Recordings that nobody has tried yet: other shards will.
    """

    rows: dict[str, dict[str, Any]]
    failures: dict[str, Failure]
    left: tuple[str, ...] = ()

    @property
    def causes(self) -> dict[str, int]:
        """Failures by cause, the most frequent first."""
        return counted(self.failures)


def counted(failures: dict[str, Failure]) -> dict[str, int]:
    """Failures by cause, the most frequent first."""
    return dict(Counter(failure.cause for failure in failures.values()).most_common())


def clean_works(cohort: Cohort, works: Sequence[Work], output: Path, settings: PreprocessSettings, reporter: Reporter) -> Attempt:
    """Clean those of some recordings that are not there yet.

    Parameters
    ----------
    cohort : Cohort
    works : sequence of Work
        The share of the cohort that is to be cleaned here.
    output : Path
        The artifact's folder, absolute; failures are noted in it.
    settings : PreprocessSettings
        Who does the work.
    reporter : Reporter
        Receives progress, and what MNE said as debug messages.

    Returns
    -------
    Attempt
    """
    for work in works:
        if work.name in cohort.unreachable:
            discard(work)
    reachable = [work for work in works if work.name not in cohort.unreachable]
    to_do = [work for work in reachable if finished(work) is None]
    outcomes = [outcome for outcome in _outcomes(cohort, to_do, settings, reporter) if not _is_elsewhere(outcome)]
    for outcome in outcomes:
        for note in outcome.value.notes if outcome.value else ():
            reporter.debug(f"{outcome.name}: {note}")
    require_held(output)  # nothing is removed or noted in a folder that another process took over
    failures = cohort.unreachable | {outcome.name: outcome.failure for outcome in outcomes if outcome.failure}
    for work in to_do:
        if work.name in failures:
            note_failure(output, work, failures[work.name])
    return Attempt(
        outcomes=outcomes,
        failures={work.name: failures[work.name] for work in works if work.name in failures},
        skipped=len(reachable) - len(to_do),
    )


def _is_elsewhere(outcome: Outcome[Cleaned]) -> bool:
    """True for a recording that another process is cleaning: it is left, not failed."""
    return outcome.failure is not None and outcome.failure.cause == AT_WORK


def _outcomes(cohort: Cohort, works: Sequence[Work], settings: PreprocessSettings, reporter: Reporter) -> list[Outcome[Cleaned]]:
    how: dict[str, Any] = {
        "jobs": settings.jobs,
        "reporter": reporter,
        "label": "Cleaning recordings",
        "name": attrgetter("name"),
        "spread": settings,
    }
    if not any(work.name in cohort.streamed for work in works):
        return map_items(clean, works, **how)
    with streaming(works, cohort.streamed, settings) as (items, beside):
        return map_items(clean_streamed, items, beside=beside, **how)


def gather(cohort: Cohort, output: Path) -> Done:
    """Collect the state of a cohort: what all shards together have done so far."""
    rows: dict[str, dict[str, Any]] = {}
    failures: dict[str, Failure] = {}
    left = []
    for work in cohort.works:
        if work.name in cohort.unreachable:
            failures[work.name] = cohort.unreachable[work.name]
        elif (row := finished(work)) is not None:
            rows[work.name] = row
        elif (failure := noted_failure(output, work)) is not None:
            failures[work.name] = failure
        else:
            left.append(work.name)
    return Done(rows, failures, tuple(left))
