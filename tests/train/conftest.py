"""A small cohort whose classes differ in the amplitude of a 10-Hz rhythm."""

from __future__ import annotations

import pytest

from eegcli.engine import expectation
from tests.kit.fixtures import make_windows, one_thread  # noqa: F401 (fixtures)


@pytest.fixture(autouse=True)
def short_rehearsals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run learns for a moment: of what it expects, these tests see more than the time."""
    monkeypatch.setattr(expectation, "LEARNING_SECONDS", 0.1)
    monkeypatch.setattr(expectation, "LOOKING_SECONDS", 0.05)
