"""Every source elsewhere of the table passes the suite, against a server on loopback."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli.registry import SOURCES
from eegcli.remote.sources.suite import Served, SourceSuite
from tests.kit.serving import serving


def put(folder: Path) -> None:
    for path, content in SourceSuite.CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    root = tmp_path / "server"
    root.mkdir()
    with serving(root) as served:
        yield root, served.url


class TestOpenNeuro(SourceSuite):
    KIND = "openneuro"

    @pytest.fixture
    def served(self, server):
        root, url = server
        put(root / "openneuro.org/ds000001")
        return Served(self.KIND, "ds000001", url, "ds000002", ("ds00001", "./ds000001", "nm000103", "hbn:R1"), "ds000001")


class TestHbn(SourceSuite):
    KIND = "hbn"

    @pytest.fixture
    def served(self, server):
        root, url = server
        put(root / "openneuro.org/ds005505")
        return Served(self.KIND, "hbn:R1", url, "hbn:R2", ("hbnR1", "R1", "ds005505"), "hbn-R1")


class TestBucket(SourceSuite):
    KIND = "s3"

    @pytest.fixture
    def served(self, server):
        root, url = server
        put(root / "bucket/some/toys")
        return Served(self.KIND, "s3://bucket/some/toys", url, "s3://bucket/none", ("bucket/some", "s3:/bucket", url), "toys")


class TestWebServer(SourceSuite):
    KIND = "https"

    @pytest.fixture
    def served(self, server):
        root, url = server
        put(root / "data/toys")
        others = ("s3://bucket/p", "https://s3.amazonaws.com/bucket/p", "https://b.s3.eu-west-1.amazonaws.com/p", "example.org/x")
        return Served(self.KIND, f"{url}/data/toys", None, f"{url}/data/none", others, "toys")


class TestNemar(SourceSuite):
    KIND = "nemar"

    @pytest.fixture
    def served(self, web, folder_of):
        put(folder_of / "files")
        base = f"{web.url}/{folder_of.name}"
        files = [
            {"path": path, "size": len(content), "url": f"{base}/files/{path.replace(' ', '%20')}", "checksum_algorithm": "sha256",
             "checksum": hashlib.sha256(content).hexdigest()}
            for path, content in self.CONTENTS.items()
        ]  # fmt: skip
        (folder_of / "nm000103").mkdir()
        index = {"latest": "v1.0.2", "versions": [{"version": "v1.0.2", "manifest_url": "v1.0.2.json"}]}
        (folder_of / "nm000103/index.html").write_text(json.dumps(index))
        (folder_of / "nm000103/v1.0.2.json").write_text(json.dumps({"files": files}))
        return Served(self.KIND, "nm000103", base, "nm000104", ("nm00010", "ds000001", "hbn:NC"), "nm000103")


def test_every_source_elsewhere_is_put_through_the_suite():
    suites = [suite.KIND for suite in SourceSuite.__subclasses__() if suite.__module__ == __name__]
    assert sorted(suites) == sorted(name for name, entry in SOURCES.items() if entry.elsewhere)
