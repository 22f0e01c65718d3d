"""Networks of a run side by side, and in shares: the bytes of one after the other; what dies or fails is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from eegcli import open_run, train
from eegcli.engine.cost import START_BYTES
from eegcli.errors import InputError, PartlyFailed, UsageError
from eegcli.files.claim import owners, take
from eegcli.settings import TrainSettings
from eegcli.train import shares, trainer
from tests.kit.commands import eegcli
from tests.kit.preloaded import Process
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import QUICK, contents, run

ROOT = Path(__file__).parents[2]
COMMAND = ("--epochs", 2, "--batch-size", 24, "--threads", 1, "--device", "cpu", "--no-baseline")


@pytest.mark.slow
@pytest.mark.parametrize(
    "wishes",
    [{}, pytest.param({"arch": "logistic", "target": "age", "threads": 2}, marks=pytest.mark.exhaustive)],
    ids=["network", "closed form"],
)
def test_side_by_side_the_bytes_are_those_of_one_after_the_other(make_windows, wishes):
    windows = make_windows()
    heard = CapturingReporter()
    after = run(windows, "after", cv=3, **wishes)
    beside = run(windows, "beside", cv=3, jobs=2, reporter=heard, **wishes)
    assert contents(after.output) == contents(beside.output)
    assert beside.validation == after.validation
    assert {message.partition(":")[0] for message in heard.infos} >= {"fold 0", "fold 1", "fold 2"}


@pytest.mark.exhaustive
def test_aligned_windows_and_a_network_of_ones_own_are_trained_side_by_side_too(make_windows, tmp_path):
    windows = make_windows()
    net = "import torch\nclass Net(torch.nn.Sequential):\n    def __init__(self, n_chans, n_times, n_outputs):\n"
    net += "        super().__init__(torch.nn.Flatten(), torch.nn.Dropout(0.2), torch.nn.Linear(n_chans * n_times, n_outputs))\n"
    (tmp_path / "net.py").write_text(net)
    wishes = {
        "arch": f"{tmp_path}/net.py:Net",
        "epochs": 2,
        "batch_size": 10,
        "lr": 0.001,
        "target": "task",
        "align": "subject",
        "seeds": 3,
    }
    assert contents(run(windows, "a", **wishes).output) == contents(run(windows, "b", jobs=3, **wishes).output)


@pytest.mark.exhaustive
def test_a_job_that_is_killed_is_named_by_its_fold_and_the_others_go_on(make_windows):
    windows = make_windows()
    whole, output = run(windows, "whole", cv=3), windows.with_name("killed")

    def heard(message: str) -> None:
        if message.startswith("fold 1: epoch 1/"):
            (owner,) = (owner for file, owner in owners(output / "fold-01").items() if file.name.startswith(".network"))
            assert owner.process != os.getpid()
            os.kill(owner.process, signal.SIGKILL)

    reporter = CapturingReporter(heard)
    with pytest.raises(PartlyFailed) as error:
        run(windows, "killed", cv=3, jobs=2, reporter=reporter)
    assert error.value.exit_code == 5
    assert f"{output}: 1 of 3 networks could not be trained (fold 1: its process was killed by SIGKILL" in error.value.message
    assert any(warning.startswith("fold 1 failed: its process was killed by SIGKILL") for warning in reporter.warnings)
    assert [(output / f"fold-0{fold}/metrics.json").exists() for fold in range(3)] == [True, False, True]
    assert contents(run(windows, "killed", cv=3, jobs=2).output) == contents(whole.output)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_the_first_process_stops_all_with_checkpoints_and_they_go_on_to_the_same_bytes(make_windows, tmp_path, how, code):
    windows = make_windows()
    whole = run(windows, "whole", seeds=3, epochs=40)
    output = windows.with_name("stopped")
    words = ["train", windows, "-o", output, *COMMAND, "--epochs", 40, "--seeds", 3, "--jobs", 2]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "eegcli", *map(str, words)], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    both = [output / f"seed-0{seed}/checkpoint/checkpoint.safetensors" for seed in (0, 1)]
    while not all(file.exists() for file in both):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (code, ""), err
    assert err.count("finishing the step") == 1  # the first one speaks for all
    assert all(file.exists() for file in both)
    assert not owners(output)
    heard = CapturingReporter()
    assert contents(run(windows, "stopped", seeds=3, epochs=40, jobs=2, reporter=heard).output) == contents(whole.output)
    assert sum("going on from the checkpoint" in message for message in heard.infos) == 2


def broken(job, split, network, **others):
    if network.fold == 1:
        raise InputError("training diverged", cause="odd")
    return trained(job, split, network, **others)


trained = trainer.network_in_turns


def test_a_fold_that_fails_is_named_and_the_others_are_kept(make_windows, monkeypatch):
    windows, heard = make_windows(), CapturingReporter()
    monkeypatch.setattr(trainer, "network_in_turns", broken)
    with pytest.raises(PartlyFailed, match=r"1 of 3 networks could not be trained \(fold 1: training diverged\); the others are kept"):
        run(windows, cv=3, reporter=heard)
    assert "fold 1 failed: training diverged" in heard.warnings
    monkeypatch.undo()
    again = CapturingReporter()
    result = run(windows, cv=3, reporter=again)
    assert "fold 0: is finished" in again.infos and "fold 2: is finished" in again.infos
    assert contents(result.output) == contents(run(windows, "whole", cv=3).output)


def test_where_every_fold_fails_the_input_is_bad(make_windows, monkeypatch):
    monkeypatch.setattr(trainer, "network_in_turns", lambda *_, **__: broken(None, None, type("Network", (), {"fold": 1})))
    with pytest.raises(InputError, match=r"none of 3 networks could be trained \(fold 0: training diverged\)"):
        run(make_windows(), cv=3)


def test_shards_end_in_one_run_whichever_is_the_last(make_windows):
    windows = make_windows()
    whole = run(windows, "whole", cv=3, seeds=2)
    for order in ((1, 2), (2, 1)):
        name = f"shards-{order[0]}"
        heard = CapturingReporter()
        first = run(windows, name, cv=3, seeds=2, shard=f"{order[0]}/2", reporter=heard)
        assert (first.trained, first.left, first.output) == (3, 3, windows.with_name(name))
        assert f"Shard {order[0]}/2 (--shard): 3 of 6 networks." in heard.infos
        assert not (first.output / "done.json").exists() and not (first.output / "metrics.json").exists()
        last = run(windows, name, cv=3, seeds=2, shard=f"{order[1]}/2")
        assert last.validation == whole.validation and contents(last.output) == contents(whole.output)
        assert len(open_run(last.output).networks) == 6


def test_two_shards_at_the_same_time_end_in_one_run(make_windows, commands, tmp_path):
    windows = make_windows()
    whole = run(windows, "whole", seeds=4)
    words = ["train", windows, "-o", tmp_path / "both", *COMMAND, "--seeds", "4"]
    both = [Process(commands, *words, "--shard", f"{number}/2", cwd=tmp_path) for number in (1, 2)]
    assert [process.wait() for process in both] == [0, 0]
    assert contents(tmp_path / "both") == contents(whole.output)


ARRAY = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "2", "SLURM_ARRAY_TASK_STEP": "1"}


def test_a_task_of_an_array_takes_its_share_of_several_networks_and_the_whole_of_one(make_windows):
    windows = make_windows()
    array = {**ARRAY, "SLURM_ARRAY_TASK_COUNT": "2"}
    done = eegcli("train", windows, "-o", windows.with_name("share"), *COMMAND, "--seeds", 3, "--json", **array)
    assert done.returncode == 0, done.stderr
    assert "Shard 2/2 (SLURM_ARRAY_TASK_ID; --shard 1/1 takes all): 1 of 3 networks." in done.stderr
    data = json.loads(done.stdout)["data"]
    assert (data["trained"], data["left"]) == (1, 2) and (windows.with_name("share") / "seed-01/metrics.json").exists()
    alone = eegcli("train", windows, "-o", windows.with_name("alone"), *COMMAND, **array)
    assert alone.returncode == 0 and alone.stdout.strip() == str(windows.with_name("alone"))
    assert (windows.with_name("alone") / "done.json").exists()
    everything = eegcli("train", windows, "-o", windows.with_name("all"), *COMMAND, "--seeds", 2, "--shard", "1/1", **array)
    assert everything.returncode == 0 and (windows.with_name("all") / "done.json").exists()


def test_a_shard_may_not_remove_what_others_write(make_windows):
    with pytest.raises(UsageError, match="--force in shard 1/2"):
        run(make_windows(), seeds=2, shard="1/2", force=True)


def test_side_by_side_networks_share_the_cores_unless_threads_are_named_or_were_used_before(monkeypatch):
    monkeypatch.setattr(shares, "default_threads", lambda threads=None: threads or 8)
    none = TrainSettings()
    assert [shares.threads_of(none, jobs) for jobs in (1, 2, 3, 20)] == [8, 4, 2, 1]
    assert shares.threads_of(TrainSettings(threads=6), 4) == 6
    assert shares.threads_of(none, 4, before=5) == 5


def test_more_jobs_than_networks_or_cores_of_slurm_are_not_taken(monkeypatch):
    heard = CapturingReporter()
    assert shares.jobs_of(TrainSettings(), 10, heard) == 1
    assert shares.jobs_of(TrainSettings(jobs=8), 3, heard) == 3
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    assert shares.jobs_of(TrainSettings(jobs=8), 10, heard) == 2
    assert "Slurm granted 2 cores" in heard.warnings[0]


def test_a_dry_run_says_the_memory_of_all_jobs(make_windows):
    windows = make_windows()
    one, two = (train.run(TrainSettings(windows=windows, dry_run=True, cv=4, jobs=jobs, **QUICK)).summary for jobs in (1, 2))
    assert (one["jobs"], two["jobs"], one["shard"]) == (1, 2, "1/1")
    # Two processes that train, and the one that gives out the work.
    assert two["memory_bytes"] == 2 * one["memory_bytes"] + START_BYTES


def test_a_network_that_another_process_leaves_meanwhile_is_looked_at_again(make_windows, monkeypatch):
    windows = make_windows()
    whole = run(windows, "whole", cv=3)
    real, claims = trainer.network_in_turns, {}
    networks = [windows.with_name("shared") / name.path.relative_to(whole.output) for name in open_run(whole.output).networks]

    def train_network(job, split, network, **others):
        if network.fold == 0:  # as if somebody else had begun with fold 1
            claims[1] = networks[1] / ".network.claim"
            with take(claims[1].with_name(".mine.claim")) as mine:
                elsewhere = replace(mine.owner, host="node-7", place="another machine", nonce="n")
            claims[1].write_text(json.dumps(asdict(elsewhere)))
        if network.fold == 2:  # and is killed while we are at fold 2
            claims[1].unlink()
        return real(job, split, network, **others)

    monkeypatch.setattr(trainer, "network_in_turns", train_network)
    assert contents(run(windows, "shared", cv=3).output) == contents(whole.output)
