"""Calibration and conformal sets from end to end: every figure follows from the tables, and what is unsound is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, UsageError
from eegcli.evaluate.calibrated import _why_not
from eegcli.stats.calibration import fit_temperature, tempered
from tests.kit import cohorts
from tests.kit.evaluations import evaluated


@pytest.fixture(scope="module")
def weak(tmp_path_factory):
    """Thirty subjects with an effect that is hard to find, twelve of them tested; two folds of fifteen."""
    folder = tmp_path_factory.mktemp("weak")
    windows = cohorts.windows(folder / "windows", subjects=range(30), effect=1.5)
    return {
        "one": cohorts.train(windows, folder / "one", split=(0.4, 0.2, 0.4)),
        "folds": cohorts.train(windows, folder / "folds", cv=2),
        "many": cohorts.train(windows, folder / "many", arch="majority", cv=5),
    }


def test_the_temperature_is_fitted_on_validation_windows_and_changes_no_prediction(weak):
    metrics, reporter = evaluated(weak["one"])
    found, rows = metrics["calibration"]["window"], read_table(weak["one"] / "evaluation" / "predictions.parquet")
    p, truth = np.stack([rows["p_F"], rows["p_M"]], axis=1), (rows["truth"] == "M").astype(int)
    validated, tested = rows["split"] == "validation", rows["split"] == "test"
    assert found["temperatures"] == [pytest.approx(fit_temperature(truth[validated], p[validated]), rel=1e-6)]
    assert found["n_fitted_on"] == [6]
    after = tempered(p[tested], found["temperatures"][0])
    for state, probabilities in (("before", p[tested]), ("after", after)):
        assert found[state]["brier"] == pytest.approx(brier_score_loss(truth[tested], probabilities[:, 1]))
        assert found[state]["log_loss"] == pytest.approx(log_loss(truth[tested], probabilities))
        low, high = found[state]["ece_ci95"]
        assert low <= found[state]["ece"] <= high
    assert found["before"]["ece"] == metrics["splits"]["test"]["window"]["ece"]
    table = read_table(weak["one"] / "evaluation" / "calibration.parquet")
    of_windows = (table["level"] == "window") & (table["state"] == "after")
    assert table["n"][of_windows].sum() == tested.sum() == 144
    error = np.nansum(table["n"][of_windows] * np.abs(table["confidence"][of_windows] - table["accuracy"][of_windows])) / 144
    assert found["after"]["ece"] == pytest.approx(error)
    assert any("expected calibration error" in said for said in reporter.debugs)


def test_sets_of_test_subjects_are_calibrated_on_the_others_of_the_same_network(weak):
    metrics, _ = evaluated(weak["folds"], conformal=0.9)
    found, sets = metrics["conformal"], read_table(weak["folds"] / "evaluation" / "conformal.parquet")
    votes = read_table(weak["folds"] / "evaluation" / "votes.parquet")
    votes = {name: column[votes["split"] == "test"] for name, column in votes.items()}
    assert votes["unit"].tolist() == sets["unit"].tolist() and found["n_calibration"] == [14, 14]
    score = {name: 1 - votes[f"p_{name}"] for name in "FM"}
    strange = np.where(votes["truth"] == "M", score["M"], score["F"])
    for row in range(30):
        others = np.sort(strange[(votes["fold"] == votes["fold"][row]) & (np.arange(30) != row)])
        threshold = others[math.ceil(0.9 * 15 - 1e-9) - 1]
        for name in "FM":
            assert sets[f"in_set_{name}"][row] == (score[name][row] <= threshold)
    in_set = np.where(votes["truth"] == "M", sets["in_set_M"], sets["in_set_F"])
    assert found["plain"]["covered"] == in_set.mean()
    assert sum(found["plain"]["sizes"]) == pytest.approx(1)
    assert found["randomised"]["mean_size"] <= found["plain"]["mean_size"]
    assert found["thresholds"][0] == np.sort(strange[votes["fold"] == 0])[math.ceil(0.9 * 16 - 1e-9) - 1]


def test_folds_with_too_few_subjects_and_shares_that_are_none_are_refused_before_anything_is_written(weak):
    with pytest.raises(InputError, match=r"the test set of fold 0 has 6 subjects, and sets of 0\.9 take 10") as refusal:
        evaluated(weak["many"], conformal=0.9)
    assert refusal.value.exit_code == 3 and "fewer folds" in refusal.value.hint
    assert not (weak["many"] / "evaluation").exists()
    for share in (0.0, 1.0, 90.0):
        with pytest.raises(UsageError, match="must be between 0 and 1"):
            evaluated(weak["many"], conformal=share)


def test_subjects_that_are_not_exchangeable_units_or_had_a_say_are_refused(cohort, tmp_path):
    by_task = cohorts.train(cohort, tmp_path / "task", target="task", arch="majority")
    with pytest.raises(InputError, match="task changes within subjects"):
        evaluated(by_task, conformal=0.5)
    mixed = cohorts.train(cohort, tmp_path / "mixed", split_unit="recording", arch="majority")
    with pytest.raises(InputError, match="participants are on both sides"):
        evaluated(mixed, conformal=0.5)


@pytest.mark.exhaustive
def test_subjects_who_chose_the_epoch_cannot_calibrate(cohort, tmp_path):
    choosing = cohorts.train(cohort, tmp_path / "choosing", arch="eegnet", epochs=1, report_epoch="published", no_baseline=True)
    with pytest.raises(InputError, match="the test set chose the epoch"):
        evaluated(choosing, conformal=0.5)


def test_intervals_of_a_number_are_as_wide_as_the_errors_of_the_others_say(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="age", split=(0.3, 0.2, 0.5))
    metrics, reporter = evaluated(run, conformal=0.8)
    sets = read_table(run / "evaluation" / "conformal.parquet")
    errors = np.abs(sets["prediction"] - sets["truth"])
    half = [np.sort(np.delete(errors, row))[math.ceil(0.8 * 10 - 1e-9) - 1] for row in range(10)]
    np.testing.assert_allclose((sets["high"] - sets["low"]) / 2, half)
    assert metrics["conformal"]["covered"] == pytest.approx(np.mean(errors <= np.array(half)))
    assert any("conformal sets of 80 %" in said for said in reporter.infos)
    slope = np.polyfit(sets["prediction"], sets["truth"], 1)[0]
    assert metrics["splits"]["test"]["vote"]["calibration_slope"] == pytest.approx(slope)


def test_a_majority_model_in_folds_of_unequal_classes_has_an_auc_of_a_half(tmp_path):
    windows = cohorts.loud_windows(tmp_path / "windows", n_subjects=11, male=4)
    run = cohorts.train(windows, tmp_path / "run", arch="majority", cv=3)
    metrics, _ = evaluated(run)
    for level in ("window", "vote"):
        assert metrics["splits"]["test"][level]["auc"] == 0.5
        assert metrics["splits"]["test"][level]["auc_pooled"] != 0.5


@pytest.mark.parametrize(
    ("temperatures", "why"),
    [((1.2, 0.4), None), ((1.2, np.nan), "no validation subjects"), ((0.0, 1.0), "all right"), ((np.inf, 1.0), "no better than chance")],
)
def test_the_reason_for_no_temperature_is_the_one_that_there_is(temperatures, why):
    found = _why_not(temperatures)
    assert found is None if why is None else why in found and ";" not in found
    assert {"all right" in (_why_not((0.0, np.inf)) or ""), "no better than chance" in (_why_not((0.0, np.inf)) or "")} == {True}
