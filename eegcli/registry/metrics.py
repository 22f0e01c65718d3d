"""Table of metrics: training, evaluation, tables on the terminal, `info` and the documentation read it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eegcli.errors import UsageError

Kind = Literal["classification", "regression"]
Column = Literal["truth", "predicted", "probabilities", "constant", "positive", "fold", "subject"]

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    "classification": ("truth", "predicted", "probabilities", "positive", "fold", "subject"),
    "regression": ("truth", "predicted", "constant", "fold", "subject"),
}
EVALUATION_ONLY: tuple[Column, ...] = ("constant", "positive", "fold", "subject")  # no epoch has them
# Names beside those of metrics and intervals: in the figures of a set in metrics.json, and (`loss`) in history.parquet.
RESERVED = {
    "n": "the number of rows",
    "n_subjects": "the number of subjects",
    "n_repeats": "the number of repeats",
    "sd": "the standard deviations over repeats",
    "confusion": "the confusion matrix",
    "hard": "the figures of hard votes",
    "marked": "the caveat",
    "intervals": "how the intervals were made",
    "vote_gain": "the gain of the vote",
    "loss": "the loss",
}


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a metric, over subjects.

    Attributes
    ----------
    key : str
        Name in metrics.json, which no other metric or interval of the kind of target has.
    heading : str
        In the table on the terminal; empty: not shown there.
    method : str
        Function ``(value, rows) -> Found or None``, as ``module:attribute``: of the metric and a `stats.intervals.rows.Rows` it makes a
        `stats.intervals.of_metrics.Found`; None: not given of these rows.
    """

    key: str
    heading: str
    method: str


@dataclass(frozen=True)
class MetricEntry:
    """Metric entry: where its function lies, what it takes, and where and how it is shown.

    Attributes
    ----------
    path : str
        Function of arrays that gives one number, NaN where the metric is not defined, as ``module:attribute``.
    summary : str
        Meaning, for the documentation.
    kind : {"classification", "regression"}
        Kind of target.
    takes : tuple of str
        Arguments of the function, a row per window or vote: ``truth`` and ``predicted`` (indices of classes, or numbers),
        ``probabilities`` (n, n_classes; hard votes have none), ``constant`` (mean of the truth in the training set), ``positive`` (index of
        the class that `--positive` names; not there without it), ``fold`` and ``subject`` (numbers).
    heading : str
        In the table on the terminal; empty: neither there nor in `info`, but in metrics.json.
    unit : str
        ``%``: a share, shown in percent; ``target``: the unit of the target; empty: none.
    format : str
        As `format` takes it, after the conversion to percent.
    better : {"higher", "lower", ""}
        Empty: neither, for a property of the labels.
    interval : Interval, optional
        None: no interval is given.
    also : tuple of Interval
        Other intervals of it, in metrics.json alone.
    per_epoch : bool
        True: computed on the validation set after each epoch; the column ``validation_NAME`` of history.parquet.
    chooses : bool
        True for the one metric of its kind by which the epoch is kept: the highest wins, or the lowest, as `better` says. It is computed
        after each epoch, `per_epoch` or not.
    running : str
        For the one metric of its kind that history.parquet gives of the training windows, as ``train_NAME``: function
        ``(loss, share_right)`` that computes it from what is summed over the batches of an epoch, as ``module:attribute``. It is computed of
        the other sets after each epoch, `per_epoch` or not.
    headline : bool
        True for the one metric of its kind that stands for all where there is room for one.
    undefined : str
        Reason for which the metric may not be defined, as it follows "not defined where"; evaluation states it.
    of_baseline : bool
        True where a run's metrics.json has it of the constant prediction, too, if it needs no more than truth and prediction.

    Raises
    ------
    UsageError
        If no metric can be so: of another kind, of a column that is not there, or choosing without a better end.
    """

    path: str
    summary: str
    kind: Kind
    takes: tuple[Column, ...] = ("truth", "predicted")
    heading: str = ""
    unit: Literal["%", "target", ""] = ""
    format: str = ".3f"
    better: Literal["higher", "lower", ""] = "higher"
    interval: Interval | None = None
    also: tuple[Interval, ...] = ()
    per_epoch: bool = False
    chooses: bool = False
    running: str = ""
    headline: bool = False
    undefined: str = ""
    of_baseline: bool = True

    def __post_init__(self) -> None:
        """Refuse what training and evaluation would pass over in silence."""
        if self.kind not in COLUMNS:
            raise UsageError(f"metric {self.path}: no kind of target is named {self.kind!r}", hint=f"There are: {', '.join(COLUMNS)}.")
        if unknown := [column for column in self.takes if column not in COLUMNS[self.kind]]:
            raise UsageError(
                f"metric {self.path}: a {self.kind} has no column {', '.join(unknown)} to take",
                hint=f"There are: {', '.join(COLUMNS[self.kind])}.",
            )
        if self.in_history and (later := [column for column in self.takes if column in EVALUATION_ONLY]):
            raise UsageError(
                f"metric {self.path} takes {', '.join(later)}, which there is not after an epoch",
                hint="Leave out per_epoch and chooses, or take truth and predicted.",
            )
        if self.chooses and not self.better:
            raise UsageError(
                f"metric {self.path} chooses the epoch, but no end of it is better", hint='Say better="higher" or better="lower".'
            )

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """All intervals of it."""
        return (() if self.interval is None else (self.interval,)) + self.also

    @property
    def in_history(self) -> bool:
        """True where the metric is computed after each epoch; the one that the training windows have is given of the others, too."""
        return self.per_epoch or self.chooses or bool(self.running)

    @property
    def meaning(self) -> str:
        """Summary, and where the metric is not defined."""
        return self.summary + (f"; not defined where {self.undefined}" if self.undefined else "")

    def text(self, value: float | None) -> str:
        """Format a figure, in percent where that is its unit; a dash where it is not defined."""
        if value is None or not math.isfinite(value):
            return "-"
        text = format(100 * value if self.unit == "%" else value, self.format)
        return text if any(digit in text for digit in "123456789") else text.removeprefix("-")  # what is rounded to nothing has no sign

    @property
    def of_labels(self) -> bool:
        """True for a property of the labels alone: the same for every network, so that it has no spread over seeds."""
        return not {"predicted", "probabilities", "constant"}.intersection(self.takes)


