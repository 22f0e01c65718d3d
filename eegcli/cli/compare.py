"""`eegcli compare`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session
    from eegcli.compare import Comparison
    from eegcli.compare.compared import Compared, Spread


def compare(call: Session, given: dict[str, Any]) -> None:
    """Print what each run is and reached, and where the figure lies."""
    from eegcli import compare as stage

    settings = call.settings(**given | call.inputs(given))
    comparison = stage.run(settings, reporter=call.reporter)
    call.reporter.info(f"Figure: {comparison.figure}")
    call.print_data("\n\n".join(tables(comparison)), comparison.data())


def tables(comparison: Comparison) -> list[str]:
    """Tables for the terminal: the runs; and, where one is evaluated, the figures of the test sets."""
    from eegcli.artifacts.run import OPTIMISTIC
    from eegcli.cli.terminal import table_lines
    from eegcli.registry import METRICS, choosing_metric

    entry, choosing = METRICS[comparison.metric], choosing_metric(comparison.kind)
    unit = " %" if entry.unit == "%" else ""
    metric = comparison.metric.replace("_", " ") + unit
    optimistic = any(one.highest_test is not None for one in comparison.runs)
    marks = dict.fromkeys(mark for one in comparison.runs for mark in (one.marked or "").split("; ") if mark and mark != OPTIMISTIC)
    numbers = {mark: number for number, mark in enumerate(marks, start=1)}
    # What no run has is left out; what one does not have is a dash.
    has = {
        "activation": any(one.activation for one in comparison.runs),
        **dict.fromkeys(("epochs", "kept"), any(one.epochs is not None for one in comparison.runs)),
    }
    columns = [
        "run",
        "network",
        *(name for name, there in has.items() if there),
        "parameters",
        f"training {metric}",
        f"validation {metric}",
    ]
    beside = [choosing] if choosing != comparison.metric else []  # an accuracy does not stand alone
    columns += [*(f"validation {name.replace('_', ' ')}{unit}" for name in beside), f"constant answer{unit}"]
    rows = []
    for one in comparison.runs:
        notes = "".join(f" [{number}]" for mark, number in numbers.items() if one.marked and mark in one.marked.split("; "))
        cells = {"activation": one.activation or "-", "epochs": "-" if one.epochs is None else str(one.epochs), "kept": _kept(one)}
        row = [one.run + notes, one.network, *(cells[name] for name, there in has.items() if there), f"{one.n_parameters:,}"]
        row += [_spread(one.training.get(comparison.metric), comparison), _spread(one.validation.get(comparison.metric), comparison)]
        row += [_spread(one.validation.get(name), comparison) for name in beside]
        row.append("-" if one.majority is None else entry.text(one.majority))
        rows.append([*row, _spread(one.highest_test, comparison)] if optimistic else row)
    if optimistic:
        columns.append(f"highest test {metric} *")
    notes_below = [f"* {OPTIMISTIC}"] * optimistic + [f"[{number}] {mark}" for mark, number in numbers.items()]
    if any(one.n_folds * one.n_seeds > 1 for one in comparison.runs):
        notes_below.append("± standard deviation over the networks of a run (folds and seeds)")
    if has["epochs"] and (closed := [one.run for one in comparison.runs if one.epochs is None]):
        notes_below.append(f"{', '.join(closed)}: a closed form is computed at once and has no epochs")
    first = "\n".join([*table_lines(columns, rows), *notes_below])
    return [first, *_evaluated(comparison)]


def _evaluated(comparison: Comparison) -> list[str]:
    from eegcli.artifacts.run import OPTIMISTIC
    from eegcli.cli.terminal import table_lines
    from eegcli.evaluate.wording import aligned, interval_cell, made_by

    evaluated = [one.evaluation for one in comparison.runs if one.evaluation is not None]
    levels = [one[level] for one in evaluated for level in ("window", "vote")]
    shown = {name: entry for name, entry in aligned(levels, comparison.kind).items() if entry.heading}
    columns = ["test set", "of"]
    for entry in shown.values():
        columns += [entry.heading, *([entry.interval.heading] if entry.interval and entry.interval.heading else [])]
    rows, starred, named = [], False, {}
    for one in comparison.runs:
        if one.evaluation is None:
            continue
        is_optimistic = OPTIMISTIC in (one.marked or "")
        starred |= is_optimistic
        for level, words in (("window", "windows"), ("vote", f"votes of {one.evaluation['unit']}s")):
            figures: Mapping[str, Any] = one.evaluation[level]
            named[f"{words} of {one.run}"] = figures
            row = [one.run + " *" * is_optimistic, words]
            for name, entry in shown.items():
                row.append(entry.text(figures.get(name)))
                if entry.interval and entry.interval.heading:
                    row.append(interval_cell(figures, entry.interval, entry))
            rows.append([*row, f"{figures['n']:,}", f"{figures['n_subjects']:,}" if figures["n_subjects"] else "unknown"])
    if not rows:
        return []
    return ["\n".join([*table_lines([*columns, "n", "subjects"], rows), *([f"* {OPTIMISTIC}"] * starred), *made_by(named, shown)])]


def _kept(one: Compared) -> str:
    """Epochs that the networks of a run keep: ``7``, ``3-9``; a dash for a closed form."""
    kept = sorted(set(one.kept_epoch))
    if one.epochs is None:
        return "-"
    return f"{kept[0]}" if len(kept) == 1 else f"{kept[0]}-{kept[-1]}"


def _spread(spread: Spread | None, comparison: Comparison) -> str:
    """Format a mean with its standard deviation: ``87.3 ± 1.2``."""
    from eegcli.registry import METRICS

    if spread is None:
        return "-"
    mean, sd = (METRICS[comparison.metric].text(value) for value in (spread.mean, spread.sd))
    return mean if spread.sd is None else f"{mean} ± {sd}"
