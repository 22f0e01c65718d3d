"""Extras of an update (accumulation, clipping, schedule, precision) as a user gives them: in every kind of training, and refused in time."""

from __future__ import annotations

import pytest
import torch

from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, Stopped, UnavailableError
from eegcli.files.atomic import read_json
from eegcli.train import trainer
from tests.kit.own import own
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run
from tests.train.test_resume import StopAfter

EXTRAS = {"accumulate": 2, "clip_norm": 0.5, "schedule": "cosine", "warmup": "0.5"}


@pytest.mark.parametrize(
    "wishes",
    [
        {"arch": "eegnet"},
        {"arch": "eegnet", "target": "age", "cv": 2},
        {"arch": "OWN", "seeds": 2},
        {"arch": "eegnet", "report_epoch": "published"},
    ],
    ids=["classes", "number-folds", "own-seeds", "published"],
)
def test_with_all_extras_a_stopped_training_goes_on_to_the_same_bytes(make_windows, monkeypatch, tmp_path, wishes):
    windows = make_windows()
    wishes = wishes | EXTRAS | ({"arch": f"{own(tmp_path)}:Net"} if wishes["arch"] == "OWN" else {})
    whole = run(windows, "whole", **wishes)
    metrics = read_json(whole.output / "metrics.json")
    first = metrics if "training" in metrics else read_json(next(whole.output.glob("fold-*/seed-*/metrics.json")))
    assert {name: first["training"][name] for name in EXTRAS} == EXTRAS
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(4))  # within an update of two batches
    with pytest.raises(Stopped):
        run(windows, "stopped", **wishes)
    monkeypatch.undo()
    assert contents(run(windows, "stopped", **wishes).output) == contents(whole.output)


def test_extras_at_their_defaults_are_the_same_run_and_others_are_not(make_windows):
    windows = make_windows()
    run(windows)
    heard = CapturingReporter()
    off = {"precision": "fp32", "accumulate": 1, "schedule": "constant", "eager": True}
    finished = run(windows, reporter=heard, **off)
    assert any("nothing to do" in line for line in heard.infos)
    assert not set(EXTRAS) & set(read_json(finished.output / "metrics.json")["training"])
    with pytest.raises(InputError, match="accumulate: 1 there, 2 here"):
        run(windows, accumulate=2)


@pytest.mark.parametrize("precision", ["tf32", "fp16", "bf16"])
def test_arithmetic_that_the_device_lacks_is_exit_6_before_anything_is_written(make_windows, monkeypatch, precision):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    windows = make_windows()
    with pytest.raises(UnavailableError, match=f"--precision {precision}: ") as error:
        run(windows, precision=precision)
    assert error.value.exit_code == 6 and not windows.with_name("run").exists()


def test_a_warm_up_that_never_ends_is_refused_before_anything_is_written(make_windows):
    windows = make_windows()
    with pytest.raises(InputError, match="--warmup 500steps: the whole training has "):
        run(windows, warmup="500steps")
    assert not windows.with_name("run").exists()


def test_bf16_learns_and_what_is_looked_at_is_in_single_precision(make_windows, monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)  # emulated where it is not: slow, and the same rule
    windows = make_windows()
    half, single = (read_table(run(windows, name, arch="eegnet", precision=name).output / "history.parquet") for name in ("bf16", "fp32"))
    assert half["train_loss"].tolist() != single["train_loss"].tolist()
    assert half["validation_loss"] == pytest.approx(single["validation_loss"], abs=0.05)


def test_a_closed_form_says_that_it_does_not_use_them(make_windows):
    heard = CapturingReporter()
    run(make_windows(), arch="majority", epochs=None, batch_size=None, reporter=heard, **EXTRAS)
    assert "warning: majority is fitted in closed form: --clip-norm, --accumulate, --schedule, --warmup is not used" in heard.messages
