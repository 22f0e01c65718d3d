"""Regularisation of a training: what it asks of windows, target and split."""

from __future__ import annotations

from collections.abc import Sequence

from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.engine.hyperparameters import hyperparameters
from eegcli.errors import UsageError
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.study.sets import VALIDATION
from eegcli.study.target import Kind
from eegcli.train.split.split import Split

UNDONE = {"amplitude": ("window", "channel-window")}  # by these normalisations


def require_regularisation(settings: TrainSettings, windows: AnyWindows, kind: Kind, splits: Sequence[Split], reporter: Reporter) -> None:
    """Check that what regularises a training makes sense for its windows, target and split.

    Parameters
    ----------
    settings : TrainSettings
        Resolved.
    windows : Windows or RemoteWindows
    kind : {"classification", "regression"}
        Kind of target.
    splits : sequence of Split
    reporter : Reporter
        Is told of an augmentation that the network's own normalisation undoes.

    Raises
    ------
    UsageError
        If labels of a number are to be smoothed, nobody validates where that is needed, or an augmentation is not for such windows.
    """
    hyper = hyperparameters(settings)
    if hyper is None:
        return
    if hyper.label_smoothing and kind == "regression":
        raise UsageError("--label-smoothing is about classes, and the target is a number", hint="--augment mixup is for both.")
    without = [number for number, split in enumerate(splits) if not len(split.windows(VALIDATION))]
    for flag, value in (("--patience", hyper.patience), ("--validate-every", hyper.validate_every)):
        if value and without:
            where = f"fold {without[0]} has none" if len(splits) > 1 else "there is none"
            raise UsageError(f"{flag} {value} looks at the validation set, and {where}", hint="Give --split a second share.")
    if hyper.augment:
        from eegcli.engine.augment.definition import Cut
        from eegcli.engine.augment.step import read, require

        steps = read(hyper.augment)
        require(steps, windows.representation, Cut(windows.sfreq, windows.n_times))
        for step in steps:
            if settings.normalise in UNDONE.get(step.name, ()):
                reporter.warn(f"--augment {step.name} changes nothing: --normalise {settings.normalise} undoes it")
