"""One thread: test processes run beside each other."""

from __future__ import annotations

from tests.kit.fixtures import one_thread  # noqa: F401 (a fixture)
