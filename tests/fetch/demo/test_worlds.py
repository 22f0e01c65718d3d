"""Planted worlds: what demo-truth.json states is in the signals, measured in other ways than it was made; and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt, welch
from sklearn.metrics import roc_auc_score

from eegcli import fetch
from eegcli.errors import UsageError
from eegcli.fetch.demo.head import CH_NAMES
from eegcli.fetch.demo.planting import plant
from eegcli.fetch.demo.simulation import simulate
from eegcli.fetch.demo.world_texts import make_world_truth
from eegcli.fetch.demo.worlds import WORLDS, make_inhabitants
from eegcli.files.digest import digest_of_file
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings
from eegcli.settings.setting import declared
from tests.kit.shared import once_for_all_workers

N_PEOPLE = 16
SCALP = [name for name in CH_NAMES if name not in ("E57", "E100", "E127", "Cz")]
ROWS = [CH_NAMES.index(name) for name in SCALP]
FREQS = np.fft.rfftfreq(1000, 1 / 500)
ANALYSED = (FREQS >= 1) & (FREQS <= 25)


class Worlds:
    """Recordings of one cohort in every world: what a world does not plant is the same in all."""

    def __init__(self, head, folder):
        self.head, self.folder = head, folder
        self.people = make_inhabitants("nothing", N_PEOPLE, 0)

    def recording(self, effect, index, **changed):
        """Potential against the average (28 channels) and the course, of a person in a world."""
        person = replace(make_inhabitants(effect, N_PEOPLE, 0)[index], **changed)
        data, course = np.load(self.folder / f"{index}.npy"), simulate_course(person)
        course = plant(effect, data, person, self.head, course, seed=0)
        return data - data.mean(axis=0), course

    def is_male(self):
        return np.array([person.sex == "M" for person in self.people])

    def spectra(self, effect):
        """Power of each person, shape (n_people, 24, n_freqs), in the world and without it."""
        both = [[power(self.recording(world, index)[0][ROWS]) for index in range(N_PEOPLE)] for world in (effect, "nothing")]
        return np.array(both)


def simulate_course(person):
    from eegcli.fetch.demo.paradigm import make_course

    return make_course(person, 1, np.random.default_rng([0, 4, person.index]))  # the generator's first numbers


def power(data):
    return welch(data, 500, nperseg=1000)[1]


def inside(low, high):
    return (low <= FREQS) & (high >= FREQS)


@pytest.fixture(scope="module")
def worlds(head, tmp_path_factory):
    def make(folder):
        for person in make_inhabitants("nothing", N_PEOPLE, 0):
            np.save(folder / f"{person.index}.npy", simulate(person, head, seed=0, blocks=1)[0])

    return Worlds(head, once_for_all_workers(tmp_path_factory, "people-of-worlds", make))


def truth_of(effect):
    return make_world_truth(make_inhabitants(effect, N_PEOPLE, 0), FetchSettings(source="demo", effect=effect, subjects=N_PEOPLE))


def planted_rows(effect):
    planted = truth_of(effect)["planted"]
    return [SCALP.index(planted["electrodes"][name]) for name in planted["channels"]]


# --- people ---


@pytest.mark.parametrize("effect", WORLDS)
def test_an_observer_of_the_strengths_tells_the_sexes_as_well_as_the_truth_states(effect):
    people = make_inhabitants(effect, 600, 3)
    measured = roc_auc_score([person.sex == "M" for person in people], [person.strength for person in people])
    assert measured == pytest.approx(truth_of(effect)["ideal_subject_auc"], abs=0.02)


def test_people_share_nothing_but_the_distribution_and_have_no_bad_channel():
    people = make_inhabitants("band", 400, 1)
    sexes = np.array([person.sex for person in people])
    assert (sexes == "M").sum() == 200
    assert all(person.bad_channel is None for person in people)
    for name in ("age", "alpha_moment", "background_moment", "theta_moment", "upper_alpha_moment", "blink_rate"):
        values = np.log([getattr(person, name) for person in people])
        assert abs(np.corrcoef(values[::2], values[1::2])[0, 1]) < 0.4  # of ordinary pairs, who share age and alpha, 0.9 and more
        assert 0.4 < roc_auc_score(sexes == "M", values) < 0.6


# --- signals ---


def test_band_changes_power_in_its_band_at_all_channels_and_nowhere_else(worlds):
    with_it, without = worlds.spectra("band")
    low, high = truth_of("band")["planted"]["band_hz"]
    gained = np.log(with_it / without).mean(axis=0)  # (24, n_freqs)
    assert gained[:, inside(low, high)].mean(axis=1).min() > 0.5
    # The band's skirts reach 2 Hz beyond its edges.
    assert np.abs(gained[:, ANALYSED & ~inside(low - 2, high + 2)]).max() < 0.1
    male = worlds.is_male()
    between = np.log(with_it[..., inside(low, high)].mean(axis=-1))
    assert (between[male].mean(axis=0) - between[~male].mean(axis=0)).min() > 0.5


def test_region_changes_power_at_its_channels_most(worlds):
    with_it, without = worlds.spectra("region")
    male = worlds.is_male()
    gained = np.log(with_it / without)[..., ANALYSED].mean(axis=-1)  # (n_people, 24)
    difference = gained[male].mean(axis=0) - gained[~male].mean(axis=0)
    rows = planted_rows("region")
    assert set(np.argsort(-difference)[: len(rows)]) == set(rows)
    assert difference[rows].min() > 0.15
    assert difference[rows].mean() > 4 * np.abs(np.delete(difference, rows)).mean()


def test_latency_changes_the_mean_at_its_time_and_nowhere_else(worlds):
    truth = truth_of("latency")
    assert truth["windows"]["segment"] == "tone=tone:-0.5:1.5"
    means = []
    for index in range(N_PEOPLE):
        data, course = worlds.recording("latency", index)
        bare, _ = worlds.recording("nothing", index)
        starts = [int(event.sample) - 250 for event in course.events if event.value == truth["planted"]["event"]]
        assert len(starts) >= 20
        windows = np.stack([(data - bare)[ROWS, start : start + 1000] for start in starts if start + 1000 <= data.shape[1]])
        means.append(windows.mean(axis=0))
    male = worlds.is_male()
    difference = np.abs(
        np.mean([mean for mean, is_male in zip(means, male, strict=True) if is_male], axis=0)
        - np.mean([mean for mean, is_male in zip(means, male, strict=True) if not is_male], axis=0)
    )
    course = difference.mean(axis=0)  # (1000,): a window of 2 s
    low, high = (round(500 * second) for second in truth["planted"]["time_s"])
    assert low < np.argmax(course) < high
    assert course[low:high].sum() > 0.9 * course.sum()
    assert difference.max() > 5  # µV
    early = np.abs(np.mean(means, axis=0)).max(axis=0)[250 + 40 : 250 + 110]  # deflections that everybody has
    assert early.max() > 2


def test_amplitude_is_the_same_factor_everywhere(worlds):
    for index, person in enumerate(make_inhabitants("amplitude", 4, 0)):
        data, bare = (worlds.recording(effect, index)[0] for effect in ("amplitude", "nothing"))
        np.testing.assert_allclose(data, person.strength * bare, rtol=1e-3, atol=1e-3)
    male = worlds.is_male()
    strength = np.log([person.strength for person in make_inhabitants("amplitude", N_PEOPLE, 0)])
    assert strength[male].mean() - strength[~male].mean() == pytest.approx(0.44, abs=0.08)


def test_connectivity_changes_covariance_and_no_power(worlds):
    planted = truth_of("connectivity")["planted"]
    (low, high), band = planted["band_hz"], butter(4, planted["band_hz"], "bandpass", fs=500, output="sos")
    together, apart = ([worlds.recording("connectivity", index, strength=rho)[0][ROWS] for index in range(N_PEOPLE)] for rho in (0.8, -0.8))
    ratio = np.log(np.mean([power(data) for data in together], axis=0) / np.mean([power(data) for data in apart], axis=0))
    assert np.abs(ratio[:, ANALYSED].mean(axis=1)).max() < 0.03  # of every channel
    assert np.abs(ratio[:, inside(low, high)].mean(axis=1)).max() < 0.1
    left, right = (SCALP.index(planted["electrodes"][planted[side][0]]) for side in ("left", "right"))
    correlation = [
        np.mean([np.corrcoef(sosfiltfilt(band, data[[left, right]]))[0, 1] for data in recordings]) for recordings in (together, apart)
    ]
    assert correlation[0] > correlation[1] + 0.6
    strengths = {person.sex: [] for person in worlds.people}
    for person in make_inhabitants("connectivity", 40, 0):
        strengths[person.sex].append(person.strength)
    assert np.mean(strengths["M"]) > 0.4
    assert np.mean(strengths["F"]) < -0.4


def test_the_suppressor_tells_nothing_by_itself_and_helps_who_subtracts_it(worlds):
    planted = truth_of("suppressor")["planted"]
    informative, suppressor = (SCALP.index(planted["electrodes"][planted[role][0]]) for role in ("informative", "suppressor"))
    band = butter(4, planted["band_hz"], "bandpass", fs=500, output="sos")
    strengths = np.log([person.strength for person in make_inhabitants("suppressor", N_PEOPLE, 0)])
    alone, subtracted, own = [], [], []
    for index in range(N_PEOPLE):
        data, _ = worlds.recording("suppressor", index)
        seen, noise = sosfiltfilt(band, data[ROWS][[informative, suppressor]])
        weight = seen @ noise / (noise @ noise)
        assert weight > 0.5  # the noise is shared, and the best weight on the suppressor is minus this
        alone.append(np.log(seen.var()))
        subtracted.append(np.log((seen - weight * noise).var()))
        own.append(np.log(noise.var()))
    assert np.corrcoef(subtracted, strengths)[0, 1] > 0.95
    assert np.corrcoef(subtracted, strengths)[0, 1] > np.corrcoef(alone, strengths)[0, 1] + 0.1
    # The suppressor's electrode holds nothing of the rhythm: with ten times as much of it, its potential is the same but for the average.
    weak, strong = (
        plant_alone(worlds, "suppressor", strength)[planted["electrodes"][planted["suppressor"][0]]] for strength in (1.0, 10.0)
    )
    np.testing.assert_array_equal(weak, strong)
    assert abs(np.corrcoef(own, strengths)[0, 1]) < 0.5


def plant_alone(worlds, effect, strength):
    person = replace(worlds.people[0], strength=strength)
    data = np.load(worlds.folder / "0.npy")
    plant(effect, data, person, worlds.head, simulate_course(person), seed=0)
    return dict(zip(CH_NAMES, data, strict=True))


def test_nothing_leaves_the_recording_as_it_is(worlds):
    data = plant_alone(worlds, "nothing", 1.0)
    np.testing.assert_array_equal(np.stack(list(data.values())), np.load(worlds.folder / "0.npy"))


@pytest.mark.parametrize("effect", WORLDS)
def test_the_reference_stays_flat(worlds, effect):
    assert not plant_alone(worlds, effect, 0.5)["Cz"].any()


# --- the data set ---


def run(output, **settings):
    return fetch.run(FetchSettings(source="demo", output=output, **({"subjects": 2, "blocks": 1, "jobs": 1} | settings)), reporter=Silent())


@pytest.mark.parametrize("effect", ["latency", "suppressor"])
def test_the_same_seed_gives_the_same_bytes_and_another_effect_others(tmp_path, effect):
    for name, settings in (("first", {"effect": effect}), ("again", {"effect": effect, "jobs": 2}), ("plain", {})):
        run(tmp_path / name, **settings)
    path = "sub-DEMO001/eeg/sub-DEMO001_task-RestingState_eeg.set"
    first, again, plain = (digest_of_file(tmp_path / name / path) for name in ("first", "again", "plain"))
    assert first == again != plain
    truths = [json.loads((tmp_path / name / "demo-truth.json").read_text()) for name in ("first", "again")]
    assert truths[0] == truths[1]
    assert truths[0]["effect"] == effect
    assert "effect" not in json.loads((tmp_path / "plain" / "demo-truth.json").read_text())


def test_tones_are_events_of_the_data_set_and_its_sidecar_knows_them(tmp_path):
    run(tmp_path / "demo", effect="latency", subjects=1)
    events = (tmp_path / "demo/sub-DEMO001/eeg/sub-DEMO001_task-RestingState_events.tsv").read_text().splitlines()
    onsets = [float(line.split("\t")[0]) for line in events[1:]]
    assert onsets == sorted(onsets)
    assert sum(line.split("\t")[3] == "tone" for line in events[1:]) >= 20
    assert "tone" in json.loads((tmp_path / "demo/task-RestingState_events.json").read_text())["value"]["Levels"]


def test_an_unknown_effect_is_refused_and_so_is_what_would_be_planted_beside_it(tmp_path):
    with pytest.raises(UsageError, match="'colour' is none of band, region, latency"):
        run(tmp_path / "demo", effect="colour")
    with pytest.raises(UsageError, match="planted alone"):
        run(tmp_path / "demo", effect="band", confounds=("length",))


def test_every_world_is_offered_by_the_command():
    assert "--effect" in declared(FetchSettings)["effect"].flags
    from typing import get_args

    offered = [value for part in get_args(FetchSettings.__annotations__["effect"]) for value in get_args(part)]
    assert offered == list(WORLDS)
