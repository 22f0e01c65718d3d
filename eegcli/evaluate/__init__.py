"""Evaluate a run: windows beside votes, with intervals over subjects, and proof that nothing leaked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.artifacts import folder
from eegcli.artifacts.alike import version_there
from eegcli.artifacts.evaluation import METRICS, NAME, PREDICTIONS, VOTES, read_figures
from eegcli.artifacts.fitted_windows import ChannelFit, fit_of
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run, caveat_of, open_run
from eegcli.artifacts.sizes import runs_of_sizes
from eegcli.artifacts.table import write_table
from eegcli.artifacts.windows_of_run import differences_in_cleaning, windows_of_run
from eegcli.checks.finding import refuse, say
from eegcli.checks.leaks import excused
from eegcli.compute.threads import default_threads
from eegcli.engine.fitted import fitted, words_of
from eegcli.errors import UsageError, counted
from eegcli.evaluate.cohort import Cohort, gather_cohort, require_own_labels
from eegcli.evaluate.probe import require_probes
from eegcli.evaluate.wording import tell
from eegcli.files import atomic
from eegcli.files.block import releasing
from eegcli.files.digest import digest_of
from eegcli.lazy import submodules
from eegcli.registry import metrics_of
from eegcli.registry.evaluation import PARTS
from eegcli.reporter import PYTHON, Reporter
from eegcli.reporting import write_or_warn
from eegcli.result import DryRun, Result
from eegcli.settings import EvaluateSettings
from eegcli.stats.votes import Unit, unit_of_vote
from eegcli.study.labels import read_labels
from eegcli.study.persons import People, unknown_persons
from eegcli.study.renamed import Renamed, people_of, read_renamed

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

VERSION = 5  # raised when the results of this stage change
ALIKE = (
    1,
    2,
    3,
    4,
)  # the last bits were others (1); intervals of percentiles, AUC of pooled folds (2); intervals of AUC without regard to folds (3); no coverage in voting.parquet (4): finished work stays so, and says how it was made
BYTES_PER_PREDICTION = 24  # a row of predictions.parquet, compressed


@dataclass(frozen=True, kw_only=True, repr=False)
class EvaluateResult(Result):
    """Result of `evaluate`: the run's path and its figures.

    Attributes
    ----------
    output : Path
        The run, so that a pipe can go on with it.
    evaluation : Path
        The folder of tables, figures and metrics.json.
    unit : str
        Group of windows that casts one vote: subject, recording, segment or window.
    splits : dict
        Figures per set and level as in metrics.json, pooled where there are folds or seeds.
    """

    evaluation: Path
    unit: str
    splits: Mapping[str, Any]


@releasing()
def run(settings: EvaluateSettings, *, reporter: Reporter = PYTHON) -> EvaluateResult | DryRun:
    """Evaluate a run: how well it classifies windows and participants, how sure that is, and whether anything leaked.

    Parameters
    ----------
    settings : EvaluateSettings
        The run, other windows to try it on, how many windows vote, resamples of the bootstrap.
    reporter : Reporter, optional
        Receives progress, warnings and the table of figures; never prints. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    EvaluateResult or DryRun
        The run's path and its figures; a `DryRun` with `dry_run`.

    Raises
    ------
    InputError
        If a subject or an identical window is on both sides of a split (unless the run was made so), if windows
        are missing or do not fit, or if a network gives no finite output.
    """
    _require_positive(settings)
    trained = open_run(settings.run).trusted(trust=settings.trust, arch=settings.arch)
    metrics_of(trained.kind)  # raises where the table contradicts itself
    windows, own = windows_of_run(trained, settings.windows, as_they_are=False)
    if settings.nested_cv is not None:
        from eegcli.evaluate.nested import require_nested

        require_nested(trained, settings.nested_cv, own=own)
    output = settings.output or trained.path / (NAME if own else f"{NAME}-{Path(windows.path).name}")
    require_probes(trained, windows, settings.probe, own=own)
    labels = None if settings.labels is None else read_labels(settings.labels)
    differing = () if own else differences_in_cleaning(trained, windows, reporter, allowed=settings.allow_differences)
    taken = windows if own else fitted(trained, windows, interpolate_missing=settings.interpolate_missing, reporter=reporter)
    inputs = {"run": trained.digest, "windows": windows.digest}
    if labels is not None:
        if own:
            require_own_labels(trained, labels)
        else:
            inputs["labels"] = labels.digest
    renamed = None if settings.persons is None else read_renamed(settings.persons)
    if renamed is not None:
        inputs["persons"] = renamed.digest
    runs = [one.trusted(trust=settings.trust, arch=settings.arch) for one in runs_of_sizes(trained)] if own else [trained]
    if len(runs) > 1:
        inputs["sizes"] = digest_of([one.digest for one in runs])
    version = version_there(output, VERSION, ALIKE, force=settings.force)
    configuration: dict[str, Any] = {"inputs": inputs, "version": version}
    if settings.dry_run or settings.force or not folder.is_finished(output, "evaluation", settings, **configuration):
        cohort = gather_cohort(
            trained, taken, own=own, reporter=reporter, labels=labels, people=_people(trained, windows, renamed, reporter)
        )
        say(cohort.checks, caveat=None, reporter=reporter)
        split_unit = trained.settings.split_unit
        refuse(cohort.checks, caveat=caveat_of(split_unit), excused=excused(split_unit))
        _require_sound(trained, cohort, settings)
        if settings.dry_run:
            return _dry_run(trained, cohort, output, settings)
        evaluation = folder.open_folder(output, "evaluation", settings, force=settings.force, **configuration)
        _evaluate(runs, cohort, output, settings, reporter, differing)
        evaluation.finish()
        is_new = True
    else:
        is_new = False
        windows.check_if_touched()
        trained.check_weights()
        folder.touch(output)
    figures = read_figures(output)
    several = own and trained.kind == "classification" and trained.metrics["n_folds"] > 1
    tell(figures, title=_title(trained, own=own, differing=differing, fit=fit_of(taken)), several_folds=several, reporter=reporter)
    for name, entry in PARTS.items():
        for sentence in (figures.get(name) or {}).get("said", ()):
            (reporter.info if entry.brief else reporter.debug)(sentence)
    drawn = [figure for entry in PARTS.values() for figure in entry.figures if (output / figure).exists()]
    reporter.info(f"Figures in {output}: {', '.join(drawn)}; all figures of all sets: {METRICS}, or -v")
    if is_new and output.parent == trained.path:  # of what lies elsewhere the run's page says nothing
        write_or_warn(trained.path, reporter)
    return EvaluateResult(output=trained.path, evaluation=output, unit=figures["unit"], splits=figures["splits"])


def _people(trained: Run, windows: AnyWindows, renamed: Renamed | None, reporter: Reporter) -> People:
    """Rule of who is the same person: the run's, and what is stated for these windows."""
    if renamed is None:
        return trained.people
    subjects = [
        pair
        for table in (trained.splits, windows.table)
        for pair in zip(*(table[name].tolist() for name in ("dataset", "subject")), strict=True)
    ]
    return people_of(renamed, subjects, reporter, before=trained.people)


