"""Index of a folder of runs: which are found, what is said of each, and whether to trust it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from eegcli.errors import InputError, UnavailableError
from eegcli.reporting import index
from eegcli.reporting.found import FoundRun, found_run, runs_below
from tests.kit.reporters import CapturingReporter
from tests.reporting.runs import laboratory, pretended


def page(root: Path, output: Path | None = None) -> str:
    return index.write(root, output or root / "report.html", CapturingReporter()).read_text()


def rows(html: str) -> dict[str, list[str]]:
    """Cells of the table of runs, by the run."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", body)
    ]
    return {row[0]: row[1:] for row in cells}


def test_runs_are_found_at_any_depth_and_nothing_else_is(tmp_path):
    pretended(tmp_path / "a")
    pretended(tmp_path / "deep" / "er" / "b")
    pretended(tmp_path / "a" / "control-shuffled")  # a run within a run belongs to it
    pretended(tmp_path / ".hidden" / "c")
    (tmp_path / "windows" / "sub").mkdir(parents=True)
    (tmp_path / "windows" / "settings.json").write_text('{"kind": "windows"}')
    pretended(tmp_path / "windows" / "sub" / "d")
    pretended(tmp_path / "bids" / "derivatives" / "e")
    pretended(tmp_path / "bids" / "sub-01" / "f")
    (tmp_path / "bids" / "dataset_description.json").write_text("{}")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "settings.json").write_text("{")
    assert [path.relative_to(tmp_path).as_posix() for path in runs_below(tmp_path)] == ["a", "bids/derivatives/e", "deep/er/b"]


def test_links_are_not_followed(tmp_path):
    pretended(tmp_path / "outside" / "run")
    pretended(tmp_path / "lab" / "own")
    (tmp_path / "lab" / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    (tmp_path / "lab" / "circle").symlink_to(tmp_path / "lab", target_is_directory=True)
    assert [path.name for path in runs_below(tmp_path / "lab")] == ["own"]


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no run lies below it"):
        index.write(tmp_path, tmp_path / "report.html", CapturingReporter())
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("wishes", "trust", "reason"),
    [
        ({}, "yes", ""),
        ({"leak": False}, "no", "leak: subjects in two splits"),
        ({"leak": False, "marked": "participants are on both sides"}, "no", "participants are on both sides"),
        ({"leak": None}, "with care", "not judged: subjects in two splits"),
        ({"marked": "epoch chosen on the test set: optimistic"}, "with care", "optimistic"),
        ({"marked": "TRANSDUCTIVE: windows are aligned"}, "with care", "TRANSDUCTIVE"),
        ({"control": "labels are shuffled"}, "with care", "labels are shuffled"),
        ({"low": 0.5}, "with care", "not told from a constant answer"),  # of two classes a constant has a balanced accuracy of 0.5
        ({"low": 0.501}, "yes", ""),
        ({"low": 0.501, "classes": ["a"]}, "with care", "not told from a constant answer"),
        ({"low": float("nan")}, "with care", "no interval"),
    ],
)
def test_a_run_is_trusted_only_if_nothing_speaks_against_it(tmp_path, wishes, trust, reason):
    found = found_run(pretended(tmp_path / "run", **wishes), tmp_path)
    assert found.trust == trust
    assert reason in "; ".join(found.reasons) and bool(reason) == bool(found.reasons)


def test_an_explanation_of_which_nothing_holds_is_no_reason_to_trust(tmp_path):
    run = pretended(tmp_path / "run")
    (run / "explanation").mkdir()
    (run / "explanation" / "done.json").write_text("{}")
    for methods, verdict, trust in (
        ([True, False], "passed 1 of 2", "yes"),
        ([False, False], "passed 0 of 2", "with care"),
        ([None], "no controls", "yes"),
    ):
        (run / "explanation" / "metrics.json").write_text(json.dumps({"methods": [{"name": "m", "passed": one} for one in methods]}))
        found = found_run(run, tmp_path)
        assert (found.explained, found.trust) == (verdict, trust)
    (run / "explanation" / "metrics.json").write_text(
        json.dumps({"verdict": "0 of 1 method passed", "methods": [{"name": "m", "passed": False}]})
    )
    found = found_run(run, tmp_path)
    assert (found.explained, found.reasons) == ("0 of 1 method passed", ("no explanation passed its controls",))


