"""Doctor: why a network does not learn, ranked, each with the command that mends it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eegcli.checks.case import Clock
from eegcli.checks.causes import Cause, ranked
from eegcli.checks.finding import NOTHING, Evidence, Finding, fitting_checks
from eegcli.doctor.page import write_page
from eegcli.doctor.patient import examine
from eegcli.doctor.remedy import Fixed, mend
from eegcli.errors import EegcliError
from eegcli.lazy import submodules
from eegcli.registry import CHECKS, CheckEntry, load
from eegcli.registry.checks import TOPICS
from eegcli.reporter import PYTHON, Reporter
from eegcli.settings import DoctorSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

OK, SUSPECT, BROKEN = "ok", "suspect", "broken"
WORDS = {
    OK: "Nothing is wrong that these checks look for.",
    SUSPECT: "Nothing is broken; something is suspect.",
    BROKEN: "Something is broken.",
    NOTHING: "Nothing is broken, and there is nothing to learn here.",
}


@dataclass(frozen=True)
class Checked:
    """A check that was run.

    Attributes
    ----------
    check : str
        Name of its entry in `registry.CHECKS`.
    finding : Finding
    seconds : float
        That it took.
    """

    check: str
    finding: Finding
    seconds: float

    @property
    def entry(self) -> CheckEntry:
        """Its entry."""
        return CHECKS[self.check]

    def data(self) -> dict[str, Any]:
        """For `--json`: name, verdict, figure, why, what mends it."""
        finding = self.finding
        verdict = finding.verdict or "not judged"
        facts = {"found": list(finding.found), "compared": dict(finding.compared), "seconds": round(self.seconds, 3)}
        return {
            "name": self.check,
            "topic": self.entry.topic,
            "verdict": verdict,
            "value": finding.value,
            "why": finding.why,
            "hint": finding.hint,
            **facts,
        }


@dataclass(frozen=True)
class Diagnosis:
    """Diagnosis of a training.

    Attributes
    ----------
    subject : str
        What was asked about.
    verdict : {"ok", "suspect", "broken", "nothing to learn"}
    checks : list of Checked
        In the order of the table.
    causes : list of Cause
        What is broken or suspect, the likeliest first.
    seconds : float
        That it took in all.
    fixed : Fixed or None
        Figures before and after the change that was tried.
    """

    subject: str
    verdict: str
    checks: list[Checked]
    causes: list[Cause]
    seconds: float
    fixed: Fixed | None = None

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        return WORDS[self.verdict]

    def data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "verdict": self.verdict,
            "fixed": None if self.fixed is None else self.fixed.data(),
            "checks": [one.data() for one in self.checks],
            "diagnosis": [one.data() for one in self.causes],
            "seconds": round(self.seconds, 2),
        }


def run(settings: DoctorSettings, *, reporter: Reporter = PYTHON) -> Diagnosis:
    """Look for what keeps a network from learning: in data, labels, split, network, training and result, in this order.

    Parameters
    ----------
    settings : DoctorSettings
        Windows and the options of a training; or a run, whose own they then are.
    reporter : Reporter, optional
        Is told which check is at work.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError, ArtifactError
        If there are no windows, or no run. What is wrong with them is a finding.
    """
    started = time.monotonic()
    clock = Clock.of(float("inf") if settings.thorough else settings.seconds)
    training, evidence = examine(settings, clock, reporter)
    checked: list[Checked] = []
    entries = {name: entry for topic in TOPICS for name, entry in fitting_checks(evidence, topic).items()}
    # Static checks first: the clock is for those that train something.
    for is_static in (True, False):
        for name, entry in entries.items():
            if (entry.seconds == 0) == is_static:
                checked.append(_run(name, entry, evidence, clock, reporter))
    order = list(CHECKS)
    checked.sort(key=lambda one: order.index(one.check))
    causes = ranked([(one.check, one.entry, one.finding) for one in checked])
    fixed = mend(training, causes, reporter) if settings.fix else None
    diagnosis = Diagnosis(str(settings.windows), _verdict(checked), checked, causes, time.monotonic() - started, fixed)
    write_page(settings.page, diagnosis)
    return diagnosis


def _run(name: str, entry: CheckEntry, evidence: Evidence, clock: Clock, reporter: Reporter) -> Checked:
    """Run a check; one that has no time left, or that fails itself, does not judge."""
    started = time.monotonic()
    if entry.seconds and clock.has_ended:
        return Checked(name, Finding(name, None, why="no time was left (--seconds, --thorough)"), 0.0)
    reporter.debug(f"check {name}")
    try:
        finding = load(entry.path)(evidence)
    except EegcliError as error:
        finding = Finding(name, None, why=error.message, hint=error.hint or "")
    return Checked(name, finding, time.monotonic() - started)


def _verdict(checked: list[Checked]) -> str:
    """The worst of what was found; that nothing is to be learnt only where nothing is broken."""
    verdicts = {one.finding.verdict for one in checked}
    for verdict in (BROKEN, NOTHING, SUSPECT):
        if verdict in verdicts:
            return str(verdict)
    return OK