def _dry_run(trained: Run, cohort: Cohort, output: Path, settings: EvaluateSettings) -> DryRun:
    from eegcli.engine.cost import FLOAT, START_BYTES, START_SECONDS, bytes_per_window, seconds_per_window
    from eegcli.engine.device import exact, find_device
    from eegcli.engine.examples import BATCH

    n_windows = sum(int((cohort.splits[network.fold] >= 0).sum()) for network in trained)
    shape = cohort.windows.x.shape[1:]
    device = find_device(settings.device)
    with exact(default_threads(settings.threads), device):
        model = trained.networks[0].model().to(device)
        seconds = n_windows * seconds_per_window(model, shape, batch_size=min(BATCH, max(n_windows, 1)), backward=False)
    summary = {
        "n_networks": len(trained.networks),
        "n_windows": n_windows,
        "device": str(device),
        "memory_bytes": START_BYTES + FLOAT * int(trained.networks[0].metrics["n_parameters"]) + BATCH * bytes_per_window(model, shape),
        "seconds": round(START_SECONDS + seconds, 1),
        "bytes": n_windows * BYTES_PER_PREDICTION,
    }
    return DryRun(output=output, n_items=len(trained.networks), summary=summary)


def _title(trained: Run, *, own: bool, differing: Sequence[str], fit: ChannelFit | None) -> str:
    """Title of the figures: the target, what was averaged, and what has to stand beside every figure."""
    n_folds, n_seeds = trained.metrics["n_folds"], trained.metrics["n_seeds"]
    averaged = [counted(n_folds, "fold") * (n_folds > 1), f"mean of {counted(n_seeds, 'seed')}" * (n_seeds > 1)]
    if not own and n_folds * n_seeds > 1:
        averaged = [f"mean of {counted(n_folds * n_seeds, 'network')}"]
    otherwise = "cleaned otherwise than the training windows" * bool(differing)
    notes = [note for note in (*averaged, trained.caveat, trained.metrics["control"], otherwise, words_of(fit)) if note]
    return "; ".join([f"{trained.metrics['arch']} on {trained.target}", *notes])


