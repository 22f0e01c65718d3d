"""A source is a file and a line: one that a test adds is fetched, planned, completed and documented; it passes the suite of all sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eegcli import registry
from eegcli.registry import SourceEntry
from eegcli.remote.sources.suite import Served, SourceSuite
from tests.kit import added
from tests.kit.serving import serving

ATTIC = SourceEntry("tests.registry.added.attic", "an attic", "attic:NAME", {"attic:toys": "toys"})


@pytest.fixture(autouse=True)
def with_attic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.SOURCES, "attic", ATTIC)


@pytest.fixture
def attic(tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "served"
    for path, content in SourceSuite.CONTENTS.items():
        (root / "toys" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "toys" / path).write_bytes(content)
    (root / "toys.txt").write_text("".join(f"{len(content)} {path}\n" for path, content in SourceSuite.CONTENTS.items()))
    with serving(root) as server:
        yield server.url


class TestSuiteOfAnAddedSource(SourceSuite):
    @pytest.fixture
    def served(self, attic: str) -> Served:
        return Served("attic", "attic:toys", attic, missing="attic:empty", others=("attic", "attic:", "ds005505"), folder="toys")


def test_it_is_planned_and_fetched_like_any_other(attic, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    planned = added.command("fetch", "attic:toys", "--endpoint-url", attic, "--dry-run")
    assert planned["exit_code"] == 0
    assert not (tmp_path / "toys").exists()
    fetched = added.command("fetch", "attic:toys", "--endpoint-url", attic, "--subject", "01")
    assert fetched["exit_code"] == 0
    assert fetched["data"]["output"] == "toys"
    path = "sub-01/eeg/sub-01_task-rest_eeg.set"
    assert (tmp_path / "toys" / path).read_bytes() == SourceSuite.CONTENTS[path]
    assert not (tmp_path / "toys" / "sub-02").exists()


def test_what_no_source_recognises_is_told_the_words_of_the_added_one_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = added.command("fetch", "nothing-of-this-name")
    assert refused["exit_code"] == 3
    assert "attic:toys" in refused["errors"][0]["hint"]


def test_tab_and_the_documentation_have_it(tmp_path, monkeypatch):
    assert "attic:toys" in registry.source_words()
    # bash splits words at colons: what is offered is the rest behind it
    assert "toys" in added.tab("eegcli fetch attic:", tmp_path, monkeypatch)
    assert "| `attic:NAME` | an attic |" in added.reference(monkeypatch).source_table()
