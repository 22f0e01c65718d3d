"""Patient: the windows, or the run, that doctor is asked about, as evidence for checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import METRICS, PREDICTIONS
from eegcli.artifacts.network import MODEL
from eegcli.artifacts.remote_windows import RemoteWindows
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import Windows, open_windows
from eegcli.artifacts.windows_of_run import windows_of_run
from eegcli.checks.case import Clock, Outcome
from eegcli.checks.finding import Evidence
from eegcli.errors import EegcliError, InputError
from eegcli.files.atomic import read_json
from eegcli.reporter import Reporter, Silent
from eegcli.settings import DoctorSettings, TrainSettings
from eegcli.settings.parse import is_foreign
from eegcli.study.sets import TRAIN, VALIDATION
from eegcli.train.design import Design, design_of
from eegcli.train.evidence import evidence_of, recorded_of

if TYPE_CHECKING:
    from eegcli.checks.trial import Trial

EVALUATION = Path("evaluation")

MANY = 20_000  # windows: of more, near-duplicates are looked for only where it is --thorough


def examine(settings: DoctorSettings, clock: Clock, reporter: Reporter) -> tuple[TrainSettings, Evidence]:
    """Gather what checks look at, as far as it can be had: what keeps a training from beginning is evidence, too.

    Parameters
    ----------
    settings : DoctorSettings
    clock : Clock
        Of the checks that train something.
    reporter : Reporter

    Returns
    -------
    TrainSettings
        Of the training that is asked about: those given, or the run's.
    Evidence

    Raises
    ------
    InputError, ArtifactError
        If there are no windows, or no run.
    """
    training, run = settings.training, None
    if folder.kind_of(settings.windows) == "run":
        run = open_run(settings.windows).trusted(trust=settings.trust, arch=settings.arch if is_foreign(settings.arch) else None)
        windows, _ = windows_of_run(run, None)
        training = replace(run.settings, windows=Path(windows.path), device=settings.device, threads=settings.threads)
        if run.networks[0].code is not None:
            training = replace(training, arch=f"{run.path / 'network.py'}:{training.arch.rpartition(':')[2]}")
    else:
        windows = open_windows(settings.windows)
    if isinstance(windows, RemoteWindows) or training.address is not None:
        raise InputError(f"{windows.path}: doctor looks at windows that are here", hint="Leave out --stream, or copy them.")
    evidence = Evidence(recorded=recorded_of(windows, thorough=settings.thorough), outcome=None if run is None else _outcome(run))
    try:
        design = design_of(training, Silent())
    except EegcliError as error:
        return training, replace(evidence, refusal=error)
    everything = settings.thorough or len(design.splits[0].groups.rows) <= MANY
    evidence = replace(evidence, **evidence_of(design, thorough=settings.thorough, signals=everything))
    try:
        return training, replace(evidence, trial=_trial(design, clock, reporter))
    except EegcliError as error:
        return training, replace(evidence, refusal=error)


def _trial(design: Design, clock: Clock, reporter: Reporter) -> Trial:
    """Network of the first fold, to be built anew and trained for a moment."""
    import torch

    from eegcli.checks.trial import Trial
    from eegcli.engine import hyperparameters
    from eegcli.engine.class_weights import class_weights
    from eegcli.engine.examples import Examples
    from eegcli.engine.normalisation import fit_scaler
    from eegcli.engine.objective import Objective, TargetScaler
    from eegcli.train.network import subjects_of
    from eegcli.train.preparation import prepare

    job, split = prepare(design, 1, reporter), design.splits[0]
    groups = split.groups
    assert isinstance(design.windows, Windows)
    x = design.windows.x if job.description.align == "none" else job.x  # as it lies there: what its hash says is a finding of its own
    train, validation = (
        Examples(x, groups.rows[split.windows(which)], groups.values[split.windows(which)]) for which in (TRAIN, VALIDATION)
    )
    description = replace(job.description, input_scaler=fit_scaler(job.settings.normalise, train))
    weights = None
    if groups.classes:
        counts = np.bincount(train.labels.astype(np.int64), minlength=len(groups.classes))
        weights = class_weights(counts, job.settings.class_weights)
    else:
        scaler = TargetScaler.fitted(train.labels)
        train, validation = (replace(part, labels=scaler.standardised(part.labels)) for part in (train, validation))
    objective = Objective(job.head, None if weights is None else torch.from_numpy(weights).float())

    def fresh(seed: int = 0) -> torch.nn.Module:
        torch.manual_seed(seed)
        return description.build(job.code).to(job.device).train()

    return Trial(
        fresh,
        description,
        job.settings,
        hyperparameters.hyperparameters(job.settings),
        objective,
        train,
        validation,
        subjects_of(split, TRAIN),
        subjects_of(split, VALIDATION),
        job.device,
        job.threads,
        clock,
        job.code,
    )


def _outcome(run: Run) -> Outcome:
    """Outcome of a run: history, weights, and its evaluation where there is one."""
    from safetensors.numpy import load_file

    evaluation, predictions = run.path / EVALUATION / METRICS, run.path / EVALUATION / PREDICTIONS
    return Outcome(
        run.history,
        run.metrics,
        read_json(evaluation) if evaluation.is_file() else None,
        read_table(predictions) if predictions.is_file() else None,
        [load_file(network.path / MODEL) for network in run.networks if (network.path / MODEL).is_file()],
    )
