"""Haufe patterns on data whose mixing is known, and on a suppressor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression
from torch import nn

from eegcli.explain.background import Background, Pool
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.methods.patterns import haufe, log_band_power, pattern_interval, patterns


def test_patterns_of_the_true_filters_are_the_mixing():
    random = np.random.default_rng(0)
    mixing = random.standard_normal((3, 6))
    sources = random.standard_normal((20_000, 3)) @ np.array([[1, 0.6, 0], [0, 1, 0], [0, 0, 1]])  # two go together
    x = sources @ mixing
    outputs = x @ np.linalg.pinv(mixing)
    np.testing.assert_allclose(haufe(x, outputs), mixing, atol=1e-6)


def test_patterns_are_the_formula_of_the_paper():
    random = np.random.default_rng(1)
    x, weight = random.standard_normal((500, 5)) @ random.standard_normal((5, 5)), random.standard_normal((5, 2))
    outputs = x @ weight
    expected = np.cov(x.T) @ weight @ np.linalg.inv(np.cov(outputs.T))
    np.testing.assert_allclose(haufe(x, outputs), expected.T, rtol=1e-9)


def test_a_suppressor_has_a_weight_and_no_pattern():
    random = np.random.default_rng(0)
    y, disturbance = random.integers(0, 2, 4000), random.standard_normal(4000)
    x = np.stack([2.0 * y + 3 * disturbance, disturbance, random.standard_normal(4000)], axis=1)
    model = LogisticRegression(C=100).fit(x, y)
    weight = np.abs(model.coef_[0])
    assert weight[1] / weight.sum() > 2 / 3  # the weights see little else
    pattern = np.abs(haufe(x, model.decision_function(x)[:, None])[0])
    assert pattern[0] / pattern.sum() > 2 / 3
    assert pattern[1] / pattern.sum() <= 1.2 / 3


def test_two_outputs_without_their_mean_are_one_contrast():
    random = np.random.default_rng(2)
    x, one = random.standard_normal((300, 4)), random.standard_normal(300)
    outputs = np.stack([one, -one], axis=1)
    expected = [LinearRegression().fit(one[:, None], column).coef_[0] for column in x.T]
    first, second = haufe(x, outputs)
    np.testing.assert_allclose(2 * first, expected, atol=1e-12)  # of one output per class, the other one goes along
    np.testing.assert_allclose(second, -first)
    assert not haufe(x, np.ones((300, 2))).any()


def test_the_interval_is_that_of_a_jackknife_in_a_loop():
    random = np.random.default_rng(3)
    subject = np.repeat(np.arange(7), random.integers(3, 9, 7))
    values, outputs = random.standard_normal((len(subject), 4)), random.standard_normal((len(subject), 1))
    values += outputs
    pattern, low, high = pattern_interval(values, outputs, subject)
    without = np.array([haufe(values[subject != who], outputs[subject != who]) for who in range(7)])
    error = np.sqrt(6 / 7 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose((high - low) / 2, 2.4469118511 * error, rtol=1e-6)  # t of 6 degrees of freedom
    np.testing.assert_allclose((high + low) / 2, pattern)
    assert np.isnan(pattern_interval(values[:5], outputs[:5], np.repeat([0, 1], [2, 3]))[1]).all()


def test_the_interval_holds_the_truth_in_19_of_20_cohorts():
    held = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        subject = np.repeat(np.arange(12), 5)
        outputs = random.standard_normal((12, 1))[subject] + random.standard_normal((60, 1))
        values = 0.5 * outputs + random.standard_normal((12, 1))[subject] + random.standard_normal((60, 1))
        _, low, high = pattern_interval(values, outputs, subject)
        held.append(low[0, 0] <= 0.5 <= high[0, 0])
    assert 0.9 <= np.mean(held) <= 0.99


def test_log_band_power_is_that_of_the_spectrum():
    time = np.arange(256) / 128
    x = (3 * np.sin(2 * np.pi * 10 * time))[None, None].astype(np.float32)
    power = np.exp(log_band_power(x, 128.0))[0, 0]
    # the taper spreads a sine of amplitude 3 over its frequency and the two beside it: 1, 1/2 and 1/2 of it
    assert power[2] == pytest.approx(9 * (1 + 0.25 + 0.25), rel=1e-4)
    assert power[[0, 1, 3]].max() < 1e-6


def test_the_pattern_of_a_network_is_that_of_its_outputs():
    random = np.random.default_rng(0)
    x = random.standard_normal((60, 2, 64)).astype(np.float32)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(128, 2)).eval()
    pool = Pool(x, np.arange(60), np.arange(60) % 2, np.arange(60) // 6, np.zeros((60, 2)))
    material = ExplainedWindows(x, np.arange(60) % 2, 2, torch.device("cpu"), 64.0, background=Background(None, ("F", "M"), pool, x))
    result = patterns(network, material)
    with torch.no_grad():
        outputs = network(torch.from_numpy(x)).double().numpy()
    s = outputs[:, 1] - outputs[:, 0]
    b = log_band_power(x, 64.0)
    expected = np.einsum("ncb,n->cb", b - b.mean(axis=0), s - s.mean()) / ((s - s.mean()) ** 2).sum()
    np.testing.assert_allclose(result.pattern[1], expected, rtol=1e-5)  # of the difference of both: half of it goes to each
    np.testing.assert_allclose(result.pattern[0], -expected, rtol=1e-5)
