"""Published choice of the epoch (--report-epoch published), from train to every later command: marked, beside the honest number."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli import evaluate, explain
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.describe import describe
from eegcli.errors import InputError, UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import EvaluateSettings, ExplainSettings
from tests.kit import cohorts
from tests.kit.commands import eegcli
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import run

MARK = "epoch chosen on the test set: optimistic"
LEARNING = {"arch": "eegnet", "epochs": 6, "batch_size": 24, "lr": 0.02}


@pytest.fixture(scope="module")
def windows(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("windows") / "w", effect=2.0)


def evaluated(path: Path, **settings) -> tuple[dict, CapturingReporter]:
    heard = CapturingReporter()
    evaluate.run(EvaluateSettings(run=path, resamples=50, threads=1, device="cpu", **settings), reporter=heard)
    return read_json(path / "evaluation" / "metrics.json"), heard


def test_both_numbers_stand_side_by_side_and_both_are_those_of_evaluate(windows):
    heard = CapturingReporter()
    published = run(windows, "published", report_epoch="published", reporter=heard, **LEARNING)
    honest = run(windows, "honest", **LEARNING)
    metrics = read_json(published.output / "metrics.json")

    history = read_table(published.output / "history.parquet")
    scores = history["test_accuracy"].tolist()
    assert metrics["kept_epoch"] == metrics["optimistic"]["epoch"] == 1 + scores.index(max(scores))
    assert metrics["honest"]["epoch"] == honest.kept_epoch
    assert metrics["optimistic"]["test_accuracy"] == max(scores)
    # An evaluation of either run, which reads the stored weights, finds the same two accuracies.
    for name, output in (("optimistic", published.output), ("honest", honest.output)):
        found, _ = evaluated(output)
        assert found["splits"]["test"]["window"]["accuracy"] == pytest.approx(metrics[name]["test_accuracy"])
    assert set(metrics["validation"]) == set(read_json(honest.output / "metrics.json")["validation"]), "test figures are not among them"
    assert f"warning: {MARK}" in heard.messages
    [said] = [line for line in heard.infos if line.startswith(MARK)]
    assert f"epoch {metrics['kept_epoch']}, test accuracy {100 * max(scores):.1f} %" in said
    assert f"chosen on the validation set: epoch {honest.kept_epoch}, test accuracy" in said


def test_whatever_is_made_from_such_a_run_is_marked(windows):
    published = run(windows, "published", report_epoch="published", **LEARNING).output
    metrics, heard = evaluated(published)
    assert open_run(published).caveat == metrics["marked"] == describe(published)["marked"] == MARK
    assert all(level["marked"] == MARK for levels in metrics["splits"].values() for level in levels.values())
    assert MARK in heard.tables[0].title
    assert MARK in repr(open_run(published))
    explain.run(ExplainSettings(run=published, method=("saliency",), n_windows=2, threads=1, device="cpu"), reporter=CapturingReporter())
    assert read_json(published / "explanation" / "metrics.json")["marked"] == MARK


def test_it_is_another_configuration_and_the_default_is_none(windows):
    first = run(windows, "default", **LEARNING)
    assert run(windows, "default", report_epoch="validation", **LEARNING).output == first.output
    with pytest.raises(InputError, match="report_epoch: validation there, published here"):
        run(windows, "default", report_epoch="published", **LEARNING)
    assert not [name for name in read_json(first.output / "metrics.json") if name in ("optimistic", "honest")]


def test_both_caveats_are_said_and_a_leak_is_excused_by_neither_alone(windows, tmp_path):
    from tests.kit.marks import restate

    heard = CapturingReporter()
    mixed = run(windows, "mixed", report_epoch="published", split_unit="recording", reporter=heard, **LEARNING).output
    assert open_run(mixed).caveat == f"participants are on both sides; {MARK}"
    assert any(line.startswith("split by recording: participants are on both sides") for line in heard.warnings)
    clean = run(windows, "clean", report_epoch="published", **LEARNING).output
    # A subject of the test set is made to stand in the training set, too.
    table = read_table(clean / "splits.parquet")
    from eegcli.artifacts.table import write_table

    table = {name: np.concatenate([values, values[:1]]) for name, values in table.items()}
    table["split"][-1] = "test" if table["split"][0] != "test" else "train"
    table["unit"][-1] = f"{table['unit'][0]}b"
    write_table(clean / "splits.parquet", table)
    restate(clean)
    with pytest.raises(InputError, match="subjects in two splits"):
        evaluated(clean)


@pytest.mark.usefixtures("figures_as_for_users")
def test_of_folds_and_seeds_the_means_are_given_and_each_network_has_its_own(windows):
    heard = CapturingReporter()
    output = run(windows, "folds", report_epoch="published", cv=2, seeds=2, reporter=heard, **LEARNING | {"epochs": 3}).output
    metrics = read_json(output / "metrics.json")
    for name in ("optimistic", "honest"):
        own = [network[name] for network in metrics["networks"]]
        assert len(own) == 4
        assert metrics[name]["test_accuracy"] == pytest.approx(np.mean([one["test_accuracy"] for one in own]))
        assert "epoch" not in metrics[name]
    assert metrics["optimistic"]["test_accuracy"] >= metrics["honest"]["test_accuracy"]
    assert sum(MARK in line for line in heard.infos) == 4
    evaluated(output)
    assert (output / "evaluation" / "folds.png").stat().st_size > 10_000


def test_without_validation_the_last_epoch_is_kept_and_every_command_copes(windows):
    heard = CapturingReporter()
    output = run(windows, "last", split=(0.75, 0, 0.25), reporter=heard, **LEARNING).output
    metrics = read_json(output / "metrics.json")
    assert "nobody validates: the last epoch is kept" in heard.warnings
    assert metrics["kept_epoch"] == LEARNING["epochs"]
    assert set(metrics["validation"]) == {"train_loss", "train_accuracy"}
    assert set(metrics["baseline"]) == {"answer"}
    assert list(read_table(output / "history.parquet")) == ["epoch", "train_loss", "train_accuracy"]
    found, _ = evaluated(output)
    assert set(found["splits"]) == {"train", "test"} and found["marked"] is None
    assert describe(output)["kept_epoch"] == LEARNING["epochs"]
    for dry_run in (True, False):
        with pytest.raises(InputError, match="the validation set has no labelled window") as refused:
            explain.run(
                ExplainSettings(run=output, method=("saliency",), threads=1, device="cpu", dry_run=dry_run), reporter=CapturingReporter()
            )
        assert refused.value.hint == "Choose another --split: train or test."
    explain.run(
        ExplainSettings(run=output, method=("saliency",), split="test", n_windows=2, threads=1, device="cpu"), reporter=CapturingReporter()
    )


def test_without_validation_the_best_epoch_on_the_test_set_has_no_honest_number_beside_it(windows):
    heard = CapturingReporter()
    metrics = read_json(
        run(windows, "alone", split=(0.75, 0, 0.25), report_epoch="published", reporter=heard, **LEARNING).output / "metrics.json"
    )
    assert metrics["honest"] is None
    assert any(line.endswith("no validation set could choose one") for line in heard.infos)


@pytest.mark.parametrize("arch", ["logistic", "majority"])
def test_a_closed_form_is_fitted_without_validation_and_has_no_epoch_to_choose(windows, arch):
    heard = CapturingReporter()
    output = run(windows, arch, arch=arch, split=(0.75, 0, 0.25), report_epoch="published", reporter=heard).output
    assert any("--report-epoch is not used" in line for line in heard.warnings)
    assert open_run(output).caveat is None
    found, _ = evaluated(output)
    assert found["splits"]["test"]["window"]["n"] == 60


def test_a_test_set_is_needed_to_choose_by_it(windows):
    with pytest.raises(UsageError, match="and there is none"):
        run(windows, "none", split=(0.75, 0.25, 0), report_epoch="published", **LEARNING)


def test_the_people_by_whom_the_epoch_was_chosen_are_no_new_cohort(windows, tmp_path):
    published = run(windows, "published", report_epoch="published", **LEARNING).output
    tested = sorted(set(read_table(published / "splits.parquet")["subject"][read_table(published / "splits.parquet")["split"] == "test"]))
    other = cohorts.windows(tmp_path / "other", subjects=[int(tested[0]), int(tested[1]), 40, 41], seed=5)
    with pytest.raises(InputError, match="subjects seen in training"):
        evaluated(published, windows=other)
    honest = run(windows, "honest", **LEARNING).output
    evaluate.run(EvaluateSettings(run=honest, windows=other, resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())


def test_the_command_line_says_it_before_training(windows, tmp_path):
    planned = eegcli(
        "train", windows, "--arch", "eegnet", "--report-epoch", "published", "--split-order", "file", "-o", tmp_path / "r", "-n", "--json"
    )
    assert planned.returncode == 0
    assert json.loads(planned.stdout)["data"]["marked"] == MARK
    assert MARK in planned.stderr


def test_the_recipe_of_the_study_of_2021_trains_ten_networks_and_takes_the_published_epoch(make_windows, tmp_path):
    windows = make_windows(n_subjects=16)
    asked = (
        "train",
        windows,
        "--recipe",
        "truong2021",
        "--split",
        "truong2021",
        "--report-epoch",
        "published",
        "-o",
        tmp_path / "r",
        "--json",
    )
    planned = json.loads(eegcli(*asked, "--dry-run", check=True).stdout)["data"]
    assert (planned["n_seeds"], planned["training"]["epochs"], planned["training"]["batch_size"]) == (10, 70, 70)
    done = eegcli(*asked, "--epochs", 1, "--seeds", 2, "--threads", 1, "--device", "cpu", "--no-baseline", check=True)
    metrics = read_json(tmp_path / "r" / "metrics.json")
    data = json.loads(done.stdout)["data"]
    assert (data["marked"], data["optimistic"]) == (MARK, metrics["optimistic"])
    assert [network["optimistic"]["epoch"] for network in metrics["networks"]] == [1, 1]
    assert metrics["networks"][0]["sets"]["test"]["n_units"] == 2  # an eighth of sixteen
