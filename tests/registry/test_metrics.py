"""A metric is one line of the table: Cohen's kappa, added here, is used from training to the documentation."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

import eegcli
from eegcli.artifacts.network import Network
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.cli.main import main
from eegcli.errors import UsageError
from eegcli.registry import METRICS, MetricEntry, choosing_metric, headline_metric, load, metrics_of, training_metric
from eegcli.registry.metrics import RESERVED, Interval
from eegcli.stats.summary import Predictions, summarise
from tests.kit import cohorts

KAPPA = MetricEntry(
    f"{__name__}:kappa", "Cohen's kappa: agreement beyond chance", "classification", heading="kappa", format=".2f", per_epoch=True
)


def kappa(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Cohen's kappa by its definition, which is not how the oracle computes it."""
    observed = np.mean(truth == predicted)
    expected = sum(np.mean(truth == k) * np.mean(predicted == k) for k in np.union1d(truth, predicted))
    return float((observed - expected) / (1 - expected)) if expected < 1 else np.nan


@pytest.fixture
def with_kappa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "kappa", KAPPA)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("cohort") / "toy-windows", effect=3.0)


def command(monkeypatch, capsys, *arguments: str) -> tuple[str, str]:
    """Standard output and standard error of a command in this process."""
    monkeypatch.setattr("sys.argv", ["eegcli", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    return said.out, said.err


def names_of(row: dict) -> set[str]:
    return {name for name in row if name.endswith("kappa")}


def test_a_metric_of_one_line_is_used_end_to_end(with_kappa, cohort, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    options = (str(cohort), "--arch", "logistic", "--cv", "2", "--threads", "1", "-o", str(run))
    dry, _ = command(monkeypatch, capsys, "train", *options, "--dry-run", "--json")
    assert json.loads(dry)["data"]["n_parameters"] > 0 and not run.exists()

    trained, _ = command(monkeypatch, capsys, "train", *options, "--json")
    history = read_table(Network(run / "fold-00", 0, 0).path / "history.parquet")
    assert "validation_kappa" in history and np.isfinite(history["validation_kappa"]).all()
    assert "validation_kappa" in json.loads(trained)["data"]["validation"]
    assert open_run(run).metrics["networks"][1]["baseline"]["validation_kappa"] == 0.0

    evaluated, said = command(monkeypatch, capsys, "evaluate", str(run), "--threads", "1", "--json")
    splits = json.loads((run / "evaluation" / "metrics.json").read_text())["splits"]
    assert json.loads(evaluated)["data"]["splits"]["test"]["vote"]["kappa"] == splits["test"]["vote"]["kappa"]
    for level, table, predicted in (("window", "predictions", "p_M"), ("vote", "votes", "p_M")):
        rows = read_table(run / "evaluation" / f"{table}.parquet")
        test = rows["split"] == "test"
        expected = cohen_kappa_score(rows["truth"][test], np.where(rows[predicted][test] > 0.5, "M", "F"))
        assert splits["test"][level]["kappa"] == pytest.approx(expected)
    assert "kappa" in splits["test"]["vote"]["hard"]
    assert "kappa" in said and f"{splits['test']['window']['kappa']:.2f}" in said

    described, _ = command(monkeypatch, capsys, "info", str(run), "--json")
    assert json.loads(described)["data"]["test_window"]["kappa"] == splits["test"]["window"]["kappa"]


def test_the_documentation_lists_it(with_kappa, monkeypatch):
    docs = Path(eegcli.__file__).parents[1] / "docs"
    spec = importlib.util.spec_from_file_location("reference_of_docs", docs / "reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert "| `kappa` | classification |" in reference.artifact_page()


def test_the_metric_that_chooses_may_be_another(with_kappa, cohort, tmp_path, monkeypatch):
    monkeypatch.setitem(METRICS, "kappa", replace(KAPPA, chooses=True))
    monkeypatch.setitem(METRICS, "balanced_accuracy", replace(METRICS["balanced_accuracy"], chooses=False))
    run = cohorts.train(cohort, tmp_path / "run")
    history, kept = read_table(run / "history.parquet"), open_run(run).metrics["kept_epoch"]
    assert history["validation_kappa"][kept - 1] == history["validation_kappa"].max()


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_one_metric_of_each_kind_chooses_and_is_computed_after_each_epoch(kind):
    assert METRICS[choosing_metric(kind)].in_history


def test_the_metric_that_chooses_is_computed_after_each_epoch_whether_or_not_it_says_so(with_kappa, cohort, tmp_path, monkeypatch):
    monkeypatch.setitem(METRICS, "kappa", replace(KAPPA, chooses=True, per_epoch=False))
    monkeypatch.setitem(METRICS, "balanced_accuracy", replace(METRICS["balanced_accuracy"], chooses=False))
    history = read_table(cohorts.train(cohort, tmp_path / "run") / "history.parquet")
    assert "validation_kappa" in history


@pytest.mark.parametrize("flag", ["chooses", "headline", "running"])
def test_two_metrics_that_claim_one_place_are_named_before_anything_is_trained(flag, cohort, tmp_path, monkeypatch):
    has = next(name for name, entry in metrics_of("classification").items() if getattr(entry, flag))
    monkeypatch.setitem(METRICS, "kappa", replace(KAPPA, **{flag: getattr(METRICS[has], flag)}))
    with pytest.raises(UsageError, match=f"metrics of a classification: `{flag}` is said of {has} and kappa, and must be of exactly one"):
        cohorts.train(cohort, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("flag", ["chooses", "headline", "running"])
def test_a_place_that_no_metric_claims_is_named(flag, monkeypatch):
    for name, entry in METRICS.items():
        monkeypatch.setitem(METRICS, name, replace(entry, **{flag: type(getattr(entry, flag))()}))
    with pytest.raises(UsageError, match=f"metrics of a regression: `{flag}` is said of none"):
        metrics_of("regression")


ROWS = "eegcli.stats.intervals.of_metrics:of_accuracy"
CLASHES = {
    "interval and interval": ("kappa", Interval("ci95", "", ROWS), "ci95", "the interval of accuracy and of the interval of kappa"),
    "interval and another of a metric": (
        "kappa",
        Interval("wilson95", "", ROWS),
        "wilson95",
        "the interval wilson95 of accuracy and of the interval of kappa",
    ),
    "interval and metric": (
        "kappa",
        Interval("majority_rate", "", ROWS),
        "majority_rate",
        "the metric majority_rate and of the interval of kappa",
    ),
    "interval and its metric": ("kappa", Interval("kappa", "", ROWS), "kappa", "the metric kappa and of the interval of kappa"),
    "metric and interval": ("ci95", None, "ci95", "the interval of accuracy and of the metric ci95"),
    "interval and a count": ("kappa", Interval("n", "", ROWS), "n", "the number of rows and of the interval of kappa"),
    "metric and a matrix": ("confusion", None, "confusion", "the confusion matrix and of the metric confusion"),
}


@pytest.mark.parametrize(("name", "interval", "key", "claims"), CLASHES.values(), ids=CLASHES)
def test_a_name_that_two_figures_of_a_kind_claim_is_refused_with_both(name, interval, key, claims, monkeypatch):
    monkeypatch.setitem(METRICS, name, replace(KAPPA, interval=interval))
    with pytest.raises(UsageError) as refusal:
        metrics_of("classification")
    assert refusal.value.message == f"metrics of a classification: the name {key} is that of {claims}"
    assert "another name" in refusal.value.hint
    assert metrics_of("regression")  # has a ci95 of its own


def test_a_clash_of_names_ends_an_evaluation_before_anything_is_predicted(cohort, tmp_path, monkeypatch):
    run = cohorts.train(cohort, tmp_path / "run", arch="majority")
    monkeypatch.setitem(METRICS, "kappa", replace(KAPPA, interval=Interval("ci95", "", ROWS)))
    with pytest.raises(UsageError, match="the name ci95 is that of"):
        eegcli.evaluate.run(eegcli.settings.EvaluateSettings(run=run, dry_run=True))
    assert not (run / "evaluation").exists()


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_every_figure_of_a_set_has_a_name_of_the_table_or_a_reserved_one(kind):
    truth, predicted, subject = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]), np.arange(4)
    one = Predictions(truth, predicted, subject, probabilities=np.full((4, 2), 0.5), constant=np.zeros(4))
    figures = summarise([one, one], kind, 2 if kind == "classification" else 0, resamples=10, seed=0)
    intervals = {interval.key for entry in metrics_of(kind).values() for interval in entry.intervals}
    assert set(figures) - set(metrics_of(kind)) - intervals <= set(RESERVED)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "classifcation"}, "no kind of target is named 'classifcation'"),
        ({"takes": ("truth", "prediction")}, "a classification has no column prediction to take"),
        ({"takes": ("truth", "constant")}, "a classification has no column constant to take"),
        ({"kind": "regression", "takes": ("truth", "constant")}, "takes constant, which there is not after an epoch"),
        ({"chooses": True, "better": ""}, "chooses the epoch, but no end of it is better"),
    ],
)
def test_an_entry_that_would_be_passed_over_in_silence_is_refused(changes, says):
    with pytest.raises(UsageError, match=says):
        replace(KAPPA, **changes)


