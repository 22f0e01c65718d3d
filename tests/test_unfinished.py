"""`info` of what is not finished: who is at work, how far it is, and what is damaged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from eegcli import preprocess, train
from eegcli.describe import describe
from eegcli.engine import checkpoint, clock
from eegcli.errors import ArtifactError, Stopped
from eegcli.files.claim import Claim, take
from eegcli.reporter import Silent
from eegcli.settings import PreprocessSettings, TrainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import make_tree


@pytest.fixture
def windows(tmp_path: Path) -> Path:
    return cohorts.loud_windows(tmp_path / "windows")


def stopped(windows: Path, run: Path, monkeypatch: pytest.MonkeyPatch, at: str = "epoch 2/", **settings: object) -> list[dict[str, Any]]:
    """A training that ends as by SIGTERM when it says `at`; what `info` says of it after each epoch."""
    seen: list[dict[str, Any]] = []

    def heard(message: str) -> None:
        if "epoch " in message:
            seen.append(describe(run))
        if message.startswith(at):
            raise Stopped("stopped")

    monkeypatch.setattr(clock, "NOTE_SECONDS", 0.0)
    wished = {"arch": "vgg", "epochs": 5, "batch_size": 64, "threads": 1, "checkpoint_minutes": 0.0, **settings}
    with pytest.raises(Stopped):
        train.run(TrainSettings(windows=windows, output=run, **wished), reporter=CapturingReporter(heard))
    return seen


def test_a_training_says_epoch_best_time_and_who_and_one_that_was_stopped_where_it_goes_on(
    windows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    at_work = stopped(windows, run, monkeypatch)[-1]
    assert at_work["state"] == "at work" and f"process {os.getpid()}" in at_work["at_work"][0]
    assert at_work["epoch"] == "2 of 5" and at_work["best"]["epoch"] in (1, 2)
    assert "validation_balanced_accuracy" in at_work["best"]
    assert at_work["time_left"].startswith("0:")

    after = describe(run)
    assert after["state"].startswith("unfinished") and "at_work" not in after and "time_left" not in after
    assert after["epoch"] == "2 of 5" and after["checkpoint"].startswith("after epoch 1 and ")
    assert (after["kind"], after["arch"], after["target"]) == ("run", "vgg", "sex")


def test_of_several_networks_it_says_how_many_are_trained(windows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stopped(windows, tmp_path / "run", monkeypatch, at="seed 1: epoch 1/", seeds=3, epochs=2)
    assert [facts["networks"] for facts in seen] == ["0 of 3 are trained"] * 2 + ["1 of 3 are trained"]
    assert seen[-1]["in_training"]["fold 0, seed 1"].startswith("epoch 1 of 2; best: epoch 1, validation ")
    assert seen[-1]["time_left"].startswith("0:")


def test_a_checkpoint_that_is_cut_is_named(windows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(windows, tmp_path / "run", monkeypatch)
    path = tmp_path / "run" / checkpoint.NAME
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ArtifactError, match=r"checkpoint.safetensors: damaged"):
        describe(tmp_path / "run")


def test_recordings_say_how_many_are_cleaned_and_why_others_failed(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", ("01", "02", "03"))
    broken = tree / "sub-02/eeg/sub-02_task-rest_eeg.edf"
    broken.write_bytes(broken.read_bytes()[:300])
    output = tmp_path / "recordings"
    steps = ({"step": "resample", "sfreq": 64.0},)
    preprocess.run(PreprocessSettings(bids=tree, output=output, steps=steps, jobs=1), reporter=Silent())
    (output / "done.json").unlink()
    (output / "sub-03/eeg/sub-03_task-rest_desc-clean_eeg.json").unlink()
    facts = describe(output)
    assert facts["state"].startswith("unfinished") and facts["cleaned"] == "1 of 3" and facts["failed"] == 1
    assert sum(facts["causes"].values()) == 1

    claim = take(output / ".0.claim")
    assert isinstance(claim, Claim)
    with claim:
        facts = describe(output)
    assert facts["state"] == "at work" and facts["time_left"].startswith("0:00:")


@pytest.mark.parametrize(
    ("name", "content"), [("done.json", b""), ("metrics.json", b""), ("model.safetensors", None), ("splits.parquet", None)]
)
def test_a_damaged_run_is_exit_4_and_the_file_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    run = cohorts.train(cohorts.windows(tmp_path / "windows"), tmp_path / "run")
    file = run / name
    file.write_bytes(file.read_bytes()[:300] if content is None else content)
    with pytest.raises(ArtifactError, match=name) as caught:
        describe(run)
    assert caught.value.exit_code == 4


def test_a_windows_artifact_that_is_being_cut_says_what_is_written(windows: Path) -> None:
    (windows / "done.json").unlink()
    assert describe(windows)["bytes_written"] == (windows / "windows.h5").stat().st_size
    stored = json.loads((windows / "settings.json").read_text())
    assert describe(windows)["digest_of_settings"] == stored["digest"]
