"""Spherical splines are MNE's, and those of the paper."""

from __future__ import annotations

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.preprocess.interpolation import interpolate
from eegcli.preprocess.positions import ORIGIN
from eegcli.preprocess.signal import Signal
from eegcli.study.spline import spline_weights
from tests.kit.heads import HYDROCEL, head_directions, simulate


@pytest.mark.parametrize("bad", [("E11",), ("E1", "E17", "E32", "E128"), tuple(f"E{n}" for n in range(1, 129, 3))])
def test_interpolated_channels_are_those_of_mne(bad):
    signal = simulate(seconds=2.0, bad_channels=bad)
    raw = mne.io.RawArray(signal.data, mne.create_info(list(HYDROCEL), 128.0, "eeg"), verbose="ERROR")
    raw.set_montage("GSN-HydroCel-129")
    raw.info["bads"] = list(bad)
    raw.interpolate_bads(origin=ORIGIN, verbose="ERROR")
    np.testing.assert_allclose(interpolate(signal, bad), raw.get_data(picks=list(bad)), rtol=0, atol=1e-9)


def test_interpolated_10_20_channels_are_those_of_mne():
    names = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "F7", "F8", "T7", "T8", "P7", "P8", "Fz", "Cz", "Pz")
    data = np.random.default_rng(0).standard_normal((19, 50))
    info = mne.create_info(list(names), 128.0, "eeg")
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    built_in = mne.channels.get_builtin_montages()
    raw.set_montage("standard_1005" if "standard_1005" in built_in else "colin27_1005")
    raw.info["bads"] = ["C3", "Pz"]
    raw.interpolate_bads(origin=ORIGIN, verbose="ERROR")
    np.testing.assert_allclose(interpolate(Signal(data, names, 128.0), ("C3", "Pz")), raw.get_data(picks=["C3", "Pz"]), rtol=0, atol=1e-9)


@given(st.integers(0, 10**6), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_a_constant_is_met_and_the_length_of_a_vector_does_not_count(seed, n):
    rng = np.random.default_rng(seed)
    sources, targets = rng.standard_normal((n, 3)), rng.standard_normal((5, 3))
    weights = spline_weights(sources, targets)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-8)
    longer = spline_weights(sources * rng.uniform(0.5, 2.0, (n, 1)), 3 * targets)
    np.testing.assert_allclose(longer, weights, atol=1e-7 * max(1.0, np.abs(weights).max()))


def test_two_electrodes_at_one_place_share_their_weight():
    where = head_directions(HYDROCEL[:30])
    weights = spline_weights(np.vstack([where, where[3]]), where[3:4])[0]
    assert np.isfinite(weights).all() and weights[3] == pytest.approx(weights[30], rel=1e-6)
