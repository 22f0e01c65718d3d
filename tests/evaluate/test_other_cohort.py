"""Another cohort: windows of people whom the run never saw, and what is refused as such."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import evaluate
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table, write_table
from eegcli.errors import InputError
from eegcli.files import atomic
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.evaluations import evaluated, read
from tests.kit.marks import restate
from tests.kit.reporters import CapturingReporter


def test_another_cohort_is_evaluated_beside_the_runs_own(run, tmp_path):
    other = cohorts.windows(tmp_path / "others", subjects=range(30, 40), dataset="elsewhere", effect=4.0)
    evaluated(run)
    evaluate.run(EvaluateSettings(run=run, windows=other), reporter=CapturingReporter())
    metrics = read(run, "evaluation-others")
    assert list(metrics["splits"]) == ["test"]
    assert metrics["splits"]["test"]["vote"]["n_subjects"] == 10
    checks = {check["name"]: check["passed"] for check in metrics["leak_checks"]}
    assert checks["subjects seen in training"] is checks["windows seen in training"] is True
    assert checks["windows are those of the training"] is None
    assert (run / "evaluation").exists()


def test_people_of_the_training_are_refused_in_another_cohort(run, tmp_path):
    known = str(open_run(run).splits["subject"][open_run(run).splits["split"] == "train"][0])
    other = cohorts.windows(tmp_path / "others", subjects=[int(known), 40, 41], seed=9)
    with pytest.raises(InputError, match=rf"subjects seen in training: 1 \({known}\)"):
        evaluate.run(EvaluateSettings(run=run, windows=other), reporter=CapturingReporter())


def test_recordings_of_the_training_under_new_names_are_refused(run, tmp_path):
    other = cohorts.windows(tmp_path / "others", subjects=range(20), dataset="renamed", effect=4.0)
    with pytest.raises(InputError, match="windows seen in training"):
        evaluate.run(EvaluateSettings(run=run, windows=other), reporter=CapturingReporter())


def test_windows_that_do_not_fit_the_network_are_refused_by_name(run, tmp_path):
    fewer = cohorts.windows(tmp_path / "fewer", subjects=[40, 41], ch_names=cohorts.CH_NAMES[:-1])
    with pytest.raises(InputError, match=r"missing \(Fp1\)"):
        evaluated(run, windows=fewer)
    shorter = cohorts.windows(tmp_path / "shorter", subjects=[40, 41], n_times=64)
    with pytest.raises(InputError, match="64 samples at 64 Hz, the network takes 128 at 64 Hz"):
        evaluated(run, windows=shorter)


def test_without_the_windows_of_the_training_their_contents_cannot_be_compared(run, tmp_path):
    atomic.write_json(run / "provenance.json", atomic.read_json(run / "provenance.json") | {"windows": str(tmp_path / "gone")})
    other = cohorts.windows(tmp_path / "others", subjects=range(30, 36), effect=4.0)
    evaluate.run(EvaluateSettings(run=run, windows=other), reporter=CapturingReporter())
    checks = {check["name"]: check["passed"] for check in read(run, "evaluation-others")["leak_checks"]}
    assert checks["subjects seen in training"] is True
    assert checks["windows seen in training"] is None


def test_another_cohort_is_tested_by_every_network_and_their_figures_averaged(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", cv=2, seeds=2)
    other = cohorts.windows(tmp_path / "others", subjects=range(30, 36), effect=4.0)
    reporter = CapturingReporter()
    evaluate.run(EvaluateSettings(run=run, windows=other), reporter=reporter)
    metrics = read(run, "evaluation-others")
    pooled = metrics["pooled"]["splits"]["test"]["vote"]
    assert (pooled["n"], pooled["n_subjects"], pooled["n_repeats"]) == (6, 6, 4)
    assert pooled["accuracy"] == pytest.approx(np.mean([fold["splits"]["test"]["vote"]["accuracy"] for fold in metrics["folds"]]))
    assert "mean of 4 networks" in reporter.tables[0][0]


def test_other_windows_without_any_answer_are_refused(run, tmp_path):
    other = cohorts.windows(tmp_path / "others", subjects=range(30, 34))
    table = read_table(other / "windows.parquet")
    table["sex"][:] = None
    write_table(other / "windows.parquet", table)
    restate(other)
    with pytest.raises(InputError, match="no window has a value of 'sex'"):
        evaluate.run(EvaluateSettings(run=run, windows=other), reporter=CapturingReporter())
