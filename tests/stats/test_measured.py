"""Coverage that stands beside an interval: whose it is, and where it is told."""

import math

import numpy as np
import pytest

from eegcli.evaluate.wording import interval_cell, limits, methods
from eegcli.registry import METRICS
from eegcli.stats.gain import vote_gain
from eegcli.stats.intervals import clustered, measured, mover
from eegcli.stats.intervals.of_metrics import Found
from eegcli.stats.intervals.simulated import CELLS, CROSS_VALIDATED
from eegcli.stats.summary import Predictions, summarise


def found(simulated, *features):
    return Found(0.1, 0.2, "m", simulated, features)


@pytest.mark.parametrize("quantity", ["accuracy", "balanced_accuracy", "votes", "balanced_votes", "auc", "mae", "r", "paired", "vote_gain"])
def test_every_quantity_was_simulated_at_every_size(quantity):
    assert {row[0] for row in CELLS[quantity]} == {8, 12, 20, 36, 100}
    assert all(0 < coverage <= 100 and all(map(math.isfinite, features)) for _, _, features, coverage in CELLS[quantity])


DEMANDED = {
    **dict.fromkeys(("accuracy", "balanced_accuracy", "paired"), (93.5, 97.0, ("70", "87"))),
    **dict.fromkeys(("votes", "auc", "vote_gain", "balanced_votes"), (93.5, 100.0, ("70", "87"))),
    "r": (93.5, 97.0, ("normal",)),
    "mae": (93.5, 97.0, ("normal",)),
}


@pytest.mark.parametrize("quantity", DEMANDED)
def test_what_was_measured_is_what_an_interval_of_95_percent_promises(quantity):
    low, high, names = DEMANDED[quantity]
    cells = {(n, name): coverage for n, name, _, coverage in CELLS[quantity] if name in names}
    assert len(cells) == 5 * len(names)
    assert {cell: coverage for cell, coverage in cells.items() if not low <= coverage <= high} == {}


@pytest.mark.parametrize("features", [(0.72, 0.16), (0.88, 0.13), (0.99, 0.01)])
@pytest.mark.parametrize(("n", "nearest"), [(5, 8), (9, 8), (11, 12), (26, 20), (28, 36), (61, 100), (4000, 100)])
def test_it_is_that_of_the_nearest_number_of_subjects_by_ratio_and_of_the_cohorts_most_alike(n, nearest, features):
    told = measured.measured(found("accuracy", *features), n, 1)
    rows = [row for row in CELLS["accuracy"] if row[0] == nearest]
    alike = min(rows, key=lambda row: (row[2][0] - features[0]) ** 2 + (row[2][1] - features[1]) ** 2)
    wanted = [alike, *[row for row in rows if row[1] == "rare_failures" and nearest <= 20 and features[0] > 0.93]]
    assert told["coverage"] == min(row[3] for row in wanted)
    assert told["simulated"].startswith(f"{nearest} subjects, ")


def test_few_subjects_who_are_all_right_may_not_have_shown_the_one_in_ten_who_fails():
    told = measured.measured(found("accuracy", 0.99, 0.01), 8, 1)
    assert told["coverage"] < 80 and "one subject in ten failing" in told["simulated"]


def test_pooled_folds_take_their_networks_as_given_and_say_what_that_covers():
    told = measured.measured(found("accuracy", 0.5, 0.1), 40, 5)
    assert told["given"] == "networks taken as given"
    assert told["coverage"] == min(CROSS_VALIDATED["accuracy"], key=lambda row: (abs(math.log(row[0] / 40)), abs(row[1] - 0.5)))[2]
    assert 80 < told["coverage"] < 94
    area = measured.measured(found("auc", 0.77), 40, 5)
    assert area["coverage"] == next(row[2] for row in CROSS_VALIDATED["auc"] if row[0] == 36 and row[1] > 0.7)
    assert area["simulated"].endswith("an AUC of 0.78")
    assert measured.measured(found("mae", 1.0), 40, 5) == {"given": "networks taken as given"}  # not simulated
    assert measured.measured(Found(math.nan, math.nan, "none"), 40, 1) == {}


def test_an_interval_that_covers_less_than_it_says_is_shown_with_what_it_covers():
    truth, entry = np.arange(8) % 2, METRICS["accuracy"]
    right = np.array([31, 30, 31, 29, 31, 28, 31, 30])
    predicted = np.concatenate([np.where(np.arange(31) < good, own, 1 - own) for good, own in zip(right, truth, strict=True)])
    one = Predictions(np.repeat(truth, 31), predicted, np.repeat(np.arange(8), 31))
    level = summarise([one], "classification", 2, resamples=500, seed=0)
    assert level["intervals"]["ci95"]["method"] == clustered.BOOTSTRAP_T
    assert interval_cell(level, entry.interval, entry).endswith(f" [{level['intervals']['ci95']['coverage']:.0f} %]")
    of = {"test windows": level}, {"accuracy": entry}
    assert methods(*of) == ["CI of accuracy of test windows: bootstrap-t over subjects"]
    [limit] = limits(*of)
    assert "held the truth in simulation" in limit and "one subject in ten failing" in limit


def test_an_interval_of_an_earlier_version_is_shown_and_called_one():
    level = {"accuracy": 0.8, "ci95": [0.7, 0.9], "wilson95": [0.6, 0.95]}
    entry = METRICS["accuracy"]
    assert interval_cell(level, entry.interval, entry) == "70.0-90.0"
    assert interval_cell(level, METRICS["auc"].interval, METRICS["auc"]) == "-"
    assert "percentile bootstrap" in limits({"test windows": level}, {"accuracy": entry})[0]
    assert methods({"test windows": level}, {"accuracy": entry}) == []


def test_the_gain_of_the_vote_is_that_of_its_parts():
    random = np.random.default_rng(2)
    truth = np.repeat(np.arange(14) % 2, 9)
    repeats = [np.where(random.random(126) < np.repeat(random.beta(5, 2, 14), 9), truth, 1 - truth) for _ in range(2)]
    subject = np.repeat(np.arange(14) + 3, 9)
    windows = [Predictions(truth, one, subject) for one in repeats]
    voted = [(np.bincount(np.repeat(np.arange(14), 9), weights=one) > 4.5).astype(int) for one in repeats]
    votes = [Predictions(truth[::9], one, subject[::9]) for one in voted]
    gain = vote_gain(windows, votes, resamples=300, seed=1)
    of_window = np.mean([one == truth for one in repeats], axis=0).reshape(14, 9).mean(axis=1)
    of_vote = np.mean([one == truth[::9] for one in voted], axis=0)
    assert gain["value"] == pytest.approx(of_vote.mean() - of_window.mean())
    bounds = [
        (value, *summarise(one, "classification", 2, resamples=300, seed=1, votes=is_vote)["ci95"])
        for value, one, is_vote in ((of_vote.mean(), votes, True), (of_window.mean(), windows, False))
    ]
    wanted = mover.difference(*bounds, np.corrcoef(of_vote, of_window)[0, 1])
    assert gain["ci95"] == pytest.approx([float(bound) for bound in wanted], abs=1e-12)
    assert "Clopper-Pearson" in gain["method"]
