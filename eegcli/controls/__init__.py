"""Controls: train a run again with one thing changed, for an evaluation to set beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.artifacts.controls import RETRAINED, leaky, permuted, untrained
from eegcli.artifacts.folder import DONE, SETTINGS
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.windows_of_run import windows_of_run
from eegcli.errors import InputError, counted
from eegcli.files.atomic import read_json
from eegcli.lazy import submodules
from eegcli.remote.address import is_address
from eegcli.reporter import PYTHON, Reporter, Silent
from eegcli.result import DryRun
from eegcli.settings import EvaluateSettings, TrainSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


def are_missing(settings: EvaluateSettings) -> bool:
    """Test whether a control that an evaluation asks for still has to be trained.

    Parameters
    ----------
    settings : EvaluateSettings
    """
    of_permuted = settings.retrain and bool(untrained(settings.run, n_permutations(settings)))
    return of_permuted or (settings.audit and not (leaky(settings.run) / DONE).exists())


def n_permutations(settings: EvaluateSettings) -> int:
    """Number of permutations with a training each."""
    return RETRAINED if settings.permutations is None else settings.permutations


def train_permuted(settings: EvaluateSettings, *, reporter: Reporter = PYTHON) -> None:
    """Train the runs on permuted labels that `evaluate` with `retrain` needs, each with folds of its own; what is trained is kept.

    Parameters
    ----------
    settings : EvaluateSettings
        Run, number of permutations, seed, device, threads and jobs; `labels` and `persons` where the run was trained with such tables.
    reporter : Reporter, optional
        Is told how far it is; with `dry_run` how long it will take.

    Raises
    ------
    InputError
        If the run cannot be trained again: its windows or its labels are not there.

    Notes
    -----
    Ojala & Garriga 2010, J. Mach. Learn. Res. 11:1833-1863. Folds are drawn anew with each permutation, for the accuracy of cross-validation
    varies with its folds, too. The labels are exchanged over subjects, within subjects where they vary there.
    """
    trained = open_run(settings.run).trusted(trust=settings.trust, arch=settings.arch)
    again = replace(_settings_again(trained, settings), shuffle_within="subject")
    n = n_permutations(settings)
    if settings.dry_run:
        _tell_cost(again, n, reporter)
        return
    from eegcli import train

    for number in reporter.progress(range(1, n + 1), "Training on permuted labels"):
        one = replace(again, output=permuted(trained.path, number), shuffle_labels=settings.seed + number, seed=again.seed + number)
        train.run(one, reporter=Silent())


def train_leaky(settings: EvaluateSettings, *, reporter: Reporter = PYTHON) -> None:
    """Train the run again with windows shuffled over the sets: the same architecture and budget, on a split that leaks.

    Parameters
    ----------
    settings : EvaluateSettings
        As for `train_permuted`.
    reporter : Reporter, optional
        Is told that it is done; with `dry_run` how long it will take.

    Raises
    ------
    InputError
        If the run cannot be trained again, is split by less than subjects already, or its sets were given by name.
    """
    trained = open_run(settings.run).trusted(trust=settings.trust, arch=settings.arch)
    if trained.settings.split_unit != "subject":
        raise InputError(f"{trained.path}: was split by {trained.settings.split_unit}, so that participants are on both sides already")
    if trained.settings.holdout is not None or not isinstance(trained.settings.split, tuple):
        raise InputError(
            f"{trained.path}: its sets were given by name, and cannot be drawn of windows", hint="Audit a run with --split or --cv."
        )
    again = replace(_settings_again(trained, settings), split_unit="window", output=leaky(trained.path))
    if settings.dry_run:
        _tell_cost(again, 1, reporter, "--audit")
        return
    from eegcli import train

    reporter.info("--audit: training with windows shuffled over the sets")
    train.run(again, reporter=Silent())


def _settings_again(trained: Run, settings: EvaluateSettings) -> TrainSettings:
    """Settings that train the run again, with tables and code named anew where the run does not hold them."""
    if trained.metrics["control"]:
        raise InputError(f"{trained.path}: was trained on shuffled labels itself")
    inputs = read_json(trained.path / SETTINGS)["inputs"]
    for name, what in (("split_file", "sets that a file gives"), ("begun_with", "the weights of another run")):
        if name in inputs:
            raise InputError(
                f"{trained.path}: was trained with {what}, which cannot be drawn anew",
                hint="Train a control with eegcli train --shuffle-labels SEED and the options of the run, and compare.",
            )
    for name, used in (("labels", trained.labels_digest is not None), ("persons", bool(trained.people.stated))):
        if used and getattr(settings, name) is None:
            raise InputError(f"{trained.path}: was trained with a table of {name}", hint=f"Name it again with --{name}.")
    windows, _ = windows_of_run(trained, settings.windows)
    if is_address(windows.path):
        raise InputError(
            f"{windows.path}: cannot be trained on again from there", hint="Copy the windows here, and name them with --windows."
        )
    arch = trained.settings.arch
    if trained.networks[0].code is not None:
        arch = settings.arch or f"{trained.path / 'network.py'}:{arch.rpartition(':')[2] or arch}"
    return replace(
        trained.settings,
        windows=Path(windows.path),
        arch=arch,
        labels=settings.labels,
        persons=settings.persons,
        train_subjects=trained.settings.train_subjects[-1:],
        no_baseline=True,
        device=settings.device,
        threads=settings.threads,
        jobs=settings.jobs,
        wait=settings.wait,
        force=False,
        dry_run=False,
    )


def _tell_cost(again: TrainSettings, n: int, reporter: Reporter, option: str = "--retrain") -> None:
    from eegcli import train

    found = train.run(replace(again, dry_run=True), reporter=Silent())
    assert isinstance(found, DryRun)
    reporter.info(f"{option}: {counted(n, 'training')} of about {found.summary['seconds']:,.0f} s each")
