"""Fixtures that many tests share."""

from __future__ import annotations

import logging
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.servers import Bucketful, Nginx, nginx


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


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """Plain nginx."""
    with nginx(tmp_path_factory.mktemp("nginx")) as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[Bucketful]:
    """A server of S3."""
    pytest.importorskip("moto")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = Bucketful()
    yield server
    server.stop()


@pytest.fixture
def folder_of(web: Nginx, request: pytest.FixtureRequest) -> Path:
    """A folder of nginx for this test alone."""
    folder = web.root / request.node.name.replace("[", "-").replace("]", "").replace("/", "-")[:100]
    folder.mkdir()
    return folder
