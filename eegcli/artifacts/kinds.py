"""Kinds of artifacts: what each is called, and with which settings it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegcli.settings import (
    EpochSettings,
    EvaluateSettings,
    ExplainSettings,
    FetchSettings,
    ImportSettings,
    PredictSettings,
    PreprocessSettings,
    TrainSettings,
)

WORDS = {
    "dataset": "a data set",
    "recordings": "a recordings artifact",
    "windows": "a windows artifact",
    "run": "a run",
    "evaluation": "an evaluation",
    "explanation": "an explanation",
    "predictions": "predictions",
}
_MADE_WITH: dict[str, type[Any]] = {
    "dataset": FetchSettings,
    "recordings": PreprocessSettings,
    "windows": EpochSettings,
    "run": TrainSettings,
    "evaluation": EvaluateSettings,
    "explanation": ExplainSettings,
    "predictions": PredictSettings,
}
IMPORTED = "arrays"  # the input that windows of `import` have, and those of `epoch` have not


def class_of(kind: str, stored: Mapping[str, Any], asked: type[Any] | None = None) -> type[Any]:
    """Class of the settings that an artifact was made with, where `asked` is that of a command: windows are cut, or imported."""
    inputs = stored.get("inputs")
    made_with = ImportSettings if kind == "windows" and isinstance(inputs, Mapping) and IMPORTED in inputs else _MADE_WITH[kind]
    return asked if asked is not None and issubclass(asked, made_with) else made_with
