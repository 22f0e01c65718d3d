"""The small cohort of the tests of train."""

from __future__ import annotations

from tests.train.conftest import make_windows, one_thread  # noqa: F401 (fixtures)
