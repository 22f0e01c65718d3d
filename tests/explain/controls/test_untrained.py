"""Controls of explanations by untrained networks, against hand-made profiles."""

import numpy as np
import pytest
import torch
from scipy import stats

from eegcli import models
from eegcli.explain.controls.untrained import mean_distances, randomise, rank_correlation
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds import attribution
from eegcli.explain.methods.saliency import saliency
from eegcli.reporter import Silent
from eegcli.stats.spectra import frequencies


def network(arch="vgg"):
    torch.manual_seed(0)
    return models.build(arch, n_chans=8, n_times=64, n_outputs=2, sfreq=64.0).eval()


def test_distance_is_the_share_that_lies_elsewhere():
    # one class, one channel: the first profile has half of it where the others have nothing
    profiles = np.array([[1, 1, 0, 0], [2, 0, 0, 0], [2, 0, 0, 0]], dtype=float)[:, None, None, :]
    np.testing.assert_allclose(mean_distances(profiles), [0.5, 0.25, 0.25])


def test_distance_does_not_depend_on_the_scale():
    profiles = np.random.default_rng(0).random((4, 2, 3, 5))
    scaled = profiles * np.array([1, 10, 100, 1000])[:, None, None, None]
    np.testing.assert_allclose(mean_distances(scaled), mean_distances(profiles))


def test_rank_correlation_is_spearmans():
    random = np.random.default_rng(0)
    ours, theirs = random.random((2, 3, 5)), random.random((4, 2, 3, 5))
    expected = np.mean([stats.spearmanr(ours[k].ravel(), theirs[n, k].ravel()).statistic for n in range(4) for k in range(2)])
    assert rank_correlation(ours, theirs) == pytest.approx(expected)
    assert np.isnan(rank_correlation(np.zeros((2, 3, 5)), theirs))


def test_an_untrained_network_does_not_pass_and_one_that_listens_to_one_channel_does():
    random = np.random.default_rng(0)
    x = random.standard_normal((20, 8, 64)).astype(np.float32)
    material = ExplainedWindows(x, np.repeat([0, 1], 10), 2, torch.device("cpu"), 64.0)
    freqs = frequencies(64, 64.0)
    untrained = network("logistic")
    assert not randomise(attribution, saliency, untrained, material, freqs, n_networks=19, seed=1, reporter=Silent()).passed
    with torch.no_grad():
        untrained.final_layer.weight[:, 10:] = 0  # only the five bands of the first two channels are left
    control = randomise(attribution, saliency, untrained, material, freqs, n_networks=19, seed=1, reporter=Silent())
    assert control.passed
    assert control.distance > 0.6
    assert abs(control.correlation) < 0.5
