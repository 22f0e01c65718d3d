"""Filters against scipy.signal.freqz, in every network that has any."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal
from torch import nn

from eegcli import models
from eegcli.errors import UsageError
from eegcli.explain.background import Background, Pool
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.methods.filters import filters, gain
from eegcli.stats.spectra import frequencies

SFREQ, N_CHANS, N_TIMES = 128.0, 8, 256


def material(n_times=N_TIMES):
    x = (10 * np.random.default_rng(0).standard_normal((20, N_CHANS, n_times))).astype(np.float32)
    pool = Pool(x, np.arange(20), np.arange(20) % 2, np.arange(20), np.zeros((20, 2)))
    return ExplainedWindows(x[:4], np.arange(4) % 2, 2, torch.device("cpu"), SFREQ, background=Background(None, ("F", "M"), pool, x))


def network(arch):
    torch.manual_seed(0)
    return models.build(arch, n_chans=N_CHANS, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ).eval()


def test_gain_is_that_of_freqz():
    kernel, freqs = np.random.default_rng(0).standard_normal((4, 1, 25)), frequencies(N_TIMES, SFREQ)
    for one, found in zip(kernel[:, 0], gain(kernel, freqs, SFREQ), strict=True):
        np.testing.assert_allclose(found, np.abs(signal.freqz(one, worN=freqs, fs=SFREQ)[1]), rtol=1e-9)


def test_of_several_channels_it_is_the_root_mean_square():
    kernel, freqs = np.random.default_rng(0).standard_normal((1, 3, 9)), frequencies(N_TIMES, SFREQ)
    each = [np.abs(signal.freqz(one, worN=freqs, fs=SFREQ)[1]) for one in kernel[0]]
    np.testing.assert_allclose(gain(kernel, freqs, SFREQ)[0], np.sqrt(np.mean(np.square(each), axis=0)), rtol=1e-9)


@pytest.mark.parametrize(
    ("arch", "layer"),
    [("vgg", "features.conv1"), ("shallow", "features.temporal"), ("eegnet", "features.temporal"), ("deepconvnet", "features.temporal")],
)
def test_the_first_temporal_layer_is_found(arch, layer):
    model = network(arch)
    result = filters(model, material())
    weight = model.get_submodule(layer).weight.detach().double().numpy()
    assert [label.rsplit(".", 1)[0] for label in result.labels] == [layer] * len(weight)
    np.testing.assert_allclose(result.kernel[..., ::-1], weight.reshape(len(weight), -1, weight.shape[-1]))
    one = weight[0].reshape(-1, weight.shape[-1])
    expected = [np.abs(signal.freqz(own, worN=frequencies(N_TIMES, SFREQ), fs=SFREQ)[1]) for own in one]
    np.testing.assert_allclose(result.response[0], np.sqrt(np.mean(np.square(expected), axis=0)), rtol=1e-9)


def test_time_is_found_where_it_is_the_first_axis():
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 3, (11, 1))

        def forward(self, x):
            return self.conv(x.mT[:, None]).mean(dim=(2, 3))[:, :2]

    result = filters(Turned(), material())
    assert result.kernel.shape == (3, 1, 11)


def test_a_spatial_filter_is_none_and_a_network_without_any_is_said():
    class Spatial(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(N_CHANS, 2, 1)

        def forward(self, x):
            return self.conv(x).mean(dim=2)

    for model in (Spatial(), network("logistic")):
        with pytest.raises(UsageError, match="no convolution of this network"):
            filters(model, material())


def test_covwave_shows_its_bands_and_the_patterns_of_its_sources():
    model = network("covwave")
    with torch.no_grad():
        model.bands.shift += 0.5
    given = material()
    result = filters(model, given)
    bands = [label for label in result.labels if label.startswith("band ")]
    assert bands[0] == "band 1.5-2.5 Hz" and len(bands) == 12
    freqs = frequencies(N_TIMES, SFREQ)
    for label, response in zip(bands, result.response, strict=False):
        low, high = (float(edge) for edge in label[5:-3].split("-"))
        at_edges = np.interp([low, (low + high) / 2, high], freqs, response**2)
        assert at_edges[1] > 0.9
        if np.isclose(low % 0.5, 0) and np.isclose(high % 0.5, 0):  # frequencies of the spectrum: half of the power passes
            np.testing.assert_allclose(at_edges[[0, 2]], 0.5, atol=0.01)
    x = given.around.training.astype(float)
    x = x - x.mean(axis=2, keepdims=True)
    x /= np.sqrt((x**2).mean(axis=2, keepdims=True))
    together = np.concatenate(list(x), axis=1)
    spatial = model.waveform.spatial.weight.detach().double().numpy()[:, :, 0]
    source = spatial @ together
    expected = together @ source[0] / (source[0] @ source[0])  # least squares of each channel on the source
    np.testing.assert_allclose(result.pattern[0, :, 0], expected, rtol=1e-6)
