"""A small cohort whose classes differ in the amplitude of a 10-Hz rhythm."""

from __future__ import annotations

from tests.kit.fixtures import make_windows, one_thread  # noqa: F401 (fixtures)