def _require_positive(settings: EvaluateSettings) -> None:
    if settings.vote_windows is not None and settings.vote_windows < 1:
        raise UsageError(f"--vote-windows must be at least 1, not {settings.vote_windows}")
    if settings.resamples < 1:
        raise UsageError(f"--resamples must be at least 1, not {settings.resamples}")
    if settings.nested_cv is not None and settings.nested_cv < 2:
        raise UsageError(f"--nested-cv must be at least 2, not {settings.nested_cv}")


def _require_sound(trained: Run, cohort: Cohort, settings: EvaluateSettings) -> None:
    """Refuse what cannot be computed of this run on these windows, before anything is written."""
    from eegcli.evaluate.conformal import require_exchangeable
    from eegcli.evaluate.levels import class_named
    from eegcli.evaluate.strata import require_strata
    from eegcli.evaluate.voted import require_rule

    unit = _unit(cohort)
    require_rule(settings.vote, trained, cohort)
    class_named(settings.positive, cohort.target)
    require_strata(settings.by, cohort, unit)
    if settings.conformal is not None:
        require_exchangeable(settings.conformal, trained, cohort, unit)


def _unit(cohort: Cohort) -> Unit:
    """Group of windows that casts one vote."""
    known = cohort.target.known
    table = {name: column[known] for name, column in cohort.windows.table.items()}
    return unit_of_vote(cohort.target.values[known], table, cohort.target.column, cohort.people)


def _evaluate(
    runs: Sequence[Run], cohort: Cohort, output: Path, settings: EvaluateSettings, reporter: Reporter, differing: tuple[str, ...]
) -> None:
    from eegcli.engine.device import exact, find_device
    from eegcli.evaluate import tables
    from eegcli.evaluate.evaluated import Evaluated, make_parts
    from eegcli.evaluate.levels import Summariser, class_named
    from eegcli.evaluate.prediction import predict
    from eegcli.evaluate.voted import voted_by
    from eegcli.models.embedding import last_layers

    trained = runs[-1]
    if settings.embeddings or settings.probe:  # refused before the work, where there are none
        last_layers(trained.networks[0].model(), trained.networks[0].description.shape)
    unit = _unit(cohort)
    device = find_device(settings.device)
    with exact(default_threads(settings.threads), device):
        predictions = [
            one if settings.vote == "mean" else voted_by(settings.vote, one, cohort)
            for one in predict(trained, cohort, unit, vote_windows=settings.vote_windows, device=device, reporter=reporter)
        ]

    # Of the run's own windows, each fold tests other people; of other windows, every network tests all of them.
    if cohort.own:
        repeats = [[p for p in predictions if p.seed == seed] for seed in sorted({p.seed for p in predictions})]
    else:
        repeats = [[prediction] for prediction in predictions]
    known_subjects = not unknown_persons(cohort.windows.table)
    summariser = Summariser(
        cohort.target,
        unit,
        trained.caveat,
        settings.resamples,
        settings.seed,
        known_subjects,
        class_named(settings.positive, cohort.target),
    )
    metrics: dict[str, Any] = {
        "unit": unit,
        "target": trained.target,
        "kind": trained.kind,
        "classes": cohort.target.classes,
        "positive": settings.positive,
        "vote": settings.vote,
        "marked": trained.caveat,
        "control": trained.metrics["control"],
        "leak_checks": [check.data() for check in cohort.checks],
    }
    if not cohort.own:
        metrics["cleaned_otherwise"] = differing
    fit = fit_of(cohort.windows)
    if fit is not None:
        metrics["fitted"] = fit.said
    metrics["folds"] = [{"fold": p.fold, "seed": p.seed, "splits": summariser.summarise([[p]])} for p in predictions]
    if len(predictions) == 1:
        metrics["splits"] = metrics["folds"][0]["splits"]
    else:
        metrics["splits"] = summariser.summarise(repeats)
        metrics["pooled"] = {
            "unit": unit,
            "splits": metrics["splits"],
        }  # the place of these figures before `splits` held them in every case
    write_table(output / PREDICTIONS, tables.predictions_table(predictions, cohort))
    write_table(output / VOTES, tables.votes_table(predictions, cohort, unit))
    evaluated = Evaluated(
        runs=runs,
        cohort=cohort,
        unit=unit,
        predictions=predictions,
        repeats=repeats,
        summariser=summariser,
        metrics=metrics,
        output=output,
        title=f"test set: {_title(trained, own=cohort.own, differing=differing, fit=fit)}",
        settings=settings,
        device=device,
        reporter=reporter,
    )
    with exact(default_threads(settings.threads), device):
        metrics |= make_parts(evaluated)
    atomic.write_json(output / METRICS, metrics)
