"""The signals, measured with Welch's method, which the simulation does not use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt, welch

from eegcli.fetch.demo.cohort import FIRST_FAULT, THETA, UPPER_ALPHA, make_cohort, make_person
from eegcli.fetch.demo.head import CH_NAMES
from eegcli.fetch.demo.paradigm import make_course
from eegcli.fetch.demo.simulation import narrowband, pink, simulate
from tests.kit.shared import once_for_all_workers

BLOCKS = 1
MASTOIDS = [CH_NAMES.index("E57"), CH_NAMES.index("E100")]


def power(data, low, high):
    """Mean power density between two frequencies, per channel, µV²/Hz."""
    freqs, density = welch(data, 500, nperseg=1000)
    return density[:, (freqs >= low) & (freqs <= high)].mean(axis=1)


def closed_part(data, course):
    start = next(event.sample for event in course.events if event.value == "instructed_toCloseEyes")
    return data[:, int(start) + 1500 : int(start) + 18500]


def open_part(data, course):
    start = next(event.sample for event in course.events if event.value == "instructed_toOpenEyes")
    return data[:, int(start) + 1500 : int(start) + 9500]


@pytest.fixture(scope="module")
def cohort(head, tmp_path_factory):
    """Sixteen persons against the mean of both mastoids, as the published analysis sees them."""
    people = make_cohort(16, 0)

    def make(folder):
        for person in people:
            np.save(folder / f"{person.label}.npy", simulate(person, head, seed=0, blocks=BLOCKS)[0])

    folder = once_for_all_workers(tmp_path_factory, "sixteen-persons", make)
    recordings = []
    for person in people:
        data = np.load(folder / f"{person.label}.npy")
        course = make_course(person, BLOCKS, np.random.default_rng([0, 4, person.index]))  # the generator's first numbers
        assert course.n_times == data.shape[1]
        recordings.append((data - data[MASTOIDS].mean(axis=0), course))
    return people, recordings


@settings(max_examples=15, deadline=None)
@given(slope=st.floats(0.8, 2.2), seed=st.integers(0, 2**32 - 1))
def test_the_background_falls_with_its_slope_and_has_unit_variance(slope, seed):
    noise = pink(4, 60_000, slope, np.random.default_rng(seed))
    freqs, density = welch(noise, 500, nperseg=2000)
    # Well above the knee, where 1/(knee^slope + f^slope) is a straight line.
    band = (freqs > 8) & (freqs < 80)
    fitted = np.polyfit(np.log(freqs[band]), np.log(density[:, band].mean(axis=0)), 1)[0]
    assert fitted == pytest.approx(-slope, abs=0.1)
    assert noise.std() == pytest.approx(1, rel=0.15)


@settings(max_examples=15, deadline=None)
@given(centre=st.floats(6, 40), width=st.floats(0.4, 2), seed=st.integers(0, 2**32 - 1))
def test_a_rhythm_has_its_centre_its_width_and_unit_variance(centre, width, seed):
    wave = narrowband(8, 60_000, centre, width, np.random.default_rng(seed))
    freqs, density = welch(wave, 500, nperseg=10_000)
    share = density.mean(axis=0) / density.mean(axis=0).sum()
    mean = (freqs * share).sum()
    assert mean == pytest.approx(centre, abs=0.2 * width + 0.1)
    assert np.sqrt(((freqs - mean) ** 2 * share).sum()) == pytest.approx(width, rel=0.25)
    assert wave.std() == pytest.approx(1, rel=0.15)


@given(n_times=st.integers(1, 3000), n_signals=st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_noise_has_the_length_asked_for_and_is_finite(n_times, n_signals):
    noise = pink(n_signals, n_times, 1.5, np.random.default_rng(0))
    assert noise.shape == (n_signals, n_times)
    assert noise.dtype == np.float32
    assert np.isfinite(noise).all()


def test_signals_are_float32_against_a_flat_last_cz(head):
    data, course = simulate(make_person(0, 0), head, seed=0, blocks=BLOCKS)
    assert data.dtype == np.float32
    assert data.shape == (len(CH_NAMES), course.n_times)
    assert np.all(data[-1] == 0)
    assert np.isfinite(data).all()


def test_amplitudes_are_those_of_eeg(cohort):
    people, recordings = cohort
    band = butter(2, (0.5, 25), "bandpass", fs=500, output="sos")
    for person, (data, course) in zip(people, recordings, strict=True):
        good = [channel for channel, name in enumerate(CH_NAMES) if name not in (person.bad_channel, "E57", "E100")]
        rms = sosfiltfilt(band, closed_part(data, course)[good]).std(axis=1)
        assert 10 < np.median(rms) < 50
        assert rms.max() < 100


def test_alpha_rises_when_the_eyes_close(cohort):
    people, recordings = cohort
    ratios = []
    for person, (data, course) in zip(people, recordings, strict=True):
        low, high = person.alpha_frequency - 1, person.alpha_frequency + 1
        ratios.append([power(part, low, high)[CH_NAMES.index("E83")] for part in (closed_part(data, course), open_part(data, course))])
    closed, opened = np.array([ratio for person, ratio in zip(people, ratios, strict=True) if person.bad_channel != "E83"]).T
    assert np.all(closed > opened)
    assert np.median(closed / opened) > 2


def test_alpha_peaks_where_the_truth_says(head):
    for index in range(0, 8, 2):
        person = make_person(index, 0)
        data, course = simulate(person, head, seed=0, blocks=BLOCKS)
        # With the planted rhythm, which lies at 10 Hz in everyone, left out of the picture.
        if abs(person.alpha_frequency - 10) > 1.2:
            freqs, density = welch(closed_part(data, course)[CH_NAMES.index("E83")], 500, nperseg=1000)
            near = (freqs > 7) & (freqs < 9.2)
            assert freqs[near][np.argmax(density[near] * freqs[near])] == pytest.approx(person.alpha_frequency, abs=0.8)


def test_eyes_blink_less_while_they_are_closed(cohort):
    rates = []
    for data, course in cohort[1]:
        front = data[CH_NAMES.index("E22")] - data[CH_NAMES.index("E127")]
        # A blink is a second's highest excursion far above the ongoing EEG.
        smooth = sosfiltfilt(butter(2, (1, 10), "bandpass", fs=500, output="sos"), front)
        rates.append(
            [
                np.mean(part.reshape(-1, 500).max(axis=1) > 90)
                for part in (closed_part(smooth[None], course), open_part(smooth[None], course))
            ]
        )
    closed, opened = np.mean(rates, axis=0)
    assert opened > 3 * closed
    assert 0.05 < opened < 0.5


def test_there_is_hum_at_60_hz_and_muscle_above_30(cohort):
    people, recordings = cohort
    good = [data for person, (data, _) in zip(people, recordings, strict=True) if person.bad_channel is None]
    hum = np.median([power(data, 59.5, 60.5) / power(data, 55, 58) for data in good])
    assert hum > 8
    temporal, middle = ([CH_NAMES.index(name) for name in names] for names in (("E108", "E45", "E33", "E122"), ("E6", "E11", "E55")))
    high = np.mean([power(data, 70, 110) for data in good], axis=0)
    assert high[temporal].mean() > 1.3 * high[middle].mean()


def test_a_bad_channel_stands_out(head):
    bad = [person for person in make_cohort(40, 0) if person.bad_channel is not None]
    assert {person.bad_kind for person in bad} == {"flat", "noisy", "line", "drifting"}
    for person in bad:
        data, _ = simulate(person, head, seed=0, blocks=BLOCKS)
        row, others = data[CH_NAMES.index(str(person.bad_channel))], np.delete(data[:-1], CH_NAMES.index(str(person.bad_channel)), axis=0)
        low, high = {"noisy": (100, 200), "line": (59.5, 60.5), "drifting": (0.5, 2), "flat": (1, 40)}[str(person.bad_kind)]
        ratio = power(row[None], low, high)[0] / np.median(power(others, low, high))
        assert ratio == 0 if person.bad_kind == "flat" else ratio > 3


@pytest.mark.parametrize(("planted", "name", "electrode"), [(THETA, "theta_moment", "E11"), (UPPER_ALPHA, "upper_alpha_moment", "E62")])
def test_the_planted_effect_is_found_again_in_its_band_and_place(cohort, planted, name, electrode):
    people, recordings = cohort
    low, high = planted.centre - 2 * planted.width, planted.centre + 2 * planted.width
    kept = [place for place, person in enumerate(people) if person.bad_channel != electrode]
    measured = np.log([power(closed_part(*recordings[place]), low, high)[CH_NAMES.index(electrode)] for place in kept])
    truth = np.log([getattr(people[place], name) for place in kept])
    is_male = np.array([people[place].sex == "M" for place in kept])
    assert np.corrcoef(measured, truth)[0, 1] > 0.9
    difference = measured[is_male].mean() - measured[~is_male].mean()
    assert difference > 1.5 * (measured[is_male].std() + measured[~is_male].std()) / 2


def test_the_planted_effect_is_nowhere_else(cohort):
    people, recordings = cohort
    is_male = np.array([person.sex == "M" for person in people])
    log = {
        band: np.log(
            [
                power(closed_part(data, course), *band)[[CH_NAMES.index(name) for name in ("E11", "E62", "E36", "E104")]].mean()
                for data, course in recordings
            ]
        )
        for band in ((2, 4), (14, 25), (35, 55))
    }
    for values in log.values():
        assert abs(values[is_male].mean() - values[~is_male].mean()) < 0.5 * values.std()


def test_theta_is_frontal_and_upper_alpha_posterior_in_the_difference_between_the_sexes(cohort):
    people, recordings = cohort
    is_male = np.array([person.sex == "M" for person in people])
    for (low, high), inside, outside in (((6, 8), ("E11", "E24", "E124"), ("E70", "E83")), ((9, 11), ("E62", "E70", "E83"), ("E22", "E9"))):
        measured = np.array([power(closed_part(data, course), low, high) for data, course in recordings])
        difference = measured[is_male].mean(axis=0) - measured[~is_male].mean(axis=0)
        strong, weak = (difference[[CH_NAMES.index(name) for name in names]].mean() for names in (inside, outside))
        assert strong > 2 * weak


def test_the_flat_recording_is_flat(head):
    data, _ = simulate(make_person(FIRST_FAULT + 2, 0, fault="flat"), head, seed=0, blocks=BLOCKS)
    assert np.all(data == 0)


def test_signals_depend_on_seed_number_and_blocks_alone(head):
    first, _ = simulate(make_person(5, 2), head, seed=2, blocks=BLOCKS)
    again, _ = simulate(make_cohort(8, 2)[5], head, seed=2, blocks=BLOCKS)
    other, _ = simulate(make_person(5, 3), head, seed=3, blocks=BLOCKS)
    assert first.tobytes() == again.tobytes()
    assert first.shape != other.shape or not np.array_equal(first, other)
