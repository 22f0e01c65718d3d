"""Cohort of an evaluation: the windows, their labels, and the set in which each window stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.fitted_windows import Fittable, table_as_given
from eegcli.artifacts.run import Run
from eegcli.artifacts.seen import own_windows, seen_mask, seen_subjects, seen_windows, split_numbers
from eegcli.artifacts.table import take
from eegcli.artifacts.windows_of_run import table_of_run, target_of_run
from eegcli.checks.finding import Evidence, Finding, Parts, Seen, Signals, run_checks
from eegcli.errors import InputError, counted
from eegcli.evaluate.quantities import fitted_on
from eegcli.registry.checks import LEAKS
from eegcli.reporter import Reporter
from eegcli.study.groups import PARTS
from eegcli.study.labels import Labels, join, labelled, tell
from eegcli.study.persons import AS_LABELLED, People
from eegcli.study.sets import TEST
from eegcli.study.target import Target


@dataclass(frozen=True)
class Cohort:
    """Cohort of an evaluation: the windows a run is evaluated on.

    Attributes
    ----------
    windows : Windows, RemoteWindows or FittedWindows
        The run's own, or those of people it has never seen.
    own : bool
        True for the windows it was trained on.
    target : Target
        Label or value of each window.
    splits : tuple of ndarray of int, shape (n_windows,)
        Per fold: index into `study.sets.SETS` of each window; -1 for unlabelled windows and those in no set.
    checks : tuple of Finding
        Findings of the leak checks.
    people : People
        Who is the same person.
    """

    windows: Fittable
    own: bool
    target: Target
    splits: tuple[NDArray[np.int64], ...]
    checks: tuple[Finding, ...]
    people: People = AS_LABELLED


def gather_cohort(
    run: Run, windows: Fittable, *, own: bool, reporter: Reporter, labels: Labels | None = None, people: People = AS_LABELLED
) -> Cohort:
    """Find the labels and the sets, and run the leak checks.

    Parameters
    ----------
    run : Run
        A finished run.
    windows : Windows, RemoteWindows or FittedWindows
        Windows on which it is evaluated.
    own : bool
        True if it was trained on them; of other windows all are test windows.
    reporter : Reporter
        Is told of unlabelled windows.
    labels : Labels, optional
        Labels of other windows.
    people : People
        Who is the same person.

    Raises
    ------
    InputError
        If the test set has no labelled window, or other windows lack the target.
    """
    target = target_of_run(run, _labelled(run, windows, labels, own=own, reporter=reporter), as_trained=own)
    if own:
        folds = sorted({network.fold for network in run})
        splits = [np.where(target.known, split_numbers(windows, run, fold), -1) for fold in folds]
        evidence = Evidence(
            splits=run.splits,
            windows=windows.table,
            sets=splits,
            own=True,
            people=people,
            seconds=_seconds(windows),
            signals=_signals(windows, np.any(np.stack(splits) >= 0, axis=0)),
            fitted=fitted_on(run, people),
            weights=_weights(run),
        )
        untested = [fold for fold, split in zip(folds, splits, strict=True) if not (split == TEST).any()]
        if untested:
            # Not the other folds alone: figures over folds say that everybody was tested.
            of_fold = f" of fold{'s' * (len(untested) > 1)} {', '.join(map(str, untested))}" if len(untested) < len(folds) else ""
            raise InputError(
                f"{run.path}: the test set{of_fold} has no labelled window",
                hint="Train with a third share in --split, or evaluate on people never seen with --windows.",
            )
    else:
        splits = [np.where(target.known, TEST, -1) for _ in {fold.fold for fold in run}]
        seen = Seen(seen_subjects(run, people), seen_windows(run))
        evidence = Evidence(
            windows=table_as_given(windows),
            seen=seen,
            parts=_seen_parts(run, people),
            own=False,
            people=people,
            signals=_signals(windows, target.known),
            trained=_trained(run),
            weights=_weights(run),
        )
        if not target.known.any():
            raise InputError(f"{windows.path}: no window has a value of {run.target!r}")
    if not own and (target.n_missing or target.n_other):
        reporter.warn(
            f"{windows.path}: {counted(target.n_missing, 'window')} without {run.target!r} and {target.n_other} of other classes are left out"
        )
    return Cohort(windows, own, target, tuple(splits), tuple(run_checks(evidence, topic=LEAKS).values()), people)


def require_own_labels(run: Run, labels: Labels) -> None:
    """Check that labels given for the windows that a run was trained on are those that it was trained with.

    Raises
    ------
    InputError
        If they are others.
    """
    if run.labels_digest != labels.digest:
        raise InputError(
            f"{labels.path}: not the labels that {run.path} was trained with, on these windows",
            hint="Leave out --labels, which goes with --windows of another cohort; or train with these labels.",
        )


def _labelled(run: Run, windows: Fittable, labels: Labels | None, *, own: bool, reporter: Reporter) -> Mapping[str, np.ndarray]:
    """Table of the windows with labels: of its own windows a run holds those that it was trained with."""
    if own:
        return table_of_run(run, windows)
    if labels is not None:
        joined = join(labels, windows.table)
        tell(joined, windows.table, reporter, of="windows")
        return labelled(windows.table, joined, reporter)
    if run.target not in windows.table:
        raise InputError(
            f"{windows.path}: the windows have no column named {run.target!r}",
            hint="Give the labels of these people with --labels TABLE.tsv.",
        )
    if run.target in run.labels:
        reporter.warn(f"{windows.path}: {run.target} is their own column; {run.path} learnt it from a table (--labels)")
    return windows.table


def _seconds(windows: Fittable) -> float | None:
    """Length of a window; None where an axis of time is not known."""
    return windows.n_times / windows.sfreq if windows.n_times and windows.sfreq else None


def _signals(windows: Fittable, used: NDArray[np.bool_]) -> Signals:
    """Windows as the network takes them."""
    return Signals(windows.checked, np.flatnonzero(used), windows.table, windows.sfreq, windows.representation == "raw")


def _weights(run: Run) -> dict[str, str]:
    """Digest of the weights of each network, after they were held against what was written."""
    run.check_weights()
    return {network.path.relative_to(run.path).as_posix(): network.weights_digest for network in run}


def _trained(run: Run) -> Signals | None:
    """Windows by which networks were trained or chosen; None where they are not at hand."""
    windows = own_windows(run)
    return None if windows is None else _signals(windows, seen_mask(windows, run))


def _seen_parts(run: Run, people: People) -> Parts | None:
    """Sessions, runs or tasks by which networks were trained or chosen, where the run was split by them."""
    if run.settings.split_unit not in PARTS:
        return None
    seen = np.isin(run.splits["split"].astype(str), run.seen_sets)
    rows = take(run.splits, seen)
    return Parts(run.settings.split_unit, frozenset(zip(people.of(rows), rows["unit"].tolist(), strict=True)))
