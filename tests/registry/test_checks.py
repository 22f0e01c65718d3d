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
        registry.CHECKS,
        "windows-that-occur-twice",
        CheckEntry("tests.registry.added.repeated:repeated", ("windows",), "windows that occur twice"),
    )


def test_it_is_run_by_a_dry_run_and_its_finding_is_written(run):
    assert added.command("evaluate", str(run), "--dry-run")["exit_code"] == 0
    assert not (run / "evaluation").exists()
    assert added.command("evaluate", str(run))["exit_code"] == 0
    checks = json.loads((run / "evaluation" / "metrics.json").read_text())["leak_checks"]
    by_name = {check["name"]: check for check in checks}
    assert len(by_name) == len(checks), "one entry for each check"
    stored = by_name["subjects in two splits"]
    assert (stored["passed"], stored["value"], stored["found"], set(stored["compared"])) == (True, 0, [], {"sets"})
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


def broken_in(fold: int):
    from eegcli.checks.finding import Finding

    def check(evidence):
        found = bool((evidence.splits["fold"] == fold).any())
        return Finding("odd split", "broken" if found else "ok", 3, ("a", "b"), "look", "Split anew.")

    return check


@pytest.mark.parametrize(("options", "fold"), [((), 0), (("--dry-run",), 0), (("--cv", "2"), 1)], ids=["train", "dry run", "second fold"])
def test_training_refuses_what_a_check_calls_broken_in_any_fold_before_anything_is_written(run, tmp_path, monkeypatch, options, fold):
    from tests.registry.added import repeated

    monkeypatch.setattr(repeated, "repeated", broken_in(fold))
    monkeypatch.setitem(registry.CHECKS, "odd", CheckEntry("tests.registry.added.repeated:repeated", ("splits",), "odd splits"))
    train = ("train", str(run.parent / "w"), "--arch", "majority", "-o", str(tmp_path / "new"), *options)
    refused = added.command(*train)
    assert refused["exit_code"] == 3
    assert (refused["errors"][0]["error"], refused["errors"][0]["hint"]) == ("odd split: 3 (a, b); look", "Split anew.")
    assert not (tmp_path / "new").exists()


def test_what_a_run_is_made_to_do_and_marked_with_is_let_through_with_a_warning_and_its_hint(run, tmp_path, monkeypatch):
    from tests.registry.added import repeated

    monkeypatch.setattr(repeated, "repeated", broken_in(0))
    monkeypatch.setitem(registry.CHECKS, "odd", CheckEntry("tests.registry.added.repeated:repeated", ("splits",), "odd splits"))
    options = ["--arch", "majority", "--split-unit", "trial", "--dry-run", "-o", str(tmp_path / "new")]
    result = CliRunner().invoke(app, ["train", str(run.parent / "w"), *options], catch_exceptions=False)
    assert result.exit_code == 0
    said = " ".join(result.stderr.split())
    assert "odd split: 3 (a, b); look. Split anew." in said
    assert "participants are on both sides (" in said and "subjects in two splits" not in said


def test_evaluation_says_what_a_check_finds_suspect_and_what_mends_it(run, monkeypatch):
    from eegcli.checks.finding import Finding
    from tests.registry.added import repeated

    monkeypatch.setattr(
        repeated, "repeated", lambda evidence: Finding("repeated windows", "suspect", 2, (), "they count twice", "Cut again.")
    )
    result = CliRunner().invoke(app, ["evaluate", str(run), "--dry-run"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "repeated windows: 2; they count twice. Cut again." in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_check_that_needs_evidence_that_there_is_not_is_refused(run, command, tmp_path, monkeypatch):
    monkeypatch.setitem(registry.CHECKS, "odd", CheckEntry("nowhere:odd", ("split",), "odd splits", topic="another"))
    given = {
        "train": ("train", str(run.parent / "w"), "--arch", "majority", "-o", str(tmp_path / "new")),
        "evaluate": ("evaluate", str(run)),
    }
    refused = added.command(*given[command], "--dry-run")
    assert refused["exit_code"] == 2
    assert refused["errors"][0]["error"] == "no evidence (needed by the check odd) is named 'split'"
    assert refused["errors"][0]["hint"] == "Did you mean splits?"


def test_every_check_needs_evidence_that_exists_and_the_documentation_has_it(monkeypatch):
    from dataclasses import fields

    from eegcli.checks.finding import Evidence

    known = {item.name for item in fields(Evidence)}
    assert all(set(entry.needs) <= known and entry.summary for entry in registry.CHECKS.values())
    assert "| `windows-that-occur-twice` | windows that occur twice |" in added.reference(monkeypatch).check_table("leaks")