_OF = "eegcli.stats.intervals.of_metrics"

_CLASSES, _SCORES = "eegcli.stats.class_metrics", "eegcli.stats.calibration"
_SURE: tuple[Column, ...] = ("truth", "probabilities")
_POSITIVE: tuple[Column, ...] = ("truth", "predicted", "positive")  # with --positive alone
_ONE = "fewer than two classes occur"

METRICS: dict[str, MetricEntry] = {
    "accuracy": MetricEntry(
        "eegcli.stats.metrics:accuracy",
        "share of right predictions",
        "classification",
        heading="right %",
        unit="%",
        format=".1f",
        interval=Interval("ci95", "95 % CI", f"{_OF}:of_accuracy"),
        also=(Interval("wilson95", "", f"{_OF}:wilson_of_votes"),),
        running="eegcli.stats.metrics:running_accuracy",
        headline=True,
    ),
    "balanced_accuracy": MetricEntry(
        "eegcli.stats.metrics:balanced_accuracy",
        "mean over classes of the share of a class that is recognised",
        "classification",
        heading="balanced %",
        unit="%",
        format=".1f",
        interval=Interval("balanced_accuracy_ci95", "", f"{_OF}:of_balanced_accuracy"),
        per_epoch=True,
        chooses=True,
        undefined="fewer than two classes occur",
    ),
    "auc": MetricEntry(
        "eegcli.stats.metrics:auc_within_folds",
        "area under the ROC curve; of more than two classes the mean of one-versus-rest; of several folds the mean of each fold's, weighted by "
        "its subjects (folds that lack a class are pooled)",
        "classification",
        takes=("truth", "probabilities", "fold", "subject"),
        heading="AUC",
        interval=Interval("auc_ci95", "95 % CI of AUC", f"{_OF}:of_auc"),
        undefined="a class does not occur",
    ),
    "auc_pooled": MetricEntry(
        "eegcli.stats.metrics:auc", "the same with all folds in one ranking, though their networks are different", "classification", _SURE
    ),
    "auc_folds_pooled": MetricEntry(
        f"{_CLASSES}:folds_lacking_a_class",
        "folds that lack a class: ranked together for `auc`",
        "classification",
        ("truth", "fold"),
        better="",
    ),
    "sensitivity": MetricEntry(
        f"{_CLASSES}:sensitivity",
        "share of the positive class that is recognised",
        "classification",
        _POSITIVE,
        "sensitivity %",
        "%",
        ".1f",
    ),
    "specificity": MetricEntry(
        f"{_CLASSES}:specificity", "share of the others that is not taken for it", "classification", _POSITIVE, "specificity %", "%", ".1f"
    ),
    "f1_positive": MetricEntry(f"{_CLASSES}:f1_positive", "F1 of the positive class", "classification", _POSITIVE),
    "f1": MetricEntry(
        f"{_CLASSES}:f1_macro", "F1, mean over the classes that occur or are predicted", "classification", undefined=_ONE, of_baseline=False
    ),
    "mcc": MetricEntry(
        f"{_CLASSES}:matthews",
        "Matthews correlation; 0 if one class alone is predicted",
        "classification",
        undefined=_ONE,
        of_baseline=False,
    ),
    "brier": MetricEntry(
        f"{_SCORES}:brier",
        "Brier score, 0 to 1; of more than two classes the sum over them, 0 to 2",
        "classification",
        _SURE,
        better="lower",
    ),
    "log_loss": MetricEntry(f"{_SCORES}:log_loss", "mean of -ln(probability of the true class)", "classification", _SURE, better="lower"),
    "ece": MetricEntry(
        f"{_SCORES}:calibration_error", "expected calibration error, 15 bins; above 0 by chance", "classification", _SURE, better="lower"
    ),
    "majority_rate": MetricEntry(
        "eegcli.stats.metrics:majority_rate",
        "share of the most frequent true class: the best accuracy of a constant prediction",
        "classification",
        takes=("truth",),
        heading="majority %",
        unit="%",
        format=".1f",
        better="",
    ),
    "mae": MetricEntry(
        "eegcli.stats.metrics:mean_absolute_error",
        "mean absolute error",
        "regression",
        heading="MAE",
        unit="target",
        format=".3g",
        better="lower",
        interval=Interval("ci95", "95 % CI", f"{_OF}:of_absolute_error"),
        headline=True,
    ),
    "r2": MetricEntry(
        "eegcli.stats.metrics:r_squared",
        "share of the variance that is explained; negative: worse than the mean",
        "regression",
        heading="R2",
        format=".2f",
        per_epoch=True,
        chooses=True,
        running="eegcli.stats.metrics:running_r_squared",
        undefined="the truth is constant",
    ),
    "r": MetricEntry(
        "eegcli.stats.metrics:pearson_r",
        "Pearson correlation of truth and prediction",
        "regression",
        heading="r",
        interval=Interval("r_ci95", "95 % CI of r", f"{_OF}:of_correlation"),
        format=".2f",
        undefined="truth or prediction is constant, or there are fewer than three",
    ),
    "calibration_slope": MetricEntry(
        "eegcli.stats.metrics:calibration_slope",
        "slope of the truth regressed on the prediction: 1 where predictions are neither too far from their mean (below 1) nor too near (above)",
        "regression",
        better="",
        undefined="the prediction is constant, or there are fewer than three",
        of_baseline=False,
    ),
    "baseline_mae": MetricEntry(
        "eegcli.stats.metrics:mean_absolute_error",
        "mean absolute error of the mean of the training set as the only prediction",
        "regression",
        takes=("truth", "constant"),
        heading="MAE of mean",
        unit="target",
        format=".3g",
        better="lower",
    ),
    "baseline_r2": MetricEntry(
        "eegcli.stats.metrics:r_squared",
        "share of the variance that the mean of the training set explains: 0 or below",
        "regression",
        takes=("truth", "constant"),
    ),
}


