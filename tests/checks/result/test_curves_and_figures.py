"""Curves of a training that has ended, and figures against baselines and between sets."""

import numpy as np
import pytest

from eegcli.checks.result.curve import end_of_training, falling_loss, finite_loss, memorised
from eegcli.checks.result.figures import against_baseline, confounded, one_who_decides, validation_against_test
from tests.kit.labelled import left

GUESS = float(np.log(2))


def run(network, baseline, train):
    validation = {"validation_balanced_accuracy": network, "train_accuracy": train}
    return {
        "networks": [{"validation": validation, "strongest_baseline": {"arch": "tangent-space", "validation_balanced_accuracy": baseline}}]
    }


HEALTHY = {
    "train_loss": np.linspace(0.69, 0.3, 20),
    "train_accuracy": np.linspace(0.5, 0.88, 20),
    "validation_loss": [*np.linspace(0.69, 0.45, 14), *np.linspace(0.45, 0.47, 6)],
    "validation_balanced_accuracy": np.linspace(0.5, 0.8, 20),
}


@pytest.mark.parametrize("check", [finite_loss, memorised, end_of_training, falling_loss])
def test_a_training_that_went_well_is_ok(check):
    assert check(left(**HEALTHY)).verdict == "ok"


def test_a_loss_that_is_no_number_is_broken():
    assert finite_loss(left(train_loss=[0.7, np.inf, np.nan], validation_loss=[0.7, 0.7, np.nan])).value == 2


def test_what_is_known_by_heart_is_broken():
    by_heart = HEALTHY | {"train_accuracy": np.linspace(0.5, 1.0, 20), "validation_balanced_accuracy": np.full(20, 0.51)}

    assert memorised(left(metrics=run(0.51, 0.8, 1.0), **by_heart)).verdict == "broken"
    assert memorised(left(metrics=run(0.51, 0.52, 1.0), **by_heart)).verdict == "suspect"  # of noise there is nothing else to learn
    assert memorised(left(metrics=run(0.75, 0.8, 1.0), **by_heart | {"validation_balanced_accuracy": np.full(20, 0.75)})).verdict == "ok"


@pytest.mark.parametrize(("n", "verdict"), [(4, "broken"), (30, "suspect")])
def test_a_training_that_was_stopped_too_early(n, verdict):
    loss = np.linspace(0.69, 0.3, n)

    finding = end_of_training(left(train_loss=loss, validation_loss=loss))

    assert finding.verdict == verdict
    assert finding.change == {"epochs": 3 * n}


def test_a_handful_of_epochs_below_the_baseline_is_broken_and_on_par_with_it_is_not():
    loss = [0.70, 0.69, 0.688]

    assert end_of_training(left(metrics=run(0.55, 0.9, 0.6), train_loss=loss, validation_loss=loss)).verdict == "broken"
    assert end_of_training(left(metrics=run(0.88, 0.9, 0.6), train_loss=loss, validation_loss=loss)).verdict == "ok"


def test_a_first_epoch_that_was_the_best_is_suspect():
    assert end_of_training(left(train_loss=np.linspace(0.69, 0.1, 12), validation_loss=np.linspace(0.6, 1.5, 12))).verdict == "suspect"


def test_a_training_loss_that_stays_is_broken_where_a_closed_form_learns_and_one_that_rises_always():
    assert falling_loss(left(metrics=run(0.5, 0.8, 0.5), train_loss=np.full(10, GUESS))).verdict == "broken"
    assert falling_loss(left(metrics=run(0.5, 0.5, 0.5), train_loss=np.full(10, GUESS))).verdict == "suspect"
    assert falling_loss(left(train_loss=[0.7, 0.6, 0.65, 0.9, 2.0, 5.0])).verdict == "broken"


@pytest.mark.parametrize(
    ("network", "baseline", "train", "verdict"),
    [(0.8, 0.82, 0.9, "ok"), (0.55, 0.52, 0.55, "ok"), (0.6, 0.9, 0.95, "suspect"), (0.5, 0.9, 0.52, "broken")],
)
def test_a_network_is_held_against_the_strongest_baseline(network, baseline, train, verdict):
    assert against_baseline(left(metrics=run(network, baseline, train), train_loss=[0.7])).verdict == verdict


@pytest.mark.parametrize(("test", "high", "verdict"), [(0.85, 0.9, "ok"), (0.6, 0.95, "ok"), (0.6, 0.7, "suspect")])
def test_a_test_set_far_below_the_validation_set_is_suspect_where_its_interval_says_so(test, high, verdict):
    metrics = {"networks": [{"validation": {"validation_accuracy": 0.9}}]}
    evaluation = {"splits": {"test": {"window": {"accuracy": test, "ci95": [0.4, high]}}}}

    assert validation_against_test(left(metrics=metrics, evaluation=evaluation, train_loss=[0.7])).verdict == verdict


@pytest.mark.parametrize(("others", "verdict"), [(0.9, "ok"), (0.4, "suspect")])
def test_a_figure_that_is_about_one_subject_is_suspect(others, verdict):
    subject = np.repeat(["a", "b", "c", "d", "e", "f"], [200, 20, 20, 20, 20, 20])
    truth = np.array(["a", "b"] * 150, dtype=object)
    random = np.random.default_rng(0)
    right = np.where(subject == "a", 1.0, random.random(300) < others)
    p = np.where(right == (truth == "a"), 1.0, 0.0)
    table = {"split": np.full(300, "test", dtype=object), "subject": subject.astype(object), "truth": truth, "p_a": p, "p_b": 1 - p}

    finding = one_who_decides(left(predictions=table, train_loss=[0.7]))

    assert finding.verdict == verdict


@pytest.mark.parametrize(("beyond", "verdict"), [(0.8, "ok"), (0.52, "suspect")])
def test_a_confound_beyond_which_nothing_is_known_is_suspect(beyond, verdict):
    columns = [{"name": "site", "verdict": "confound", "value": 0.9, "beyond": beyond}]

    assert confounded(left(evaluation={"confounds": {"metric": "auc", "columns": columns}}, train_loss=[0.7])).verdict == verdict
