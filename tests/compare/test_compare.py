"""Comparison of runs: what stands in the table is what the runs' own files say, and nobody takes an optimistic number for an honest one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli import compare
from eegcli.artifacts.table import read_table, write_table
from eegcli.compare.figure import COLOURS, LINES, draw
from eegcli.errors import InputError, UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import CompareSettings, EvaluateSettings
from eegcli.stats.compared import Compared, Curve
from tests.kit import cohorts
from tests.kit.commands import eegcli
from tests.kit.marks import restate
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers

LEARNING = {"arch": "eegnet", "epochs": 4, "batch_size": 24, "lr": 0.02, "device": "cpu"}
MARK = "epoch chosen on the test set: optimistic"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Runs of one cohort: published, honest in two folds of two seeds, without validation, a closed form, and two of other targets."""

    def make(path: Path) -> None:
        from eegcli import evaluate

        windows = cohorts.windows(path / "w", subjects=range(12), n_windows=4, effect=2.0)
        for name, wishes in {
            "relu": {"report_epoch": "published", "activation": "relu"},
            "elu": {"report_epoch": "published", "activation": "elu"},
            "folds": {"cv": 2, "seeds": 2},
            "last": {"split": (0.75, 0, 0.25), "split_unit": "recording"},
            "baseline": {"arch": "logistic"},
            "age": {"target": "age"},
            "task": {"target": "task"},
            "reverse": {"classes": ("M", "F"), "arch": "logistic"},
        }.items():
            cohorts.train(windows, path / name, **{**LEARNING, **wishes})
        for name in ("relu", "folds"):
            evaluate.run(EvaluateSettings(run=path / name, resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())

    return once_for_all_workers(tmp_path_factory, "compared-runs", make)


def compared(folder: Path, tmp_path: Path, *names: str, **settings) -> compare.Comparison:
    runs = tuple(folder / name for name in names)
    return compare.run(CompareSettings(runs=runs, output=tmp_path / "compare.png", **settings), reporter=CapturingReporter())


def test_figures_are_those_of_the_runs_own_files(folder, tmp_path):
    relu, elu, folds = compared(folder, tmp_path, "relu", "elu", "folds").runs
    for one in (relu, elu):
        history = read_table(folder / one.run / "history.parquet")
        metrics = read_json(folder / one.run / "metrics.json")
        kept = metrics["kept_epoch"]
        assert (one.network, one.activation, one.epochs, one.kept_epoch) == ("eegnet", one.run, 4, [kept])
        assert one.n_parameters == metrics["n_parameters"]
        assert one.highest_test.mean == max(history["test_accuracy"]) and one.highest_test.sd is None
        assert one.validation["accuracy"].mean == history["validation_accuracy"][kept - 1]
        assert one.majority == metrics["baseline"]["validation_accuracy"]
        for which in ("train", "validation", "test"):
            assert one.curves[which].mean.tolist() == history[f"{which}_accuracy"].tolist()
    histories = [read_table(path) for path in sorted((folder / "folds").rglob("history.parquet"))]
    kept = [read_json(path.parent / "metrics.json")["kept_epoch"] for path in sorted((folder / "folds").rglob("history.parquet"))]
    assert len(histories) == 4
    own = [history["validation_accuracy"][epoch - 1] for history, epoch in zip(histories, kept, strict=True)]
    assert folds.validation["accuracy"].mean == pytest.approx(np.mean(own))
    assert folds.validation["accuracy"].sd == pytest.approx(np.std(own, ddof=1))
    curves = np.array([history["train_accuracy"] for history in histories])
    np.testing.assert_allclose(folds.curves["train"].mean, curves.mean(axis=0))
    np.testing.assert_allclose(folds.curves["train"].sd, curves.std(axis=0, ddof=1))
    assert folds.highest_test is None and "test" not in folds.curves, "nobody looked at the test set"


def test_an_evaluated_run_brings_its_figures_with_their_company(folder, tmp_path):
    relu, elu, folds = compared(folder, tmp_path, "relu", "elu", "folds").runs
    assert elu.evaluation is None
    for one in (relu, folds):
        figures = read_json(folder / one.run / "evaluation" / "metrics.json")
        for level in ("window", "vote"):
            own = figures["splits"]["test"][level]
            assert one.evaluation[level].items() <= own.items()
            assert {"accuracy", "balanced_accuracy", "majority_rate", "ci95", "n", "n_subjects"} <= one.evaluation[level].keys()
    assert relu.evaluation["window"]["marked"] == relu.marked == MARK


@pytest.mark.usefixtures("figures_as_for_users")
def test_the_command_prints_the_table_and_marks_what_is_optimistic(folder, tmp_path):
    done = eegcli("compare", folder / "relu", folder / "last", folder / "folds", folder / "baseline", cwd=tmp_path)
    assert done.returncode == 0
    head, _, *rows = done.stdout.splitlines()
    assert "highest test accuracy % *" in head and f"* {MARK}" in done.stdout
    best = 100 * max(read_table(folder / "relu" / "history.parquet")["test_accuracy"])
    assert rows[0].split()[0] == "relu" and rows[0].endswith(f"{best:.1f}")
    assert rows[1].startswith("last [1]") and rows[1].endswith(" -")
    assert "[1] participants are on both sides" in done.stdout
    assert " ± " in rows[2] and rows[3].startswith("baseline")
    assert head.split()[2:5] == ["activation", "epochs", "kept"] and rows[3].split()[2:5] == ["-", "-", "-"]
    assert "baseline: a closed form is computed at once and has no epochs" in done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines() if "votes of subjects" in line and ":" not in line] == [
        ["relu", "*"],
        ["folds", "votes"],
    ]
    assert "Figure: compare.png" in done.stderr
    assert (tmp_path / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_a_column_that_no_run_has_is_left_out(folder, tmp_path):
    from eegcli.cli.compare import tables

    head = tables(compared(folder, tmp_path, "baseline", "reverse"))[0].splitlines()[0]
    assert head.split()[:3] == ["run", "network", "parameters"] and "epochs" not in head


def test_json_has_a_run_each_and_the_mark_beside_the_number(folder, tmp_path):
    done = eegcli("compare", folder / "relu", folder / "folds", "--json", "-o", tmp_path / "a.png")
    data = json.loads(done.stdout)["data"]
    assert (data["target"], data["kind"], data["metric"], data["figure"]) == ("sex", "classification", "accuracy", str(tmp_path / "a.png"))
    relu, folds = data["runs"]
    assert relu["highest_test"]["marked"] == MARK and relu["marked"] == MARK
    assert folds["highest_test"] is None and (folds["n_folds"], folds["n_seeds"], len(folds["kept_epoch"])) == (2, 2, 4)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("age", "target sex in relu, age in age; kind classification in relu, regression in age"),
        ("task", "target sex in relu, task in task"),
    ],
)
def test_runs_that_answer_other_questions_are_refused(folder, tmp_path, other, message):
    with pytest.raises(InputError, match=message):
        compared(folder, tmp_path, "relu", other)
    assert eegcli("compare", folder / "relu", folder / other, cwd=tmp_path).returncode == 3
    assert not list(tmp_path.iterdir())


