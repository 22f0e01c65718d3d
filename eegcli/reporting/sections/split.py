"""Section of the split: who learnt, who chose the epoch, and who was tested."""

from __future__ import annotations

import numpy as np

from eegcli.errors import counted
from eegcli.registry import SPLITS
from eegcli.reporting.charts.chart import Bars
from eegcli.reporting.content import Block, Drawn, Facts, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.wording import shown
from eegcli.study.sets import SETS

MAX_FOLDS = 12  # that are drawn one by one


def section(material: Material) -> Section:
    """Show the sets by class, and the rule that made them."""
    run = material.run
    splits, settings = run.splits, run.settings
    sets, folds = splits["split"].astype(str), np.asarray(splits["fold"])
    unit = settings.split_unit
    rows, counts = [], {}
    labels = list(run.classes) or [run.target]
    for fold in np.unique(folds).tolist()[:MAX_FOLDS]:
        for name in SETS:
            here = (folds == fold) & (sets == name)
            if not here.any():
                continue
            row = name if run.metrics["n_folds"] == 1 else f"fold {fold} {name}"
            rows.append(row)
            truth = splits["truth"]
            counts[row] = [int((truth[here] == label).sum()) for label in run.classes] if run.classes else [int(here.sum())]
            if run.classes and (other := int(here.sum()) - sum(counts[row])):
                counts[row].append(other)
                labels = [*run.classes, "several"]
    series = {
        label: np.array([float((counts[row] + [0])[place]) if place < len(counts[row]) else 0.0 for row in rows])
        for place, label in enumerate(labels)
    }
    chart = Bars(
        name="split",
        title=f"Sets: {unit}s by class" if run.classes else f"Sets: {unit}s",
        how=f"Each bar is a set, as long as it has {unit}s; its parts are the classes.",
        caveat="Windows are split with whoever they are of; how many each has may differ."
        if unit == "subject"
        else f"Split by {unit}: {run.caveat}.",
        alt="Sizes of the sets: " + "; ".join(f"{row} {sum(counts[row])}" for row in rows),
        label=f"{unit}s",
        rows=tuple(rows),
        series=series,
        stacked=True,
    )
    named = settings.split if isinstance(settings.split, str) else None
    facts = [
        ("rule", f"{shown(settings.split)}" + (f": {SPLITS[named].summary}" if named in SPLITS else "")),
        ("unit", f"{unit}: all its windows are on one side"),
        ("folds, seeds", f"{run.metrics['n_folds']}, {run.metrics['n_seeds']}"),
        ("order", f"{settings.split_order}, seed {settings.seed}"),
    ]
    if settings.cv:
        facts.insert(0, ("cross-validation", counted(int(settings.cv), "fold") if str(settings.cv).isdigit() else shown(settings.cv)))
    blocks: list[Block] = [Facts(tuple(facts)), Drawn((chart,))]
    if len(np.unique(folds)) > MAX_FOLDS:
        blocks.append(
            Text(f"The first {MAX_FOLDS} of {counted(len(np.unique(folds)), 'fold is', 'folds are')} drawn; all stand in splits.parquet.")
        )
    return Section("split", "Split", blocks)
