"""Schema of all artifacts: names, types, shapes and units of what lies in them. `docs/artifacts.md` is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eegcli.artifacts.schema.entry import SCHEMA_VERSION, Entry, File
from eegcli.artifacts.schema.evaluation import EVALUATION
from eegcli.artifacts.schema.predictions import PREDICTIONS
from eegcli.artifacts.schema.recordings import DATASET, RECORDINGS, WINDOWS
from eegcli.artifacts.schema.runs import RUN, explanation_files
from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

__all__ = ["ARTIFACTS", "RECORDINGS", "SCHEMA_VERSION", "Entry", "File", "explanation_files"]

ARTIFACTS: dict[str, tuple[File, ...]] = {
    "dataset": DATASET,
    "recordings": RECORDINGS,
    "windows": WINDOWS,
    "run": RUN,
    "evaluation": EVALUATION,
    "explanation": explanation_files(),
    "predictions": PREDICTIONS,
}
