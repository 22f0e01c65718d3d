"""The stage: what a run holds, and what it refuses before anything is written."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from eegcli import train
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, UnavailableError, UsageError
from eegcli.files.atomic import read_json
from eegcli.files.claim import take
from eegcli.reporter import Silent
from eegcli.result import DryRun
from eegcli.settings import TrainSettings
from eegcli.study.groups import sets_of_windows
from tests.kit.marks import change_windows
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import QUICK, contents, run


def test_a_run_holds_what_the_design_promises(make_windows):
    result = run(make_windows())
    names = sorted(path.name for path in result.output.iterdir())
    assert names == [
        "done.json",
        "history.parquet",
        "metrics.json",
        "model.json",
        "model.safetensors",
        "provenance.json",
        "settings.json",
        "splits.parquet",
        "timing.parquet",
    ]
    metrics = read_json(result.output / "metrics.json")
    assert metrics["arch"] == "vgg"
    assert metrics["target"] == "sex"
    assert metrics["classes"] == ["F", "M"]
    assert metrics["kind"] == "classification"
    assert metrics["kept_epoch"] in (1, 2)
    assert metrics["n_parameters"] == sum(value.numel() for value in load_file(result.output / "model.safetensors").values())
    assert metrics["sets"] == {
        "train": {"n_windows": 84, "n_subjects": 7, "n_units": 7},
        "validation": {"n_windows": 36, "n_subjects": 3, "n_units": 3},
        "test": {"n_windows": 24, "n_subjects": 2, "n_units": 2},
    }
    assert set(metrics["baseline"]) == {"answer", "validation_accuracy", "validation_balanced_accuracy"}
    assert metrics["marked"] is None
    assert metrics["dropped"] == {"missing": 0, "other_values": 0}
    assert (metrics["threads"], metrics["device"]) == (1, "cpu")
    assert metrics["training"]["lr"] == 0.002
    settings = read_json(result.output / "settings.json")["settings"]
    assert (settings["lr"], settings["epochs"], settings["classes"]) == (0.002, 2, ["F", "M"])
    history = read_table(result.output / "history.parquet")
    assert list(history) == [
        "epoch",
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
        "validation_balanced_accuracy",
    ]
    assert history["epoch"].tolist() == [1, 2]


def test_nothing_of_a_run_says_how_the_test_set_does(make_windows):
    result = run(make_windows())
    metrics = read_json(result.output / "metrics.json")
    assert [name for name in metrics if "test" in name] == []
    assert set(metrics["validation"]) == {
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
        "validation_balanced_accuracy",
    }


def test_the_test_set_has_no_influence(make_windows):
    windows = make_windows()
    first = run(windows, "one")
    opened = open_windows(windows)
    tested = sets_of_windows(opened.table, read_table(first.output / "splits.parquet"), "subject", 0) == "test"
    x = np.memmap(opened.path / "windows.h5", dtype="<f4", mode="r+", offset=opened.x.offset, shape=opened.x.shape)
    x[tested] = np.nan
    x.flush()
    second = run(windows, "two")
    assert (first.output / "model.safetensors").read_bytes() == (second.output / "model.safetensors").read_bytes()


@pytest.mark.parametrize("arch", ["vgg", "logistic", "majority"])
def test_the_stored_network_is_ready_to_call(make_windows, arch):
    windows = make_windows()
    opened = open_run(run(windows, arch=arch).output)
    [fold] = opened.networks
    x = torch.from_numpy(open_windows(windows).x[:5].copy())
    assert fold.model()(x).shape == (5, 2)
    assert opened.windows_path() == windows.resolve()
    assert opened.windows_digest == open_windows(windows).digest


def test_the_planted_rhythm_is_found_by_the_baseline_and_not_by_the_majority(make_windows):
    windows = make_windows(n_subjects=20)
    assert run(windows, "a", arch="logistic").validation["validation_balanced_accuracy"] > 0.9
    assert run(windows, "b", arch="majority").validation["validation_balanced_accuracy"] == 0.5


def test_the_order_of_the_classes_is_the_order_of_the_outputs(make_windows):
    windows = make_windows()
    x = torch.from_numpy(open_windows(windows).x[:20].copy())
    sorted_, asked = (run(windows, name, arch="logistic", classes=classes) for name, classes in (("a", ()), ("b", ("M", "F"))))
    assert (sorted_.classes, asked.classes) == (("F", "M"), ("M", "F"))
    one, two = (open_run(result.output).networks[0].model()(x) for result in (sorted_, asked))
    torch.testing.assert_close(one, two.flip(1), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("arch", ["vgg", "logistic", "majority"])
def test_a_number_is_predicted_in_its_own_unit(make_windows, arch):
    windows = make_windows(n_subjects=20)
    result = run(windows, arch=arch, target="age", lr=1e-4)
    assert (result.kind, result.classes) == ("regression", ())
    opened = open_windows(windows)
    predicted = open_run(result.output).networks[0].model()(torch.from_numpy(opened.x[:].copy()))[:, 0].detach().numpy()
    assert 10 < predicted.mean() < 21  # ages are 6 to 25
    sets = sets_of_windows(opened.table, read_table(result.output / "splits.parquet"), "subject", 0)
    chosen = sets == "validation"
    age = opened.table["age"][chosen]
    r2 = 1 - np.sum((predicted[chosen] - age) ** 2) / np.sum((age - age.mean()) ** 2)
    assert result.validation["validation_r2"] == pytest.approx(r2, abs=1e-4)
    mean = opened.table["age"][sets == "train"].mean()
    metrics = read_json(result.output / "metrics.json")
    assert metrics["baseline"]["answer"] == pytest.approx(mean)
    assert metrics["baseline"]["validation_mae"] == pytest.approx(np.abs(age - mean).mean())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(make_windows):
    windows = make_windows()
    one, two, other = (run(windows, name, seed=seed) for name, seed in (("one", 5), ("two", 5), ("other", 6)))
    assert contents(one.output) == contents(two.output)
    assert contents(one.output)["model.safetensors"] != contents(other.output)["model.safetensors"]


def test_training_leaves_the_callers_random_state_alone(make_windows):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    run(make_windows())
    assert torch.equal(before, torch.get_rng_state())


def test_a_finished_run_is_left_alone(make_windows):
    windows = make_windows()
    first = run(windows)
    before = {path: path.stat().st_mtime_ns for path in first.output.rglob("*") if path.name != "done.json"}
    heard = CapturingReporter()
    assert run(windows, reporter=heard) == first
    assert {path: path.stat().st_mtime_ns for path in first.output.rglob("*") if path.name != "done.json"} == before
    assert "nothing to do" in heard.messages[-1]


def test_a_claim_of_a_process_that_was_killed_behind_the_done_mark_goes(make_windows):
    windows = make_windows()
    output = run(windows, arch="logistic").output
    with take(output / ".left.claim") as mine:
        dead = replace(mine.owner, process=999_999_999, nonce="dead")
    (output / ".left.claim").write_text(json.dumps(asdict(dead)))
    run(windows, arch="logistic")
    assert not list(output.glob(".*"))


def test_a_finished_run_is_recognised_without_torch(make_windows):
    windows = make_windows()
    run(windows)
    code = f"""
