"""Section of who was left out and why: from the data set to the votes."""

from __future__ import annotations

from collections import Counter

import numpy as np

from eegcli.artifacts.table import n_rows, read_table
from eegcli.errors import EegcliError, counted
from eegcli.reporting.charts.chart import Flow, Stage
from eegcli.reporting.content import Block, Drawn, Missing, Section, Text
from eegcli.reporting.material import Material

LEFT_OUT = "left-out.parquet"  # of windows


def section(material: Material) -> Section:
    """Draw the flow of recordings, windows, sets and votes, with what was lost on the way."""
    stages = [*_recordings(material), *_windows(material), *_sets(material), *_votes(material)]
    lost = sum(n for stage in stages for _, n in stage.lost)
    chart = Flow(
        name="flow",
        title="From the data set to the votes",
        how="From top to bottom: what was left after each stage; beside an arrow what did not come further, and why.",
        caveat="Counts are of recordings, windows and subjects in turn: a lost window is no lost subject.",
        alt="Flow of the cohort: " + "; ".join(f"{stage.name}: {', '.join(stage.counts)}" for stage in stages),
        stages=tuple(stages),
    )
    blocks: list[Block] = [Text("Nobody was left out." if not lost else f"{lost:,.0f} items were left out on the way."), Drawn((chart,))]
    if not material.recordings:
        why = material.why_not.get("recordings", "not here any more")
        blocks.append(Missing(f"The recordings are not counted: {why}.", "eegcli preprocess DATASET" if why == "not made" else ""))
    if material.windows is None:
        blocks.append(Missing(f"Windows that were left out are not counted: {material.why_not.get('windows', 'not here any more')}."))
    return Section("left-out", "Who was left out, and why", blocks)


def _recordings(material: Material) -> list[Stage]:
    stages = []
    for recordings in material.recordings:
        table = recordings.table
        ok = table["status"] == "ok"
        causes = Counter(str(cause) for cause in table["cause"][~ok])
        n, n_kept = n_rows(table), int(ok.sum())
        found = (counted(n, "recording"), counted(len(set(table["subject"].tolist())), "subject"))
        stages.append(Stage(f"Data set: {recordings.dataset}"[:60], found, n=float(n)))
        kept = (counted(n_kept, "recording"), counted(len(set(table["subject"][ok].tolist())), "subject"))
        lost = tuple((cause, float(count)) for cause, count in causes.most_common())
        stages.append(Stage("Cleaned", kept, lost, "recordings", float(n_kept)))
    return stages


def _windows(material: Material) -> list[Stage]:
    if material.windows is None:
        return []
    table, path = material.windows.table, material.windows.path / LEFT_OUT
    lost: Counter[str] = Counter()
    if path.exists():
        try:
            out = read_table(path)
        except EegcliError:
            out = None
        if out is not None and "reason" in out:
            counts = out.get("n_windows", np.ones(n_rows(out)))
            for reason, count in zip(out["reason"].tolist(), np.nan_to_num(np.asarray(counts, np.float64)), strict=True):
                lost[str(reason)] += int(max(count, 1))
    n = n_rows(table)
    kept = (counted(n, "window"), counted(len(set(zip(table["dataset"].tolist(), table["subject"].tolist(), strict=True))), "subject"))
    return [Stage("Windows", kept, tuple((reason, float(count)) for reason, count in lost.most_common()), "windows", float(n))]


def _sets(material: Material) -> list[Stage]:
    metrics, run = material.run.metrics, material.run
    n, n_subjects = int(metrics["n_windows"]), int(metrics["n_subjects"])
    dropped = metrics.get("dropped") or {}
    words = {"missing": "no label", "other_values": "a label that is none of the classes"}
    lost = [(words.get(reason, reason), float(count)) for reason, count in dropped.items() if isinstance(count, int) and count]
    counts = [counted(n, "window"), counted(n_subjects, "subject") if n_subjects else "subjects unknown"]
    if len(run.networks) == 1:
        of_sets = run.metrics["networks"][0].get("sets") or {}
        counts += [
            f"{name}: {counted(one['n_windows'], 'window')}, {counted(one['n_units'], run.settings.split_unit)}"
            for name, one in of_sets.items()
        ]
    else:
        counts.append(f"{counted(int(metrics['n_folds']), 'fold')}, {counted(int(metrics['n_seeds']), 'seed')}")
    split = run.splits["split"].astype(str)
    if unused := int((split == "unused").sum()):
        lost.append(("no place in the split", float(unused)))
    return [Stage("Labelled, and split", tuple(counts), tuple(lost), "windows", float(n))]


def _votes(material: Material) -> list[Stage]:
    if material.evaluation is None:
        return []
    metrics = material.evaluation.metrics
    test = metrics["splits"]["test"]
    windows, votes = (int(test[level]["n"]) for level in ("window", "vote"))
    counts = (f"{counted(windows, 'window')} of the test set", f"{counted(votes, 'vote')} of {metrics['unit']}s")
    return [Stage("Votes", counts, n=float(votes))]
