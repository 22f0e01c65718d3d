"""Beginning of a training: what `train` would refuse."""

from __future__ import annotations

from eegcli.checks.finding import Evidence, Finding

NAME = "the training can begin"


def can_begin(evidence: Evidence) -> Finding:
    """Hand on what keeps the training from beginning, as `train` would say it."""
    assert evidence.refusal is not None
    return Finding(NAME, "broken", None, (), evidence.refusal.message, evidence.refusal.hint or "", weight=0.9)