def metrics_of(kind: Kind) -> dict[str, MetricEntry]:
    """Metrics of a kind of target, in the order of the table.

    Raises
    ------
    UsageError
        If two of them claim one name in metrics.json, or one place that is there once (`chooses`, `running`, `headline`); both are named.
    """
    entries = {name: entry for name, entry in METRICS.items() if entry.kind == kind}
    claimed = dict(RESERVED)
    for name, claim in _claims(entries):
        if name in claimed:
            raise UsageError(
                f"metrics of a {kind}: the name {name} is that of {claimed[name]} and of {claim}",
                hint="Give one of them another name in registry.METRICS.",
            )
        claimed[name] = claim
    for flag in ("chooses", "running", "headline"):
        _only(entries, flag, kind)
    return entries


def choosing_metric(kind: Kind) -> str:
    """Name of the metric by which the epoch is kept."""
    return _only(metrics_of(kind), "chooses", kind)


def training_metric(kind: Kind) -> str:
    """Name of the metric that the history gives of the training windows."""
    return _only(metrics_of(kind), "running", kind)


def headline_metric(kind: Kind) -> str:
    """Name of the metric that stands for all where there is room for one."""
    return _only(metrics_of(kind), "headline", kind)


def _claims(entries: dict[str, MetricEntry]) -> Iterator[tuple[str, str]]:
    """Names in metrics.json, each with what it is the name of."""
    for name, entry in entries.items():
        yield name, f"the metric {name}"
        for interval in entry.intervals:
            yield interval.key, f"the interval {interval.key} of {name}" if interval in entry.also else f"the interval of {name}"


def _only(entries: dict[str, MetricEntry], flag: Literal["chooses", "running", "headline"], kind: Kind) -> str:
    names = [name for name, entry in entries.items() if getattr(entry, flag)]
    if len(names) != 1:
        raise UsageError(
            f"metrics of a {kind}: `{flag}` is said of {' and '.join(names) or 'none'}, and must be of exactly one",
            hint=f"Say `{flag}` of one metric of a {kind} in registry.METRICS, and leave it out of the others.",
        )
    return names[0]