import sys
from pathlib import Path
from eegcli import train
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings
train.run(TrainSettings(windows=Path({str(windows)!r}), output=Path({str(windows.with_name("run"))!r}), **{QUICK!r}), reporter=Silent())
assert "torch" not in sys.modules, "torch"
assert "mne" not in sys.modules, "mne"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_another_configuration_is_refused_and_named_and_replaced_by_force(make_windows):
    windows = make_windows()
    run(windows)
    with pytest.raises(InputError, match=r"lr: 0\.002 there, 0\.1 here"):
        run(windows, lr=0.1)
    assert run(windows, lr=0.1, force=True).output.exists()


def test_folds_and_seeds_lie_side_by_side_with_a_summary_at_the_top(make_windows):
    result = run(make_windows(), cv=3, seeds=2, epochs=1)
    folders = [f"fold-{fold:02d}/seed-{seed:02d}" for fold in range(3) for seed in range(2)]
    for name in folders:
        files = sorted(path.name for path in (result.output / name).iterdir())
        assert files == ["history.parquet", "metrics.json", "model.json", "model.safetensors", "splits.parquet", "timing.parquet"]
    opened = open_run(result.output)
    assert [str(fold.path.relative_to(result.output)) for fold in opened.networks] == folders
    metrics = opened.metrics
    assert (metrics["n_folds"], metrics["n_seeds"], len(metrics["kept_epoch"]), metrics["seed"]) == (3, 2, 6, [0, 1] * 3)
    scores = [fold.metrics["validation"]["validation_balanced_accuracy"] for fold in opened.networks]
    assert metrics["validation"]["validation_balanced_accuracy"] == pytest.approx(np.mean(scores))
    assert metrics["validation_sd"]["validation_balanced_accuracy"] == pytest.approx(np.std(scores, ddof=1))
    assert len({(result.output / name / "model.safetensors").read_bytes() for name in folders}) == 6
    assert np.bincount(opened.splits["fold"]).tolist() == [12, 12, 12]
    assert set(read_table(result.output / folders[-1] / "splits.parquet")["fold"]) == {2}


