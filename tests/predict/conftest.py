"""A cohort in which what is planted is known, a run on it, and people whom that never saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import cohorts


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("predict")


@pytest.fixture(scope="session")
def cohort(folder) -> Path:
    return cohorts.windows(folder / "windows", effect=4.0)


@pytest.fixture(scope="session")
def run(cohort, folder) -> Path:
    return cohorts.train(cohort, folder / "run")


@pytest.fixture(scope="session")
def others(folder) -> Path:
    return cohorts.windows(folder / "others-windows", subjects=range(30, 40), effect=4.0, dataset="elsewhere")
