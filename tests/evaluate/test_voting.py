"""Voting rules from end to end: the chosen one in the figures, all of them beside each other, the curve, the gain, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

import eegcli
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, UsageError
from eegcli.evaluate.voting import _in_time
from eegcli.evaluate.wording import tell
from eegcli.registry.votes import VOTE_RULES
from eegcli.stats.intervals.measured import HOLDS
from tests.kit import cohorts
from tests.kit.evaluations import evaluated
from tests.kit.reporters import CapturingReporter


@pytest.mark.usefixtures("figures_as_for_users")
def test_every_rule_stands_beside_the_chosen_one_and_the_gain_and_curve_follow_from_the_tables(run):
    metrics, reporter = evaluated(run, vote="majority")
    voting, test = metrics["voting"], metrics["splits"]["test"]
    assert (voting["rule"], metrics["vote"], set(voting["rules"])) == ("majority", "majority", set(VOTE_RULES))
    votes, windows = read_table(run / "evaluation" / "votes.parquet"), read_table(run / "evaluation" / "predictions.parquet")
    voters = votes["split"] == "test"
    share = votes["p_M"][voters]
    predicted = np.where(windows["p_M"] > windows["p_F"], "M", "F")
    tested = windows["split"] == "test"
    for unit, p in zip(votes["unit"][voters], share, strict=True):
        assert p == np.mean(predicted[tested & (windows["subject"] == unit)] == "M")
    assert votes["vote"][voters].tolist() == np.where(share > 0.5, "M", "F").tolist() == votes["hard_vote"][voters].tolist()
    assert voting["rules"]["majority"]["accuracy"] == test["vote"]["accuracy"] == test["vote"]["hard"]["accuracy"]
    gain = np.mean(votes["vote"][voters] == votes["truth"][voters]) - np.mean(predicted[tested] == windows["truth"][tested])
    assert test["vote"]["vote_gain"]["value"] == pytest.approx(gain)

    curve = read_table(run / "evaluation" / "voting.parquet")
    assert curve["n_windows"].tolist() == [1, 2, 4, 8, 12]
    assert curve["seconds"].tolist() == [2.0, 4.0, 8.0, 16.0, 24.0]
    first = np.array([windows["recording"][row].endswith("rest") and windows["onset"][row] == 0 for row in range(len(predicted))])
    assert first[tested].sum() == 4  # recordings in the order of their names
    assert curve["accuracy"][0] == np.mean(predicted[tested & first] == windows["truth"][tested & first])
    assert curve["accuracy"][-1] == test["vote"]["accuracy"]
    made = test["vote"]["intervals"]["ci95"]
    assert np.isnan(curve["coverage"][-1]) == (made["coverage"] >= HOLDS and "given" not in made)
    assert any("votes (majority) by other rules" in said and "chosen by the test set" in said for said in reporter.debugs)
    assert (run / "evaluation" / "voting.png").stat().st_size > 10_000


def test_overlapping_windows_are_counted_once_in_seconds():
    class Windows:
        representation, n_times, sfreq = "raw", 128, 64.0
        table = {"recording": np.array(["a", "a", "a", "b"], dtype=object), "onset": np.array([1.0, 0.0, 5.0, 0.5])}  # noqa: RUF012
        x = np.empty((4, 1, 128))

    class Cohort:
        windows = Windows

    class One:
        rows, voting, member = np.arange(4), np.arange(4), np.array([0, 0, 0, 0])

    place, seconds = _in_time(One, type("Evaluated", (), {"cohort": Cohort}))
    assert place.tolist() == [1, 0, 2, 3]
    assert seconds.tolist() == [1.0, 2.0, 2.0, 2.0]


def test_weights_are_learned_on_validation_subjects_alone(run, cohort):
    metrics, _ = evaluated(run, vote="weighted")
    [weights] = metrics["voting"]["weights"]
    assert weights["n_units"] == metrics["splits"]["validation"]["vote"]["n"] and np.isfinite(weights["confidence"])
    windows, votes = (read_table(run / "evaluation" / f"{name}.parquet") for name in ("predictions", "votes"))
    row = np.flatnonzero(votes["split"] == "test")[0]
    mine = (windows["subject"] == votes["unit"][row]) & (windows["split"] == "test")
    validated = windows["split"] == "validation"
    confidence = np.maximum(windows["p_M"], windows["p_F"])
    weight = np.exp(weights["confidence"] * (confidence[mine] - confidence[validated].mean()) / confidence[validated].std())
    assert votes["p_M"][row] == pytest.approx(np.sum(weight * windows["p_M"][mine]) / weight.sum())


def test_a_weighted_vote_without_validation_subjects_is_refused_and_on_other_windows_too(cohort, run, tmp_path):
    unvalidated = cohorts.train(cohort, tmp_path / "unvalidated", arch="majority", split=(0.7, 0.0, 0.3))
    with pytest.raises(InputError, match="--vote weighted: no validation subjects") as refusal:
        evaluated(unvalidated, vote="weighted")
    assert refusal.value.exit_code == 3 and not (unvalidated / "evaluation").exists()
    metrics, _ = evaluated(unvalidated)
    assert "no validation subjects" in metrics["voting"]["rules"]["weighted"]["why_not"]
    assert metrics["calibration"]["window"]["after"] is None
    others = cohorts.windows(tmp_path / "others", subjects=range(100, 104), n_windows=2, dataset="others")
    with pytest.raises(InputError, match="are learned on the validation subjects of"):
        evaluated(run, windows=others, vote="weighted")


def test_rules_of_classes_are_refused_for_a_number_and_unknown_ones_named(cohort, tmp_path, run):
    aged = cohorts.train(cohort, tmp_path / "aged", target="age", arch="logistic")
    with pytest.raises(UsageError, match="--vote majority: age is a number"):
        evaluated(aged, vote="majority")
    with pytest.raises(UsageError, match="no voting rule is named 'mode'"):
        evaluated(run, vote="mode")
    with pytest.raises(UsageError, match="--positive M: age is a number"):
        evaluated(aged, positive="M")
    with pytest.raises(UsageError, match="no class of sex is named 'male'"):
        evaluated(run, positive="male")


def test_the_positive_class_has_its_columns_on_the_screen_and_nobody_else_does(run):
    metrics, reporter = evaluated(run, positive="F")
    vote = metrics["splits"]["test"]["vote"]
    matrix = np.array(vote["confusion"])  # rows are true: F, M
    assert vote["sensitivity"] == matrix[0, 0] / matrix[0].sum() and vote["specificity"] == matrix[1, 1] / matrix[1].sum()
    assert vote["hard"]["f1_positive"] is not None and metrics["positive"] == "F"
    assert {"sensitivity %", "specificity %"} <= set(reporter.tables[0].columns)
    for level in (vote, vote["hard"]):
        del level["sensitivity"], level["specificity"]
    others = CapturingReporter()
    tell({**metrics, "splits": {"test": {"window": vote, "vote": vote}}}, title="t", reporter=others)
    assert not {"sensitivity %", "specificity %"} & set(others.tables[0].columns)


@pytest.mark.exhaustive
def test_figures_over_seeds_have_the_form_of_the_published_table_beside_the_interval_over_subjects(tmp_path):
    small = cohorts.loud_windows(tmp_path / "windows", n_subjects=10, n_windows=3)
    run = cohorts.train(small, tmp_path / "run", arch="eegnet", epochs=1, seeds=3, no_baseline=True)
    metrics, reporter = evaluated(run)
    values = np.array([fold["splits"]["test"]["window"]["accuracy"] for fold in metrics["folds"]])
    found = metrics["over_seeds"]["window"]
    half = 1.96 * values.std() / np.sqrt(3)  # numpy's deviation: ddof 0
    assert len(set(values)) > 1
    np.testing.assert_allclose([found["mean"], *found["over_seeds95"]], [values.mean(), values.mean() - half, values.mean() + half])
    assert found["over_subjects95"] == metrics["splits"]["test"]["window"]["ci95"]
    [said] = [text for text in reporter.infos if "over seeds" in text]
    assert "ddof 0" in said and "over subjects" in said and "not how other subjects would fare" in said


def test_the_recipe_of_the_publication_lets_forty_windows_vote_by_majority():
    recipe = tomllib.loads((Path(eegcli.__file__).parent / "recipes" / "truong2021.toml").read_text())["evaluate"]
    assert recipe == {"vote": "majority", "vote_windows": 40}
