"""Page of a run: every part of it, or why it is not there; what it weighs; and that writing it never costs a result."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from eegcli import evaluate, explain, reporting
from eegcli.artifacts.contents import REPORT
from eegcli.errors import InputError, UsageError
from eegcli.reporter import Silent
from eegcli.reporting.html import html_of
from eegcli.reporting.material import gather
from eegcli.reporting.one import SECTIONS, page_of
from eegcli.settings import EvaluateSettings, ExplainSettings, ReportSettings
from tests.kit import cohorts
from tests.kit.commands import eegcli as command
from tests.kit.files import contents
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers

PAGE_OF_36, PAGE_OF_3000 = 1.5e6, 4e6  # bytes, as promised


class Parts(HTMLParser):
    """Tags that must be closed, identifiers, and addresses that a page would ask for."""

    VOID = {"meta", "link", "br", "hr", "img", "input", "col", "path", "line", "rect", "circle", "use", "wbr"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identifiers: list[str] = []
        self.asked: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.identifiers += [given["id"]] if given.get("id") else []
        self.asked += [
            value for name, value in attrs if name in ("src", "href", "srcset", "data") and not str(value).startswith(("#", "data:"))
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def read(path: Path) -> tuple[str, Parts]:
    text, parts = path.read_text(encoding="utf-8"), Parts()
    parts.feed(text)
    assert parts.open == [], "a tag is not closed"
    assert len(parts.identifiers) == len(set(parts.identifiers))
    return text, parts


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    def make(folder: Path) -> None:
        run = cohorts.train(cohorts.windows(folder / "w", effect=8.0), folder / "run", arch="eegnet", epochs=2)
        evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1, device="cpu"), reporter=Silent())
        explain.run(
            ExplainSettings(run=run, method=("saliency", "occlusion-band"), n_windows=12, threads=1, device="cpu"), reporter=Silent()
        )

    return once_for_all_workers(tmp_path_factory, "reported", make)


@pytest.fixture
def run(made, tmp_path) -> Path:
    return Path(shutil.copytree(made / "run", tmp_path / "run"))


def written(run: Path, **settings) -> tuple[str, Parts]:
    return read(reporting.run(ReportSettings(paths=(run,), force=True, **settings), reporter=Silent()).output)


def test_evaluate_and_explain_leave_a_page_with_every_part(made):
    text, parts = read(made / "run" / REPORT)
    for module in SECTIONS:
        assert f'id="{module.section(gather(made / "run")).name}"' in text
    assert parts.asked == [] and "<script src" not in text and "@import" not in text and not re.search(r"url\((?!#)", text)
    test = json.loads((made / "run" / "evaluation" / "metrics.json").read_text())["splits"]["test"]["vote"]
    for figure in (test["accuracy"], test["balanced_accuracy"], test["majority_rate"]):
        assert f"{100 * figure:.1f}" in text
    assert f"{test['n_subjects']} subjects" in text
    verdict = json.loads((made / "run" / "explanation" / "metrics.json").read_text())["methods"][0]["verdict"]
    assert verdict in text


def test_every_figure_has_words_for_those_who_do_not_see_it(made):
    text, _ = read(made / "run" / REPORT)
    drawings = re.findall(r"<svg[^>]*>", text)
    assert len(drawings) > 5
    assert all(('role="img"' in one and re.search('aria-label(ledby)?="[^"]+"', one)) or 'aria-hidden="true"' in one for one in drawings)


@pytest.mark.parametrize("part", ["evaluation", "explanation"])
def test_a_part_that_is_gone_says_so_with_the_command(run, part):
    shutil.rmtree(run / part)
    text, _ = written(run)
    assert f"eegcli {part.replace('evaluation', 'evaluate').replace('explanation', 'explain')} run" in text


def test_windows_that_are_gone_are_said_to_be(made):
    material = gather(made / "run")
    text = html_of(page_of(replace(material, windows=None, why_not={**material.why_not, "windows": "not here any more"})))
    assert "not here any more" in text


def test_names_from_data_are_no_markup(tmp_path):
    hostile = '<script>alert("x")</script>'
    spare = next(name for name in cohorts.CH_NAMES if name not in (cohorts.SEX_CHANNEL, cohorts.AGE_CHANNEL))
    windows = cohorts.windows(tmp_path / "w", effect=8.0, ch_names=tuple(hostile if name == spare else name for name in cohorts.CH_NAMES))
    run = cohorts.train(windows, tmp_path / "run")
    evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1, device="cpu"), reporter=Silent())
    explain.run(ExplainSettings(run=run, method=("saliency",), n_windows=12, threads=1, device="cpu"), reporter=Silent())
    text, _ = read(run / REPORT)
    assert hostile not in text and text.count("<script") <= 1  # its own


def test_the_same_run_makes_the_same_page_wherever_it_lies(run, made, tmp_path):
    text, _ = written(run)
    other = Path(shutil.copytree(made / "run", tmp_path / "other" / "run"))
    assert written(other)[0] == text


def test_the_page_is_no_part_of_what_a_run_is(run):
    before = gather(run).run.digest
    (run / REPORT).unlink()
    assert gather(run).run.digest == before
    written(run)
    assert command("info", run, "--verify").returncode == 0
    untouched = contents(run, without=(REPORT,))
    reporter = CapturingReporter()
    evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1, device="cpu"), reporter=reporter)  # finished: nothing is done again
    assert contents(run, without=(REPORT,)) == untouched


def test_a_page_that_cannot_be_written_costs_no_result(made, tmp_path):
    run = Path(shutil.copytree(made / "run", tmp_path / "run", ignore=shutil.ignore_patterns("evaluation", REPORT)))
    (run / REPORT).mkdir()  # something lies in its place
    reporter = CapturingReporter()
    evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1, device="cpu"), reporter=reporter)
    assert (run / "evaluation" / "metrics.json").is_file()
    assert any("no report" in said for said in reporter.warnings)


def test_a_file_that_is_no_page_is_not_replaced(run, tmp_path):
    (tmp_path / "notes.html").write_text("my notes")
    with pytest.raises(InputError, match="no page of eegcli"):
        reporting.run(ReportSettings(paths=(run,), output=tmp_path / "notes.html"), reporter=Silent())
    assert (tmp_path / "notes.html").read_text() == "my notes"


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"paths": ()}, UsageError),
        ({"methods": True, "figures": Path("f")}, UsageError),
        ({"paths": (Path("nowhere"),)}, InputError),
    ],
)
def test_what_cannot_be_reported_is_refused(run, wishes, error):
    with pytest.raises(error):
        reporting.run(ReportSettings(**({"paths": (run,)} | wishes)), reporter=Silent())


def test_one_line_on_standard_output(run):
    shown = command("report", run)
    assert shown.returncode == 0 and shown.stdout == f"{run / REPORT}\n"
    text = command("report", run, "--methods")
    assert text.returncode == 0 and text.stdout.startswith("#") and "References" in text.stdout
    asked = json.loads(command("report", run, "--json").stdout)
    assert asked["command"] == "report" and asked["data"]["output"].endswith(REPORT)
    assert command("report", run.parent / "nowhere").returncode == 3


@pytest.mark.parametrize(("n_subjects", "limit"), [(36, PAGE_OF_36), (3000, PAGE_OF_3000)])
def test_the_page_weighs_what_was_promised(made, n_subjects, limit):
    material = gather(made / "run")
    table = material.evaluation.predictions
    copies = -(-n_subjects // len(np.unique(table["subject"])))
    rows = len(table["subject"])
    many = {name: np.concatenate([values] * copies) for name, values in table.items()}
    many["subject"] = np.array([f"{name}x{row // rows}" for row, name in enumerate(many["subject"])], dtype=object)
    many["unit"] = many["subject"].copy()
    evaluation = replace(material.evaluation, predictions=type(table)(many) if type(table) is not dict else many)
    votes = material.evaluation.votes
    more = {name: np.concatenate([values] * copies) for name, values in votes.items()}
    more["subject"] = np.array([f"{name}x{row // len(votes['subject'])}" for row, name in enumerate(more["subject"])], dtype=object)
    more["unit"] = more["subject"].copy()
    evaluation = replace(evaluation, votes=type(votes)(more))
    text = html_of(page_of(replace(material, evaluation=evaluation)))
    assert n_subjects * 20 < len(text.encode()) < limit
