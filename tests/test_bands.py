"""Named sets of bands: their numbers, and that their edges follow the rule in the name."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from eegcli.bands import BASELINE_HALF_OPEN, EXPLAIN_HALF_OPEN, PAPER_CLOSED, parse_bands
from eegcli.stats.spectra import band_shares


@pytest.mark.parametrize("bands", [EXPLAIN_HALF_OPEN, BASELINE_HALF_OPEN])
def test_neighbours_of_a_half_open_set_touch_so_that_each_frequency_is_in_one_band(bands):
    freqs = np.arange(1.0, 30.0, 0.25)
    members = np.sum([(freqs >= low) & (freqs < high) for low, high in bands.values()], axis=0)
    assert (members == 1).all()
    assert all(before[1] == after[0] for before, after in itertools.pairwise(bands.values()))


def test_shares_of_explanations_give_the_upper_edge_to_the_next_band():
    freqs = np.array([4.0, 8.0, 13.0, 30.0])
    assert list(band_shares(np.ones(4), freqs).values()) == [0.0, *[pytest.approx(1 / 3)] * 3]  # 30 Hz is outside


def test_the_bands_of_the_paper_are_those_of_its_code_and_the_default_of_users():
    assert [str(band) for band in PAPER_CLOSED] == ["theta=4-7", "alpha=7-13", "beta=14-25"]
    assert parse_bands(()) == PAPER_CLOSED == parse_bands(["theta=4-7", "alpha=7-13", "beta=14-25"])


def test_beta_stays_three_figures_until_somebody_joins_them():
    assert EXPLAIN_HALF_OPEN["beta"] == (13.0, 30.0)
    assert (BASELINE_HALF_OPEN["low beta"], BASELINE_HALF_OPEN["high beta"]) == ((13.0, 20.0), (20.0, 30.0))
    assert (PAPER_CLOSED[2].low, PAPER_CLOSED[2].high) == (14.0, 25.0)
