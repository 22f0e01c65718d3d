"""Tangent space by a second way (filtered windows, SciPy, scikit-learn), and windows that leave something out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.covariance import oas
from sklearn.linear_model import LogisticRegression, Ridge

from eegcli import registry
from eegcli.bands import BROAD_HALF_OPEN, FILTER_BANK_HALF_OPEN
from eegcli.errors import InputError
from eegcli.models import build
from eegcli.models.head import NUMBER, SOFTMAX

SFREQ = 128.0
BANDS = {"tangent-space": BROAD_HALF_OPEN, "filter-bank-tangent-space": FILTER_BANK_HALF_OPEN}
COVARIANCES = (*BANDS, "tangent-space-band-power")


def model(name: str = "filter-bank-tangent-space", *, n_chans: int = 3, n_times: int = 256, n_outputs: int = 2, sfreq: float = SFREQ):
    return build(name, n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq).eval()


def filtered(window: np.ndarray, low: float, high: float, sfreq: float) -> np.ndarray:
    """Tapered window, shape (n_chans, n_times), of which only the frequencies of a band are left."""
    n_times = window.shape[1]
    taper = np.hanning(n_times + 2)[1:-1]
    spectrum = np.fft.rfft((window - window.mean(axis=1, keepdims=True)) * taper / np.sqrt(np.mean(taper**2)))
    freqs = np.fft.rfftfreq(n_times, 1 / sfreq)
    return np.fft.irfft(spectrum * ((freqs >= low) & (freqs < high)), n=n_times)


def logm(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.log(values) @ vectors.T


@pytest.mark.parametrize("name", BANDS)
@pytest.mark.parametrize(("n_times", "sfreq"), [(256, 128.0), (255, 128.0), (500, 250.0)])
def test_features_are_logarithms_of_shrunken_covariances_of_filtered_windows(name, n_times, sfreq):
    x = 20 * np.random.default_rng(0).standard_normal((2, 4, n_times)) + 300.0  # an offset must not leak
    expected = []
    for window in x:
        logs = [logm(oas(filtered(window, *edges, sfreq).T)[0]) for edges in BANDS[name].values()]
        expected.append([log[i, j] * (1 if i == j else np.sqrt(2)) for log in logs for i in range(4) for j in range(i, 4)])
    found = model(name, n_chans=4, n_times=n_times, sfreq=sfreq).features(torch.from_numpy(x).float())
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)


def test_a_pure_tone_lands_in_its_band_with_its_variance():
    x = torch.from_numpy(10 * np.sin(2 * np.pi * 9 * np.arange(256) / SFREQ)).float().expand(1, 1, 256)
    powers = model(n_chans=1).features(x)[0].exp()
    assert powers.argmax() == list(FILTER_BANK_HALF_OPEN).index("8-10")
    assert float(powers.max()) == pytest.approx(50.0, rel=0.05)  # amplitude ** 2 / 2; the taper spreads it over 8-10 Hz


def test_bands_above_nyquist_are_left_out_and_named():
    network = model(sfreq=32.0, n_times=64)
    assert network.left_out == ("18-25",)
    assert network.final_layer.in_features == 5 * 6
    assert model("tangent-space-band-power", sfreq=32.0, n_times=64).left_out == ("18-25",)


@pytest.mark.parametrize("name", COVARIANCES)
def test_windows_too_short_for_any_band_are_refused(name):
    with pytest.raises(InputError, match=r"no band .*holds a frequency of windows of 2 samples at 128 Hz"):
        model(name, n_times=2)


@pytest.mark.parametrize("name", COVARIANCES)
@pytest.mark.parametrize("n_chans", [1, 2, 19])
def test_flat_windows_flat_channels_and_an_average_reference_give_finite_outputs_and_gradients(name, n_chans):
    x = 10 * torch.randn(4, n_chans, 256, generator=torch.Generator().manual_seed(0))
    x[1] = 0
    x[2, 0] = 0
    x[3] = x[3] - x[3].mean(dim=0)
    x.requires_grad_()
    outputs = model(name, n_chans=n_chans)(x)
    outputs.sum().backward()
    assert torch.isfinite(outputs).all()
    assert torch.isfinite(x.grad).all()


def fitted(name: str, n_classes: int):
    rng = np.random.default_rng(1)
    x = torch.from_numpy(10 * rng.standard_normal((60, 3, 256)) * rng.uniform(0.5, 2, (60, 3, 1))).float()
    network = model(name, n_outputs=max(n_classes, 1))
    targets = rng.integers(0, n_classes, 60).astype(float) if n_classes else rng.normal(50, 9, 60)
    with torch.no_grad():
        network.fit(network.features(x).numpy().astype(np.float64), targets, None, 10.0, SOFTMAX if n_classes else NUMBER)
    return network, x, targets


def standardised(network, x: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        features = network.features(x).numpy().astype(np.float64)
    return (features - features.mean(0)) / np.sqrt(features.var(0).mean())  # of one space: distances are kept


@pytest.mark.parametrize("name", BANDS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_are_those_of_scikit_learn(name, n_classes):
    network, x, targets = fitted(name, n_classes)
    features = standardised(network, x)
    expected = LogisticRegression(C=0.1, max_iter=1000).fit(features, targets).predict_proba(features)
    np.testing.assert_allclose(network(x).softmax(1).detach(), expected, atol=1e-4)


@pytest.mark.parametrize("name", BANDS)
def test_numbers_are_those_of_ridge_regression(name):
    network, x, targets = fitted(name, 0)
    features = standardised(network, x)
    np.testing.assert_allclose(network(x)[:, 0].detach(), Ridge(alpha=10.0).fit(features, targets).predict(features), atol=1e-2)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_mean_is_one_of_probabilities(n_classes):
    network, x, _ = fitted("tangent-space-band-power", n_classes)
    expected = sum(fitted(name, n_classes)[0](x).softmax(1) for name in ("filter-bank-tangent-space", "logistic")) / 2
    torch.testing.assert_close(network(x).softmax(1), expected, rtol=0, atol=1e-5)


def test_the_mean_of_numbers_is_one_of_the_predictions():
    network, x, _ = fitted("tangent-space-band-power", 0)
    expected = sum(fitted(name, 0)[0](x) for name in ("filter-bank-tangent-space", "logistic")) / 2
    torch.testing.assert_close(network(x), expected, rtol=0, atol=1e-3)


def test_equal_power_and_another_covariance_is_found_by_tangent_space_alone():
    rng = np.random.default_rng(0)
    targets = np.repeat([0.0, 1.0], 100)
    sources = rng.standard_normal((2, 200, 256))
    sign = np.where(targets == 1, 1.0, -1.0)[:, None]  # the second channel follows the first, or its mirror image
    x = torch.from_numpy(np.stack([sources[0], 0.6 * sign * sources[0] + 0.8 * sources[1]], axis=1)).float()
    right = {}
    for name in ("tangent-space", "filter-bank-tangent-space", "logistic"):
        network = model(name, n_chans=2)
        with torch.no_grad():
            features = network.features(x).numpy().astype(np.float64)
            network.fit(features[::2], targets[::2], None, 10.0, SOFTMAX)
            right[name] = float((network(x[1::2]).argmax(1).numpy() == targets[1::2]).mean())
    assert min(right["tangent-space"], right["filter-bank-tangent-space"]) > 0.95
    assert right["logistic"] < 0.65


def test_every_closed_form_of_the_registry_is_one_that_train_names():
    closed = [name for name, entry in registry.MODELS.items() if entry.training is None]
    assert {"majority", "logistic", *COVARIANCES} <= set(closed)
