"""Import: bring arrays that are already cut into trials into a windows artifact."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.naming import derived_output, pooled_output
from eegcli.artifacts.table import write_table
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.compute.signals import stop_signals
from eegcli.compute.threads import limited
from eegcli.errors import InputError, counted, listed
from eegcli.files.atomic import read_json
from eegcli.files.block import releasing
from eegcli.importing.files import digest_of_files, find_files, states_of
from eegcli.importing.labels import ENTITIES, SPLIT
from eegcli.importing.plan import Plan, make_plan, shown_axes
from eegcli.importing.trials import open_trials
from eegcli.importing.unit import ARBITRARY
from eegcli.importing.writing import left_out_table, output_base, set_means, write_trials
from eegcli.lazy import submodules
from eegcli.reporter import PYTHON, Reporter
from eegcli.representations import Representation, Signals, options_of, prepare, resolve
from eegcli.result import DryRun, Result
from eegcli.settings import ImportSettings
from eegcli.study.target import MAX_CLASSES_OF_A_NUMBER

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

VERSION = 2  # raised when the same settings give other windows

LEFT_OUT = "left-out.parquet"
# What a dry run expects: measured with `benchmarks/importing.py`.
START_SECONDS, BYTES_PER_SECOND = 1.0, 150e6
START_BYTES = 150_000_000


@dataclass(frozen=True, kw_only=True, repr=False)
class ImportResult(Result):
    """The windows artifact, and what is known of it.

    Attributes
    ----------
    n_windows, n_files : int
    units : str
        Of the values as they are stored.
    n_subjects : int or None
        None where nothing says whose the trials are.
    labels : tuple of str
        Columns that came with the trials.
    left_out : dict of str to int
        Trials that were left out, by reason.
    """

    n_windows: int
    n_files: int
    units: str
    n_subjects: int | None
    labels: tuple[str, ...]
    left_out: dict[str, int] = field(default_factory=dict)


@releasing()
def run(settings: ImportSettings, *, reporter: Reporter = PYTHON) -> Result:
    """Import arrays that are already cut into trials: each trial is a window.

    Parameters
    ----------
    settings : ImportSettings
        Files of arrays, and what they do not say themselves.
    reporter : Reporter, optional
        Receives progress and warnings: what was guessed, and by what. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    ImportResult or DryRun
        The windows artifact; with `dry_run` what it would hold.

    Raises
    ------
    InputError
        If a file is no array or is damaged, several readings are possible, or labels do not fit.
    UsageError
        If the settings make no sense.
    """
    files = find_files(settings)
    named = tuple(path for path in settings.arrays if path.is_dir() or path in {file.path for file in files})  # not the labels beside them
    output = settings.output or _output(named)
    settings = resolve(replace(settings, output=output))
    dataset = output_base(tuple(path.resolve() for path in named)).name
    states = states_of(files)
    inputs = {"arrays": digest_of_files(files)}
    if not (settings.dry_run or settings.force) and folder.is_finished(output, "windows", settings, inputs=inputs, version=VERSION):
        open_windows(output).check_if_touched()
        reporter.info(f"{output} is finished; nothing to do.")
        return _result(output)
    with ExitStack() as stack, limited(1):  # the last bits of a product of matrices may depend on the number of threads
        plan = make_plan([open_trials(file, settings, stack) for file in files], settings, dataset, reporter)
        represent = _representation(plan, settings)
        _say(plan, reporter)
        if settings.dry_run:
            return _dry_run(output, plan, represent)
        target = folder.open_folder(output, "windows", settings, inputs=inputs, version=VERSION, force=settings.force)
        if target.finished:
            return _result(output)
        means = set_means(plan, reporter) if settings.nan == "mean" else {}
        written = create_windows(
            output, represent.shape, ch_names=plan.ch_names, sfreq=plan.sfreq, window_format=represent.window_format, ch_types=plan.ch_types
        )
        with stop_signals() as stop, written as windows:
            left = write_trials(windows, plan, represent, settings.nan, means, reporter, stop)
            if not windows.n_windows:
                raise InputError(
                    f"every trial of {plan.n_trials} holds values that are not finite",
                    hint="--nan mean puts a mean in their place.",
                )
        if changed := [path for path, state in states_of(files).items() if states.get(path) != state]:
            raise InputError(f"{changed[0]}: changed while it was read", hint="When it is whole, run the same command again with --force.")
        write_table(output / LEFT_OUT, left_out_table(dataset, left))
        target.finish(
            **_facts(plan, represent), n_windows=windows.n_windows, left_out={"not finite": n} if (n := sum(n for _, n in left)) else {}
        )
    result = _result(output)
    if left:
        reporter.warn(f"{n} of {counted(plan.n_trials, 'trial')} are left out: they hold values that are not finite")
    reporter.info(
        f"{counted(result.n_windows, 'window')} of {counted(result.n_files, 'file')}; columns: {', '.join(result.labels) or 'no labels'}."
    )
    _say_what_next(plan, reporter)
    return result


def _output(arrays: tuple[Path, ...]) -> Path:
    return derived_output(output_base(arrays), "windows") if len(arrays) == 1 else pooled_output(arrays, "windows")


def _representation(plan: Plan, settings: ImportSettings) -> Representation:
    """Representation of the windows; where their unit is arbitrary, so is that of what is made of them."""
    signals = Signals(plan.ch_names, plan.sfreq, plan.n_times)
    represent = prepare(settings.representation, signals, bands=settings.bands, montage=settings.montage, options=options_of(settings))
    represent = represent.of(None)  # arrays say no positions: a map goes by the names of the channels
    if plan.unit.units != ARBITRARY:
        return represent
    return replace(represent, units=represent.window_format.units.replace("uV", ARBITRARY))


def _facts(plan: Plan, represent: Representation) -> dict[str, Any]:
    people = np.concatenate([table["subject"] for table in plan.tables])
    return {
        "n_files": len(plan.trials),
        "units": represent.window_format.units,
        "n_subjects": len(set(people.tolist())) if plan.subjects_known else None,
        "labels": _labels(plan),
    }


def _labels(plan: Plan) -> list[str]:
    ours = {"dataset", "recording", *ENTITIES, "segment", "segment_count", "onset", "trial"}
    return [name for name in plan.tables[0] if name not in ours]


def _say(plan: Plan, reporter: Reporter) -> None:
    reporter.info(
        f"{plan.trials[0].where}: {shown_axes(plan)}"
        + (f", and {counted(len(plan.trials) - 1, 'more file')}" if len(plan.trials) > 1 else "")
    )
    if not plan.subjects_known:
        reporter.warn(
            "nothing says whose trials these are: results will be split by window, and participants may be on both sides. "
            "--subjects-key, --label-columns or --pattern say it."
        )


def _say_what_next(plan: Plan, reporter: Reporter) -> None:
    """Tell of a split that came with the data, and of whole numbers that may be classes."""
    if SPLIT in plan.tables[0]:
        reporter.info("The sets that came with the data stand in the column split: train them with --split provided.")
    for name in _labels(plan):
        values = np.concatenate([table[name] for table in plan.tables])
        if values.dtype.kind == "i" and 2 < len(np.unique(values)) <= MAX_CLASSES_OF_A_NUMBER:
            reporter.info(f"{name} holds {len(np.unique(values))} whole numbers: train with --kind classification, if they are classes.")


def _dry_run(output: Path, plan: Plan, represent: Representation) -> DryRun:
    size = 4 * plan.n_trials * math.prod(represent.shape)
    read = sum(math.prod(one.stored.shape) * one.stored.dtype.itemsize for one in plan.trials)
    summary = {
        **_facts(plan, represent),
        "n_windows": plan.n_trials,
        "axes": ",".join(plan.axes),
        "channels": listed(plan.ch_names, 12),
        "sfreq": plan.sfreq,
        "unit": f"{plan.unit.name} ({plan.unit.said})",
        "representation": represent.name,
        "shape": list(represent.shape),
        "bytes": size,
        "memory_bytes": START_BYTES,
        "seconds": round(START_SECONDS + (size + read) / BYTES_PER_SECOND + represent.seconds(plan.n_trials), 1),
    }
    return DryRun(output=output, n_items=len(plan.trials), summary=summary)


def _result(output: Path) -> ImportResult:
    done = read_json(output / folder.DONE)
    names = ("n_windows", "n_files", "units", "n_subjects", "left_out")
    return ImportResult(output=output, n_items=done["n_files"], labels=tuple(done["labels"]), **{name: done[name] for name in names})
