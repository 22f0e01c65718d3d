"""Intervals against published values, a slow loop, and their own promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.stats import intervals


def test_wilson_of_the_papers_test_set():
    # 87.0 % (a mean over seeds, so not of whole subjects) of 197: 81.6 to 91.0
    assert intervals.wilson(0.87 * 197, 197) == pytest.approx((0.816, 0.910), abs=5e-4)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_of_newcombes_table(right, n, low, high):
    assert intervals.wilson(right, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_a_share(n, share):
    low, high = intervals.wilson(share * n, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_wilson_of_nobody_is_undefined():
    assert np.isnan(intervals.wilson(0, 0)).all()


