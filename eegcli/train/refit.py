"""Refit: training and validation subjects are learnt from together, for as many epochs as the validation subjects chose before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.metrics_of_run import REFIT
from eegcli.artifacts.network import Network
from eegcli.artifacts.refit import chooser_of, validated
from eegcli.errors import UsageError, counted
from eegcli.registry import entry_of
from eegcli.result import DryRun
from eegcli.settings import TrainSettings
from eegcli.study.sets import TRAIN, VALIDATION
from eegcli.train.split.split import Split


@dataclass(frozen=True)
class Refit:
    """Refit of a network: what it takes over from the training that chose its epochs.

    Attributes
    ----------
    epochs : int
        Number of epochs until the look that the validation subjects chose; a look within an epoch counts as that epoch.
    validation : mapping of str to float
        Figures of that look, of subjects who were not learnt from then.
    """

    epochs: int
    validation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """Entry of metrics.json."""
        return {REFIT: {"epochs": self.epochs, "validation": dict(self.validation)}}


def refit_of(settings: TrainSettings, network: Network) -> Refit | None:
    """Read what the network of the same fold and seed was validated with; None where nothing is refitted.

    Parameters
    ----------
    settings : TrainSettings
        Of the run that is refitted; its output is known.
    network : Network
        Of that run.
    """
    if not settings.refit:
        return None
    assert settings.output is not None
    metrics = chooser_of(network, settings.output).metrics
    figures = {name: value for name, value in metrics["validation"].items() if name.startswith("validation_")}
    return Refit(int(metrics["kept_epoch"]), figures)


def choosing(settings: TrainSettings, output: Path) -> TrainSettings:
    """Settings of the training whose validation subjects choose the epochs of a run at `output`."""
    return replace(settings, refit=False, output=validated(output))


def refitted(splits: Sequence[Split], settings: TrainSettings) -> list[Split]:
    """Splits whose validation groups are learnt from.

    Raises
    ------
    UsageError
        If nobody validates, or the settings ask for an epoch, or for training subjects, that a refit does not have.
    """
    for flag, given, reason in (
        ("--report-epoch published", settings.report_epoch == "published", "the test set is to choose the epoch"),
        (
            "--train-subjects",
            settings.train_subjects,
            "a part of the training subjects is to be learnt from, and all who validate would join them",
        ),
    ):
        if given:
            raise UsageError(f"--refit and {flag}: {reason}", hint="Leave one of them out.")
    for number, split in enumerate(splits):
        if not (split.sets == VALIDATION).any():
            where = f"in fold {number} " if len(splits) > 1 else ""
            raise UsageError(
                f"--refit: {where}nobody validates, and so nobody chooses the epochs",
                hint="Give --split a second share, or leave out --refit.",
            )
    return [replace(split, sets=np.where(split.sets == VALIDATION, TRAIN, split.sets)) for split in splits]


def rehearsed(first: DryRun, second: DryRun) -> DryRun:
    """Put together what the two trainings of a refit will take; of the second no more is known than that it has no more epochs than the first."""
    added = ("n_steps", "seconds", "bytes")
    summary = second.summary | {name: first.summary[name] + second.summary[name] for name in added}
    summary["memory_bytes"] = max(one.summary["memory_bytes"] for one in (first, second))
    return replace(second, summary=summary | {"sets_choosing_epochs": first.summary["sets"]})


def said(refit: Refit, settings: TrainSettings, n_subjects: int) -> str:
    """Say on whom a network is trained, and for how long; a closed form has no epochs."""
    how_long = "" if entry_of(settings.arch).training is None else f", for {counted(refit.epochs, 'epoch')} as they chose"
    return f"refit on {counted(n_subjects, 'subject')}, those who validated included{how_long}"
