"""Values tell other inputs from EEG, whatever they are called, and call no real electrode odd."""

from __future__ import annotations

import mne
import numpy as np
import pytest

from eegcli.bids.channel_check import check_values
from eegcli.bids.channel_choice import choose_channels
from eegcli.bids.channel_values import odd_channels
from tests.kit.trees import NAMES, noise

SFREQ = 128.0


def kinds(data: np.ndarray, trusted: list[bool] | None = None) -> list[str | None]:
    found = odd_channels(data, SFREQ, trusted or [True] * len(data))
    return [oddity.kind if oddity else None for oddity in found]


def trigger(n: int = 2560) -> np.ndarray:
    pulses = np.zeros(n)
    for code, start in enumerate(range(200, n, 250), start=1):
        pulses[start : start + 10] = code % 4 + 1
    return pulses


def with_input(values: np.ndarray) -> np.ndarray:
    return np.vstack([noise(), values])


def wandering() -> np.ndarray:
    return np.cumsum(np.random.default_rng(1).standard_normal(2560)) * 800 + 1e5


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.full(2560, 3.0), "constant"),
        (trigger(), "stepwise"),
        (trigger() * 30 - 400, "stepwise"),  # as loud as EEG
        (np.repeat(np.random.default_rng(0).standard_normal(20) * 30, 128), "stepwise"),  # a sensor of 1 Hz, held
        (wandering(), "amplitude"),
        (5 * np.sin(np.arange(2560) / 2000), "amplitude"),  # a slow level
        (noise(1, seed=9)[0] * 55, "amplitude"),
        (noise(1, seed=9)[0] / 55, "amplitude"),
        (noise(1, seed=9)[0] * 40, None),
        (noise(1, seed=9)[0] / 40, None),
        (noise(1, seed=9)[0] + 20_000 + np.arange(2560), None),  # the offset and drift of an amplifier without high-pass
        (np.round(noise(1, seed=9)[0] / 10) * 10, None),  # stored coarsely
        (np.where(np.arange(2560) < 1000, noise(1, seed=9)[0], 0.0), None),  # came off
    ],
)
def test_an_input_is_told_by_its_values(values, kind):
    assert kinds(with_input(values)) == [None] * 10 + [kind]


def test_trusted_electrodes_are_the_measure_where_most_channels_are_something_else():
    data = np.vstack([noise(3), *(noise(1, seed=seed, scale=3e4) for seed in range(8))])
    assert kinds(data, [True] * 3 + [False] * 8) == [None] * 3 + ["amplitude"] * 8
    assert kinds(data[1:], [True] * 2 + [False] * 8) == [None] * 10  # two could be the odd ones


def test_few_channels_are_not_judged_by_each_other():
    assert kinds(np.vstack([noise(2), noise(1, scale=1e5)])) == [None] * 3


@pytest.mark.parametrize(("values", "kind"), [(wandering(), "amplitude"), (trigger(), "stepwise"), (noise(1, seed=9)[0], None)])
@pytest.mark.parametrize("n_electrodes", [1, 2, 3])
def test_one_input_beside_few_electrodes_is_told(values, kind, n_electrodes):
    data = np.vstack([noise(n_electrodes), values])
    assert kinds(data, [True] * n_electrodes + [False]) == [None] * n_electrodes + [kind]


def test_a_broken_electrode_of_two_does_not_throw_out_the_rest():
    data = noise(3)
    data[0] *= 1000
    assert kinds(data, [True, True, False]) == [None] * 3


def test_padding_that_all_channels_share_makes_none_of_them_stepwise():
    data = np.hstack([noise(), np.zeros((10, 40 * 2560))])
    assert kinds(data) == [None] * 10


def check(data: np.ndarray, names, stated=None, reference: str = "unknown"):
    choices = choose_channels(names, stated or {}, ["eeg"] * len(names))
    return check_values(choices, data, SFREQ, reference)


def test_an_unnamed_input_is_left_out_and_said():
    checked = check(with_input(wandering()), (*NAMES, "Quux"))
    assert checked.rows == tuple(range(10)) and not checked.bad
    assert not checked.choices[-1].is_eeg and "times the amplitude of the others" in checked.choices[-1].why
    assert checked.warnings == ("left out, as the values are no EEG's: Quux (an amplitude far from the others')",)


@pytest.mark.parametrize(("name", "stated"), [("T7", {}), ("Quux", {"Quux": "EEG"})])
def test_an_electrode_by_name_or_by_channels_tsv_stays_and_is_marked_bad(name, stated):
    checked = check(with_input(wandering()), (*NAMES, name), stated)
    assert checked.rows == tuple(range(11)) and checked.bad == {name} and "marked bad" in checked.warnings[0]


@pytest.mark.parametrize(
    ("name", "stated", "reference", "stays"),
    [("T7", {}, "unknown", True), ("Quux", {"Quux": "EEG"}, "unknown", True), ("Quux", {}, "Quux", True), ("Quux", {}, "unknown", False)],
)
def test_a_flat_electrode_stays_and_a_flat_input_without_a_name_does_not(name, stated, reference, stays):
    checked = check(with_input(np.zeros(2560)), (*NAMES, name), stated, reference)
    assert (len(checked.rows) == 11) is stays and not checked.bad


def test_the_electrode_of_the_reference_may_be_as_quiet_as_it_likes():
    data = with_input(noise(1, seed=9)[0] / 1000)
    assert check(data, (*NAMES, "Cz")).bad == {"Cz"} and not check(data, (*NAMES, "Cz"), reference="Cz").bad


def test_no_electrode_of_a_real_recording_is_odd(real_data):
    files = sorted([*real_data.glob("eegmat/sub-*/eeg/*.edf"), *real_data.glob("physionet-s001/*.edf")])
    assert len(files) >= 28
    for file in files[::4]:
        raw = mne.io.read_raw_edf(file, verbose="ERROR")
        choices = choose_channels(raw.ch_names, {}, raw.get_channel_types())
        eeg = [choice.is_eeg for choice in choices]
        data = raw.get_data()[np.array(eeg)] * 1e6
        assert not any(odd_channels(data, raw.info["sfreq"], [choice.surely for choice in choices if choice.is_eeg])), file
