"""Section of the strata: the test set within groups of subjects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegcli.reporting.content import Block, Grid, Missing, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.wording import figures_table


def section(material: Material) -> Section:
    """Tabulate the strata that were asked for."""
    title, command = "Strata", f"eegcli evaluate {material.name} --force --by COLUMN"
    if material.evaluation is None:
        return Section("strata", title, [Missing("There is no evaluation.", f"eegcli evaluate {material.name}")])
    found = material.evaluation.metrics.get("strata")
    if not found:
        return Section("strata", title, [Missing("No column was named by which to look at groups of subjects.", command)])
    blocks: list[Block] = [Text("The same figures within groups of subjects: small groups have wide intervals, and some differ by chance.")]
    for column, strata in found.items():
        if not isinstance(strata, Mapping):
            continue
        levels: dict[str, Mapping[str, Any]] = {}
        for label, figures in strata.items():
            if isinstance(figures, Mapping):
                levels |= {f"{label}: {level}s": figures[level] for level in ("vote", "window") if isinstance(figures.get(level), Mapping)}
        if levels:
            columns, rows = figures_table(levels, material.run.kind)
            blocks.append(Grid(f"By {column}", columns, rows, tuple(range(1, len(columns)))))
    return Section("strata", title, blocks)
