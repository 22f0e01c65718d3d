"""CovWave by a second way, layer by layer; and what each branch sees that the other cannot."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy.linalg import logm
from sklearn.covariance import oas

from eegcli import registry
from eegcli.errors import InputError
from eegcli.models import build, n_parameters
from eegcli.models.covwave import EDGES, CovWave, RunningStandardisation

SFREQ = 128.0


def model(n_chans: int = 4, n_times: int = 256, n_outputs: int = 2, sfreq: float = SFREQ, **options) -> CovWave:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build("covwave", n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq, **options).eval()


def windows(n: int, n_chans: int = 4, n_times: int = 256, seed: int = 0) -> torch.Tensor:
    return 10 * torch.randn(n, n_chans, n_times, generator=torch.Generator().manual_seed(seed))


def test_the_bands_are_logarithms_of_shrunken_covariances_of_filtered_windows():
    x = windows(2).numpy().astype(np.float64)
    x -= x.mean(axis=-1, keepdims=True)
    network, freqs, taper = model(), np.fft.rfftfreq(256, 1 / SFREQ), np.hanning(258)[1:-1]
    with torch.no_grad():
        network.bands.shift[3] = 0.7
        network.bands.log_stretch[3] = 0.4
    expected = []
    for window in x:
        spectrum = np.fft.rfft(window * taper / np.sqrt(np.mean(taper**2))) * ((freqs > 0) & (freqs <= 45))
        power = np.mean(np.fft.irfft(spectrum, n=256) ** 2)
        row = []
        for band, (low, high) in enumerate(itertools.pairwise(EDGES)):
            centre, half_width = (low + high) / 2 + 0.7 * (band == 3), (high - low) / 2 * np.exp(0.4 * (band == 3))
            amplitude = np.sqrt(2.0 ** -(((freqs - centre) / half_width) ** 4))  # half of the power at the edges
            log = logm(oas(np.fft.irfft(spectrum * amplitude / np.sqrt(power), n=256).T, assume_centered=True)[0])
            row += [log[i, j] * (1 if i == j else np.sqrt(2)) for i in range(4) for j in range(i, 4)]
        expected.append([*row, np.log(power)])
    found = network.bands(torch.from_numpy(x).float()).detach()
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)


def test_the_number_of_weights_follows_from_the_layers():
    n_bands, n_chans, n_outputs = 12, 19, 2
    n_features = n_bands * n_chans * (n_chans + 1) // 2 + 1 + 32
    expected = 2 * n_bands + 16 * n_chans + 32 * 33 + n_outputs * (n_features + 1)
    assert n_parameters(model(n_chans, 256)) == expected == 6012
    assert 5_000 <= n_parameters(model(24, 256)) <= 20_000


def test_many_channels_are_mixed_to_24():
    network = model(129)
    assert network.bands.n_features == 12 * 24 * 25 // 2 + 1
    assert network(windows(2, 129)).shape == (2, 2)


@pytest.mark.parametrize(
    ("n_chans", "n_times", "sfreq"), [(1, 256, 128.0), (2, 8, 64.0), (19, 200, 100.0), (3, 1000, 500.0), (3, 256, 16.0)]
)
def test_any_window_that_holds_a_band_is_taken(n_chans, n_times, sfreq):
    x = windows(3, n_chans, n_times).requires_grad_()
    outputs = model(n_chans, n_times, sfreq=sfreq)(x)
    outputs.sum().backward()
    assert torch.isfinite(outputs).all()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize(("n_times", "sfreq"), [(7, 128.0), (256, 3.0)])
def test_windows_without_a_band_are_refused(n_times, sfreq):
    with pytest.raises(InputError, match=r"covwave: windows of .* are too small"):
        model(n_times=n_times, sfreq=sfreq)


@pytest.mark.parametrize("n_chans", [1, 2, 19])
def test_flat_windows_flat_channels_and_an_average_reference_can_be_learnt_from(n_chans):
    network, x = model(n_chans).train(), windows(4, n_chans)
    x[1] = 0
    x[2, 0] = 0
    x[3] = x[3] - x[3].mean(dim=0)
    x.requires_grad_()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.005)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x), torch.tensor([0, 1, 0, 1])).backward()
        optimizer.step()
    assert torch.isfinite(x.grad).all()
    assert all(torch.isfinite(weights).all() for weights in network.state_dict().values())


def test_the_bands_know_the_amplitude_by_one_feature_and_the_waveform_does_not_know_it():
    network, x = model(), windows(3)
    x = x - x.mean(dim=-1, keepdim=True)
    one, two = network.bands(x), network.bands(3 * x)
    torch.testing.assert_close(one[:, :-1], two[:, :-1], rtol=0, atol=1e-3)
    torch.testing.assert_close(two[:, -1] - one[:, -1], torch.full((3,), 2 * np.log(3.0), dtype=torch.float32), rtol=0, atol=1e-4)
    torch.testing.assert_close(network.waveform(x), network.waveform(3 * x), rtol=0, atol=1e-4)


def test_peaks_and_troughs_differ_for_the_waveform_alone():
    time = torch.arange(256) / SFREQ
    peaks = sum(weight * torch.cos(2 * torch.pi * k * 8 * time) for k, weight in ((1, 1.0), (2, 0.6), (3, 0.3)))
    x = windows(1, 2) / 50 + 10 * peaks * torch.tensor([[1.0], [0.5]])
    x = x - x.mean(dim=-1, keepdim=True)
    network = model(2)
    torch.testing.assert_close(network.bands(x), network.bands(-x), rtol=0, atol=1e-4)
    assert (network.waveform(x) - network.waveform(-x)).abs().max() > 0.05


def test_the_running_statistics_are_those_of_all_batches_at_first():
    layer, batches = RunningStandardisation(3).train(), [5 + 2 * windows(n, 1, 3, seed=n)[:, 0] for n in (8, 8, 8)]
    for batch in batches:
        layer(batch)
    seen = torch.cat(batches)
    torch.testing.assert_close(layer.mean, seen.mean(dim=0))
    torch.testing.assert_close(layer.variance, seen.var(dim=0, correction=0))
    layer.eval()
    torch.testing.assert_close(layer(seen).std(dim=0, correction=0), torch.ones(3), rtol=0, atol=1e-3)


def test_exactly_one_network_is_recommended_and_it_is_none_that_is_fitted_in_closed_form():
    recommended = [name for name, entry in registry.MODELS.items() if entry.recommended]
    assert len(recommended) == 1
    assert registry.MODELS[recommended[0]].training is not None