def test_the_order_of_the_classes_is_no_other_question(folder, tmp_path):
    assert len(compared(folder, tmp_path, "baseline", "reverse").runs) == 2


def test_a_number_is_compared_by_r_squared(folder, tmp_path):
    comparison = compared(folder, tmp_path, "age")
    assert comparison.metric == "r2" and set(comparison.runs[0].curves) == {"train", "validation"}


@pytest.mark.usefixtures("figures_as_for_users")
def test_the_same_runs_make_the_same_figure_and_another_one_is_not_replaced(folder, tmp_path):
    compared(folder, tmp_path, "relu", "elu")
    first = (tmp_path / "compare.png").read_bytes()
    compared(folder, tmp_path, "relu", "elu")
    assert (tmp_path / "compare.png").read_bytes() == first
    with pytest.raises(InputError, match="another figure lies there"):
        compared(folder, tmp_path, "relu")
    assert (tmp_path / "compare.png").read_bytes() == first
    compared(folder, tmp_path, "relu", force=True)
    assert (tmp_path / "compare.png").read_bytes() != first


def test_what_cannot_be_compared_is_a_usage_error(folder, tmp_path):
    with pytest.raises(UsageError, match="named twice"):
        compared(folder, tmp_path, "relu", "relu")
    with pytest.raises(UsageError, match="no run to compare"):
        compared(folder, tmp_path)
    with pytest.raises(UsageError, match="the figure is a PNG"):
        compare.run(CompareSettings(runs=(folder / "relu",), output=tmp_path / "a.pdf"))


