"""Diagnosis: what doctor found, check by check, and the causes ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eegcli.checks.causes import Cause
from eegcli.checks.finding import NOTHING, Finding
from eegcli.doctor.remedy import Fixed
from eegcli.registry import CHECKS, CheckEntry

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
