"""Remedy: the training again, with the one setting changed that the diagnosis names."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eegcli.artifacts.run import open_run
from eegcli.checks.causes import Cause
from eegcli.errors import EegcliError, InputError
from eegcli.registry import METRICS
from eegcli.reporter import Reporter, Silent
from eegcli.settings import TrainSettings


@dataclass(frozen=True)
class Fixed:
    """Figures of the validation subjects before and after a change.

    Attributes
    ----------
    check : str
        Whose finding is mended.
    changed : str
        ``--lr 0.001``.
    before, after : dict of str to float
        Figures of the kept epochs.
    majority : dict of str to float
        Those of the baseline that answers the same for all.
    n_windows, n_subjects : int
        Of the validation set (of the first fold).
    """

    check: str
    changed: str
    before: dict[str, float]
    after: dict[str, float]
    majority: dict[str, float]
    n_windows: int
    n_subjects: int

    @property
    def names(self) -> list[str]:
        """Names of the figures that both have, as tables head them."""
        return [name.replace("_", " ") for name in self._shared]

    @property
    def rows(self) -> list[list[str]]:
        """Rows of a table: before, after, constant answer."""
        kinds = (("before", self.before), ("after", self.after), ("constant answer", self.majority))
        return [[word, *(_cell(name, figures.get(name)) for name in self._shared)] for word, figures in kinds]

    def data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "check": self.check,
            "changed": self.changed,
            "before": self.before,
            "after": self.after,
            "majority": self.majority,
            "n_windows": self.n_windows,
            "n_subjects": self.n_subjects,
        }

    @property
    def _shared(self) -> list[str]:
        return [name for name in self.after if name in self.majority or name.endswith(("loss", "accuracy"))]


def mend(training: TrainSettings, causes: list[Cause], reporter: Reporter) -> Fixed | None:
    """Train as asked and with what the likeliest cause that one setting mends asks for; None where no setting mends any.

    Parameters
    ----------
    training : TrainSettings
    causes : list of Cause
        The likeliest first.
    reporter : Reporter

    Raises
    ------
    InputError
        If the changed training fails, too.
    """
    cause = next((one for one in causes if one.change), None)
    if cause is None:
        reporter.info("--fix: no cause that a setting of the training mends; the hints say what does")
        return None
    changed = " ".join(f"--{name.replace('_', '-')} {_written(value)}" for name, value in cause.change.items())
    reporter.info(f"--fix: training as asked, and with {changed}")
    with tempfile.TemporaryDirectory() as scratch:
        before, after = (
            _trained(replace(training, output=Path(scratch) / name, force=True, dry_run=False, refit=False, **change))
            for name, change in (("before", {}), ("after", dict(cause.change)))
        )
    if isinstance(after, EegcliError):
        raise InputError(f"--fix: the training with {changed} fails: {after.message}", hint=after.hint or cause.hint)
    sets = after["sets"]["validation"]
    own = {} if isinstance(before, EegcliError) else before["validation"]
    if isinstance(before, EegcliError):
        reporter.warn(f"--fix: the training as asked fails: {before.message}")
    return Fixed(cause.check, changed, own, after["validation"], after["baseline"] or {}, int(sets["n_windows"]), int(sets["n_subjects"]))


def _trained(settings: TrainSettings) -> dict[str, Any] | EegcliError:
    """Figures of the first network of a training, or why there is none."""
    from eegcli import train

    assert settings.output is not None
    try:
        train.run(settings, reporter=Silent())
    except EegcliError as error:
        return error
    metrics: dict[str, Any] = open_run(settings.output).networks[0].metrics
    return metrics


def _cell(name: str, value: float | None) -> str:
    """Figure as tables write it, with its unit; a dash for none."""
    entry = METRICS.get(name.removeprefix("validation_"))
    if value is None:
        return "-"
    return entry.text(value) if entry is not None else f"{value:.3g}"


def _written(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
