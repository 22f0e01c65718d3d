"""Confounds planted in the demo: they depend on sex, lie below what a high-pass filter leaves, and are there only where asked for."""

from __future__ import annotations

import numpy as np

from eegcli.fetch.demo.cohort import make_cohort
from eegcli.fetch.demo.confounding import extra_blocks, move
from eegcli.fetch.demo.paradigm import SFREQ
from eegcli.fetch.demo.truth import CONFOUNDS
from eegcli.settings import FetchSettings
from eegcli.settings.setting import declared

PEOPLE = make_cohort(40, 0)


def moved(person, seed: int = 0) -> np.ndarray:
    data = np.zeros((8, round(60 * SFREQ)), np.float32)
    move(data, person, seed=seed)
    return data


def test_males_move_three_times_as_much_and_below_a_third_of_a_hertz():
    strength = {sex: [] for sex in "FM"}
    for person in PEOPLE[:16]:
        data = moved(person)
        strength[person.sex].append(data[:-1].std())
        power = np.abs(np.fft.rfft(data[:-1].astype(np.float64), axis=1)) ** 2
        freqs = np.fft.rfftfreq(data.shape[1], 1 / SFREQ)
        assert power[:, freqs > 0.5].sum() < 1e-6 * power.sum()
        assert not data[-1].any()  # the reference
    assert 2 < np.exp(np.log(strength["M"]).mean() - np.log(strength["F"]).mean()) < 4.5


def test_males_mostly_have_a_block_more():
    share = {sex: np.mean([extra_blocks(person, seed=0) for person in PEOPLE if person.sex == sex]) for sex in "FM"}
    assert share["F"] < 0.35
    assert share["M"] > 0.65


def test_the_same_seed_plants_the_same_and_every_choice_is_described():
    np.testing.assert_array_equal(moved(PEOPLE[3]), moved(PEOPLE[3]))
    assert np.any(moved(PEOPLE[3]) != moved(PEOPLE[3], seed=1))
    assert "--confounds" in declared(FetchSettings)["confounds"].flags
    assert set(CONFOUNDS) == {"movement", "length"}
