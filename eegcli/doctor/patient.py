"""Patient: the windows, or the run, that doctor is asked about, as evidence for checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import METRICS, PREDICTIONS
from eegcli.artifacts.remote_windows import RemoteWindows
from eegcli.artifacts.run import Run, open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_of_run import windows_of_run
from eegcli.checks.case import Clock, Outcome
from eegcli.checks.finding import Evidence
from eegcli.errors import EegcliError, InputError
from eegcli.files.atomic import read_json
from eegcli.reporter import Reporter, Silent
from eegcli.settings import DoctorSettings, TrainSettings
from eegcli.settings.parse import is_foreign
from eegcli.train.design import design_of
from eegcli.train.evidence import evidence_of, recorded_of, trial_of
from eegcli.train.preparation import prepare

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
        trial = trial_of(design, prepare(design, 1, reporter), clock)
        if run is not None:
            trial = replace(trial, learnt=run.networks[0].model().to(trial.device).eval())
        return training, replace(evidence, trial=trial)
    except EegcliError as error:
        return training, replace(evidence, refusal=error)


def _outcome(run: Run) -> Outcome:
    """Outcome of a run: history, figures, and its evaluation where there is one."""
    evaluation, predictions = run.path / EVALUATION / METRICS, run.path / EVALUATION / PREDICTIONS
    return Outcome(
        run.history,
        run.metrics,
        read_json(evaluation) if evaluation.is_file() else None,
        read_table(predictions) if predictions.is_file() else None,
    )
