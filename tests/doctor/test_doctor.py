"""Doctor on small cohorts: exit codes, JSON, the page, --fix; broken windows are named, and it goes on where other commands refuse."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli import doctor
from eegcli.artifacts.windows import ARRAY
from eegcli.checks import finding as findings
from eegcli.registry import CHECKS
from eegcli.registry.checks import TOPICS
from eegcli.reporter import Silent
from eegcli.settings import DoctorSettings
from tests.kit import cohorts
from tests.kit.commands import eegcli as command
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers

FEW_SECONDS = {"seconds": 4.0, "threads": 1, "device": "cpu", "arch": "eegnet"}


@pytest.fixture(scope="session")
def healthy(tmp_path_factory) -> Path:
    return once_for_all_workers(tmp_path_factory, "healthy-for-doctor", lambda folder: cohorts.windows(folder / "windows")) / "windows"


def asked(windows: Path, page: Path, **given) -> doctor.Diagnosis:
    return doctor.run(DoctorSettings(windows=windows, page=page, **FEW_SECONDS | given), reporter=Silent())


def test_every_check_of_doctor_can_be_loaded_and_says_what_it_looks_for():
    for name, entry in CHECKS.items():
        assert callable(findings.load(entry.path)), name
        assert entry.topic in TOPICS and entry.summary, name
        assert entry.seconds == 0 or not entry.quick, f"{name} trains something, and train would wait for it"


def test_nothing_is_broken_in_a_healthy_cohort(healthy, tmp_path):
    diagnosis = asked(healthy, tmp_path / "page.html")
    assert [one.check for one in diagnosis.checks if one.finding.verdict == "broken"] == []
    assert diagnosis.verdict != doctor.BROKEN


def _faulty() -> None:
    """Make the faults of the benchmark importable."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))


def in_volts(path: Path, windows: Path) -> Path:
    _faulty()
    from _faulty import Base, changed

    return changed(Base("", windows, "sex"), path, x=lambda x, table: x * 1e-6)


def test_volts_are_the_first_cause(healthy, tmp_path):
    diagnosis = asked(in_volts(tmp_path / "volts", healthy), tmp_path / "page.html")
    assert diagnosis.verdict == doctor.BROKEN
    assert diagnosis.causes[0].check == "scale"
    page = (tmp_path / "page.html").read_text()
    assert "volts?" in page and "http" not in page and "<script" not in page


@pytest.mark.parametrize("rows", ["more rows than names", "fewer rows than names"])
def test_no_check_fails_on_windows_whose_rows_are_not_their_channels(healthy, tmp_path, rows):
    _faulty()
    from _faulty import Base, changed

    axes = (lambda x, table: x.transpose(0, 2, 1)) if rows.startswith("more") else (lambda x, table: x[:, :-1])
    told = CapturingReporter()
    given = FEW_SECONDS | {"seconds": 30.0, "target": "sex"}
    windows = changed(Base("", healthy, "sex"), tmp_path / "w", x=axes)
    diagnosis = doctor.run(DoctorSettings(windows=windows, page=tmp_path / "page.html", **given), reporter=told)
    assert [one.check for one in diagnosis.checks if doctor.FAILED in one.finding.why] == [] and not any(
        doctor.FAILED in line for line in told.warnings
    )


def test_a_check_with_a_fault_of_its_own_costs_no_other_finding(healthy, tmp_path, monkeypatch):
    def broken(evidence):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(findings, "scale_of_nobody", broken, raising=False)
    entry = replace(CHECKS["scale"], path="eegcli.checks.finding:scale_of_nobody")
    monkeypatch.setattr(doctor, "fitting_checks", lambda evidence, topic: {"scale": entry} if topic == "data" else {})
    told = CapturingReporter()
    settings = DoctorSettings(windows=healthy, page=tmp_path / "page.html", **FEW_SECONDS)
    (one,) = doctor.run(settings, reporter=told).checks
    assert one.finding.verdict is None and "ZeroDivisionError" in one.finding.why
    assert any("scale failed itself" in line for line in told.warnings)


def test_names_on_the_page_are_only_names(healthy, tmp_path):
    named = tmp_path / "<b>bold"
    named.symlink_to(healthy)
    asked(named, tmp_path / "page.html", seconds=0.0)
    assert "<b>bold" not in (tmp_path / "page.html").read_text()


