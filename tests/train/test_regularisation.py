"""Augmentation, smoothing, averaging, patience and looks of a run: configuration, what its files say, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import compare, evaluate
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.describe import describe
from eegcli.errors import InputError, UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import CompareSettings, EvaluateSettings
from tests.kit import cohorts
from tests.kit.own import own
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run

EVERYTHING = {
    "augment": ("time-shift", "channel-dropout:share=0.1", "amplitude", "noise", "sign-flip", "band-stop", "mixup"),
    "label_smoothing": 0.1,
    "ema": 0.9,
    "patience": 1,
    "validate_every": 2,
    "arch": "eegnet",
    "epochs": 4,
    "batch_size": 16,
}


def test_what_was_asked_for_is_in_the_metrics_in_info_and_in_the_configuration_however_it_is_spelt(make_windows):
    windows = make_windows()
    made = run(windows, **EVERYTHING)
    training = read_json(made.output / "metrics.json")["training"]
    assert training["augment"][0] == "time-shift:seconds=0.1,p=0.5"
    assert {name: training[name] for name in ("label_smoothing", "ema", "patience", "validate_every")} == {
        name: EVERYTHING[name] for name in ("label_smoothing", "ema", "patience", "validate_every")
    }
    assert describe(made.output)["training"] == training
    heard = CapturingReporter()
    run(windows, reporter=heard, **EVERYTHING | {"augment": ("time-shift: p=0.5", *EVERYTHING["augment"][1:])})
    assert any("is finished; nothing to do" in line for line in heard.messages)
    with pytest.raises(InputError, match="augment"):
        run(windows, **EVERYTHING | {"augment": EVERYTHING["augment"][1:]})


def test_a_run_without_any_of_it_says_nothing_of_it(make_windows):
    made = run(make_windows())
    metrics = read_json(made.output / "metrics.json")
    assert set(metrics["training"]) == {"optimizer", "lr", "weight_decay", "batch_size", "epochs"}
    assert "kept_batch" not in metrics and "kept_batch" not in metrics["networks"][0]
    assert "batch" not in read_table(made.output / "history.parquet")


def test_the_kept_look_is_the_best_row_and_its_weights_are_what_evaluate_finds(make_windows):
    made = run(make_windows(), report_epoch="published", **EVERYTHING)
    metrics, history = read_json(made.output / "metrics.json"), read_table(made.output / "history.parquet")
    best = int(np.argmax(history["test_accuracy"]))
    assert (metrics["kept_epoch"], metrics["kept_batch"]) == (history["epoch"][best], history["batch"][best])
    assert metrics["optimistic"]["test_accuracy"] == history["test_accuracy"][best]
    evaluate.run(EvaluateSettings(run=made.output, resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())
    found = read_json(made.output / "evaluation" / "metrics.json")["splits"]["test"]["window"]["accuracy"]
    assert found == pytest.approx(history["test_accuracy"][best])


def test_folds_that_stop_at_different_epochs_are_compared_each_by_its_kept_look(tmp_path):
    windows = cohorts.windows(tmp_path / "w", subjects=range(12), n_windows=4, effect=3.0)
    wishes = {"cv": 2, "seeds": 2, "epochs": 7, "lr": 0.02, "arch": "eegnet", "patience": 2}
    folds = run(windows, "folds", **wishes)
    looked = run(windows, "looked", **wishes | {"validate_every": 2, "batch_size": 12})
    lengths = [int(network.history["epoch"][-1]) for network in open_run(folds.output).networks]
    assert len(set(lengths)) > 1, "else this test shows nothing"
    runs = (folds.output, looked.output)
    one, two = compare.run(CompareSettings(runs=runs, output=tmp_path / "c.png"), reporter=CapturingReporter()).runs
    assert (one.epochs, len(one.curves["validation"].mean)) == (max(lengths), max(lengths))
    first = [network.history["validation_accuracy"] for network in open_run(folds.output).networks]
    for epoch in range(max(lengths)):
        there = [course[epoch] for course in first if len(course) > epoch]
        assert one.curves["validation"].mean[epoch] == pytest.approx(np.mean(there))
    metrics = read_json(looked.output / "metrics.json")
    kept = [one["validation"]["validation_accuracy"] for one in metrics["networks"]]
    assert two.validation["accuracy"].mean == pytest.approx(np.mean(kept))
    assert metrics["kept_batch"] == [one["kept_batch"] for one in metrics["networks"]]


def test_a_number_and_a_network_of_ones_own_take_all_of_it(make_windows, tmp_path):
    windows = make_windows()
    age = run(windows, "age", target="age", **EVERYTHING | {"label_smoothing": 0.0})
    assert np.isfinite(age.validation["validation_r2"])
    foreign = run(windows, "foreign", **EVERYTHING | {"arch": f"{own(tmp_path)}:Net"})
    again = run(windows, "again", **EVERYTHING | {"arch": f"{own(tmp_path)}:Net"})
    assert contents(foreign.output) == contents(again.output)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"target": "age", "label_smoothing": 0.1}, "--label-smoothing is about classes"),
        ({"split": (0.7, 0, 0.3), "patience": 2}, "--patience 2 looks at the validation set, and there is none"),
        ({"split": (0.7, 0, 0.3), "validate_every": 2}, "--validate-every 2 looks at the validation set, and there is none"),
        ({"cv": 2, "split": (1, 0, 0), "patience": 2}, "fold 0 has none"),
        ({"label_smoothing": 1.0}, "--label-smoothing must be below 1, not 1"),
        ({"ema": 1.0}, "--ema must be below 1, not 1"),
        ({"augment": ("time-shift:seconds=5",)}, "a shift of 5 s leaves nothing"),
        ({"augment": ("blur",)}, "no augmentation is named 'blur'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(make_windows, wishes, message):
    windows = make_windows()
    with pytest.raises(UsageError, match=message):
        run(windows, **wishes)
    assert not windows.with_name("run").exists()


def test_a_closed_form_says_that_it_uses_none_of_it_and_is_no_other_run(make_windows):
    windows, heard = make_windows(), CapturingReporter()
    run(windows, arch="logistic")
    run(windows, reporter=heard, **EVERYTHING | {"arch": "logistic"})
    [said] = [line for line in heard.messages if "fitted in closed form" in line]
    for flag in ("--augment", "--label-smoothing", "--ema", "--patience", "--validate-every"):
        assert flag in said
    assert any("is finished; nothing to do" in line for line in heard.messages)


def test_what_a_normalisation_undoes_is_said(make_windows):
    heard = CapturingReporter()
    run(make_windows(), augment=("amplitude",), normalise="channel-window", reporter=heard)
    assert any("--augment amplitude changes nothing: --normalise channel-window undoes it" in line for line in heard.messages)
