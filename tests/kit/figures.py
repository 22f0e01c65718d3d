"""Figures of the tests: small and without a layout, unless a test looks at them.

An evaluation draws four or five, which at their size take three quarters of its time: half of it is the search for a
layout in which no text covers another, and most of the rest the picture's dots. What is drawn, and whether it can be, is the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from unittest import mock

from eegcli.artifacts import figure

AS_FOR_USERS = {"DOTS_PER_INCH": figure.DOTS_PER_INCH, "LAYOUT": figure.LAYOUT}
SMALL = {"DOTS_PER_INCH": 30, "LAYOUT": None}


def draw_small() -> None:
    """Draw small figures in this process from here on."""
    for name, value in SMALL.items():
        setattr(figure, name, value)


@contextlib.contextmanager
def as_for_users() -> Iterator[None]:
    """Draw inside the block as users see it: for tests that look at a figure, or at its size."""
    with mock.patch.multiple(figure, **AS_FOR_USERS):
        yield
