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
from eegcli.registry import METRICS, MetricEntry, choosing_metric, load, metrics_of
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
    assert METRICS[choosing_metric(kind)].per_epoch


def test_every_metric_is_a_function_of_what_it_takes():
    n = 6
    columns = {
        "classification": {"truth": np.arange(n) % 2, "predicted": np.zeros(n, int), "probabilities": np.full((n, 2), 0.5)},
        "regression": {"truth": np.arange(n) * 1.0, "predicted": np.ones(n), "constant": np.zeros(n)},
    }
    for kind, given in columns.items():
        for entry in metrics_of(kind).values():
            assert isinstance(float(load(entry.path)(*(given[name] for name in entry.takes))), float)
