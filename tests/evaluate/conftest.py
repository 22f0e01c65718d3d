"""A cohort in which what is planted is known, and a run on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit import cohorts


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("cohort") / "windows", effect=4.0)


@pytest.fixture(scope="module")
def trained(cohort) -> Path:
    return cohorts.train(cohort, cohort.parent / "run")


@pytest.fixture
def run(trained, tmp_path) -> Path:
    """A copy of the run, so that no test sees what another wrote."""
    return shutil.copytree(trained, tmp_path / "run", ignore=shutil.ignore_patterns("evaluation*"))
