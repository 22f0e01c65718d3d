"""Cleaning a cohort: what is there stays, what is not is made, what cannot be is noted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from eegcli.compute.mapping import Outcome, map_items
from eegcli.preprocess.cohort import Cohort
from eegcli.preprocess.record import Cleaned, clean, discard, finished
from eegcli.report import Report
from eegcli.result import Failure


@dataclass(frozen=True)
class Done:
    """What became of a cohort.

    Attributes
    ----------
    rows : dict
        Columns of each recording that is there, by its name.
    failures : dict of str to Failure
        Of each recording that is not, in the cohort's order.
    outcomes : list of Outcome
        Of the recordings that this run tried.
    skipped : int
        Recordings that were there before.
    """

    rows: dict[str, dict[str, Any]]
    failures: dict[str, Failure]
    outcomes: list[Outcome[Cleaned]]
    skipped: int

    @property
    def cleaned(self) -> dict[str, Cleaned]:
        """What this run made, by name."""
        return {outcome.name: outcome.value for outcome in self.outcomes if outcome.value}

    @property
    def causes(self) -> dict[str, int]:
        """Failures by cause, the most frequent first."""
        return dict(Counter(failure.cause for failure in self.failures.values()).most_common())


def clean_cohort(cohort: Cohort, *, jobs: int | None, report: Report) -> Done:
    """Clean all recordings that are not there yet.

    Parameters
    ----------
    cohort : Cohort
    jobs : int or None
        Processes; None is one per available core.
    report : Report
        Receives progress, and what MNE said as debug messages.

    Returns
    -------
    Done
    """
    for work in cohort.works:
        if work.name in cohort.unreachable:
            discard(work)
    reachable = [work for work in cohort.works if work.name not in cohort.unreachable]
    there = {work.name: row for work in reachable if (row := finished(work)) is not None}
    to_do = [work for work in reachable if work.name not in there]
    outcomes = map_items(clean, to_do, jobs=jobs, report=report, label="Cleaning recordings", name=attrgetter("name"))
    for outcome in outcomes:
        for note in outcome.value.notes if outcome.value else ():
            report.debug(f"{outcome.name}: {note}")
    failures = cohort.unreachable | {outcome.name: outcome.failure for outcome in outcomes if outcome.failure}
    return Done(
        rows=there | {outcome.name: outcome.value.row for outcome in outcomes if outcome.value},
        failures={work.name: failures[work.name] for work in cohort.works if work.name in failures},
        outcomes=outcomes,
        skipped=len(there),
    )
