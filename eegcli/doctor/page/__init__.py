"""Page of a diagnosis: one self-contained file."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from eegcli.checks.finding import number
from eegcli.doctor.diagnosis import Diagnosis
from eegcli.files.atomic import write_text
from eegcli.pages.document import render
from eegcli.registry.checks import TOPICS

TEMPLATE = "page.html.j2"
HEADINGS = {
    "data": "Windows",
    "labels": "Labels",
    "split": "Split",
    "leaks": "Leaks",
    "network": "Network",
    "training": "Training",
    "result": "Result",
}


def write_page(path: Path, diagnosis: Diagnosis) -> None:
    """Write the page of a diagnosis; another one of that name is replaced.

    Parameters
    ----------
    path : Path
    diagnosis : Diagnosis
    """
    write_text(path, render("eegcli.doctor.page", TEMPLATE, **contents(diagnosis)))


def contents(diagnosis: Diagnosis) -> dict[str, Any]:
    """Contents of the page, by the names of its template."""
    checks = sorted(diagnosis.checks, key=lambda one: TOPICS.index(one.entry.topic))
    return {
        "diagnosis": diagnosis,
        "words": diagnosis.words,
        "topics": [
            (HEADINGS[topic], [(one, "-" if one.finding.value is None else number(one.finding.value)) for one in found])
            for topic, found in groupby(checks, key=lambda one: one.entry.topic)
        ],
        "n": {
            word: sum((one.finding.verdict or "not judged") == word for one in checks) for word in ("broken", "suspect", "ok", "not judged")
        },
    }
