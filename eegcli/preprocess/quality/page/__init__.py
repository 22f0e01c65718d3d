"""quality.html: the figures of quality over a cohort, and the recordings that stand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts.folder import SETTINGS
from eegcli.artifacts.preview import read_preview
from eegcli.artifacts.table import Table, n_rows
from eegcli.errors import counted
from eegcli.files.atomic import read_json, write_text
from eegcli.lazy import submodules
from eegcli.pages.document import render
from eegcli.preprocess.quality import Ranking, channels_of, number, stand
from eegcli.preprocess.quality.page.figures import bars, histogram, spectra, traces
from eegcli.registry import bad_channel_columns

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

FILE = "quality.html"
TEMPLATE = "page.html.j2"
MAX_SHOWN = 6  # recordings with traces: each takes 150 to 250 kB
MAX_LISTED = 50  # rows of the table
MAX_NAMES = 5  # recordings named for a cause of failure
MAX_CHANNELS = 40  # bars
OUTSTANDING = 3.0  # robust standard deviations


@dataclass(frozen=True)
class Shown:
    """A recording that is shown: in what it is worst, and how it looks; no traces where it is too short for a preview."""

    name: str
    reason: str
    outstanding: bool
    bad: str
    before: str | None = None
    after: str | None = None
    spectra: str | None = None
    stretch: str | None = None


def write_page(output: Path, table: Table) -> None:
    """Write quality.html; its bytes depend on the artifact only.

    Parameters
    ----------
    output : Path
        The artifact's folder; its settings and signal files are there.
    table : Table
        What is, or will be, recordings.parquet.
    """
    page = render("eegcli.preprocess.quality.page", TEMPLATE, **contents(output, table))
    write_text(output / FILE, page)


def contents(output: Path, table: Table) -> dict[str, Any]:
    """Contents of the page, by the names of its template."""
    settings = read_json(output / SETTINGS)
    ranking = stand(table)
    kept = table["status"] == "ok"
    return {
        "dataset": settings["inputs"].get("dataset", ""),
        "steps": [_step(step) for step in settings["settings"].get("steps") or ()],
        "n_found": n_rows(table),
        "n_kept": int(kept.sum()),
        "hours": float(np.nansum(table["seconds"]) / 3600),
        "n_subjects": len(set(table["subject"][kept])),
        "failures": _failures(table),
        "figures": _distributions(table, ranking),
        "constant": _constant(ranking),
        "channels": _channels(table),
        "shown": [_shown(output, table, ranking, row) for row in ranking.order[:MAX_SHOWN]],
        "outstanding": OUTSTANDING,
        "n_outstanding": int((ranking.deviation >= OUTSTANDING).sum()),
        "columns": [figure.label for figure in ranking.figures],
        "worse": [figure.worse for figure in ranking.figures],
        "rows": _rows(table, ranking),
        "medians": [number(value) for value in ranking.medians],
        "max_listed": MAX_LISTED,
    }


def _step(step: Mapping[str, Any]) -> tuple[str, str]:
    options = {name: value for name, value in step.items() if name != "step" and value not in (None, [], ())}
    said = {name: ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else f"{value}" for name, value in options.items()}
    return str(step["step"]), "; ".join(f"{name} {value}" for name, value in said.items())


def _failures(table: Table) -> list[dict[str, Any]]:
    failed = np.flatnonzero(table["status"] != "ok")
    found = []
    for cause, count in Counter(str(table["cause"][row]) for row in failed).most_common():
        rows = [row for row in failed if str(table["cause"][row]) == cause]
        named = [{"name": table["recording"][row], "error": table["error"][row]} for row in rows[:MAX_NAMES]]
        found.append({"cause": cause, "count": count, "named": named, "others": count - len(named)})
    return found


def _distributions(table: Table, ranking: Ranking) -> list[dict[str, str]]:
    shown = ranking.order[:MAX_SHOWN]
    found = []
    for figure, values, median in zip(ranking.figures, ranking.values, ranking.medians, strict=True):
        finite = values[np.isfinite(values)]
        if np.ptp(finite) > 0:
            marked = [(values[row], str(table["recording"][row])) for row in shown if np.isfinite(values[row])]
            drawn = histogram(finite, float(median), marked, label=f"{figure.label}: distribution over {counted(len(finite), 'recording')}")
            found.append({"label": figure.label, "meaning": figure.meaning, "median": number(median), "drawn": drawn})
    return found


def _constant(ranking: Ranking) -> list[tuple[str, str]]:
    """Figures that are the same in every recording: a plot of them would say nothing."""
    pairs = zip(ranking.figures, ranking.values, strict=True)
    return [(figure.label, number(np.nanmedian(values))) for figure, values in pairs if np.ptp(values[np.isfinite(values)]) == 0]


def _channels(table: Table) -> dict[str, Any] | None:
    kept = table["status"] == "ok"
    counts = Counter(name for names in channels_of(table, *bad_channel_columns()) for name in names)
    if not counts:
        return None
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_CHANNELS]
    share = [100 * count / max(int(kept.sum()), 1) for _, count in ranked]
    drawn = bars([name for name, _ in ranked], share, [count for _, count in ranked], label="how often each channel was bad")
    return {"drawn": drawn, "n_shown": len(ranked), "n_channels": len(counts)}


def _rows(table: Table, ranking: Ranking) -> list[dict[str, Any]]:
    return [
        {
            "name": table["recording"][row],
            "deviation": f"{ranking.deviation[row]:.1f}",
            "cells": [number(value) for value in ranking.values[:, row]],
            "worst": int(ranking.worst_figure[row]) if ranking.deviation[row] > 0 else -1,
        }
        for row in ranking.order[:MAX_LISTED]
    ]


def _shown(output: Path, table: Table, ranking: Ranking, row: int) -> Shown:
    which, name = ranking.worst_figure[row], str(table["recording"][row])
    deviation = ranking.deviation[row]
    reason = "no figure of it is worse than the cohort's median"
    if deviation > 0:
        value, median = number(ranking.values[which, row]), number(ranking.medians[which])
        reason = f"{ranking.figures[which].label}: {value}, median of the cohort {median} ({deviation:.1f} standard deviations)"
    bad = ", ".join(sorted(channels_of(table, *bad_channel_columns())[row]))
    facts: dict[str, Any] = {"name": name, "reason": reason, "outstanding": bool(deviation >= OUTSTANDING), "bad": bad}
    found = read_preview(output / str(table["path"][row]))
    if found is None:
        return Shown(**facts)
    preview, after, sfreq = found
    before_drawn, after_drawn = traces(preview.trace_before, after, preview.ch_names, sfreq, onset=preview.onset, name=name)
    seconds = after.shape[1] / sfreq
    return Shown(
        **facts,
        before=before_drawn,
        after=after_drawn,
        spectra=spectra(preview.frequencies, preview.spectrum_before, preview.spectrum_after, name=name),
        stretch=f"{preview.onset:.0f} to {preview.onset + seconds:.0f} s; reference as recorded: {preview.reference}",
    )