def test_metrics_have_the_same_names_with_folds_and_without(make_windows):
    windows = make_windows()
    one, several = (
        read_json(run(windows, name, arch="logistic", **wishes).output / "metrics.json") for name, wishes in (("a", {}), ("b", {"cv": 3}))
    )
    assert one.keys() == several.keys()
    assert [len(metrics["networks"]) for metrics in (one, several)] == [1, 3]
    for name in ("fold", "seed", "kept_epoch", "baseline", "class_weights", "sets"):
        assert one["networks"][0][name] == one[name]
        assert [network[name] for network in several["networks"]] == several[name]
    assert one["networks"][0]["validation"] == one["validation"] and one["validation_sd"] is None


def test_seeds_share_one_split(make_windows):
    result = run(make_windows(), seeds=2, epochs=1, seed=4)
    metrics = read_json(result.output / "metrics.json")
    assert metrics["seed"] == [4, 5]
    one, two = ((result.output / f"seed-0{i}" / "splits.parquet").read_bytes() for i in range(2))
    assert one == two


def test_a_split_by_trial_is_marked_and_said(make_windows):
    heard = CapturingReporter()
    result = run(make_windows(), arch="logistic", split_unit="trial", reporter=heard)
    assert result.marked == "participants are on both sides"
    assert open_run(result.output).caveat == result.marked
    assert any("split by trial: participants are on both sides (12 of them)" in line for line in heard.messages)


def test_shuffled_labels_are_a_control_and_said_to_be_one(make_windows):
    windows = make_windows()
    heard = CapturingReporter()
    result = run(windows, arch="logistic", shuffle_labels=1, reporter=heard)
    assert "a control, not a result" in read_json(result.output / "metrics.json")["control"]
    assert any(line.startswith("warning: labels are shuffled") for line in heard.messages)
    truth = read_table(result.output / "splits.parquet")["truth"]
    assert sorted(truth) == ["F"] * 6 + ["M"] * 6
    assert truth.tolist() != read_table(run(windows, "real", arch="logistic").output / "splits.parquet")["truth"].tolist()


def test_unequal_classes_are_weighted_and_the_weights_recorded(make_windows):
    windows = make_windows(n_subjects=20, male=14)
    metrics = read_json(run(windows, arch="logistic").output / "metrics.json")
    # 12 subjects are trained on, as near to 0.6 x 6 and 0.6 x 14 as whole subjects are.
    assert metrics["class_weights"] == pytest.approx([12 / (2 * 4), 12 / (2 * 8)])
    assert read_json(run(windows, "none", arch="logistic", class_weights="none").output / "metrics.json")["class_weights"] is None


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(make_windows):
    windows = make_windows()
    plan = run(windows, dry_run=True, cv=3, seeds=2)
    assert isinstance(plan, DryRun)
    assert not plan.output.exists()
    assert plan.summary["n_parameters"] == 1_685_682
    assert plan.summary["sets"]["test"]["n_subjects"] == [4, 4, 4]
    assert plan.summary["training"] == {"epochs": 2, "batch_size": 24, "optimizer": "adamax", "lr": 0.002, "weight_decay": 0.001}
    assert plan.summary["memory_bytes"] > 5 * 4 * 1_685_682
    assert plan.summary["seconds"] > 0
    assert plan.n_items == 6
    json.dumps(plan.data())


