"""Evaluations of the tests: made, and their figures as they were written."""

from __future__ import annotations

import json
from pathlib import Path

from eegcli import evaluate
from eegcli.settings import EvaluateSettings
from tests.kit.reporters import CapturingReporter


def read(run: Path, name: str = "evaluation") -> dict:
    return json.loads((run / name / "metrics.json").read_text())


def evaluated(run: Path, **settings) -> tuple[dict, CapturingReporter]:
    reporter = CapturingReporter()
    evaluate.run(EvaluateSettings(run=run, threads=1, **settings), reporter=reporter)
    return read(run), reporter
