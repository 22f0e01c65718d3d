"""Positions come from the names, else from the file."""

from __future__ import annotations

import numpy as np

from eegcli.preprocess.positions import directions
from eegcli.preprocess.signal import Signal
from tests.kit.heads import HYDROCEL, head_directions

CENTRE = np.array([0.01, -0.02, 0.05])


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
