"""Outcome of a control, and the verdict over all that were run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Outcome = dict[str, Any]  # `passed`, `value`, and what else it measured; both null, and `why`, where it was not run


def outcome(passed: bool, value: float, **measured: Any) -> Outcome:
    """Outcome of a control that was run."""
    return {"passed": bool(passed), "value": float(value), **measured}


def not_run(why: str) -> Outcome:
    """Outcome of a control that was not run, and why."""
    return {"passed": None, "value": None, "why": why}


def verdict(outcomes: Mapping[str, Outcome]) -> str:
    """Count what was passed: ``passed 4 of 5``."""
    run = [one["passed"] for one in outcomes.values() if one["passed"] is not None]
    return f"passed {sum(run)} of {len(run)}" if run else "not tested"


def passed(outcomes: Mapping[str, Outcome]) -> bool | None:
    """True if every control that was run was passed; None where none was run."""
    run = [one["passed"] for one in outcomes.values() if one["passed"] is not None]
    return all(run) if run else None
