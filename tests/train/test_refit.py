"""Refit: training and validation subjects are learnt from together, for as many epochs as the validation subjects chose; nothing else changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from eegcli import evaluate, explain
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, Stopped, UsageError
from eegcli.files.atomic import read_json
from eegcli.reporting.material import gather
from eegcli.reporting.methods import methods_of
from eegcli.reporting.sections.curves import section
from eegcli.settings import EvaluateSettings, ExplainSettings
from eegcli.train import trainer
from tests.kit import cohorts, ranked
from tests.kit.cohorts import loud_windows
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run
from tests.train.test_resume import StopAfter

LEARNING = {"arch": "eegnet", "epochs": 5, "batch_size": 24, "lr": 0.02}
NOBODY_VALIDATES = {"cv": 2, "split": (1.0, 0.0, 0.0)}  # the same people are tested as with cv alone
WEIGHTS = "model.safetensors"
NEVER = 10**6  # looks


@pytest.fixture(scope="module")
def windows(tmp_path_factory) -> Path:
    """Windows in whose validation subjects the best epoch is not the last."""
    return cohorts.windows(tmp_path_factory.mktemp("windows") / "w", subjects=range(12), n_windows=3, effect=2.0)


@pytest.mark.parametrize("arch", ["eegnet", "covwave"])
def test_it_is_the_training_on_both_sets_for_the_epochs_that_the_plain_training_keeps(windows, arch):
    wishes = LEARNING | {"arch": arch, "cv": 2}
    plain, refitted = run(windows, f"plain-{arch}", **wishes), run(windows, f"refit-{arch}", refit=True, **wishes)
    assert contents(refitted.output / "validated") == contents(plain.output)
    kept = [one["kept_epoch"] for one in read_json(plain.output / "metrics.json")["networks"]]
    assert refitted.kept_epoch == refitted.refit["epochs"] == kept and min(kept) < LEARNING["epochs"]
    assert refitted.refit["validation"] == {name: value for name, value in plain.validation.items() if name.startswith("validation")}
    for epochs, network in zip(kept, open_run(refitted.output), strict=True):
        by_hand = wishes | NOBODY_VALIDATES | {"epochs": epochs}
        other = open_run(run(windows, f"by-hand-{arch}-{epochs}", **by_hand).output)
        (same,) = (one for one in other if (one.fold, one.seed) == (network.fold, network.seed))
        assert (network.path / WEIGHTS).read_bytes() == (same.path / WEIGHTS).read_bytes()


def test_nobody_validates_any_more_and_the_same_people_are_tested(windows):
    refitted = run(windows, "refit-eegnet", refit=True, cv=2, **LEARNING).output
    now, before = open_run(refitted).splits, open_run(refitted / "validated").splits
    assert set(before["split"]) == {"train", "validation", "test"} and set(now["split"]) == {"train", "test"}
    assert [name == "test" for name in now["split"]] == [name == "test" for name in before["split"]]


def test_the_schedule_is_that_of_all_epochs(windows):
    wishes = LEARNING | {"schedule": "cosine", "warmup": "1", "ema": 0.5, "cv": 2}
    refitted = run(windows, "refit-cosine", refit=True, **wishes)
    whole = run(windows, "whole-cosine", **wishes | NOBODY_VALIDATES)
    for fold, epochs in enumerate(refitted.kept_epoch):
        losses, all_losses = (
            read_table(made.output / f"fold-0{fold}/history.parquet")["train_loss"].tolist() for made in (refitted, whole)
        )
        assert len(losses) == epochs and losses == all_losses[:epochs]
    assert min(refitted.kept_epoch) < LEARNING["epochs"]


@pytest.mark.parametrize("looks", [(2,), (NEVER, 1), (NEVER, 4)], ids=["choosing", "refit", "end of the refit"])
def test_a_refit_that_is_stopped_anywhere_goes_on_to_the_same_bytes(windows, monkeypatch, looks):
    wishes = LEARNING | {"refit": True, "epochs": 3}
    whole = run(windows, "undisturbed", **wishes)
    trainings, stopped = iter(looks), f"stopped-{'-'.join(map(str, looks))}"
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(next(trainings)))
    with pytest.raises(Stopped):
        run(windows, stopped, **wishes)
    monkeypatch.undo()
    assert (windows.with_name(stopped) / "validated" / "done.json").exists() == (len(looks) > 1)
    assert contents(run(windows, stopped, **wishes).output) == contents(whole.output)
    assert not list(windows.with_name(stopped).rglob("checkpoint*"))


SEVERAL = LEARNING | {"refit": True, "seeds": 2, "epochs": 2}


@pytest.mark.exhaustive
def test_side_by_side_it_is_the_same(windows):
    assert contents(run(windows, "side-by-side", jobs=2, **SEVERAL).output) == contents(run(windows, "one-by-one", **SEVERAL).output)


def test_at_once_and_in_shards_it_is_the_same(windows):
    wishes = SEVERAL
    one = contents(run(windows, "one-by-one", **wishes).output)
    assert contents(run(windows, "at-once", at_once=2, **wishes).output) == one
    first = run(windows, "shards", shard="1/2", **wishes)
    assert (first.trained, first.left) == (1, 1)
    assert contents(run(windows, "shards", shard="2/2", **wishes).output) == one


def test_ranks_refit_together_and_find_it_done(commands, tmp_path):
    loud_windows(tmp_path / "windows")
    words = ("train", "windows", "--no-baseline", "--epochs", 3, "--threads", 1, "--device", "cpu", "--arch", "covwave", "--refit")
    assert ranked.run(commands, 2, *words, "-o", "together", cwd=tmp_path) == [0, 0]
    assert ranked.run(commands, 2, *words, "-o", "together", cwd=tmp_path) == [0, 0]
    assert ranked.run(commands, 1, *words, "-o", "alone", cwd=tmp_path) == [0]
    together, alone = (load_file(tmp_path / name / WEIGHTS) for name in ("together", "alone"))
    assert read_json(tmp_path / "together/metrics.json")["reproducible"]["ranks"] == 2
    for name, value in alone.items():
        np.testing.assert_allclose(together[name], value, rtol=1e-4, atol=1e-5)


def test_a_closed_form_is_fitted_to_both_sets(windows):
    refitted = run(windows, "refit-closed", arch="logistic", refit=True, cv=2)
    by_hand = run(windows, "by-hand-closed", arch="logistic", **NOBODY_VALIDATES)
    for fold in ("fold-00", "fold-01"):
        assert (refitted.output / fold / WEIGHTS).read_bytes() == (by_hand.output / fold / WEIGHTS).read_bytes()


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"split": (0.75, 0.0, 0.25)}, "nobody validates"),
        ({"cv": 2, "split": (1.0, 0.0, 0.0)}, "in fold 0 nobody validates"),
        ({"report_epoch": "published"}, "--refit and --report-epoch published"),
        ({"train_subjects": (0.5, 1.0)}, "--refit and --train-subjects"),
    ],
    ids=str,
)
def test_what_contradicts_a_refit_is_refused_before_anything_is_written(windows, wishes, said):
    with pytest.raises(UsageError, match=said):
        run(windows, "refused", refit=True, **LEARNING, **wishes)
    assert not windows.with_name("refused").exists()


def test_with_and_without_are_two_configurations(windows):
    made = run(windows, "plain-once", **LEARNING).output
    with pytest.raises(InputError, match="refit: False there, True here"):
        run(windows, "plain-once", refit=True, **LEARNING)
    assert "refit" not in read_json(made / "metrics.json")


def test_force_makes_both_trainings_again(windows):
    wishes = LEARNING | {"refit": True}
    made = run(windows, "forced", **wishes).output
    before, times = contents(made), (made / "validated" / WEIGHTS).stat().st_mtime_ns
    assert contents(run(windows, "forced", force=True, **wishes).output) == before
    assert (made / "validated" / WEIGHTS).stat().st_mtime_ns > times


def test_a_dry_run_counts_both_trainings_and_writes_nothing(windows):
    found = run(windows, "dry", refit=True, dry_run=True, **LEARNING).summary
    once = run(windows, "dry", dry_run=True, **LEARNING).summary
    n_train, n_validation = (found["sets_choosing_epochs"][name]["n_windows"] for name in ("train", "validation"))
    assert found["sets"]["train"]["n_windows"] == n_train + n_validation and found["sets"]["validation"]["n_windows"] == 0
    batches = -(-n_train // 24), -(-(n_train + n_validation) // 24)
    assert once["n_steps"] == 5 * batches[0] and found["n_steps"] == 5 * sum(batches)
    assert found["seconds"] > once["seconds"]
    assert not windows.with_name("dry").exists()


def test_what_is_made_of_it_says_so(windows):
    heard = CapturingReporter()
    made = run(windows, "told", refit=True, reporter=heard, no_baseline=False, **LEARNING)
    [said] = [line for line in heard.infos if line.startswith("refit on")]
    assert said.endswith(f", for {made.kept_epoch} epoch{'s' * (made.kept_epoch > 1)} as they chose")
    assert not [line for line in heard.warnings if "nobody validates" in line]
    evaluate.run(EvaluateSettings(run=made.output, resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())
    assert set(read_json(made.output / "evaluation" / "metrics.json")["splits"]) == {"train", "test"}
    page = (made.output / "report.html").read_text()
    assert "trained anew on training and validation subjects together" in methods_of(gather(made.output))
    assert "Both are of the training before the refit" in page
    curves = section(gather(made.output))
    assert curves.blocks[0].words.startswith("The training that chose the epochs of the refit")
    assert {one.name for one in curves.blocks[1].charts[0].series} == {"train", "validation"}
    with pytest.raises(InputError, match="no labelled window") as error:
        explain.run(ExplainSettings(run=made.output, method=("saliency",), n_windows=2, device="cpu"), reporter=CapturingReporter())
    assert str(made.output / "validated") in error.value.hint


def test_without_a_validation_set_the_curves_say_that_the_last_epoch_was_kept(windows):
    made = run(windows, "nobody", split=(0.75, 0.0, 0.25), **LEARNING).output
    assert "the last, for nobody validated" in section(gather(made)).blocks[0].words


def test_a_refit_without_the_training_that_chose_is_still_read(windows):
    made = run(windows, "lost", refit=True, **LEARNING).output
    shutil.rmtree(made / "validated")
    assert "as many epochs as validation subjects chose before" in section(gather(made)).blocks[0].words
