"""Closed forms and what they tell: of a rhythm, of labels that mean nothing, in another order, and by one channel."""

import numpy as np
import pytest

from eegcli.checks.finding import NOTHING
from eegcli.checks.probe import Reader, folds_of, probe_of
from eegcli.checks.result.learnable import labels_in_another_order, one_channel, something_to_learn
from eegcli.compute.threads import limited
from tests.kit.labelled import asked, signals, with_rhythm

N = 200
SUBJECT = np.arange(N) // 10
MALE = np.array([0, 1])[np.random.default_rng(1).permutation(20) % 2][SUBJECT]
TRIAL = np.random.default_rng(2).integers(0, 2, N)


def words(values):
    return ["M" if value else "F" for value in values]


@pytest.mark.parametrize("one", [MALE, TRIAL])
def test_a_rhythm_can_be_learnt(one):
    evidence = asked(words(one), target="class", x=with_rhythm(signals(N), one))

    finding = something_to_learn(evidence)

    assert finding.verdict == "ok"
    assert finding.value > 0.9
    assert labels_in_another_order(evidence).verdict == "ok"
    assert one_channel(evidence).verdict == "ok"


def test_whether_the_person_is_easier_to_tell_than_the_label_is_stated():
    random = np.random.default_rng(0)
    alike = 10 * random.standard_normal((N, 6, 64))
    of_persons = alike * np.exp(random.standard_normal((20, 6, 1)))[SUBJECT]
    told = [
        something_to_learn(asked(words(MALE), target="class", x=with_rhythm(x.astype(np.float32), MALE))).compared["persons_recognised"]
        for x in (alike, of_persons)
    ]
    assert told[0] < 0.3 and told[1] > 0.8  # of twenty persons


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("one", [MALE, TRIAL])
def test_of_noise_there_is_nothing_to_learn_and_nothing_is_broken(one, seed):
    evidence = asked(words(one), target="class", x=signals(N, seed))

    assert something_to_learn(evidence).verdict in (NOTHING, "suspect")
    assert labels_in_another_order(evidence).verdict == "ok"


def test_the_p_value_of_labels_that_mean_nothing_is_small_as_often_as_it_says():
    with limited(1):
        probe = probe_of(signals(N), 64.0, SUBJECT, raw=True)
    small = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        drawn = [(random.permutation(20) % 2)[SUBJECT].astype(float) for _ in range(100)]
        with limited(1):
            small += Reader.of(probe.kernel, folds_of(drawn[0], SUBJECT), SUBJECT).chance(drawn, 2) <= 0.05

    assert small <= 8  # of 60 at 5 %: binomial, above 8 less than once in 200


@pytest.mark.parametrize("rows", [1, -3])
def test_labels_of_trials_that_are_shifted_are_found(rows):
    evidence = asked(words(np.roll(TRIAL, rows)), target="class", x=with_rhythm(signals(N), TRIAL))

    finding = labels_in_another_order(evidence)

    assert finding.verdict == "broken"
    assert f"shifted by {rows} window" in finding.why


def test_labels_of_the_next_person_but_two_are_found():
    moved = np.roll(MALE[::10], 3)[SUBJECT]

    finding = labels_in_another_order(asked(words(moved), target="class", x=with_rhythm(signals(N), MALE)))

    assert finding.verdict == "broken"
    assert "3 subjects" in finding.why


def test_a_channel_that_holds_the_label_is_named():
    evidence = asked(words(TRIAL), target="class", x=with_rhythm(signals(N), TRIAL, amplitude=60.0, channels=slice(2, 3)))

    finding = one_channel(evidence)

    assert finding.verdict == "suspect"
    assert finding.found == ("Pz",)


def test_four_people_are_too_few_to_be_told_from_chance():
    labels = np.arange(N) // 50 % 2

    finding = something_to_learn(asked(words(labels), n_subjects=4, target="class", x=with_rhythm(signals(N), labels)))

    assert finding.verdict is None
    assert "too few" in finding.why


def test_a_reader_predicts_what_ridge_regression_on_the_features_themselves_predicts():
    x = np.random.default_rng(0).standard_normal((60, 8))
    person = np.arange(60) // 6
    y = (x[:, 0] > 0).astype(float)
    kernel, fold = x @ x.T, folds_of(y, person)

    told = Reader.of(kernel, fold, person).tell(y, 2).score[:, 1]

    for number in np.unique(fold):
        test, train = fold == number, fold != number
        inside, mean = x[train] - x[train].mean(axis=0), y[train].mean()
        weights = np.linalg.solve(inside.T @ inside + np.sum(inside**2) / train.sum() * np.eye(8), inside.T @ (y[train] - mean))
        np.testing.assert_allclose(told[test], (x[test] - x[train].mean(axis=0)) @ weights + mean, atol=1e-9)
