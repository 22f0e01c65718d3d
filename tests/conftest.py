"""Fixtures that many tests share."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("EEGCLI_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real recordings in {folder}; set EEGCLI_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def hbn(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Metadata of two HBN releases: every recording is a dangling link."""
    folder = tmp_path_factory.mktemp("hbn")
    for accession in ("ds005505", "ds005515"):
        with tarfile.open(real_data / "hbn-meta" / f"{accession}.tgz") as archive:
            archive.extractall(folder, filter=lambda member, _: member)
    return {"R1": folder / "ds005505", "R10": folder / "ds005515"}
