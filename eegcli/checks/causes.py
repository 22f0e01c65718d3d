"""Causes: what was found, ranked by how likely it is what keeps the network from learning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eegcli.checks.finding import NOTHING, Finding
from eegcli.registry import CheckEntry
from eegcli.registry.checks import TOPICS

SUSPECTED = 0.3  # of the weight of what is broken
BEHIND_A_CAUSE = 0.2  # of its weight is left to a symptom where a cause is broken


@dataclass(frozen=True)
class Cause:
    """A cause.

    Attributes
    ----------
    check : str
        Name of the check that found it.
    verdict : str
    weight : float
        Share in all that was found; together they are 1.
    message, why, hint : str
    change : mapping
        Settings of `train` that mend it.
    """

    check: str
    verdict: str
    weight: float
    message: str
    why: str
    hint: str
    change: Mapping[str, Any]

    def data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "name": self.check,
            "verdict": self.verdict,
            "weight": round(self.weight, 3),
            "message": self.message,
            "why": self.why,
            "hint": self.hint,
        }


def ranked(found: Iterable[tuple[str, CheckEntry, Finding]]) -> list[Cause]:
    """Rank what is broken or suspect.

    Parameters
    ----------
    found : iterable of (name, CheckEntry, Finding)

    Returns
    -------
    list of Cause
        The likeliest first. A symptom (a loss that does not fall, a figure at chance) stands behind a cause that is broken, for it follows from it;
        of equal weights the one of the earlier topic stands first, since a fault of the data shows in all that is made of them.
    """
    items = [(name, entry, finding) for name, entry, finding in found if finding.verdict in ("broken", "suspect", NOTHING)]
    has_cause = any(finding.verdict == "broken" and not entry.symptom for _, entry, finding in items)
    raw = []
    for _, entry, finding in items:
        weight = finding.weight * (1.0 if finding.verdict == "broken" else SUSPECTED)
        raw.append(weight * (BEHIND_A_CAUSE if entry.symptom and has_cause else 1.0))
    total = sum(raw) or 1.0
    order = sorted(range(len(items)), key=lambda number: (-raw[number], TOPICS.index(items[number][1].topic), number))
    return [
        Cause(name, str(finding.verdict), raw[number] / total, finding.message(), finding.why, finding.hint, finding.change)
        for number in order
        for name, _, finding in [items[number]]
    ]
