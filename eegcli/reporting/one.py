"""Page of one run: the answers first, then everything in the order of processing."""

from __future__ import annotations

from pathlib import Path

from eegcli.reporting.answers import answers_of
from eegcli.reporting.content import Section
from eegcli.reporting.html import Page
from eegcli.reporting.material import Material
from eegcli.reporting.sections import (
    asked,
    calibration,
    confounds,
    curves,
    explanations,
    left_out,
    made,
    quality,
    results,
    split,
    strata,
    votes,
)
from eegcli.reporting.wording import marks_of

SECTIONS = (asked, left_out, quality, split, curves, results, votes, calibration, confounds, strata, explanations, made)


def sections_of(material: Material) -> tuple[Section, ...]:
    """Sections of the page, in the order of processing."""
    return tuple(module.section(material) for module in SECTIONS)


def page_of(material: Material) -> Page:
    """Page of a run."""
    run = material.run
    metrics = {} if material.evaluation is None else material.evaluation.metrics
    otherwise = [f"cleaned otherwise than the training windows: {one}" for one in metrics.get("cleaned_otherwise") or ()]
    control = run.metrics.get("control")
    return Page(
        title=f"{run.metrics['arch']} on {run.target}",
        subtitle=f"Report of the run {material.name}",
        marks=tuple(marks_of(run.caveat, control, *otherwise)),
        answers=answers_of(material),
        sections=sections_of(material),
        digest=material.digest,
    )


def name_of(path: Path) -> str:
    """Name of a run's folder, however its path is spelled."""
    return path.resolve().name
