"""Page of several runs: what each is, its figures with intervals and subjects, paired differences on common test subjects, and curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eegcli.artifacts.run import Run, open_run
from eegcli.errors import InputError, UsageError, counted
from eegcli.files.digest import digest_of
from eegcli.registry import METRICS, headline_metric
from eegcli.reporter import Reporter
from eegcli.reporting.charts.chart import Bars, Mark, Plot, Series
from eegcli.reporting.content import Answer, Block, Drawn, Facts, Grid, Missing, Section, Text, Verdict
from eegcli.reporting.html import Page
from eegcli.reporting.material import digest_of_material
from eegcli.reporting.place import place
from eegcli.reporting.wording import DASH, bounds_of, figures_table, headline, marks_of, people, shown
from eegcli.stats.compared import SETS, Compared, Curve, compared, require_same_question
from eegcli.stats.difference import Difference, McNemar, Paired, differences, said

SIGNIFICANT = 0.05
VERSION = 1  # raised when the same runs give another page
OPTIMISTIC_SET = "test"  # whose curve is recorded only where the test set chose the epoch


def write(paths: Sequence[Path], output: Path, reporter: Reporter) -> Path:
    """Write the page that compares runs.

    Parameters
    ----------
    paths : sequence of Path
        Two runs or more, of one target; the first that is evaluated is the reference of the differences.
    output : Path
        Place of the page; one that is there is replaced.
    reporter : Reporter
        Receives warnings, and the place of the page.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError, ArtifactError
        If a run cannot be opened, or they learnt different targets.
    UsageError
        If there are fewer than two, or one is named twice.
    UnavailableError
        If the page cannot be written.
    """
    if len(paths) < 2:
        raise UsageError("a comparison takes two runs or more", hint="Name them one after the other.")
    if twice := [path for path in paths if [other.resolve() for other in paths].count(path.resolve()) > 1]:
        raise UsageError(f"{twice[0]} is named twice")
    return place(page_of(paths, reporter), output, reporter)


def page_of(paths: Sequence[Path], reporter: Reporter) -> Page:
    """Page of several runs."""
    runs = [open_run(path) for path in paths]
    require_same_question(runs)
    found = compared(runs, reporter)
    names = [one.run for one in found]
    apart: tuple[Difference, ...] = ()
    why_not = ""
    try:
        apart = differences(runs, names)
    except InputError as error:
        why_not = error.message
    sections = [_asked(runs, found), _figures(runs, found), _differences(runs[0], found, apart, why_not), _curves(runs[0], found)]
    control = [f"{one.run}: {run.metrics['control']}" for run, one in zip(runs, found, strict=True) if run.metrics.get("control")]
    marked = [f"{one.run}: {mark}" for one in found for mark in marks_of(one.marked, None)]
    return Page(
        title=f"{counted(len(runs), 'run')} on {runs[0].target}",
        subtitle=f"Comparison of {', '.join(names)}",
        marks=tuple(dict.fromkeys([*marked, *control])),
        answers=_answers(runs[0], found, apart, why_not),
        sections=sections,
        digest=digest_of({"version": VERSION, "names": names, "runs": [digest_of_material(path) for path in paths]}),
    )


def _answers(first: Run, runs: Sequence[Compared], apart: Sequence[Difference], why_not: str) -> tuple[Answer, ...]:
    evaluated = [one for one in runs if one.evaluation]
    good = [
        f"{one.run}: {headline(one.evaluation['vote'], first.kind)}, {people(one.evaluation['vote'])}"
        for one in evaluated
        if one.evaluation
    ]
    missing = [one.run for one in runs if not one.evaluation]
    detail = "; ".join(good) + (f". Not evaluated: {', '.join(missing)}" if missing else "")
    name = headline_metric(first.kind).replace("_", " ")
    answers = [
        Answer(
            f"How good is each ({name} of votes)?",
            f"{len(evaluated)} of {counted(len(runs), 'run')} evaluated",
            f"{detail or 'No figure of a test set'}.",
            "" if evaluated else "not-judged",
        )
    ]
    question = "Is one better than the other?"
    if not apart:
        why = why_not or "Fewer than two of the runs are evaluated."
        return (*answers, Answer(question, "not compared", why, "not-judged"))
    told = [one for one in apart if one.vote.p_holm < SIGNIFICANT]
    verdict: Verdict = "ok" if told else "suspect"
    words = [f"{one.run} from {one.reference}: {_difference(one.vote, first)}, p = {_p(one.vote.p_holm)}" for one in apart]
    counts = f"{len(told)} of {counted(len(apart), 'difference')} can be told from none"
    return (*answers, Answer(question, counts, f"Votes, p values adjusted for their number (Holm). {'; '.join(words)}.", verdict))


def _asked(runs: Sequence[Run], found: Sequence[Compared]) -> Section:
    columns = ("run", "network", "parameters", "epochs", "kept", "folds", "seeds", "training subjects")
    rows = []
    for run, one in zip(runs, found, strict=True):
        trained = sorted({int((network.get("sets") or {}).get("train", {}).get("n_subjects") or 0) for network in run.metrics["networks"]})
        cells = [one.run, one.network, f"{one.n_parameters:,}", DASH if one.epochs is None else f"{one.epochs}"]
        cells += [", ".join(map(str, one.kept_epoch)) if one.epochs else DASH, f"{one.n_folds}", f"{one.n_seeds}"]
        cells.append(" to ".join(f"{n:,}" for n in dict.fromkeys((trained[0], trained[-1]))))
        rows.append(tuple(cells))
    blocks: list[Block] = [
        Facts((("target", f"{runs[0].target} ({runs[0].kind}{': ' + ', '.join(runs[0].classes) if runs[0].classes else ''})"),)),
        Grid("What each run is", columns, tuple(rows), (2, 3, 4, 5, 6, 7), sortable=True),
    ]
    if options := tuple((one.run, shown(one.options)) for one in found if one.options):
        blocks.append(Grid("Options of the networks", ("run", "options"), options))
    if changed := _settings_apart(runs, [one.run for one in found]):
        blocks.append(changed)
    return Section("asked", "What was asked", blocks)


def _settings_apart(runs: Sequence[Run], names: Sequence[str]) -> Grid | None:
    """Settings in which the runs differ; None where they differ in none."""
    told = [run.settings.told() for run in runs]
    every = dict.fromkeys(name for one in told for name in one)
    differing = [name for name in every if len({repr(one.get(name)) for one in told}) > 1]
    rows = tuple((name.replace("_", " "), *(shown(one.get(name)) for one in told)) for name in differing)
    return Grid("Settings in which they differ", ("setting", *names), rows) if rows else None


def _figures(runs: Sequence[Run], found: Sequence[Compared]) -> Section:
    kind = runs[0].kind
    blocks: list[Block] = []
    levels = {f"{one.run}, {level}s": one.evaluation[level] for one in found if one.evaluation for level in ("vote", "window")}
    if levels:
        columns, rows = figures_table(levels, kind)
        blocks += [
            Text(
                "Figures of each run's own test set. Two runs with other test subjects are not compared by this table, but by the differences below."
            ),
            Drawn((_forest(found, runs[0]),)),
            Grid(
                "Figures of the test sets, with 95 % intervals over subjects", columns, rows, tuple(range(1, len(columns))), sortable=True
            ),
        ]
    for run, one in zip(runs, found, strict=True):
        if not one.evaluation:
            blocks.append(
                Missing(f"{one.run} has no evaluation: nothing is known of its test set.", f"eegcli evaluate {run.path.resolve().name}")
            )
    return Section("figures", "How good each is", blocks)


def _forest(found: Sequence[Compared], first: Run) -> Bars:
    name = headline_metric(first.kind)
    entry = METRICS[name]
    scale = 100.0 if entry.unit == "%" else 1.0
    votes = [(one.run, one.evaluation["vote"]) for one in found if one.evaluation]
    key = entry.interval.key if entry.interval else ""
    bounds = [bounds_of(vote, key) or (np.nan, np.nan) for _, vote in votes]
    constant = {round(float(vote["majority_rate"]), 6) for _, vote in votes if vote.get("majority_rate") is not None}
    values = np.array([float("nan") if vote.get(name) is None else float(vote[name]) for _, vote in votes])
    unit = " (%)" if entry.unit == "%" else f" (unit of {first.target})"
    words = [f"{run} {headline(vote, first.kind)}" for run, vote in votes]
    return Bars(
        name="runs",
        title=f"{name.replace('_', ' ')} of votes".capitalize(),
        how="A bar per run; the thin line is its 95 % interval over subjects. The dashed line is what a constant answer reaches, where all test sets share it.",
        caveat="Intervals of two runs that overlap can still belong to a difference that is told, where both were tested on the same people: see the paired differences.",
        alt="; ".join(words),
        label=f"{name.replace('_', ' ')}{unit}",
        rows=_short([run for run, _ in votes]),
        series={"votes": scale * values},
        low=scale * np.array([low for low, _ in bounds]),
        high=scale * np.array([high for _, high in bounds]),
        marks=(Mark(scale * constant.pop(), "constant answer", "x"),) if len(constant) == 1 else (),
    )


def _differences(first: Run, found: Sequence[Compared], apart: Sequence[Difference], why_not: str) -> Section:
    title = "Paired differences"
    if not apart:
        evaluated = sum(one.evaluation is not None for one in found)
        why = why_not or f"Differences take two evaluated runs, and {evaluated or 'none'} of these {'is' if evaluated == 1 else 'are'}."
        return Section("differences", title, [Missing(f"{why[:1].upper()}{why[1:].rstrip('.')}.")])
    is_class = first.kind == "classification"
    sense = (
        "above 0 the run is right more often than the one it is compared with"
        if is_class
        else "of absolute errors: below 0 the run is nearer to the truth"
    )
    columns = (
        "run",
        "of",
        f"difference ({'points' if is_class else f'unit of {first.target}'})",
        "95 % CI",
        "p",
        "p (Holm)",
        "subjects",
        "left out",
    )
    rows = tuple(_cells(one, level, first) for one in apart for level in ("vote", "window"))
    blocks: list[Block] = [
        Text(
            f"Each run from {apart[0].reference}, on the test subjects that both have: mean over subjects of their differences ({sense}), with the wider of "
            "Student's t and bootstrap-t as interval over subjects, and the p value of a sign-flip test; Holm's adjustment is for the number of runs."
        ),
        Drawn((_apart(apart, first),)),
        Grid(f"Differences from {apart[0].reference}, of the same test subjects", columns, rows, tuple(range(2, len(columns)))),
        *(Text(f"{said(one, is_class=is_class)}.") for one in apart),
    ]
    tests = [(one.run, one.mcnemar, one.p_mcnemar_holm) for one in apart if isinstance(one.mcnemar, McNemar)]
    if tests:
        headings = ("run", "right in it alone", f"right in {apart[0].reference} alone", "p", "p (Holm)")
        counts = tuple((run, f"{test.this_alone:,}", f"{test.that_alone:,}", _p(test.p), _p(holm)) for run, test, holm in tests)
        blocks.append(Grid("McNemar's exact test of the subjects' votes", headings, counts, (1, 2, 3, 4)))
    notes = [f"{one.run}: no McNemar test, as {one.mcnemar}" for one in apart if is_class and not isinstance(one.mcnemar, McNemar)]
    notes += [_over_folds(one, first) for one in apart]
    blocks += [Text(f"{note}.") for note in notes if note]
    return Section("differences", title, blocks)


def _cells(one: Difference, level: str, first: Run) -> tuple[str, ...]:
    paired = one.vote if level == "vote" else one.window
    figures = _scaled(paired.difference, first), _range(paired, first), _p(paired.p), _p(paired.p_holm)
    return (one.run, f"{level}s", *figures, f"{one.n_subjects:,}", f"{one.n_left_out:,}")


def _range(paired: Paired, first: Run) -> str:
    low, high = (_scaled(bound, first) for bound in paired.ci95)
    return DASH if DASH in (low, high) else f"{low} to {high}"


def _over_folds(one: Difference, first: Run) -> str:
    if isinstance(one.folds, str):
        return ""
    found = one.folds
    return f"{one.run}: over folds the windows differ by {_scaled(found.mean, first)} [{_scaled(found.low, first)} to {_scaled(found.high, first)}], p = {found.p:.2g} (t test with the corrected error of Nadeau and Bengio)"


def _short(names: Sequence[str]) -> tuple[str, ...]:
    """Names without what all begin with, up to a dash: the margin of a chart is narrow."""
    parts = [name.split("-") for name in names]
    same = [len(set(column)) == 1 for column in zip(*parts, strict=False)]
    n = [*same, False].index(False) if len(names) > 1 else 0
    common = "".join(f"{part}-" for part in parts[0][:n])
    return tuple(name.removeprefix(common) or name for name in names)


def _p(value: float) -> str:
    return DASH if not np.isfinite(value) else f"{value:.2g}"


def _scaled(value: float, first: Run) -> str:
    if not np.isfinite(value):
        return DASH
    return f"{100 * value:+.1f}" if first.kind == "classification" else f"{value:+.3g}"


def _difference(paired: Paired, first: Run) -> str:
    interval = _range(paired, first)
    points = " points" if first.kind == "classification" else ""
    return f"{_scaled(paired.difference, first)}{points} [{'no interval' if interval == DASH else interval}]"


def _apart(apart: Sequence[Difference], first: Run) -> Bars:
    scale = 100.0 if first.kind == "classification" else 1.0
    values = np.array([one.vote.difference for one in apart])
    low, high = (np.array([one.vote.ci95[end] for one in apart]) for end in (0, 1))
    what = "right votes (points)" if first.kind == "classification" else f"absolute error of votes (unit of {first.target})"
    return Bars(
        name="differences",
        title=f"Difference from {apart[0].reference}",
        how="A bar per run: mean difference over the test subjects that both have; the thin line is its 95 % interval. One that crosses 0 is not told from none.",
        caveat="Other networks of the same settings would differ a little: seeds are averaged, not a part of the interval.",
        alt="; ".join(f"{one.run} {_difference(one.vote, first)}" for one in apart),
        label=f"difference of {what}",
        rows=_short([one.run for one in apart]),
        series={"votes": scale * values},
        low=scale * low,
        high=scale * high,
        marks=(Mark(0.0, "none", "x"),),
    )


def _curves(first: Run, found: Sequence[Compared]) -> Section:
    title = "Learning curves"
    sets = [which for which in SETS if any(which in one.curves and one.epochs for one in found)]
    if not sets:
        return Section("curves", title, [Missing("None of the runs has epochs: closed forms are fitted at once.")])
    charts = tuple(_curve(which, found) for which in sets)
    without = [one.run for one in found if one.epochs is None]
    blocks: list[Block] = [Drawn(charts)]
    if without:
        blocks.append(Text(f"Closed forms have no epochs, and no curve: {', '.join(without)}."))
    return Section("curves", title, blocks)


def _curve(which: str, found: Sequence[Compared]) -> Plot:
    entry = METRICS[found[0].metric]
    scale, unit = (100.0, " (%)") if entry.unit == "%" else (1.0, "")
    metric = found[0].metric.replace("_", " ")
    drawn = [(index, one, one.curves[which]) for index, one in enumerate(found) if which in one.curves and one.epochs]
    majority = {round(one.majority, 6) for one in found if one.majority is not None}
    name = {"train": "training", "validation": "validation", "test": "test"}[which]
    optimistic = " The test set was looked at in every epoch: these figures are optimistic." if which == OPTIMISTIC_SET else ""
    return Plot(
        name=f"curves-{which}",
        title=f"{metric.capitalize()} of the {name} set per epoch",
        how="A line per run: mean over its networks; the band is one standard deviation over them.",
        caveat="A course that still rises may have been stopped too early; one far above the validation set is learnt by heart."
        + optimistic,
        alt="; ".join(f"{one.run}: {_ends(curve, scale)}" for _, one, curve in drawn),
        x_label="epoch",
        y_label=f"{metric}{unit}",
        series=tuple(_series(one, curve, scale, index) for index, one, curve in drawn),
        marks=(Mark(scale * majority.pop(), "constant answer"),) if which == "validation" and len(majority) == 1 else (),
    )


def _series(one: Compared, curve: Curve, scale: float, index: int) -> Series:
    mean = scale * curve.mean
    low, high = (None, None) if curve.sd is None else (mean - scale * curve.sd, mean + scale * curve.sd)
    return Series(one.run, np.arange(1.0, len(mean) + 1), mean, low, high, colour=index)


def _ends(curve: Curve, scale: float) -> str:
    return f"from {scale * curve.mean[0]:.3g} to {scale * curve.mean[-1]:.3g} in {counted(len(curve.mean), 'epoch')}"
