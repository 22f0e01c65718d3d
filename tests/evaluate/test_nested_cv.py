"""`evaluate --nested-cv`: what it writes and says, that those left out have no part in a fit, and what is refused."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

import eegcli
from eegcli.artifacts.run import open_run
from eegcli.errors import InputError, UsageError
from eegcli.evaluate.nested import _deal, _Refit
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    return cohorts.windows(tmp_path_factory.mktemp("nested") / "toy-windows", subjects=range(12), n_windows=2, effect=2.0)


@pytest.fixture(scope="module")
def run(windows, tmp_path_factory):
    return cohorts.train(windows, tmp_path_factory.mktemp("runs") / "run", arch="logistic", cv=3)


def test_the_corrected_interval_stands_beside_the_uncorrected_one_and_is_told(run, tmp_path):
    reporter = CapturingReporter()
    settings = EvaluateSettings(run=run, output=tmp_path / "one", nested_cv=2, threads=1)
    eegcli.evaluate.run(settings, reporter=reporter)
    metrics = json.loads((tmp_path / "one" / "metrics.json").read_text())
    nested, window = metrics["nested_cv"], metrics["splits"]["test"]["window"]
    assert nested["uncorrected"] == {"value": window["accuracy"], "ci95": window["ci95"]}
    assert nested["ci95"][0] < nested["value"] < nested["ci95"][1]
    assert 1 <= nested["inflation"] <= 3**0.5 + 1e-9  # of 3 folds
    assert window["intervals"]["ci95"]["given"] == "networks taken as given"
    said = " ".join(reporter.messages)
    assert "nested cross-validation" in said and "networks taken as given" in said


def test_subjects_that_are_left_out_have_no_part_in_a_fit(run):
    opened = open_run(run)
    from eegcli.artifacts.windows_of_run import windows_of_run
    from eegcli.evaluate.cohort import gather_cohort
    from eegcli.reporter import Silent

    own, _ = windows_of_run(opened, None)
    cohort = gather_cohort(opened, own, own=True, reporter=Silent())
    evaluated = SimpleNamespace(
        run=opened, cohort=cohort, output=run, reporter=Silent(), settings=SimpleNamespace(threads=1, seed=0, nested_cv=2)
    )
    refit = _Refit(evaluated)
    left_out = np.arange(len(refit.label)) < 4
    refit.values(left_out, np.random.default_rng(0))
    weights = refit.model.final_layer.weight.detach().clone()
    refit.features = [np.where(left_out[refit.subject][:, None], 1e3, own) for own in refit.features]
    values = refit.values(left_out, np.random.default_rng(0))
    assert (refit.model.final_layer.weight == weights).all()
    assert values[~left_out].sum() == 0, "those that were learnt from are not counted"


@pytest.mark.parametrize("n_folds", [3, 4, 7])
def test_folds_hold_like_numbers_of_either_class(n_folds):
    label = np.repeat([0.0, 1.0], [11, 17])
    folds = _deal(np.random.default_rng(0), label, n_folds)
    for own in (label == 0, label == 1):
        assert np.ptp(np.bincount(folds[own], minlength=n_folds)) <= 2
    assert np.ptp(np.bincount(folds, minlength=n_folds)) <= 1


def test_what_cannot_be_corrected_is_refused_before_anything_is_predicted(windows, run, tmp_path):
    single = cohorts.train(windows, tmp_path / "single", arch="logistic")
    for path, words in ((single, "has 1 fold"),):
        with pytest.raises(InputError, match=words):
            eegcli.evaluate.run(EvaluateSettings(run=path, nested_cv=2))
        assert not (path / "evaluation").exists()
    with pytest.raises(UsageError, match="nested-cv must be at least 2"):
        eegcli.evaluate.run(EvaluateSettings(run=run, nested_cv=1))
    other = cohorts.windows(tmp_path / "other-windows", subjects=range(40, 44), dataset="other")
    with pytest.raises(InputError, match="other windows were in no fold"):
        eegcli.evaluate.run(EvaluateSettings(run=run, windows=other, nested_cv=2))
