"""Medians of many rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.preprocess.dsp.medians import row_medians


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
    assert row_medians(np.stack([row, row[::-1]])).tolist() == [0.5 * (ordered[(n_values - 1) // 2] + ordered[n_values // 2])] * 2
