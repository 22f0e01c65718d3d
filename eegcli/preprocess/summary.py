"""Summary of a cohort for the reader: what was kept, what was not, why, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from eegcli.artifacts.table import from_rows
from eegcli.bids.annex import fetch_command
from eegcli.bids.description import read_description
from eegcli.bids.formats.contents import DEPENDENCY
from eegcli.errors import EegcliError, InputError, UnavailableError, counted, listed
from eegcli.preprocess.channel_report import tell_channels, warn_of_unit, warn_of_unmatched
from eegcli.preprocess.cleaning import Attempt, Done
from eegcli.preprocess.cohort import NOT_FETCHED, Cohort
from eegcli.preprocess.quality import number, stand
from eegcli.reporter import Reporter
from eegcli.result import Failure


def tell(cohort: Cohort, attempt: Attempt, done: Done, reporter: Reporter, *, page: Path, seconds: float) -> None:
    """Report the outcome of a cohort: what was noticed, counted over recordings, how good they are, and what was kept and was not.

    Parameters
    ----------
    cohort : Cohort
    attempt : Attempt
        What this run did.
    done : Done
        State of every recording: done, failed or left.
    reporter : Reporter
    page : Path
        Where there is more to see.
    seconds : float
        That the run took.
    """
    for message, count in Counter(message for cleaned in attempt.cleaned.values() for message in cleaned.warnings).items():
        reporter.warn(f"{message} ({count} of {counted(len(cohort.works), 'recording')})")
    tell_channels([cleaned.choices for cleaned in attempt.cleaned.values()], reporter)
    warn_of_unmatched([cleaned.unmatched for cleaned in attempt.cleaned.values()], reporter)
    warn_of_unit(done.rows, reporter)
    in_table = {*cohort.participants.get("subject", []), *cohort.contradicted}
    unlisted = sorted({work.recording.subject for work in cohort.works} - in_table)
    if in_table and unlisted:
        reporter.warn(f"not in participants.tsv, so without its columns: {listed([f'sub-{subject}' for subject in unlisted], count=True)}")
    tell_of_earlier((row.get("not_eeg") for row in done.rows.values()), reporter)
    if done.rows:
        reporter.table("Quality", ("", "median", "worst", "recording"), quality_lines(done))
    signal = sum(float(row["seconds"]) for row in done.rows.values())
    lines = [["kept", str(len(done.rows)), f"{signal:.0f} s"]]
    lines += [[f"failed: {cause}", str(count), ""] for cause, count in done.causes.items()]
    lines += [["left to other shards", str(len(done.left)), ""]] if done.left else []
    reporter.table("Recordings", ("", "recordings", "signal"), lines)
    reporter.info(f"{counted(len(attempt.outcomes), 'recording')} tried in {seconds:.0f} s")
    if done.left:
        reporter.info("Unfinished: the shard that ends last writes the table.")
    else:
        reporter.info(f"Distributions, and the worst recordings before and after: {page}")


def quality_lines(done: Done) -> list[list[str]]:
    """A line per figure of quality that any recording has: median, worst value, and whose that is."""
    names = list(done.rows)
    ranking = stand(from_rows(done.rows.values()))
    lines = []
    for figure, values, median in zip(ranking.figures, ranking.values, ranking.medians, strict=True):
        row = int(np.nanargmin(values) if figure.worse == "low" else np.nanargmax(values))
        # A worst value without a bad end, or one that all share, is nobody's.
        told = figure.worse is not None and values[row] != median
        lines.append([figure.label, number(median), number(values[row]) if told else "", names[row] if told else ""])
    return lines


def tell_of_earlier(known: Iterable[str | None], reporter: Reporter) -> None:
    """Say how many recordings an earlier version cleaned, which read files otherwise and keeps standing what it wrote.

    Parameters
    ----------
    known : iterable of (str or None)
        The column `not_eeg` of those that are whole: versions before it left it out.
    reporter : Reporter
    """
    earlier = sum(value is None for value in known)
    if earlier:
        reporter.info(
            f"{counted(earlier, 'recording was', 'recordings were')} cleaned by an earlier version, which did not look for inputs that are no EEG, cuts that only the file "
            "knows, and padding; they stay as they are. --force cleans them anew."
        )


def warn_of_missing(cohort: Cohort, reporter: Reporter) -> None:
    """Say how to fetch the recordings that are only links, where there are others to go on with."""
    if 0 < len(cohort.missing) < len(cohort.works):
        reporter.warn(f"{_how_many(cohort)} are not fetched (dangling links). Fetch them with: {_how_to_fetch(cohort)}")


def nothing_left(cohort: Cohort, failures: Mapping[str, Failure]) -> EegcliError:
    """The error for a cohort of which every recording failed."""
    others = [failure for failure in failures.values() if failure.cause != NOT_FETCHED]
    if not others:
        size = sum(recording.size or 0 for recording in cohort.missing) / 1e9
        return InputError(
            f"{cohort.root}: {_how_many(cohort)} are not fetched (dangling links, {size:.1f} GB)",
            hint=f"Fetch them with: {_how_to_fetch(cohort)}",
        )
    if all(failure.cause == DEPENDENCY for failure in others):
        return UnavailableError(f"{cohort.root}: no recording can be read; the first: {others[0].name}: {others[0].error}")
    causes = ", ".join(f"{cause}: {count}" for cause, count in Counter(failure.cause for failure in failures.values()).most_common())
    return InputError(f"{cohort.root}: every recording failed ({causes}); the first: {others[0].name}: {others[0].error}")


def _how_many(cohort: Cohort) -> str:
    return f"{len(cohort.missing)} of {counted(len(cohort.works), 'recording')}"


def _how_to_fetch(cohort: Cohort) -> str:
    return fetch_command(cohort.root, cohort.missing, read_description(cohort.root))