def test_a_run_of_before_lacks_a_curve_and_that_is_said(folder, tmp_path):
    import shutil

    old = shutil.copytree(folder / "elu", tmp_path / "old")
    table = read_table(old / "history.parquet")
    write_table(old / "history.parquet", {name: values for name, values in table.items() if name != "validation_accuracy"})
    restate(old)
    heard = CapturingReporter()
    [one] = compare.run(CompareSettings(runs=(old,), output=tmp_path / "a.png"), reporter=heard).runs
    assert "validation" not in one.curves and "accuracy" not in one.validation
    assert any("recorded no accuracy of the validation set per epoch" in line for line in heard.warnings)


def test_two_runs_of_one_name_are_told_apart_by_their_paths(folder, tmp_path):
    import shutil

    other = shutil.copytree(folder / "relu", tmp_path / "relu")
    names = [one.run for one in compare.run(CompareSettings(runs=(folder / "relu", other), output=tmp_path / "a.png")).runs]
    assert names == [str(folder / "relu"), str(other)]


@pytest.mark.parametrize("n", [3, 12, 28])
@pytest.mark.usefixtures("figures_as_for_users")
def test_every_run_has_a_line_of_its_own_and_a_name_in_the_legend(tmp_path, monkeypatch, n):
    from eegcli.compare import figure as module

    drawn = {}
    drawing = module.drawing

    def kept(path, **sizes):
        class Context:
            def __enter__(self):
                self.inner = drawing(path, **sizes)
                drawn["figure"] = self.inner.__enter__()
                return drawn["figure"]

            def __exit__(self, *error):
                return self.inner.__exit__(*error)

        return Context()

    monkeypatch.setattr(module, "drawing", kept)
    draw(tmp_path / "a.png", [curve(f"run-{number}") for number in range(n)], title="t")
    [legend] = drawn["figure"].legends
    names = [text.get_text() for text in legend.get_texts()]
    assert [name for name in names if name.startswith("run-")] == [f"run-{number}" for number in range(n)]
    styles = {
        (line.get_color(), str(line.get_linestyle()), str(line._dash_pattern))
        for line in drawn["figure"].axes[0].lines
        if line.get_label().startswith("run-")
    }
    assert len(styles) == n <= len(COLOURS) * len(LINES)


def curve(name: str) -> Compared:
    values = np.linspace(0.5, 0.9, 10)
    made = {which: Curve(values, None) for which in ("train", "validation", "test")}
    facts = {"run": name, "path": name, "network": "vgg", "activation": None, "options": {}, "epochs": 10, "n_parameters": 1}
    facts |= {"n_folds": 1, "n_seeds": 1, "kept_epoch": [7], "marked": None, "metric": "accuracy", "curves": made}
    return Compared(**facts, training={}, validation={}, majority=0.5, highest_test=None, evaluation=None)


def test_runs_that_are_not_evaluated_are_named_and_figures_that_nobody_has_are_left_out(folder, tmp_path):
    from eegcli.cli.compare import tables

    first, test_set, *_ = tables(compared(folder, tmp_path, "relu", "last"))
    assert f"last: not evaluated, so that no test set and no difference is shown: eegcli evaluate {folder / 'last'}" in first
    head = test_set.splitlines()[0]
    assert "sensitivity" not in head and "balanced %" in head
