"""Interval of the AUC of several scores a subject: DeLong's where there is one of each, and it covers where there are more."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from eegcli.stats.intervals.ranking import delong, obuchowski, placements


def test_one_score_a_subject_has_delongs_variance():
    random = np.random.default_rng(1)
    truth = np.arange(40) % 2
    placed = placements(truth, random.normal(size=40) + truth)
    low, high = obuchowski(placed, truth, np.arange(40))
    wanted = delong(placed, truth)
    ratio = (special.logit(high) - special.logit(low)) / (special.logit(wanted[1]) - special.logit(wanted[0]))
    assert ratio == pytest.approx(stats.t.ppf(0.975, 39) / stats.norm.ppf(0.975))


def test_copies_of_a_subjects_score_tell_nothing_new():
    random = np.random.default_rng(2)
    truth, score, subject = np.arange(30) % 2, random.normal(size=30), np.arange(30)
    once = obuchowski(placements(truth, score + truth), truth, subject)
    thrice = [np.repeat(values, 3) for values in (truth, score + truth, subject)]
    assert obuchowski(placements(thrice[0], thrice[1]), thrice[0], thrice[2]) == pytest.approx(once)


def test_subjects_with_both_classes_are_covered():
    random = np.random.default_rng(3)
    true = float(stats.norm.cdf(0.8 / np.sqrt(2 * 1.5)))
    held = 0
    for _ in range(500):
        subject = np.repeat(np.arange(20), 4)
        truth = np.tile([0, 1, 0, 1], 20)
        score = np.repeat(random.normal(0, np.sqrt(0.5), 20), 4) + random.normal(size=80) + 0.8 * truth
        low, high = obuchowski(placements(truth, score), truth, subject)
        held += low <= true <= high
    assert 0.92 < held / 500 < 0.98


def test_no_interval_where_there_is_none():
    truth = np.array([0, 0, 1, 1])
    assert np.isnan(obuchowski(placements(truth, np.array([0.0, 1, 2, 3])), truth, np.arange(4))[0])  # an AUC of 1
    assert np.isnan(obuchowski(placements(truth, np.array([0.0, 2, 1, 3])), truth, np.array([0, 0, 1, 2]))[0])  # one subject of a class
