"""Positions come from the names, else from the file."""

from __future__ import annotations

from dataclasses import replace

import mne
import numpy as np
import pytest

from eegcli.preprocess.interpolation import interpolate
from eegcli.preprocess.positions import directions, electrodes, oriented
from eegcli.preprocess.signal import Signal
from tests.kit.caps import cap
from tests.kit.heads import HYDROCEL, head_directions

CENTRE = np.array([0.01, -0.02, 0.05])


TEN = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "Cz", "Pz", "T7", "T8", "F7", "F8", "Oz", "FCz", "PO7", "PO8")


def digitised(names=TEN, *, seed: int = 0, missing=(), **fields) -> Signal:
    """A recording with digitised positions; those of `missing` are unknown."""
    where = cap(names, seed=seed)
    where[[name in missing for name in names]] = np.nan
    data = np.random.default_rng(seed).standard_normal((len(names), 50))
    return Signal(data, tuple(names), 128.0, positions=where, located="digitised", centre=tuple(mne_sphere(where)), **fields)


def mne_sphere(where: np.ndarray) -> np.ndarray:
    return mne.bem._fit_sphere(where[np.isfinite(where).all(axis=1)])[1]


def unnamed(where: np.ndarray) -> Signal:
    return Signal(np.zeros((len(where), 10)), tuple(f"X{n}" for n in range(len(where))), 128.0, positions=where)


def test_the_net_of_128_is_known_by_name_whatever_the_file_says():
    wrong = np.random.default_rng(0).standard_normal((129, 3))
    signal = Signal(np.zeros((129, 10)), HYDROCEL, 128.0, positions=wrong)
    np.testing.assert_allclose(directions(signal), head_directions(HYDROCEL), atol=1e-12)


def test_names_that_nobody_knows_are_where_the_file_says_seen_from_the_sphere_through_them():
    where = head_directions(HYDROCEL)[:40]
    np.testing.assert_allclose(directions(unnamed(CENTRE + 0.09 * where)), where, atol=1e-9)
    some = CENTRE + 0.09 * where
    some[7] = np.nan
    found = directions(unnamed(some))
    assert np.isnan(found[7]).all() and np.isfinite(np.delete(found, 7, axis=0)).all()


def test_positions_on_a_plane_too_few_or_all_alike_are_no_head():
    plane = np.random.default_rng(0).uniform(-1, 1, (30, 3)) * [1, 1, 0]
    for where in (plane, head_directions(HYDROCEL)[:5], np.ones((20, 3))):
        assert np.isnan(directions(unnamed(where))).all()


def test_a_channel_that_was_not_recorded_has_its_standard_position():
    signal = Signal(np.zeros((10, 5)), HYDROCEL[60:70], 128.0)
    np.testing.assert_allclose(directions(signal, ["E100", "Nobody"])[0], head_directions(("E100", "Cz"))[0], atol=1e-12)
    assert np.isnan(directions(signal, ["E100", "Nobody"])[1]).all()


def test_interpolation_from_digitised_positions_is_mne_s_with_the_same_montage():
    signal = digitised(bad_channels=("PO7",))
    info = mne.create_info(list(TEN), 128.0, "eeg")
    raw = mne.io.RawArray(signal.data / 1e6, info, verbose="ERROR")
    raw.set_montage(mne.channels.make_dig_montage(dict(zip(TEN, signal.positions, strict=True)), coord_frame="head"))
    raw.info["bads"] = ["PO7"]
    raw.interpolate_bads(origin=signal.centre, verbose="ERROR")
    theirs = raw.get_data(picks=["PO7"])[0] * 1e6
    np.testing.assert_allclose(interpolate(signal, ("PO7",))[0], theirs, atol=1e-3 * np.abs(theirs).max())
    by_name = interpolate(replace(signal, montage="10-05"), ("PO7",))[0]
    assert np.abs(by_name - theirs).max() > 0.01 * np.abs(theirs).max()  # 4 mm are seen


def test_digitised_positions_go_before_those_of_the_names():
    signal = digitised()
    expected = signal.positions - np.array(signal.centre)
    np.testing.assert_allclose(directions(signal), expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-12)
    assert set(electrodes(signal).sources) == {"digitised"}
    in_file = replace(signal, located="file", centre=None)
    assert set(electrodes(in_file).sources) == {"template"}  # a cap's positions: the names say as much


def test_a_channel_that_was_not_digitised_lies_where_the_template_has_it_against_the_others():
    turn = mne.transforms.rotation3d(0.3, -0.2, 0.25)  # a cap that sits crooked, on a head of its own
    names, shift = (*TEN, "CP1", "CP2"), np.array([0.01, 0.02, 0.0])
    standard = cap(names, scatter=0.0) - CENTRE
    where = standard @ turn.T + shift
    where[-1] = np.nan
    signal = Signal(np.zeros((len(names), 5)), names, 128.0, positions=where, located="digitised", centre=tuple(mne_sphere(where)))
    found = electrodes(signal, ["CP2", "CPz", "Nobody"])
    assert found.sources == ("template", "template", "unknown")
    truth = standard[-1] @ turn.T + shift - np.array(signal.centre)
    angle = np.degrees(np.arccos(found.directions[0] @ truth / np.linalg.norm(truth)))
    assert angle < 5.0 and np.isnan(found.positions[2]).all()  # unturned it would be 20 degrees off


def test_data_means_the_recording_s_own_positions_and_no_others():
    signal = digitised(missing=("Cz",), montage="data")
    assert electrodes(signal).sources.count("unknown") == 1
    assert electrodes(signal, ["CPz"]).sources == ("unknown",)
    assert set(electrodes(Signal(np.zeros((2, 5)), ("Cz", "Pz"), 128.0, montage="data")).sources) == {"unknown"}


@pytest.mark.parametrize("montage", ["10-05", "hydrocel-128"])
def test_a_montage_that_is_named_goes_before_what_the_recording_states(montage):
    signal = digitised(montage=montage)
    assert set(electrodes(signal).sources) - {"unknown"} == {"template"}  # the net has no FCz
    expected = head_directions(("E36",)) if montage == "hydrocel-128" else directions(Signal(signal.data, TEN, 128.0))[[4]]
    np.testing.assert_allclose(directions(signal, ["C3"]), expected, atol=1e-12)


def test_positions_whose_nose_nobody_knows_serve_interpolation_and_no_map():
    names = tuple(f"G{n}" for n in range(20))
    signal = replace(digitised(), ch_names=names, located="unoriented")
    assert np.isfinite(directions(signal)).all()
    assert set(oriented(signal).sources) == {"unknown"}
