"""Index of a laboratory: all runs below a folder on one page, with filters that work without a server."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eegcli.artifacts.contents import REPORT
from eegcli.errors import InputError, counted, listed
from eegcli.files.digest import digest_of
from eegcli.registry import METRICS
from eegcli.reporter import Reporter
from eegcli.reporting.content import Answer, Block, Grid, Section, Text
from eegcli.reporting.found import NOT_TRUSTED, TRUSTED, UNKNOWN, WITH_CARE, FoundRun, figure_of, found_run, runs_below
from eegcli.reporting.html import Page
from eegcli.reporting.place import place
from eegcli.reporting.wording import DASH, bounds_of

VERSION = 1  # raised when the same runs give another page
WORDS = ("run", "network", "target", "windows", "trust", "why not")
FILTERS = ("network", "target", "windows", "trust")
COUNTS = ("windows (n)", "subjects", "tested")
FIGURES = {"classification": ("balanced %", "its 95 % CI", "right %", "constant %"), "regression": ("r", "95 % CI of r", "MAE")}


def write(root: Path, output: Path, reporter: Reporter) -> Path:
    """Write the index of all runs below a folder.

    Parameters
    ----------
    root : Path
        Folder; links in it are not followed, and artifacts are not entered.
    output : Path
        Place of the page; links to the reports are relative to it.
    reporter : Reporter
        Told what was found, and where the page lies.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        If there is no run.
    UnavailableError
        If the page cannot be written.
    """
    runs = [found_run(path, root) for path in runs_below(root)]
    if not runs:
        raise InputError(f"{root}: no run lies below it", hint="Runs are what eegcli train writes.")
    reporter.info(f"{counted(len(runs), 'run')} found")
    return place(page_of(root, runs, output.parent), output, reporter)


def page_of(root: Path, runs: Sequence[FoundRun], beside: Path) -> Page:
    """Page of runs; `beside` is the folder in which it will lie."""
    grid = _grid(runs, beside)
    blocks: list[Block] = [
        Text(
            "A run is named by its folder, and leads to its report where there is one. Figures are those of the votes of its test set. To be trusted, a run "
            "has no failed leak check and no mark, every check was judged, and the interval of its balanced accuracy (or r) lies above what a constant answer "
            "reaches; balanced accuracy is right % with every class counting alike, constant % is what the most frequent class reaches."
        ),
        Text(
            "The best of many runs, chosen by the figures of this table, is chosen by the test set: its figure is too good. Test it on people whom no run has seen."
        ),
        grid,
    ]
    if broken := [f"{one.name} ({one.reasons[0]})" for one in runs if not one.arch]:
        blocks.append(Text(f"Not told in full: {', '.join(broken)}.", "suspect"))
    return Page(
        title=f"{counted(len(runs), 'run')} in {root.resolve().name}",
        subtitle="Index of runs",
        marks=(),
        answers=_answers(runs),
        sections=[Section("runs", "Runs", blocks)],
        digest=digest_of({"version": VERSION, "rows": [list(row) for row in grid.rows], "links": list(grid.links)}),
    )


def _answers(runs: Sequence[FoundRun]) -> tuple[Answer, ...]:
    counts = {trust: sum(one.trust == trust for one in runs) for trust in (TRUSTED, WITH_CARE, NOT_TRUSTED, UNKNOWN)}
    evaluated = len(runs) - counts[UNKNOWN]
    targets = sorted({one.target for one in runs if one.target})
    archs = sorted({one.arch for one in runs if one.arch})
    leaks = sorted({one.name for one in runs if one.trust == NOT_TRUSTED})
    return (
        Answer(
            "How many runs are there?",
            counted(len(runs), "run"),
            f"{counted(len(archs), 'network')} on {counted(len(targets), 'target')}; {evaluated} evaluated.",
        ),
        Answer(
            "Which can be trusted?",
            f"{counts[TRUSTED]} of {evaluated} evaluated",
            f"{counts[WITH_CARE]} with care, for the reasons in the table; {counts[NOT_TRUSTED]} not; of {counts[UNKNOWN]} nothing is known.",
            "ok" if counts[TRUSTED] == len(runs) else "suspect" if evaluated else "not-judged",
        ),
        Answer(
            "Did anything leak?",
            f"in {counted(len(leaks), 'run')}" if leaks else "no" if evaluated else "not checked",
            f"{listed(leaks, 6, count=True)}."
            if leaks
            else "No check of an evaluated run failed."
            if evaluated
            else "Checks are part of an evaluation.",
            "broken" if leaks else "ok" if evaluated else "not-judged",
        ),
    )


def _grid(runs: Sequence[FoundRun], beside: Path) -> Grid:
    kinds = [kind for kind in FIGURES if any(one.kind == kind and one.figures for one in runs)]
    columns = [*WORDS, *COUNTS, *(heading for kind in kinds for heading in FIGURES[kind]), "p", "explanation"]
    rows = tuple(_row(one, kinds) for one in runs)
    links = tuple(_link(one, beside) for one in runs)
    numbers = tuple(range(len(WORDS), len(columns) - 1))
    return Grid("All runs, a row each", tuple(columns), rows, numbers, sortable=True, filters=tuple(map(WORDS.index, FILTERS)), links=links)


def _row(one: FoundRun, kinds: Sequence[str]) -> tuple[str, ...]:
    vote = one.figures or {}
    words = [one.name, one.arch, one.target, one.windows, one.trust, "; ".join(one.reasons)]
    counts = [f"{int(n):,}" if n else "" for n in (one.n_windows, one.n_subjects, vote.get("n_subjects"))]
    figures = [text for kind in kinds for text in (_figures(vote, kind) if kind == one.kind and vote else [""] * len(FIGURES[kind]))]
    p = "" if one.p is None else f"{one.p:.2g}"
    return tuple(text or DASH for text in (*words, *counts, *figures, p, one.explained))


def _figures(vote: Mapping[str, Any], kind: str) -> list[str]:
    name = figure_of(kind)
    beside = ("accuracy", "majority_rate") if kind == "classification" else ("mae",)
    return [_text(vote, name), _interval(vote, kind), *(_text(vote, one) for one in beside)]


def _text(vote: Mapping[str, Any], name: str) -> str:
    return "" if vote.get(name) is None else METRICS[name].text(vote[name])


def _interval(vote: Mapping[str, Any], kind: str) -> str:
    entry = METRICS[figure_of(kind)]
    bounds = bounds_of(vote, entry.interval.key) if entry.interval else None
    return "" if bounds is None else f"{entry.text(bounds[0])} to {entry.text(bounds[1])}"


def _link(one: FoundRun, beside: Path) -> str:
    """Address of a run's report relative to the page, whatever its name holds; empty where there is none."""
    report = one.path / REPORT
    return quote(Path(os.path.relpath(report.resolve(), beside.resolve())).as_posix()) if report.is_file() else ""
