"""Networks that take turns in one process (`--at-once`): the bytes of one after the other, stopped and resumed, too."""

from __future__ import annotations

import signal

import pytest
import torch

from eegcli.errors import PartlyFailed, Stopped, UnavailableError, UsageError
from eegcli.files.claim import owners
from eegcli.registry import Training
from eegcli.settings import TrainSettings
from eegcli.train import at_once, network, shares, trainer
from eegcli.train.at_once import MOST, at_once_of
from tests.kit.commands import eegcli
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import QUICK, contents, run
from tests.train.test_side_by_side import broken

# Everything that a training draws from, or keeps from batch to batch: dropout, running statistics, augmentation, averages, looks within epochs.
EVERYTHING = {"arch": "eegnet", "augment": ("noise", "sign-flip"), "ema": 0.9, "validate_every": 2, "schedule": "cosine", "epochs": 2}
QUICKEST = {"arch": "eegnet", "epochs": 1}


@pytest.mark.parametrize(
    "wishes", [EVERYTHING, {"arch": "eegnet", "target": "age", "kind": "regression", "epochs": 1}], ids=["everything", "a number"]
)
def test_at_once_the_bytes_are_those_of_one_after_the_other(make_windows, wishes):
    windows, heard = make_windows(), CapturingReporter()
    after = run(windows, "after", cv=2, seeds=2, **wishes)
    together = run(windows, "together", cv=2, seeds=2, at_once=3, reporter=heard, **wishes)
    assert "3 networks take turns on cpu" in heard.infos
    assert contents(after.output) == contents(together.output)
    # They did take turns: the second one begins before the first one is done.
    told = [message.partition(": epoch ")[0] for message in heard.infos if ": epoch " in message]
    assert told[:3] == ["fold 0, seed 0", "fold 0, seed 1", "fold 1, seed 0"]


def test_a_signal_stops_all_of_them_with_checkpoints_and_they_go_on_to_the_same_bytes(make_windows):
    windows = make_windows()
    whole, output = run(windows, "whole", seeds=3, epochs=3, arch="eegnet"), windows.with_name("stopped")
    raised = []

    def heard(message: str) -> None:
        if message.startswith("seed 1: epoch 1/") and not raised:
            raised.append(message)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Stopped) as error:
        run(windows, "stopped", seeds=3, epochs=3, arch="eegnet", at_once=2, reporter=CapturingReporter(heard))
    assert error.value.exit_code == 75
    assert [(output / f"seed-0{seed}/checkpoint/checkpoint.safetensors").exists() for seed in range(3)] == [True, True, False]
    assert not owners(output)
    again = CapturingReporter()
    assert contents(run(windows, "stopped", seeds=3, epochs=3, arch="eegnet", at_once=3, reporter=again).output) == contents(whole.output)
    assert sum("going on from the checkpoint" in message for message in again.infos) == 2


def test_a_network_that_fails_is_named_and_the_others_are_kept(make_windows, monkeypatch):
    windows = make_windows()
    monkeypatch.setattr(trainer, "network_in_turns", broken)
    with pytest.raises(PartlyFailed, match=r"1 of 3 networks could not be trained \(fold 1: training diverged\); the others are kept"):
        run(windows, cv=3, at_once=3, **QUICKEST)
    monkeypatch.undo()
    assert contents(run(windows, cv=3, at_once=2, **QUICKEST).output) == contents(run(windows, "whole", cv=3, **QUICKEST).output)


def test_out_of_memory_names_the_way_out_and_the_others_come_to_their_checkpoints(make_windows, monkeypatch):
    windows, real = make_windows(), network.in_turns

    def large(job, split, one, **others):
        turns = real(job, split, one, **others)
        for number, _ in enumerate(turns):
            if one.seed == 1 and number == 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            yield

    monkeypatch.setattr(trainer, "network_in_turns", large)
    with pytest.raises(UnavailableError, match="out of memory with 2 networks at once") as error:
        run(windows, seeds=2, at_once=2, **QUICKEST)
    assert error.value.hint == "Train fewer of them: --at-once 1."
    assert (windows.with_name("run") / "seed-00/checkpoint/checkpoint.safetensors").exists()
    monkeypatch.undo()
    again = CapturingReporter()
    assert contents(run(windows, seeds=2, reporter=again, **QUICKEST).output) == contents(run(windows, "whole", seeds=2, **QUICKEST).output)
    assert any("seed 0: going on from the checkpoint: 0 epochs and" in message for message in again.infos)


def job_on(device: str, windows, **wishes):
    """A job whose device is not here."""

    class Job:
        settings = TrainSettings(windows=windows, **(QUICK | {"batch_size": 70, "optimizer": "adamax", "lr": 0.002} | wishes))
        ranks = type("Ranks", (), {"size": 1})
        x = torch.empty(10, 24, 256)
        description = type("Description", (), {"shape": (24, 256)})

        def build(self):
            from eegcli import models

            return models.build("vgg", n_chans=24, n_times=256, n_outputs=2, sfreq=128.0)

    Job.device = torch.device(device)
    return Job()


def test_by_itself_it_is_one_on_a_cpu_and_as_many_as_memory_holds_on_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(at_once.hyperparameters, "hyperparameters", lambda _: HYPER)
    assert at_once_of(job_on("cpu", tmp_path), 12, jobs=1) == 1
    assert at_once_of(job_on("cpu", tmp_path, at_once=5), 12, jobs=1) == 5
    assert at_once_of(job_on("cpu", tmp_path, at_once=5), 3, jobs=1) == 3
    gpu = job_on("cuda", tmp_path)
    before, counts = torch.get_rng_state(), []

    for free in (0, 4 << 30, 8 << 30, 120 << 30):
        monkeypatch.setattr(at_once, "free_bytes", lambda _, free=free: free)
        counts.append(at_once_of(gpu, 12, jobs=1))
    assert counts[0] == 1 and 1 < counts[1] < counts[2] < MOST and counts[3] == MOST == 10
    assert torch.equal(torch.get_rng_state(), before)
    assert at_once_of(gpu, 3, jobs=1) == 3 and at_once_of(gpu, 12, jobs=2) == 1
    assert at_once_of(job_on("cuda", tmp_path, profile=True), 12, jobs=1) == 1


HYPER = Training(epochs=1, batch_size=70, optimizer="adamax", lr=0.002, weight_decay=0.001)


def test_side_by_side_and_at_once_are_not_both():
    with pytest.raises(UsageError, match="--jobs 2 and --at-once 3: side by side or at once, not both"):
        shares.jobs_of(TrainSettings(jobs=2, at_once=3), 4, CapturingReporter())
    assert shares.jobs_of(TrainSettings(jobs=2, at_once=1), 4, CapturingReporter()) == 2


def test_the_command_takes_a_number_or_auto(make_windows):
    windows = make_windows()
    words = ("train", windows, "--epochs", 1, "--batch-size", 24, "--threads", 1, "--device", "cpu", "--seeds", 3, "--dry-run", "--json")
    assert eegcli(*words, "--at-once", "none").returncode == 2
    assert '"at_once": 2' in eegcli(*words, "--at-once", 2).stdout
    assert '"at_once": 1' in eegcli(*words).stdout
