"""Messages."""

from __future__ import annotations

import pytest

from eegcli.errors import listed


@pytest.mark.parametrize(
    ("n_names", "plain", "counted"),
    [(0, "", ""), (2, "0, 1", "0, 1"), (3, "0, 1, 2", "0, 1, 2"), (5, "0, 1, 2, ...", "0, 1, 2 and 2 more")],
)
def test_long_lists_are_shortened(n_names, plain, counted):
    assert listed(range(n_names), 3) == plain
    assert listed(range(n_names), 3, count=True) == counted
