"""Band power by a second way (SciPy), and the copy of scikit-learn's weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import periodogram
from sklearn.linear_model import LogisticRegression, Ridge

from eegcli.bands import BASELINE_HALF_OPEN
from eegcli.errors import InputError
from eegcli.models import build
from eegcli.models.head import LOGIT, NUMBER, SOFTMAX
from eegcli.models.logistic import BandPowerLogistic

SFREQ = 128.0


def model(n_chans: int = 3, n_times: int = 256, n_outputs: int = 2, sfreq: float = SFREQ) -> BandPowerLogistic:
    return build("logistic", n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq)


@pytest.mark.parametrize(("n_times", "sfreq"), [(256, 128.0), (255, 128.0), (100, 50.0), (1000, 250.0)])
def test_features_are_the_logarithm_of_scipys_band_power(n_times, sfreq):
    x = 20 * np.random.default_rng(0).standard_normal((2, 3, n_times)) + 500.0  # an offset must not leak
    freqs, density = periodogram(x, sfreq, window=np.hanning(n_times + 2)[1:-1], detrend="constant")
    power = np.stack(
        [density[..., (freqs >= low) & (freqs < high)].sum(-1) * sfreq / n_times for low, high in BASELINE_HALF_OPEN.values()], axis=-1
    )
    features = model(n_times=n_times, sfreq=sfreq).features(torch.from_numpy(x).float())
    np.testing.assert_allclose(features.numpy().reshape(2, 3, -1), np.log(power), rtol=0, atol=2e-3)


def test_a_pure_tone_lands_in_its_band_with_its_variance():
    time = np.arange(256) / SFREQ
    x = torch.from_numpy(10 * np.sin(2 * np.pi * 10 * time)).float().expand(1, 3, 256)
    powers = model().features(x).exp().reshape(3, -1)[0]
    assert powers.argmax() == list(BASELINE_HALF_OPEN).index("alpha")
    assert float(powers[list(BASELINE_HALF_OPEN).index("alpha")]) == pytest.approx(50.0, rel=1e-3)  # amplitude ** 2 / 2


def test_bands_above_nyquist_are_left_out():
    assert model(sfreq=50.0, n_times=100).band_names == ("delta", "theta", "alpha", "low beta", "high beta")
    assert model(sfreq=32.0, n_times=64).band_names == ("delta", "theta", "alpha", "low beta")
    assert model(sfreq=32.0, n_times=64, n_chans=3).final_layer.in_features == 12


def test_windows_too_short_for_any_band_are_refused():
    with pytest.raises(InputError, match="no band"):
        model(n_times=2, sfreq=128.0)


def test_a_flat_channel_gives_finite_features_and_gradient():
    x = torch.zeros(1, 3, 256, requires_grad=True)
    network = model()
    network(x).sum().backward()
    assert torch.isfinite(network.features(x)).all()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_are_those_of_scikit_learn(n_classes):
    rng = np.random.default_rng(1)
    features, answers = rng.normal(3, 2, (60, 15)), rng.integers(0, n_classes, 60)
    features[:, 4] = 1.0  # a feature that never changes
    weights = rng.uniform(0.5, 2, 60)
    network = model(n_outputs=n_classes)
    network.fit(features, answers.astype(float), weights, penalty=10.0, head=SOFTMAX)
    scale = np.where(features.std(0) == 0, 1, features.std(0))
    standardised = (features - features.mean(0)) / scale
    expected = LogisticRegression(C=0.1, max_iter=1000).fit(standardised, answers, sample_weight=weights).predict_proba(standardised)
    found = network.output(torch.from_numpy(features).float()).softmax(1).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_logit_has_the_probabilities_of_logistic_regression():
    rng = np.random.default_rng(3)
    features, labels = rng.normal(3, 2, (60, 15)), rng.integers(0, 2, 60)
    network = model(n_outputs=1)
    network.fit(features, labels.astype(float), None, penalty=10.0, head=LOGIT)
    standardised = (features - features.mean(0)) / features.std(0)
    expected = LogisticRegression(C=0.1, max_iter=1000).fit(standardised, labels).predict_proba(standardised)[:, 1]
    found = network.output(torch.from_numpy(features).float())[:, 0].sigmoid().detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_numbers_are_those_of_ridge_regression():
    rng = np.random.default_rng(2)
    features = rng.normal(3, 2, (60, 15))
    answers = features[:, 0] * 2 + rng.normal(0, 1, 60)
    network = model(n_outputs=1)
    network.fit(features, answers, None, penalty=5.0, head=NUMBER)
    standardised = (features - features.mean(0)) / features.std(0)
    expected = Ridge(alpha=5.0).fit(standardised, answers).predict(standardised)
    found = network.output(torch.from_numpy(features).float())[:, 0].detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_module_is_linear_in_its_features():
    x = 10 * torch.randn(4, 3, 256)
    network = model()
    torch.testing.assert_close(network(x), network.output(network.features(x)))
