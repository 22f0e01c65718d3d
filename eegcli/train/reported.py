"""Reported figures where the test set chose the epoch: the optimistic ones, and beside them the honest ones."""

from __future__ import annotations

from typing import Any

from eegcli.artifacts.run import OPTIMISTIC
from eegcli.engine.keeper import chosen_on_validation
from eegcli.engine.objective import PLACE, Fitted, Objective
from eegcli.registry import METRICS, training_metric
from eegcli.reporter import Reporter


def reported(fitted: Fitted, objective: Objective) -> dict[str, Any]:
    """Figures of the test set at the epoch that it chose, and at the one that the validation set chose.

    Returns
    -------
    dict
        ``optimistic`` and ``honest``, each with ``epoch`` and the ``test_NAME`` of the history; ``honest`` is None without a validation
        set. Empty where the test set was not looked at.
    """
    if objective.test_score not in fitted.history[0]:
        return {}
    honest = chosen_on_validation(fitted.history, objective)
    return {"optimistic": _at(fitted, fitted.kept_row), "honest": None if honest is None else _at(fitted, honest)}


def tell(figures: dict[str, Any], objective: Objective, reporter: Reporter, label: str) -> None:
    """Say both figures side by side."""
    if not figures:
        return
    optimistic, honest = figures["optimistic"], figures["honest"]
    beside = "no validation set could choose one" if honest is None else f"chosen on the validation set: {_shown(honest, objective)}"
    reporter.info(f"{label}{OPTIMISTIC}: {_shown(optimistic, objective)}; {beside}")


def _at(fitted: Fitted, row: int) -> dict[str, float]:
    return {name: value for name, value in fitted.history[row - 1].items() if name in PLACE or name.startswith("test_")}


def _shown(figures: dict[str, float], objective: Objective) -> str:
    entry, value = METRICS[training_metric(objective.head.kind)], figures[objective.test_score]
    text = f"{entry.text(value)} %" if entry.unit == "%" else entry.text(value)
    return f"epoch {figures['epoch']}, test {training_metric(objective.head.kind).replace('_', ' ')} {text}"
