"""Table of metrics: training, evaluation, tables on the terminal, `info` and the documentation read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["classification", "regression"]
Column = Literal["truth", "predicted", "probabilities", "constant"]


@dataclass(frozen=True)
class Interval:
    """A 95 % interval by resampling subjects, of a metric that is a mean over rows.

    Attributes
    ----------
    key : str
        Name in metrics.json.
    rows : str
        Function ``(truth, predicted) -> value of each row``, as ``module:attribute``.
    over : {"rows", "classes"}
        The metric is the mean over rows, or the mean over true classes of the mean over their rows.
    heading : str
        In the table on the terminal; empty: not shown there.
    wilson : str
        Name in metrics.json of Wilson's interval, which stands beside it where rows are independent and values are 0 or 1; empty: none.
    """

    key: str
    rows: str
    over: Literal["rows", "classes"] = "rows"
    heading: str = ""
    wilson: str = ""


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
    takes : tuple of str
        Arguments of the function, a row per window or vote: ``truth`` and ``predicted`` (indices of classes, or numbers),
        ``probabilities`` (n, n_classes; hard votes have none), ``constant`` (mean of the truth in the training set).
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
    per_epoch : bool
        True: computed on the validation set after each epoch; the column ``validation_NAME`` of history.parquet.
    chooses : bool
        True for the one metric of its kind by which the epoch is kept: the highest wins, or the lowest, as `better` says.
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
    per_epoch: bool = False
    chooses: bool = False

    @property
    def of_labels(self) -> bool:
        """True for a property of the labels alone: the same for every network, so that it has no spread over seeds."""
        return self.takes == ("truth",)


_RIGHT, _ERROR = "eegcli.stats.metrics:right", "eegcli.stats.metrics:absolute_error"

METRICS: dict[str, MetricEntry] = {
    "accuracy": MetricEntry(
        "eegcli.stats.metrics:accuracy",
        "share of right predictions",
        "classification",
        heading="right %",
        unit="%",
        format=".1f",
        interval=Interval("ci95", _RIGHT, heading="95 % CI", wilson="wilson95"),
    ),
    "balanced_accuracy": MetricEntry(
        "eegcli.stats.metrics:balanced_accuracy",
        "mean over classes of the share of a class that is recognised; not defined where fewer than two classes occur",
        "classification",
        heading="balanced %",
        unit="%",
        format=".1f",
        interval=Interval("balanced_accuracy_ci95", _RIGHT, over="classes"),
        per_epoch=True,
        chooses=True,
    ),
    "auc": MetricEntry(
        "eegcli.stats.metrics:auc",
        "area under the ROC curve; of more than two classes the mean of one-versus-rest; not defined where a class does not occur",
        "classification",
        takes=("truth", "probabilities"),
        heading="AUC",
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
        interval=Interval("ci95", _ERROR, heading="95 % CI"),
    ),
    "r2": MetricEntry(
        "eegcli.stats.metrics:r_squared",
        "share of the variance that is explained; negative: worse than the mean; not defined where the truth is constant",
        "regression",
        heading="R2",
        format=".2f",
        per_epoch=True,
        chooses=True,
    ),
    "r": MetricEntry(
        "eegcli.stats.metrics:pearson_r",
        "Pearson correlation of truth and prediction; not defined where either is constant",
        "regression",
        heading="r",
        format=".2f",
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
    """Metrics of a kind of target, in the order of the table."""
    return {name: entry for name, entry in METRICS.items() if entry.kind == kind}


def choosing_metric(kind: Kind) -> str:
    """Name of the metric by which the epoch is kept."""
    (name,) = (name for name, entry in metrics_of(kind).items() if entry.chooses)
    return name
