"""Medians without sorting whole rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.preprocess.medians import median_of


@settings(max_examples=200, deadline=None)
@given(
    n_values=st.integers(1, 6000),
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["normal", "skewed", "equal", "few values", "sorted", "wave", "two clusters"]),
)
def test_the_median_is_the_middle_of_the_sorted_row(n_values, seed, kind):
    random = np.random.default_rng(seed)
    row = {
        "normal": lambda: random.standard_normal(n_values),
        "skewed": lambda: random.standard_normal(n_values) ** 3 * 1e6,
        "equal": lambda: np.full(n_values, 2.5),
        "few values": lambda: random.integers(0, 3, n_values).astype(float),
        "sorted": lambda: np.sort(random.standard_normal(n_values)),
        "wave": lambda: np.sin(np.arange(n_values) * 2 * np.pi / 25),
        "two clusters": lambda: random.choice([-1.0, 1.0], n_values) + 1e-9 * random.standard_normal(n_values),
    }[kind]()
    ordered = sorted(row.tolist())
    assert median_of(row) == 0.5 * (ordered[(n_values - 1) // 2] + ordered[n_values // 2])


@pytest.mark.parametrize("period", [7, 10, 13, 20])
def test_a_sample_that_misses_the_middle_does_not_mislead(period):
    # Every so many values are far off: the very values that a sample with that step sees.
    row = np.random.default_rng(0).standard_normal(5000)
    row[::period] += 1e3
    assert median_of(row) == np.median(row)
