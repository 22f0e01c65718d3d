"""The tapered spectrum against the definition of the Fourier transform."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.errors import InputError
from tests.representations.conftest import noise, paper


@pytest.mark.parametrize("n_times", [256, 200, 37, 2])
def test_it_is_the_sum_that_defines_the_transform(n_times):
    x = noise(2, 3, n_times)
    found = paper("fft", n_times=n_times, ch_names=("a", "b", "c"))(x)
    half, samples = n_times // 2, np.arange(n_times)
    assert found.dtype == np.float32 and found.shape == (2, 3, 2 * half)
    taper = 0.54 - 0.46 * np.cos(2 * np.pi * samples / (n_times - 1))
    for window, image in zip(x, found, strict=True):
        for channel, row in zip(window.astype(np.float64), image, strict=True):
            sums = np.array([np.sum(taper * channel * np.exp(-2j * np.pi * k * samples / n_times)) for k in range(half)])
            log_power = np.log(np.abs(sums) ** 2)
            np.testing.assert_allclose(row[:half], log_power - log_power.mean(), atol=1e-4)
            np.testing.assert_allclose(np.exp(1j * row[half:].astype(np.float64)), sums / np.abs(sums), atol=1e-4)


def test_every_window_is_its_own():
    x = noise(100)
    found = paper("fft")(x)
    assert len({row.tobytes() for row in found}) == 100


def test_a_constant_channel_is_finite_and_a_window_that_is_not_finite_stays_so():
    x = noise(2)
    x[0, 3] = 0.0
    x[1, 5, 100] = np.inf
    found = paper("fft")(x)
    assert not found[0, 3].any() and np.isfinite(found[0]).all()
    assert np.isnan(found[1, 5]).any() and np.isfinite(found[1, 4]).all()


def test_a_window_of_one_sample_has_no_spectrum():
    with pytest.raises(InputError, match="one sample"):
        paper("fft", n_times=1)
