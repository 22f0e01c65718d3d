"""Voters: groups of windows that cast one vote each, where nobody knows the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run
from eegcli.errors import InputError
from eegcli.reporter import Reporter
from eegcli.stats.votes import COLUMNS, Ballot, Unit, count_votes, first_windows
from eegcli.study.groups import group_names, number_groups
from eegcli.study.persons import People, unknown_persons


@dataclass(frozen=True)
class Voters:
    """Groups of windows that vote.

    Attributes
    ----------
    unit : str
        What a group is.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    people : People
        Who is the same person.
    number : ndarray of int, shape (n_windows,)
        Number of each window's group.
    persons_known : bool
    """

    unit: Unit
    table: Mapping[str, np.ndarray]
    people: People
    number: NDArray[np.int64]
    persons_known: bool

    def votes(self, outputs: NDArray[np.float64], *, vote_windows: int | None) -> Ballot:
        """Let the windows of each group vote, or the first so many of them; `first` of the ballot are rows of the windows."""
        voting = np.flatnonzero(first_windows(self.number, self.table, vote_windows))
        ballot = count_votes(self.number[voting], outputs[voting])
        return Ballot(voting[ballot.first], ballot.n_windows, ballot.mean, ballot.hard)

    def names(self, rows: NDArray[np.int64]) -> np.ndarray:
        """Names of the groups of some windows, shape (n,)."""
        return group_names(self.table, COLUMNS[self.unit], rows)


def voters_of(runs: Sequence[Run], windows: AnyWindows, asked: Unit | None, reporter: Reporter) -> Voters:
    """Find the groups of windows that vote.

    Parameters
    ----------
    runs : sequence of Run
        The first says what varies within a subject; people are those that any of them states.
    windows : Windows or RemoteWindows
    asked : str, optional
        The group; left out: the subject, and the recording where the target of the run changes within subjects, or nobody knows the subjects.
    reporter : Reporter
        Is told where it is not the subject.

    Raises
    ------
    InputError
        If the windows do not say which group they belong to.
    """
    known = not unknown_persons(windows.table)
    unit: Unit = asked or "subject"
    if asked is None and not known:
        unit = "recording"
        reporter.warn(f"{windows.path}: nobody knows whose the windows are: recordings vote")
    elif asked is None and changes_within_subjects(runs[0]):
        unit = "recording"
        reporter.info(f"{runs[0].target} changes within subjects: recordings vote. Name another --unit if it changes within them, too.")
    elif unit == "subject" and not known:
        raise InputError(f"{windows.path}: nobody knows whose the windows are, so that subjects cannot vote", hint="Choose another --unit.")
    if lacking := [name for name in COLUMNS[unit] if name not in windows.table]:
        raise InputError(f"{windows.path}: windows have no column {lacking[0]}, by which a {unit} is known", hint="Choose another --unit.")
    people = People({key: name for one in reversed(runs) for key, name in one.people.stated.items()})
    number = people.number(windows.table) if unit == "subject" else number_groups(windows.table, COLUMNS[unit])
    return Voters(unit, windows.table, people, number, known)


def changes_within_subjects(run: Run) -> bool:
    """Test that the target of a run changes within those subjects by whom it was split: splits.parquet then states no truth of them."""
    truth = run.splits["truth"]
    missing = np.array([value is None for value in truth]) if truth.dtype.kind == "O" else np.isnan(truth)
    if run.settings.split_unit == "subject":
        return bool(missing.any())
    # Split by something smaller: the truths of one subject's units are compared.
    known = ~missing
    pairs = list(zip(*(run.splits[name][known].tolist() for name in ("dataset", "subject")), truth[known].tolist(), strict=True))
    return bool(missing.any()) or len(set(pairs)) > len({pair[:2] for pair in pairs})