def test_runs_that_are_unfinished_or_damaged_are_listed_with_the_reason(tmp_path):
    unfinished = pretended(tmp_path / "unfinished")
    (unfinished / "done.json").unlink()
    (pretended(tmp_path / "damaged") / "metrics.json").write_text("{")
    (pretended(tmp_path / "empty") / "metrics.json").write_text("[]")
    html = page(tmp_path)
    assert "Not told in full" in html and "unfinished (unfinished)" in html and "damaged (cannot be read: JSONDecodeError" in html
    assert rows(html).keys() == {"unfinished", "damaged", "empty"}
    assert all(row[3] == "not evaluated" for row in rows(html).values())


def test_the_table_has_the_figures_of_evaluate(tmp_path_factory, tmp_path):
    lab = laboratory(tmp_path_factory)
    found = rows(page(lab, tmp_path / "index.html"))
    assert found.keys() == {"lab-age", "lab-eegnet", "lab-logistic", "lab-majority", "lab-unevaluated"}
    vote = json.loads((lab / "lab-logistic" / "evaluation" / "metrics.json").read_text())["splits"]["test"]["vote"]
    low, high = vote["balanced_accuracy_ci95"]
    assert found["lab-logistic"][8:12] == [
        f"{100 * vote['balanced_accuracy']:.1f}",
        f"{100 * low:.1f} to {100 * high:.1f}",
        f"{100 * vote['accuracy']:.1f}",
        f"{100 * vote['majority_rate']:.1f}",
    ]
    number = json.loads((lab / "lab-age" / "evaluation" / "metrics.json").read_text())["splits"]["test"]["vote"]
    assert found["lab-age"][8:13] == ["–"] * 4 + [f"{number['r']:.2f}"] and found["lab-logistic"][12] == "–"
    assert found["lab-unevaluated"][3] == "not evaluated" and found["lab-majority"][3] == "with care"
    assert found["lab-logistic"][5:8] == ["96", "12", "12"]


def test_a_run_leads_to_its_report_whatever_its_name(tmp_path):
    named = pretended(tmp_path / "javascript:alert(1) #&?%")
    plain = pretended(tmp_path / "plain")
    for run in (named, plain):
        (run / "report.html").touch()
    pretended(tmp_path / "without")
    html = page(tmp_path, tmp_path / "pages" / "index.html")
    assert re.findall(r'<th scope="row"><a href="([^"]*)"', html) == [
        "../javascript%3Aalert%281%29%20%23%26%3F%25/report.html",
        "../plain/report.html",
    ]


def test_names_are_escaped(tmp_path):
    pretended(tmp_path / "<img src=x onerror=alert(1)>", arch="<script>alert(2)</script>", target="\"'><b>", marked="<i>mark</i>")
    html = page(tmp_path)
    assert (
        "<img" not in html
        and "<script>alert" not in html
        and "<b>" not in html.partition("<main>")[2].replace("<dd><b>", "")
        and "<i>" not in html
    )


def test_the_page_asks_nobody(tmp_path):
    pretended(tmp_path / "run")
    html = page(tmp_path)
    assert not re.search(r"""(src|href)=["'](https?:)?//|@import|url\(|fetch\(|XMLHttpRequest""", html)
    assert '<input type="search"' in html and html.count("<select") == 4


def test_equal_runs_make_equal_bytes(tmp_path):
    for name in ("b", "a"):
        pretended(tmp_path / name)
    first = page(tmp_path)
    assert page(tmp_path) == first
    assert [*rows(first)] == ["a", "b"]


def test_five_hundred_runs_take_less_than_ten_seconds(tmp_path):
    for number in range(500):
        pretended(
            tmp_path / f"group-{number % 7}" / f"run-{number:03d}", arch=("vgg", "shallow", "eegnet")[number % 3], leak=number % 50 != 0
        )
    start = time.perf_counter()
    html = page(tmp_path)
    assert time.perf_counter() - start < 10
    assert len(rows(html)) == 500 and "in 10 runs" in html
    assert len(html) < 1_000_000


def test_a_run_itself_is_an_index_of_one(tmp_path):
    run = pretended(tmp_path / "run")
    assert isinstance(found_run(run, run), FoundRun) and found_run(run, run).name == "run"


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    pretended(tmp_path / "lab" / "run")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UnavailableError, match="cannot be written"):
        index.write(tmp_path / "lab", tmp_path / "file" / "index.html", CapturingReporter())
