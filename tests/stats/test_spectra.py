"""Spectra of known signals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.stats import spectra


@given(st.integers(4, 58), st.floats(0.1, 100), st.floats(0, 6.28))
def test_a_sine_shows_its_amplitude_at_its_frequency(half_hertz, amplitude, phase):
    frequency = half_hertz / 2
    x = 7.0 + amplitude * np.sin(2 * np.pi * frequency * np.arange(256) / 128 + phase)
    freqs, spectrum = spectra.frequencies(256, 128.0), spectra.amplitude_spectrum(x)
    assert freqs[spectrum.argmax()] == frequency
    assert spectrum.max() == pytest.approx(amplitude, rel=1e-6)


def test_a_sine_falls_into_its_band():
    for frequency, band in [(2.0, "delta"), (6.0, "theta"), (10.0, "alpha"), (20.0, "beta")]:
        freqs, spectrum = spectra.frequencies(512, 128.0), spectra.amplitude_spectrum(np.sin(2 * np.pi * frequency * np.arange(512) / 128))
        shares = spectra.band_shares(spectrum, freqs)
        assert shares[band] > 0.98
        assert sum(shares.values()) == pytest.approx(1.0)


def test_chance_is_the_width_of_a_band():
    freqs = np.fft.rfftfreq(256, 1 / 128)
    # 1 to 30 Hz in steps of half a hertz: 58 bins
    assert spectra.chance_shares(freqs) == pytest.approx({"delta": 6 / 58, "theta": 8 / 58, "alpha": 10 / 58, "beta": 34 / 58})


def test_white_noise_is_at_chance():
    x = np.random.default_rng(0).standard_normal((2000, 256))
    freqs, spectrum = spectra.frequencies(256, 128.0), spectra.amplitude_spectrum(x)
    assert spectra.band_shares(spectrum, freqs) == pytest.approx(spectra.chance_shares(freqs), abs=0.01)


def test_nothing_has_no_shares():
    assert np.isnan(list(spectra.band_shares(np.zeros(129), np.fft.rfftfreq(256, 1 / 128)).values())).all()