def test_without_time_what_trains_is_not_judged(healthy, tmp_path):
    diagnosis = asked(healthy, tmp_path / "page.html", seconds=0.0)
    trains = [one for one in diagnosis.checks if one.entry.seconds]
    assert trains and all(one.finding.verdict is None and "no time" in one.finding.why for one in trains)


def test_windows_that_train_refuses_are_diagnosed(healthy, tmp_path):
    diagnosis = asked(healthy, tmp_path / "page.html", target="handedness")
    (refused,) = [one for one in diagnosis.checks if one.check == "can-begin"]
    assert refused.finding.verdict == "broken" and "handedness" in refused.finding.why
    assert diagnosis.causes[0].check == "can-begin"


def test_windows_that_were_changed_by_hand_are_diagnosed(healthy, tmp_path):
    import shutil

    copy = shutil.copytree(healthy, tmp_path / "copy")
    with (copy / ARRAY).open("r+b") as file:
        file.seek(-4096, 2)
        file.write(np.full(1024, 1.0, dtype="<f4").tobytes())
    diagnosis = asked(copy, tmp_path / "page.html")
    assert diagnosis.checks  # other commands end with 4


def test_a_run_is_asked_with_its_own_settings(healthy, tmp_path):
    run = cohorts.train(healthy, tmp_path / "run", arch="mlp", epochs=1, no_baseline=True)
    diagnosis = asked(run, tmp_path / "page.html")
    assert diagnosis.subject == str(run)
    assert {one.entry.topic for one in diagnosis.checks} >= {"data", "leaks", "training"}


def test_the_command_ends_with_3_where_something_is_broken_and_says_it_in_json(healthy, tmp_path):
    volts = in_volts(tmp_path / "volts", healthy)
    options = ["--arch", "eegnet", "--seconds", "0", "--page", str(tmp_path / "page.html"), "--json"]
    broken = command("doctor", str(volts), *options)
    told = json.loads(broken.stdout)
    assert (broken.returncode, told["exit_code"], told["data"]["verdict"]) == (3, 3, "broken")
    assert told["data"]["diagnosis"][0]["name"] == "scale"
    assert {"name", "verdict", "value"} <= told["data"]["checks"][0].keys()
    fine = command("doctor", str(healthy), *options)
    assert (fine.returncode, json.loads(fine.stdout)["data"]["checks"] != []) == (0, True)


def test_what_is_no_artifact_is_refused_in_one_line(tmp_path):
    done = command("doctor", str(tmp_path))
    assert done.returncode == 3 and "Traceback" not in done.stderr


def test_fix_trains_as_asked_and_with_the_change(healthy, tmp_path, monkeypatch):
    def too_fast(evidence):
        return findings.Finding("learning rate", "broken", 10.0, (), "far too large", "--lr 0.001", change={"lr": 0.001})

    monkeypatch.setitem(CHECKS, "planted", CHECKS["scale"].__class__("planted:x", ("recorded",), "planted", "training"))
    monkeypatch.setattr(doctor, "load", lambda path: too_fast if path == "planted:x" else findings.load(path))
    diagnosis = asked(healthy, tmp_path / "page.html", fix=True, epochs=2, lr=10.0, no_baseline=True, seconds=0.0)
    fixed = diagnosis.fixed
    assert fixed is not None and (fixed.check, fixed.changed) == ("planted", "--lr 0.001")
    assert fixed.after["validation_balanced_accuracy"] >= 0 and fixed.n_subjects == 4
    assert "--lr 0.001" in (tmp_path / "page.html").read_text()


def test_hints_name_options_that_there_are():
    """Hints of checks are commands that run: every --option in their texts is one of some command."""
    import ast
    import re

    from eegcli.cli.tree import read_tree

    known = {flag for one in read_tree().commands for option in one.options for flag in option.names} | {"--help", "--version", "--json"}
    folder = Path(findings.__file__).parent
    wrong = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                wrong += [f"{path.name}: {word}" for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", node.value) if word not in known]
    assert wrong == []


def test_train_says_in_one_line_what_the_quick_checks_suspect(healthy, tmp_path):
    done = command("train", str(in_volts(tmp_path / "volts", healthy)), "--arch", "logistic", "--dry-run")
    said = [line for line in done.stderr.splitlines() if "eegcli doctor" in line]
    assert done.returncode == 0
    assert len(said) == 1 and "broken: unit and scale" in said[0]
