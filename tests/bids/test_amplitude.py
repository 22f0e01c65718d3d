"""Units, flat lines and saturation are noticed at the door."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.bids.amplitude import amplitude, check_amplitude, clipped, probable_unit
from eegcli.bids.errors import RecordingError
from tests.kit.trees import noise


def test_the_amplitude_is_the_spread_of_the_typical_channel():
    data = noise(scale=20.0)
    data[0] *= 1000  # one bad channel does not decide
    data[1] = 0.0
    assert amplitude(data) == pytest.approx(20.0, rel=0.15)
    assert np.isnan(amplitude(np.zeros((3, 100))))


@pytest.mark.parametrize(("scale", "passes"), [(1e-6, False), (0.01, False), (1.0, True), (20.0, True), (2000.0, True), (2e7, False)])
def test_volts_taken_for_microvolts_are_refused(scale, passes):
    if passes:
        check_amplitude(noise(scale=scale))
        return
    with pytest.raises(RecordingError, match="the unit is probably wrong") as caught:
        check_amplitude(noise(scale=scale))
    assert caught.value.cause == "unit"


@pytest.mark.parametrize(
    ("value", "unit"),
    [(20.0, None), (0.7, None), (600.0, None), (2e-5, "V"), (2e-4, "V"), (0.02, "mV"), (0.3, "mV"), (2e4, "nV"), (2e7, None), (0.0, None)],
)
def test_another_unit_is_guessed_by_the_decades_to_an_eeg(value, unit):
    found = probable_unit(value)
    assert (found.name if found else None) == unit
    assert found is None or 0.6 < value * found.factor < 640


def test_a_recording_in_another_unit_is_refused_with_its_factor():
    with pytest.raises(RecordingError, match=r"as of values in V \(times 1e\+06: --unit V\)"):
        check_amplitude(noise(scale=20e-6))
    with pytest.raises(RecordingError, match=r"varies by [0-9.e+]+ µV\. State the unit"):
        check_amplitude(noise(scale=2e7))


def test_a_flat_recording_is_refused_and_a_flat_channel_is_not():
    data = noise()
    data[:-1] = 7.0
    check_amplitude(data)
    data[-1] = -3.0
    with pytest.raises(RecordingError, match="every channel is flat"):
        check_amplitude(data)


def slow_clipped(data: np.ndarray) -> np.ndarray:
    """Sample by sample, what `clipped` says in words."""
    n_channels, n_times = data.shape
    saturated = np.zeros(data.shape, dtype=bool)
    for channel in range(n_channels):
        row = data[channel]
        for extreme in {row.min(), row.max()}:
            if row.min() == row.max():
                continue
            start = 0
            while start < n_times:
                stop = start
                while stop < n_times and row[stop] == extreme:
                    stop += 1
                if stop - start >= 5:
                    saturated[channel, start:stop] = True
                start = max(stop, start + 1)
    alive = sum(row.min() < row.max() for row in data)
    return saturated.sum(axis=0) >= max(1, 0.1 * alive)


@given(st.integers(0, 10_000), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_saturation_is_found_as_a_slow_search_finds_it(seed, n_channels):
    rng = np.random.default_rng(seed)
    data = rng.integers(-3, 4, size=(n_channels, 120)).astype(float)
    for _ in range(4):
        channel, start = rng.integers(n_channels), rng.integers(100)
        data[channel, start : start + rng.integers(2, 15)] = rng.choice([-3.0, 3.0])
    events = clipped(data, 10.0)
    mask = np.zeros(120, dtype=bool)
    for onset, duration in zip(events.onset, events.duration, strict=True):
        mask[round(onset * 10) : round((onset + duration) * 10)] = True
    np.testing.assert_array_equal(mask, slow_clipped(data))


def test_noise_is_not_saturated():
    assert len(clipped(noise(), 128.0).onset) == 0
