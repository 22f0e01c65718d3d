"""Accuracy against the number of training subjects: nested parts, the same people tested, and what evaluate makes of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eegcli import evaluate
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.describe import describe
from eegcli.errors import InputError, Stopped, UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import EvaluateSettings
from eegcli.train import trainer
from eegcli.verify import verify
from tests.kit import cohorts, files
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run
from tests.train.test_resume import StopAfter

SIZES = (0.25, 0.5, 1.0)
QUICK = {"arch": "eegnet", "epochs": 2, "batch_size": 24, "lr": 0.01}


def in_set(path, which: str, fold: int = 0) -> set[str]:
    splits = open_run(path).splits
    return set(splits["subject"][(splits["split"] == which) & (splits["fold"] == fold)].tolist())


def test_parts_are_nested_stratified_and_everybody_else_is_the_same(make_windows):
    made = run(make_windows(n_subjects=30), train_subjects=SIZES, cv=2, **QUICK).output
    whole = run(made.with_name("small-windows"), "whole", cv=2, **QUICK).output
    runs = [made / "sizes" / "0.25", made / "sizes" / "0.5", made]
    for fold in (0, 1):
        for which in ("validation", "test"):
            assert len({frozenset(in_set(path, which, fold)) for path in (*runs, whole)}) == 1
        quarter, half, all_of_them = (in_set(path, "train", fold) for path in runs)
        assert quarter < half < all_of_them == in_set(whole, "train", fold)
        assert (len(quarter), len(half)) == (round(len(all_of_them) / 4), round(len(all_of_them) / 2))
        for part in (quarter, half):
            men = sum(int(label) % 2 == 0 for label in part)
            assert abs(men - len(part) / 2) <= 1
    one, two = (
        files.contents(path / "fold-00", without=("metrics.json",)) for path in (made, whole)
    )  # they know of which settings they are
    assert one == two and "model.safetensors" in one, "the largest is the run as it is without sizes"


@pytest.mark.usefixtures("figures_as_for_users")
def test_evaluate_makes_a_curve_of_the_same_test_subjects(tmp_path):
    windows = cohorts.windows(tmp_path / "w", subjects=range(24), n_windows=4, effect=3.0)
    made = run(windows, train_subjects=(4, 8, 14), seeds=2, **QUICK).output
    heard = CapturingReporter()
    evaluate.run(EvaluateSettings(run=made, resamples=200, threads=1, device="cpu"), reporter=heard)
    curve = read_table(made / "evaluation" / "learning_curve.parquet")
    metrics = read_json(made / "evaluation" / "metrics.json")
    window = curve["level"].astype(str) == "window"
    assert curve["n_subjects"][window].tolist() == [4, 8, 14]
    assert (made / "evaluation" / "learning_curve.png").stat().st_size > 5000
    # Each point is what an evaluation of that run alone finds; the last gain is that of the subjects, one by one.
    by_subject = []
    for size, value in zip(("4", "8", None), curve["accuracy"][window], strict=True):
        path = made if size is None else made / "sizes" / size
        output = tmp_path / f"alone-{size}"
        settings = EvaluateSettings(run=path, output=output, resamples=200, threads=1, device="cpu")
        if size is None:
            output = made / "evaluation"
        else:
            evaluate.run(settings, reporter=CapturingReporter())
        assert read_json(output / "metrics.json")["splits"]["test"]["window"]["accuracy"] == pytest.approx(value)
        table = read_table(output / "predictions.parquet")
        tested = table["split"].astype(str) == "test"
        right = (table["p_M"] > table["p_F"])[tested] == (table["truth"].astype(str) == "M")[tested]
        subject = table["subject"].astype(str)[tested]
        by_subject.append({one: right[subject == one].mean() for one in np.unique(subject)})
    gains = [by_subject[2][one] - by_subject[1][one] for one in by_subject[2]]
    step = metrics["learning_curve"]["last_step"]
    assert step["gain"] == pytest.approx(np.mean(gains))
    assert (step["n_subjects"], step["n_test_subjects"]) == ([8, 14], len(gains))
    (said,) = metrics["learning_curve"]["said"]
    assert said in heard.messages
    assert said.startswith(f"from 8 to 14 training subjects, accuracy per test subject changes by {100 * np.mean(gains):+.1f} points")
    assert describe(made)["evaluated"]
    assert verify(made)


@pytest.mark.parametrize("which", ["in the run itself", "in that of a smaller size"])
def test_stopped_it_goes_on_to_the_same_bytes(make_windows, monkeypatch, which):
    windows = make_windows()
    whole = run(windows, "whole", train_subjects=(0.5, 1.0), **QUICK)
    stops = iter([StopAfter(2)] if which == "in the run itself" else [StopAfter(10**6), StopAfter(2)])
    monkeypatch.setattr(trainer, "stop_signals", lambda: next(stops))
    with pytest.raises(Stopped):
        run(windows, "stopped", train_subjects=(0.5, 1.0), **QUICK)
    assert (windows.with_name("stopped") / "done.json").exists() == (which != "in the run itself")
    monkeypatch.undo()
    assert contents(run(windows, "stopped", train_subjects=(0.5, 1.0), **QUICK).output) == contents(whole.output)


def test_one_size_is_a_run_on_a_part_and_without_any_it_is_what_it_was(make_windows):
    made = run(make_windows(), train_subjects=0.5, **QUICK)
    assert not (made.output / "sizes").exists()
    splits = open_run(made.output).splits
    assert "unused" in splits["split"].tolist()
    assert json.loads((made.output / "settings.json").read_text())["settings"]["train_subjects"] == [0.5]


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((0.5, 4), UsageError, "shares .up to 1. and numbers of subjects cannot be put in order"),
        ((0.5, 0.5), UsageError, "0.5 is named twice"),
        ((0.0, 1.0), UsageError, "--train-subjects 0: neither a share"),
        ((2.5,), UsageError, "--train-subjects 2.5: neither a share"),
        ((4, 400), InputError, "--train-subjects 400: the training set has 7 subjects"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(make_windows, sizes, error, message):
    windows = make_windows()
    with pytest.raises(error, match=message):
        run(windows, train_subjects=sizes, **QUICK)
    assert not windows.with_name("run").exists()