def test_what_a_closed_form_has_no_use_for_is_said(make_windows):
    heard = CapturingReporter()
    run(make_windows(), arch="logistic", reporter=heard)
    assert "warning: logistic is fitted in closed form: --epochs, --batch-size is not used" in heard.messages


@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"arch": "scnn"}, InputError, "pool2|pool3|conv3"),
        ({"device": "cuda:99"}, UnavailableError, "not in this machine"),
        ({"arch": "vgg16"}, UsageError, "no architecture"),
        ({"target": "sexx"}, InputError, "Did you mean|no column"),
        ({"seeds": 0}, UsageError, "--seeds"),
        ({"split": (30, 10, 10)}, InputError, "asks for 50 subjects"),
        ({"threads": 0}, UsageError, "--threads"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_written(make_windows, wishes, error, message):
    windows = make_windows()
    with pytest.raises(error, match=message):
        run(windows, **wishes)
    assert not windows.with_name("run").exists()


def test_windows_that_are_not_finite_end_the_run_with_their_place(make_windows):
    windows = make_windows(spoil=True)
    with pytest.raises(InputError, match=r"window \d+ holds values that are not finite"):
        run(windows)


def test_a_split_file_counts_by_content_not_by_name(make_windows, tmp_path):
    windows = make_windows()
    lines = [f"{i:02d}\t{('train', 'train', 'train', 'train', 'validation', 'test')[i // 2]}" for i in range(12)]
    for name in ("one.tsv", "two.tsv"):
        (tmp_path / name).write_text("\n".join(["subject\tsplit", *lines]))
    first = run(windows, arch="logistic", split_file=tmp_path / "one.tsv")
    assert run(windows, arch="logistic", split_file=tmp_path / "two.tsv") == first
    (tmp_path / "two.tsv").write_text("\n".join(["subject\tsplit", *lines[:-1]]))
    with pytest.raises(InputError, match="split_file"):
        run(windows, arch="logistic", split_file=tmp_path / "two.tsv")


def test_where_the_windows_lie_does_not_count(make_windows, tmp_path):
    windows = make_windows()
    first = run(windows)
    moved = windows.rename(tmp_path / "moved-windows")
    again = train.run(TrainSettings(windows=moved, output=first.output, **QUICK), reporter=Silent())
    assert again == first


def test_settings_are_resolved_before_they_are_compared(make_windows):
    windows = make_windows()
    first = run(windows)
    explicit = TrainSettings(windows=windows, output=first.output, **QUICK, lr=0.002, optimizer="adamax", classes=("F", "M"))
    assert train.run(replace(explicit, kind="classification"), reporter=Silent()) == first


def test_a_loss_far_from_all_meaning_is_said_when_training_begins(make_windows):
    windows = make_windows()
    heard = CapturingReporter()
    run(windows, reporter=heard)
    assert not any("where a guess has" in line for line in heard.warnings)
    change_windows(windows, lambda x: x * 1e6)  # volts that were taken for microvolts twice
    run(windows, "absurd", lr=0.5, epochs=1, reporter=heard)
    said = [line for line in heard.warnings if "where a guess has 0.69" in line]
    assert len(said) == 1  # after a batch, for an epoch may take hours, and not again
    assert "the loss of the first batch is" in said[0]


def test_steps_that_diverge_within_the_first_epoch_are_said_at_its_end(make_windows):
    heard = CapturingReporter()
    run(make_windows(), "diverged", lr=10.0, epochs=1, batch_size=4, reporter=heard)
    assert [line for line in heard.warnings if "the loss of the first epoch is" in line and "--lr 10" in line]


def test_test_windows_that_are_not_finite_are_said_when_training_begins(make_windows):
    windows = make_windows()
    whole = open_windows(windows)
    splits = read_table(run(windows).output / "splits.parquet")
    tested = set(splits["subject"][splits["split"] == "test"])
    row = next(index for index, subject in enumerate(whole.table["subject"]) if subject in tested)

    def spoil(x: np.ndarray) -> np.ndarray:
        x[row, 0, 3] = np.nan
        return x

    change_windows(windows, spoil)
    heard = CapturingReporter()
    run(windows, "again", reporter=heard)
    assert any(
        f"1 of {(np.isin(whole.table['subject'].astype(str), list(tested))).sum()} test windows hold values" in line
        for line in heard.warnings
    )
