"""Findings of checks: a verdict with its figure and the command that mends; and the evidence that checks look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table
from eegcli.errors import EegcliError, InputError, listed
from eegcli.registry import CHECKS, CheckEntry, load, lookup
from eegcli.reporter import Reporter
from eegcli.study.persons import AS_LABELLED, People, Person

if TYPE_CHECKING:
    from eegcli.checks.case import Labelled, Outcome, Recorded
    from eegcli.checks.trial import Trial

Verdict = Literal["ok", "suspect", "broken"]  # of doctor also NOTHING
NOTHING: Literal["nothing to learn"] = "nothing to learn"
SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Attributes
    ----------
    name : str
        Name of the check.
    verdict : {"ok", "suspect", "broken", "nothing to learn"} or None
        None where it could not be looked for, or had no time: why says it. No result is made from what is broken.
    value : int, float or None
        The figure: how many were found.
    found : tuple of str
        Names of all that were found, of which the message shows the first few.
    why : str
        Meaning for results.
    hint : str
        The command or option that mends it.
    compared : mapping
        What was held against what: numbers, and digests by which a reader can check it again.
    weight : float
        How much it speaks for a fault, from 0 to 1: by it doctor ranks what is broken, and what is suspect.
    change : mapping
        Settings of `train` by which doctor --fix mends it, by name; empty where it takes more than one setting.
    """

    name: str
    verdict: Verdict | Literal["nothing to learn"] | None
    value: float | None = None
    found: tuple[str, ...] = ()
    why: str = ""
    hint: str = ""
    compared: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    change: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool | None:
        """True for ok; None where it could not be looked for."""
        return None if self.verdict is None else self.verdict == "ok"

    def data(self) -> dict[str, Any]:
        """Entry of metrics.json."""
        entry = {"name": self.name, "passed": self.passed, "value": self.value}
        return {**entry, "found": list(self.found), "compared": dict(self.compared)} if self.compared else entry

    def message(self) -> str:
        """Message of a finding, in one line: what was found, how many, and the first names."""
        names = f" ({listed(self.found, SHOWN)})" if self.found else ""
        value = "" if self.value is None else f" {number(self.value)}"
        return f"{self.name}:{value}{names}" + (f"; {self.why}" if self.why else "")


def number(value: float) -> str:
    """Figure of a finding: counts whole, others with three digits."""
    return str(value) if isinstance(value, int) else f"{value:.3g}"


@dataclass(frozen=True)
class Seen:
    """Subjects and windows that networks were trained or chosen on.

    Attributes
    ----------
    subjects : frozenset of Person
    windows : frozenset of str or None
        Content hashes; None where these windows are not at hand.
    """

    subjects: frozenset[Person]
    windows: frozenset[str] | None


@dataclass(frozen=True)
class Parts:
    """Sessions, runs or tasks of subjects that networks were trained or chosen on, where the run was split by them.

    Attributes
    ----------
    word : str
        ``session``, ``run`` or ``task``.
    seen : frozenset of (Person, unit)
    """

    word: str
    seen: frozenset[tuple[Person, str]]


@dataclass(frozen=True)
class Signals:
    """Windows as they are stored.

    Attributes
    ----------
    x : array-like, shape (n_all, ...)
    rows : ndarray of int, shape (n_windows,)
        Those that are looked at.
    table : Table
        Of all.
    sfreq : float
        Sampling frequency in Hz.
    raw : bool
        True for signals, (n_channels, n_times) each; False for spectra, maps and features.
    """

    x: Any
    rows: NDArray[np.int64]
    table: Table
    sfreq: float
    raw: bool


@dataclass(frozen=True)
class Fitted:
    """A quantity that was fitted, on whom, and who is tested.

    Attributes
    ----------
    what : str
        E.g. ``epoch``.
    fold : int
    sets : tuple of str
        Sets that it was fitted on.
    groups, tested : frozenset
        Persons, or parts of them where the run was split by parts, by whom it was fitted, and who are tested.
    named : bool
        True where the user asked for it although it sees the test set.
    """

    what: str
    fold: int
    sets: tuple[str, ...]
    groups: frozenset[tuple[str, ...]]
    tested: frozenset[tuple[str, ...]]
    named: bool = False


