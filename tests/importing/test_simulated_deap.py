"""The simulated DEAP of docs/published.md: participants, trials and ratings differ as much as the page says, and what is planted can be found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from eegcli.representations.stats99 import stats99
from tests.kit import deap


@pytest.fixture(scope="module")
def participants() -> list[tuple[deap.Participant, np.ndarray, np.ndarray]]:
    """Twelve participants: what was drawn, ten ratings, and the EEG of these trials."""
    rated = deap.ratings(12)[:, :10]
    drawn = []
    for number in range(12):
        random = np.random.default_rng([4, number])
        person = deap.participant(random)
        drawn.append((person, rated[number], deap.trials(person, rated[number], random)))
    return drawn


def test_as_many_trials_are_high_as_in_deap_and_nobody_rates_all_alike():
    high = deap.ratings(32)[..., :2] >= 5
    assert high.shape == (32, 40, 2)
    assert (high.sum(axis=(0, 1)) == [708, 737]).all()  # the published counts
    assert high.sum(axis=1).min() >= 8 and high.sum(axis=1).max() <= 36
    assert np.ptp(high[..., 0].sum(axis=0)) > 10, "videos are liked by many or by few"


def test_signals_are_those_of_the_preprocessed_files(participants):
    x = participants[0][2]
    assert (x.shape, x.dtype) == ((10, 32, 8064), np.float32)
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-4)  # average reference
    freqs, power = welch(x, 128, nperseg=1024)
    inside = (freqs >= 3.5) & (freqs <= 45.5)
    assert power[..., inside].sum() > 0.97 * power.sum()  # 4-45 Hz, but for the edges of bursts and of slow changes


def test_participants_channels_and_trials_differ_as_stated(participants):
    spread = np.array([x.std(axis=2) for _, _, x in participants])  # (participant, trial, channel)
    of_people = spread.mean(axis=(1, 2))
    assert 2 <= of_people.max() / of_people.min() <= 3.5
    logs = np.log(spread)
    assert 0.10 < (logs - logs.mean(axis=1, keepdims=True)).std() < 0.25  # trials of a participant
    assert logs.mean(axis=(0, 1)).std() > 0.08  # channels
    features = np.stack([stats99(x, 807) for _, _, x in participants]).reshape(120, -1)
    common = np.sum(features.mean(axis=0) ** 2) / np.sum(features**2, axis=1).mean()
    assert common < 0.95, "trials that hardly differ teach a network a constant"


def test_the_planted_effect_of_valence_is_in_the_bands_of_a_participant():
    found, planted = [], []
    for number in (0, 1):
        random = np.random.default_rng([4, number])
        person, rated = deap.participant(random), deap.ratings(32)[number]
        x = deap.trials(person, rated, random)
        freqs, power = welch(x, 128, nperseg=512)
        high = rated[:, 0] >= 5
        for band, (low, above) in enumerate(deap.BANDS):
            amplitude = 0.5 * np.log(power[..., (freqs >= low) & (freqs < above)].mean(axis=-1))
            amplitude -= amplitude.mean(axis=1, keepdims=True)  # how loud the trial is as a whole
            found.append(amplitude[high].mean(axis=0) - amplitude[~high].mean(axis=0))
            planted.append(person.effects[0, band] - person.effects[0, band].mean())
    found, planted = np.concatenate(found), np.concatenate(planted)
    assert np.corrcoef(found, planted)[0, 1] > 0.7
    assert 0.5 < np.polyfit(planted, found, 1)[0] < 1.2  # neighbours and the average reference blur it


def test_the_effect_is_half_everybodys_and_half_a_participants_own():
    effects = np.array([deap.participant(np.random.default_rng([4, number])).effects[0].ravel() for number in range(32)])
    shared = np.corrcoef(effects)[np.triu_indices(32, 1)].mean()
    assert 0.3 < shared < 0.7