def test_the_history_the_name_of_an_evaluation_and_its_warnings_follow_the_table(with_kappa, cohort, tmp_path, monkeypatch):
    monkeypatch.setitem(METRICS, "accuracy", replace(METRICS["accuracy"], headline=False, running=""))
    monkeypatch.setitem(METRICS, "kappa", replace(KAPPA, headline=True, running="eegcli.stats.metrics:running_r_squared"))
    assert (training_metric("classification"), headline_metric("classification")) == ("kappa", "kappa")
    run = cohorts.train(cohort, tmp_path / "run")
    assert "train_kappa" in read_table(run / "history.parquet")
    eegcli.evaluate.run(eegcli.settings.EvaluateSettings(run=run, threads=1))
    assert "; test kappa " in repr(eegcli.open_evaluation(run))


def test_every_metric_is_a_function_of_what_it_takes():
    n = 6
    everywhere = {"fold": np.zeros(n, int), "subject": np.arange(n), "positive": np.ones(n, int)}
    columns = {
        "classification": {**everywhere, "truth": np.arange(n) % 2, "predicted": np.zeros(n, int), "probabilities": np.full((n, 2), 0.5)},
        "regression": {**everywhere, "truth": np.arange(n) * 1.0, "predicted": np.ones(n), "constant": np.zeros(n)},
    }
    for kind, given in columns.items():
        for entry in metrics_of(kind).values():
            assert isinstance(float(load(entry.path)(*(given[name] for name in entry.takes))), float)