@dataclass(frozen=True)
class Evidence:
    """Evidence that checks look at; None is not at hand. An entry's `needs` are names of these fields.

    Attributes
    ----------
    splits : Table or None
        splits.parquet: a row per group and fold.
    windows : Table or None
        windows.parquet.
    sets : sequence of ndarray of int, shape (n_windows,), or None
        Per fold: number of each window's set; -1 for windows that are in none.
    seen : Seen or None
        Subjects and windows of the training, where the windows are others than the run's own.
    parts : Parts or None
        Sessions, runs or tasks of the training, where the windows are others than the run's own and the run was split by such parts.
    own : bool or None
        True where the windows are those of the run.
    people : People
        Who is the same person.
    seconds : float or None
        Length of a window.
    signals, trained : Signals or None
        The windows themselves; and, where they are others than the run's own, those of the training.
    fitted : sequence of Fitted or None
        What was fitted, and on whom.
    weights : mapping of str to str, or None
        Digest of the weights of each network, by its folder, after they were held against what was written.
    recorded : Recorded or None
        Of doctor: the windows, as they lie there.
    labelled : Labelled or None
        Of doctor: their labels and sets.
    trial : Trial or None
        Of doctor: the network, and how it is trained.
    outcome : Outcome or None
        Of doctor: what a training that has ended left.
    refusal : EegcliError or None
        Of doctor: what keeps the training from beginning.
    """

    splits: Table | None = None
    windows: Table | None = None
    sets: Sequence[NDArray[np.int64]] | None = None
    seen: Seen | None = None
    parts: Parts | None = None
    own: bool | None = None
    people: People = AS_LABELLED
    seconds: float | None = None
    signals: Signals | None = None
    trained: Signals | None = None
    fitted: Sequence[Fitted] | None = None
    weights: Mapping[str, str] | None = None
    recorded: Recorded | None = None
    labelled: Labelled | None = None
    trial: Trial | None = None
    outcome: Outcome | None = None
    refusal: EegcliError | None = None


def run_checks(evidence: Evidence, *, topic: str) -> dict[str, Finding]:
    """Run the checks of a topic for which everything is at hand, in the order of the table.

    Parameters
    ----------
    evidence : Evidence
        Evidence that is at hand.
    topic : str
        Topic of the entries in `registry.CHECKS`.

    Returns
    -------
    dict of str to Finding
        By the name of the entry.

    Raises
    ------
    UsageError
        If an entry of any topic needs what is no field of `Evidence`: it would never run.
    """
    return {name: load(entry.path)(evidence) for name, entry in fitting_checks(evidence, topic).items()}


def fitting_checks(evidence: Evidence, topic: str) -> dict[str, CheckEntry]:
    """Checks of a topic for which everything is at hand, by name, in the order of the table; raises as `run_checks`."""
    for name, entry in CHECKS.items():
        for need in entry.needs:
            lookup(f"evidence (needed by the check {name})", need, (item.name for item in fields(Evidence)))
    at_hand = {name for name, value in vars(evidence).items() if value is not None}
    return {name: entry for name, entry in CHECKS.items() if entry.topic == topic and at_hand.issuperset(entry.needs)}


def say(findings: Iterable[Finding], *, caveat: str | None, reporter: Reporter) -> None:
    """Warn of what is suspect, with the command that mends it; where a caveat lets it through, also of what is broken."""
    for finding in findings:
        if finding.verdict == "suspect" or (caveat and finding.verdict == "broken"):
            reporter.warn(finding.message() + (f". {finding.hint}" if finding.hint else ""))


def refuse(findings: Iterable[Finding], *, caveat: str | None, excused: Collection[str] | None = None) -> None:
    """Raise an error for broken findings, unless the run was made to mix participants and says so.

    Parameters
    ----------
    findings : iterable of Finding
    caveat : str or None
        Caveat of the run, which lets findings through.
    excused : collection of str, optional
        Names of the findings that the caveat lets through; left out: all.

    Raises
    ------
    InputError
        Naming what was found.
    """
    for finding in findings:
        if caveat and (excused is None or finding.name in excused):
            continue
        if finding.verdict == "broken":
            raise InputError(finding.message(), hint=finding.hint)
