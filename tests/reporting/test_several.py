"""Page of several runs: its figures are those of evaluate and compare; what is missing is said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from eegcli import compare
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, UsageError
from eegcli.reporting import several
from eegcli.reporting.content import Drawn, Grid, Missing
from eegcli.reporting.html import Page
from eegcli.settings import CompareSettings
from tests.kit.reporters import CapturingReporter
from tests.reporting.runs import laboratory


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Path:
    return laboratory(tmp_path_factory)


def page_of(lab: Path, *names: str) -> Page:
    return several.page_of([lab / name for name in names], CapturingReporter())


def section(page: Page, name: str):
    return next(one for one in page.sections if one.name == name)


def grid(page: Page, name: str, caption: str) -> Grid:
    return next(block for block in section(page, name).blocks if isinstance(block, Grid) and block.caption.startswith(caption))


def right_votes(run: Path) -> dict[str, float]:
    """Share of right votes of each test subject, row by row."""
    table = read_table(run / "evaluation" / "votes.parquet")
    found: dict[str, list[float]] = {}
    for row, split in enumerate(table["split"].tolist()):
        if split == "test":
            said = "F" if table["p_F"][row] >= table["p_M"][row] else "M"
            found.setdefault(table["subject"][row], []).append(float(said == table["truth"][row]))
    return {subject: float(np.mean(values)) for subject, values in found.items()}


def test_the_difference_is_that_of_the_subjects_that_both_have(lab):
    this, that = right_votes(lab / "lab-majority"), right_votes(lab / "lab-logistic")
    expected = 100 * np.mean([this[subject] - that[subject] for subject in sorted(this.keys() & that.keys())])
    row = grid(page_of(lab, "lab-logistic", "lab-majority"), "differences", "Differences").rows[0]
    assert row[:3] == ("lab-majority", "votes", f"{expected:+.1f}") and row[6:] == ("12", "0")


def test_figures_and_p_values_are_those_of_compare(lab, tmp_path):
    names = ("lab-logistic", "lab-majority", "lab-eegnet")
    told = compare.run(CompareSettings(runs=tuple(lab / name for name in names), output=tmp_path / "a.png"), reporter=CapturingReporter())
    rows = grid(page_of(lab, *names), "differences", "Differences").rows
    expected = [(one.run, f"{paired.p:.2g}", f"{paired.p_holm:.2g}") for one in told.differences for paired in (one.vote, one.window)]
    assert [(row[0], row[4], row[5]) for row in rows] == expected


def test_a_run_without_an_evaluation_says_so_with_the_command(lab):
    page = page_of(lab, "lab-logistic", "lab-unevaluated")
    missing = [block for block in section(page, "figures").blocks if isinstance(block, Missing)]
    assert [one.command for one in missing] == ["eegcli evaluate lab-unevaluated"]
    assert "Not evaluated: lab-unevaluated" in page.answers[0].detail
    (nothing,) = section(page, "differences").blocks
    assert nothing == Missing("Differences take two evaluated runs, and 1 of these is.")


def test_each_accuracy_stands_with_its_interval_and_subjects(lab):
    page = page_of(lab, "lab-logistic", "lab-majority")
    for name in ("lab-logistic", "lab-majority"):
        assert re.search(rf"{name}: [\d.]+ % \[[\d.]+ to [\d.]+ %\], 12 subjects", page.answers[0].detail)
    table = grid(page, "figures", "Figures")
    assert {"95 % CI", "balanced %", "majority %", "subjects"} <= set(table.columns)


def test_settings_that_are_equal_are_not_listed(lab):
    page = page_of(lab, "lab-logistic", "lab-majority")
    names = [row[0] for row in grid(page, "asked", "Settings").rows]
    assert "arch" in names and "seed" not in names and "target" not in names


def test_curves_are_those_of_the_history(lab):
    page = page_of(lab, "lab-unevaluated", "lab-logistic")
    history = read_table(lab / "lab-unevaluated" / "history.parquet")
    chart = next(
        chart
        for block in section(page, "curves").blocks
        if isinstance(block, Drawn)
        for chart in block.charts
        if chart.name == "curves-train"
    )
    assert np.array_equal(chart.series[0].y, 100 * history["train_accuracy"])
    assert [one.name for one in chart.series] == ["lab-unevaluated"]  # a closed form has no epochs
    assert "lab-logistic" in str(section(page, "curves").blocks[-1])


def test_runs_of_other_questions_are_refused(lab):
    with pytest.raises(InputError, match="different questions"):
        page_of(lab, "lab-logistic", "lab-age")


@pytest.mark.parametrize("names", [["lab-logistic"], ["lab-logistic", "lab-logistic"]])
def test_one_run_is_no_comparison(lab, tmp_path, names):
    with pytest.raises(UsageError):
        several.write([lab / name for name in names], tmp_path / "a.html", CapturingReporter())
    assert not (tmp_path / "a.html").exists()


def test_numbers_have_differences_of_errors(lab, tmp_path):
    shutil.copytree(lab / "lab-age", tmp_path / "again")
    shutil.copytree(lab / "lab-age", tmp_path / "age")
    page = several.page_of([tmp_path / "age", tmp_path / "again"], CapturingReporter())
    table = grid(page, "differences", "Differences")
    assert "difference (unit of age)" in table.columns
    assert [row[2] for row in table.rows] == ["+0", "+0"]


def test_names_are_escaped_and_bytes_equal(lab, tmp_path):
    name = "<img src=x onerror=alert(1)>"
    shutil.copytree(lab / "lab-majority", tmp_path / name)
    pages = [
        several.write([lab / "lab-logistic", tmp_path / name], tmp_path / f"{n}.html", CapturingReporter()).read_bytes() for n in range(2)
    ]
    assert pages[0] == pages[1] and b"<img" not in pages[0] and b"&lt;img" in pages[0]


def test_short_names_stay_apart():
    assert several._short(["demo-run-vgg", "demo-run-scnn"]) == ("vgg", "scnn")
    assert several._short(["a-b", "a-b-c"]) == ("a-b", "c")
    assert several._short(["alone-run"]) == ("alone-run",)


def test_runs_that_tested_nobody_in_common_are_shown_without_a_difference(lab, tmp_path):
    shutil.copytree(lab / "lab-majority", tmp_path / "others")
    from eegcli.artifacts.table import write_table

    for name in ("predictions.parquet", "votes.parquet"):
        table = dict(read_table(lab / "lab-majority" / "evaluation" / name))
        table["subject"] = np.array([f"x{one}" for one in table["subject"]], dtype=object)
        write_table(tmp_path / "others" / "evaluation" / name, table)
    page = several.page_of([lab / "lab-logistic", tmp_path / "others"], CapturingReporter())
    (nothing,) = section(page, "differences").blocks
    assert isinstance(nothing, Missing) and "no test subject in common" in nothing.why
    assert page.answers[1].answer == "not compared" and len(grid(page, "figures", "Figures").rows) == 4
