"""Cost of a training: as it is told, as it is written, and as it was expected."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.table import read_table
from eegcli.engine import expectation
from eegcli.errors import Stopped
from eegcli.reporter import Silent
from eegcli.train import trainer
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents, run
from tests.train.test_resume import StopAfter


def test_each_epoch_tells_its_time_speed_memory_and_use_of_the_processor(make_windows):
    heard = CapturingReporter()
    result = run(make_windows(), arch="eegnet", epochs=3, reporter=heard)
    told = [message for message in heard.infos if message.startswith("epoch ")]
    assert len(told) == 3
    assert all(re.search(r"; [\d.e-]+ s, \d+ windows/s, \d+ MB, cpu \d+%; 0:00:\d\d left$", message) for message in told)
    table = read_table(result.output / "timing.parquet")
    assert table["epoch"].tolist() == [1, 2, 3]
    n_train = 84  # seven of twelve subjects, two tasks, six windows each
    assert table["n_windows"].tolist() == [n_train] * 3
    np.testing.assert_allclose(table["windows_per_second"], n_train / table["seconds_learning"])
    np.testing.assert_allclose(table["seconds"], table["seconds_learning"] + table["seconds_looking"])
    assert (table["memory_bytes"] > 50e6).all()
    assert ((table["utilisation"] > 0) & (table["utilisation"] <= 1)).all()
    assert np.isnan(table["joules"]).all()


def test_times_of_the_epochs_before_a_stop_are_kept(make_windows, monkeypatch):
    windows = make_windows()
    whole = run(windows, "whole", arch="eegnet", epochs=4)
    monkeypatch.setattr(trainer, "stop_signals", lambda: StopAfter(13))
    with pytest.raises(Stopped):
        run(windows, "stopped", arch="eegnet", epochs=4)
    monkeypatch.undo()
    stopped = run(windows, "stopped", arch="eegnet", epochs=4)
    assert read_table(stopped.output / "timing.parquet")["epoch"].tolist() == [1, 2, 3, 4]
    assert contents(whole.output) == contents(stopped.output)


def test_a_profile_says_where_the_time_goes_and_changes_no_byte(make_windows):
    windows = make_windows()
    plain = run(windows, "plain", arch="eegnet", batch_size=12)
    heard = CapturingReporter()
    watched = run(windows, "watched", arch="eegnet", batch_size=12, profile=True, reporter=heard)
    assert contents(plain.output) == contents(watched.output)
    table = read_table(watched.output / "profile.parquet")
    assert table["share"].sum() == pytest.approx(1)
    assert (np.diff(table["ms_per_batch"]) <= 0).all()
    forward = table["operation"].tolist().index("aten::mkldnn_convolution") if "aten::mkldnn_convolution" in table["operation"] else 0
    assert table["calls_per_batch"][forward] >= 1
    assert any("Optimizer.step" in name for name in table["operation"])
    assert "traceEvents" in json.loads((watched.output / "trace.json").read_text())
    assert len(heard.tables) == 1


def test_an_epoch_that_is_too_short_for_a_profile_is_said(make_windows):
    heard = CapturingReporter()
    run(make_windows(), arch="eegnet", profile=True, batch_size=84, reporter=heard)
    assert any("too short" in message for message in heard.warnings)


@pytest.mark.parametrize(
    "wishes", [{"arch": "eegnet"}, {"arch": "logistic"}, {"arch": "eegnet", "target": "age"}, {"arch": "eegnet", "cv": 3}]
)
def test_a_rehearsal_expects_time_memory_and_steps_and_writes_nothing(make_windows, wishes):
    windows = make_windows()
    expected = run(windows, epochs=5, dry_run=True, no_baseline=False, **wishes).data()
    assert not windows.with_name("run").exists()
    assert 3 < expected["seconds"] < 60
    assert 1e8 < expected["memory_bytes"] < 1e10
    # ceil(84 / 24) batches an epoch; in three folds 6 of 12 subjects learn
    assert expected["n_steps"] == (0 if wishes["arch"] == "logistic" else 5 * math.ceil((72 if "cv" in wishes else 84) / 24))


@pytest.mark.exhaustive
def test_the_expected_time_is_within_30_percent_of_the_run(make_windows, monkeypatch):
    """On a quiet machine; of three tries one has to hold, for others may use it."""
    monkeypatch.setattr(expectation, "LEARNING_SECONDS", 2.0)
    monkeypatch.setattr(expectation, "LOOKING_SECONDS", 1.0)
    windows = make_windows(n_subjects=40, n_windows=20)
    ratios = []
    for attempt in range(3):
        wishes = {"arch": "eegnet", "epochs": 40, "no_baseline": True}
        expected = run(windows, f"dry-{attempt}", dry_run=True, **wishes).data()["seconds"] - 3.0  # without the start of Python
        took = read_table(run(windows, f"run-{attempt}", **wishes).output / "timing.parquet")["seconds"].sum()
        ratios.append(expected / took)
        if abs(ratios[-1] - 1) < 0.3:
            return
    pytest.fail(f"expected over taken: {ratios}")


@pytest.fixture(scope="module")
def eegmat_windows(real_data: Path, tmp_path_factory) -> Path:
    """Windows of 2 s of twelve people, at rest and in arithmetic."""
    from eegcli import epoch, preprocess
    from eegcli.settings import EpochSettings, PreprocessSettings

    folder = tmp_path_factory.mktemp("eegmat")
    recordings = preprocess.run(PreprocessSettings(bids=real_data / "eegmat", output=folder / "recordings", jobs=1), reporter=Silent())
    return epoch.run(EpochSettings(recordings=recordings.output, output=folder / "windows"), reporter=Silent()).output


@pytest.mark.exhaustive
@pytest.mark.parametrize(("arch", "epochs"), [("eegnet", 60), ("covwave", 30)])
def test_the_expected_time_is_within_30_percent_of_the_whole_command_on_real_recordings(eegmat_windows, tmp_path, arch, epochs):
    """The command from its start to its end, baseline and all; of three tries one has to hold, for others may use the machine."""

    def command(*wishes: object) -> subprocess.CompletedProcess[str]:
        words = (
            "train",
            eegmat_windows,
            "--target",
            "task",
            "--arch",
            arch,
            "--epochs",
            epochs,
            "--threads",
            1,
            "--device",
            "cpu",
            *wishes,
        )
        return subprocess.run([sys.executable, "-m", "eegcli", *map(str, words)], capture_output=True, text=True, check=True)

    ratios = []
    for attempt in range(3):
        output = tmp_path / f"run-{attempt}"
        expected = json.loads(command("-o", output, "--dry-run", "--json").stdout)["data"]["seconds"]
        begun = time.monotonic()
        command("-o", output)
        ratios.append(expected / (time.monotonic() - begun))
        if abs(ratios[-1] - 1) < 0.3:
            return
    pytest.fail(f"expected over taken: {ratios}")
