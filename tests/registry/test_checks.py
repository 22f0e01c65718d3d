"""A check is a file and a line: one that a test adds is run by evaluation, told, written and documented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eegcli import registry
from eegcli.cli.main import app
from eegcli.registry import CheckEntry
from tests.kit import added, cohorts


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return cohorts.train(cohorts.windows(folder / "w", n_windows=2), folder / "run", arch="majority")


@pytest.fixture(autouse=True)
def with_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        registry.CHECKS, "repeated-windows", CheckEntry("tests.registry.added.repeated:repeated", ("windows",), "windows that occur twice")
    )


def test_it_is_run_by_a_dry_run_and_its_finding_is_written(run):
    assert added.command("evaluate", str(run), "--dry-run")["exit_code"] == 0
    assert not (run / "evaluation").exists()
    assert added.command("evaluate", str(run))["exit_code"] == 0
    checks = json.loads((run / "evaluation" / "metrics.json").read_text())["leak_checks"]
    by_name = {check["name"]: check for check in checks}
    assert len(by_name) == len(checks), "one entry for each check"
    assert by_name["subjects in two splits"] == {"name": "subjects in two splits", "passed": True, "value": 0}
    assert by_name["windows are those of the training"] == {"name": "windows are those of the training", "passed": True, "value": None}
    assert checks[-1] == {"name": "repeated windows", "passed": True, "value": 0}, "the last line of the table"
    assert "subjects seen in training" not in by_name, "what it needs is not at hand"


def test_what_it_calls_broken_ends_with_code_3_and_its_hint(run, monkeypatch):
    from eegcli.checks.finding import Finding
    from tests.registry.added import repeated

    broken = Finding("repeated windows", "broken", 2, ("a", "b"), "they count twice", "Cut the windows again.")
    monkeypatch.setattr(repeated, "repeated", lambda evidence: broken)
    refused = added.command("evaluate", str(run), "--dry-run")
    assert refused["exit_code"] == 3
    [told] = refused["errors"]
    assert told["error"] == "repeated windows: 2 (a, b); they count twice"
    assert told["hint"] == "Cut the windows again."


def test_training_says_what_a_check_of_splits_finds(run, monkeypatch):
    from eegcli.checks.finding import Finding
    from tests.registry.added import repeated

    monkeypatch.setattr(repeated, "repeated", lambda evidence: Finding("odd split", "suspect", len(evidence.splits["subject"]), why="look"))
    monkeypatch.setitem(registry.CHECKS, "odd", CheckEntry("tests.registry.added.repeated:repeated", ("splits",), "odd splits"))
    result = CliRunner().invoke(app, ["train", str(run.parent / "w"), "--arch", "majority", "--dry-run"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "odd split: 20; look" in result.stderr


def test_every_check_needs_evidence_that_exists_and_the_documentation_has_it(monkeypatch):
    from dataclasses import fields

    from eegcli.checks.finding import Evidence

    known = {item.name for item in fields(Evidence)}
    assert all(set(entry.needs) <= known and entry.summary for entry in registry.CHECKS.values())
    assert "| `repeated-windows` | windows that occur twice |" in added.reference(monkeypatch).check_table("leaks")
