"""`eegcli compare`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session
    from eegcli.compare import Comparison
    from eegcli.stats.compared import Compared, Spread


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
    if waiting := [one for one in comparison.runs if one.evaluation is None]:
        named = ", ".join(one.run for one in waiting)
        notes_below.append(f"{named}: not evaluated, so that no test set and no difference is shown: eegcli evaluate {waiting[0].path}")
    first = "\n".join([*table_lines(columns, rows), *notes_below])
    return [first, *_evaluated(comparison), *_over_seeds(comparison), *_differences(comparison)]


def _evaluated(comparison: Comparison) -> list[str]:
    from eegcli.artifacts.run import OPTIMISTIC
    from eegcli.cli.terminal import table_lines
    from eegcli.evaluate.wording import interval_cell, limits, methods, shown_entries

    evaluated = [one.evaluation for one in comparison.runs if one.evaluation is not None]
    levels = [one[level] for one in evaluated for level in ("window", "vote")]
    shown = shown_entries(levels, comparison.kind)
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
    notes = [*([f"* {OPTIMISTIC}"] * starred), *limits(named, shown), *methods(named, shown)]
    return ["\n".join([*table_lines([*columns, "n", "subjects"], rows), *notes])]


def _over_seeds(comparison: Comparison) -> list[str]:
    """The published form: test set, mean and interval over seeds of each run, the best in bold (Markdown)."""
    from eegcli.cli.terminal import table_lines
    from eegcli.registry import METRICS, headline_metric
    from eegcli.stats.seeds import over_seeds

    name = headline_metric(comparison.kind)
    entry = METRICS[name]
    runs = [one for one in comparison.runs if one.evaluation is not None and one.evaluation["window"].get("n_repeats", 1) > 1]
    if not runs:
        return []
    best = max if entry.better == "higher" else min
    rows = [[one.run, one.network] for one in runs]
    for level in ("window", "vote"):
        figures = [one.evaluation[level] for one in runs if one.evaluation is not None]
        first = best(figure[name] for figure in figures)
        for row, figure in zip(rows, figures, strict=True):
            low, high = over_seeds(figure[name], figure["sd"][name], figure["n_repeats"])
            mean = entry.text(figure[name])
            row.append(f"{f'**{mean}**' if figure[name] == first else mean} ({entry.text(low)}-{entry.text(high)})")
    for row, one in zip(rows, runs, strict=True):
        assert one.evaluation is not None
        row += [str(one.evaluation["window"]["n_repeats"]), str(one.evaluation["window"]["n_subjects"])]
    columns = ["test set, over seeds", "network", f"windows {entry.heading}", f"votes {entry.heading}", "seeds", "subjects"]
    below = "over seeds: mean ± 1.96 SD / √n of networks that differ by their seed alone; it says nothing about other subjects (see the intervals above)"
    return ["\n".join([*table_lines(columns, rows), below])]


def _differences(comparison: Comparison) -> list[str]:
    """Paired differences from the first evaluated run, and what this cohort can see."""
    from math import isfinite

    from eegcli.cli.terminal import table_lines
    from eegcli.stats.difference import McNemar, said
    from eegcli.stats.resampled import Resampled

    if not comparison.differences:
        return []
    is_class = comparison.kind == "classification"
    scale, unit = (100.0, "points") if is_class else (1.0, "mean absolute error")
    rows, notes = [], []
    for one in comparison.differences:
        row = [f"{one.run} - {one.reference}"]
        for level in (one.window, one.vote):
            row += [f"{scale * level.difference:+.1f}", _between(level.ci95, scale), _p(level.p, level.p_holm)]
        if isinstance(one.mcnemar, McNemar):
            row += [f"{one.mcnemar.this_alone} / {one.mcnemar.that_alone}", _p(one.mcnemar.p, one.p_mcnemar_holm)]
        else:
            row += ["-", "-"]
            notes.append(f"{one.run}: no McNemar test: {one.mcnemar}")
        if isinstance(one.folds, Resampled):
            row.append(f"{scale * one.folds.mean:+.1f} {_between((one.folds.low, one.folds.high), scale)} p = {one.folds.p:.2g}")
        else:
            row.append("-")
        rows.append([*row, str(one.n_subjects)])
        notes.append(said(one, is_class=is_class))
        notes += [
            f"{one.run}: no interval of the difference of {name}: too few subjects, or too few of them differ"
            for name, level in (("windows", one.window), ("votes", one.vote))
            if level.difference and not all(map(isfinite, level.ci95))
        ]
        if one.n_left_out:
            notes.append(f"{one.run}: {one.n_left_out} test subjects of one run alone are left out")
    columns = [
        "test set, paired",
        f"windows {unit}",
        "95 % CI",
        "p (Holm)",
        f"votes {unit}",
        "95 % CI",
        "p (Holm)",
        "right alone",
        "McNemar p (Holm)",
    ]
    columns += ["over folds", "subjects"]
    notes += [
        "CI: the wider of Student's t and bootstrap-t over subjects, each of the same weight; p: sign-flip test; Holm: adjusted for the number of runs",
        "over folds: with Nadeau and Bengio's correction for training sets that overlap; networks of cross-validation share subjects, and the other p values take them as given",
    ]
    return ["\n".join([*table_lines(columns, rows), *notes])]


def _between(bounds: tuple[float, float], scale: float) -> str:
    from math import isfinite

    return f"[{scale * bounds[0]:+.1f}, {scale * bounds[1]:+.1f}]" if all(map(isfinite, bounds)) else "-"


def _p(p: float, adjusted: float) -> str:
    return f"{p:.2g} ({adjusted:.2g})"


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
