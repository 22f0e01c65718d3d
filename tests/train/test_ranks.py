"""`eegcli train` on several ranks: one of them writes and talks, all of them end together."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from eegcli.artifacts.sizes import of_size
from eegcli.compute.ranks import Place
from eegcli.errors import UsageError
from eegcli.files.atomic import read_json
from eegcli.settings import TrainSettings
from eegcli.train.shares import refuse_apart
from tests.kit import own, ranked
from tests.kit.cohorts import loud_windows
from tests.kit.runs import contents
from tests.kit.shared import once_for_all_workers

SIZE = 2
QUICK = ("--no-baseline", "--epochs", 12, "--batch-size", 25, "--threads", 1, "--device", "cpu", "--arch", "covwave")
CHECKPOINT = Path("checkpoint/checkpoint.safetensors")


def train(*wishes: object) -> tuple[object, ...]:
    return ("train", "windows", *QUICK, *wishes)


@pytest.fixture
def here(tmp_path) -> Path:
    """A folder with windows: 84 of them to learn from, so that the last batch of 25 has 9."""
    loud_windows(tmp_path / "windows")
    return tmp_path


@pytest.fixture(scope="session")
def trained(commands, tmp_path_factory) -> Path:
    """A folder with windows, and what one process, and two, made of them."""

    def make(folder: Path) -> None:
        loud_windows(folder / "windows")
        assert ranked.run(commands, SIZE, *train("-o", "together"), cwd=folder) == [0, 0]
        (folder / "printed").write_text(f"{ranked.said(folder, 0)}|{ranked.said(folder, 1)}")
        assert ranked.run(commands, 1, *train("-o", "alone"), cwd=folder) == [0]

    return once_for_all_workers(tmp_path_factory, "trained-by-ranks", make)


def test_one_rank_prints_the_path_and_the_run_says_how_many_there_were(trained):
    assert (trained / "printed").read_text() == "together\n|"
    assert read_json(trained / "together/metrics.json")["reproducible"]["ranks"] == SIZE
    assert read_json(trained / "alone/metrics.json")["reproducible"]["ranks"] == 1


def test_two_ranks_make_the_network_that_one_process_makes(trained):
    together, alone = (load_file(trained / name / "model.safetensors") for name in ("together", "alone"))
    for name, value in alone.items():
        assert float((together[name] - value).abs().max()) < 1e-4 * float(value.abs().max()) + 1e-6, name
    assert read_json(trained / "together/metrics.json")["kept_epoch"] == read_json(trained / "alone/metrics.json")["kept_epoch"]


def test_two_ranks_recentre_the_subjects_that_one_process_recentres(commands, here):
    aligned = ("--target", "task", "--align", "subject", "--epochs", 3, "--augment", "mixup")
    assert ranked.run(commands, SIZE, *train("-o", "together", *aligned), cwd=here) == [0, 0]
    assert ranked.run(commands, 1, *train("-o", "alone", *aligned), cwd=here) == [0]
    together, alone = (load_file(here / name / "model.safetensors") for name in ("together", "alone"))
    for name, value in alone.items():
        assert float((together[name] - value).abs().max()) < 1e-4 * float(value.abs().max()) + 1e-6, name
    figures = [read_json(here / name / "metrics.json")["validation"]["validation_loss"] for name in ("together", "alone")]
    assert figures[0] == pytest.approx(figures[1], rel=1e-4)


def test_a_run_of_ranks_is_finished_for_any_number_of_them(trained, commands, tmp_path):
    before = contents(trained / "together")
    for size in (1, 3):
        assert ranked.run(commands, size, *train("-o", trained / "together"), "--json", cwd=tmp_path.parent / trained) == [0] * size
        assert json.loads(ranked.said(trained, 0))["status"] == "ok"
    assert contents(trained / "together") == before


def test_folds_and_seeds_are_trained_together_one_after_the_other(commands, here):
    assert ranked.run(commands, SIZE, *train("--cv", 2, "--seeds", 2, "--epochs", 1, "-o", "folds"), cwd=here) == [0, 0]
    assert [one["fold"] for one in read_json(here / "folds/metrics.json")["networks"]] == [0, 0, 1, 1]


def test_smaller_shares_of_the_training_subjects_are_trained_together_too(commands, here):
    wishes = train("--train-subjects", "0.5,1", "--accumulate", 2, "--epochs", 1, "-o", "run")
    assert ranked.run(commands, SIZE, *wishes, cwd=here) == [0, 0]
    half = of_size(here / "run", 0.5)
    before = contents(half)
    assert read_json(half / "metrics.json")["reproducible"]["ranks"] == SIZE
    # The whole is finished: all ranks go on to the half, and make it again.
    shutil.rmtree(half)
    assert ranked.run(commands, SIZE, *wishes, cwd=here) == [0, 0]
    assert contents(half) == before


def test_a_signal_to_any_rank_stops_all_at_one_step_and_they_go_on_to_the_same_bytes(trained, commands, here):
    ranks = ranked.start(commands, SIZE, *train("-o", "stopped", "--json"), cwd=here)
    _stop(ranks[1].pid, here)
    assert [rank.wait() for rank in ranks] == [75, 75]
    assert "stopped by SIGTERM" in json.loads(ranked.said(here, 0))["errors"][0]["error"]
    assert ranked.said(here, 1) == ""
    assert (here / "stopped" / CHECKPOINT).exists()
    # Another number of ranks sums in another order.
    assert ranked.run(commands, 1, *train("-o", "stopped", "--json"), cwd=here) == [3]
    assert "begun with 2 ranks, and 1 would go on" in ranked.said(here, 0)
    assert ranked.run(commands, SIZE, *train("-o", "stopped"), cwd=here) == [0, 0]
    assert contents(here / "stopped") == contents(trained / "together")


def _stop(process: int, folder: Path) -> None:
    """Send SIGTERM when the training has begun."""
    while not (folder / "stopped/.progress.json").exists() and not (folder / "stopped/checkpoint/.progress.json").exists():
        time.sleep(0.01)
    os.kill(process, signal.SIGTERM)


@pytest.mark.parametrize("killed", [0, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_when_a_rank_is_killed_the_others_end_within_seconds(commands, here, killed):
    ranks = ranked.start(commands, SIZE, *train("-o", "run", "--epochs", 100_000, "--json"), cwd=here)
    while not (here / "run/checkpoint/.progress.json").exists():
        time.sleep(0.01)
    start = time.monotonic()
    os.kill(ranks[killed].pid, signal.SIGKILL)
    codes = [rank.wait() for rank in ranks]
    assert codes[killed] == -9
    assert codes[1 - killed] == 75
    assert time.monotonic() - start < 15
    if killed == 1:
        assert "another of the 2 ranks has ended without a word" in ranked.said(here, 0)


def test_an_error_ends_all_with_its_code_and_is_printed_once(commands, here):
    assert ranked.run(commands, SIZE, *train("--target", "mood", "--json"), cwd=here) == [3, 3]
    assert "mood" in json.loads(ranked.said(here, 0))["errors"][0]["error"]
    assert ranked.said(here, 1) == ""


FULL_DISK = """
import os
from eegcli import errors, train
from eegcli.engine import checkpoint, saver
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings

def save(self):
    raise errors.UnavailableError("the disk is full")

saver.CHECKPOINT_SECONDS = 0.0
checkpoint.Checkpoint.save = save
settings = TrainSettings(windows="windows", output="run", arch="covwave", epochs=1000, no_baseline=True, device="cpu", threads=1)
try:
    train.run(settings, reporter=Silent())
except errors.EegcliError as error:
    print(error.message, flush=True)
    raise SystemExit(error.exit_code)
"""


def test_what_only_the_rank_that_writes_meets_ends_all(commands, here):
    assert ranked.run(commands, SIZE, "-c", FULL_DISK, cwd=here) == [6, 6]
    assert ranked.said(here, 0) == "the disk is full\n"
    assert ranked.said(here, 1) == "rank 0: the disk is full\n"


def test_ranks_that_are_to_train_something_else_are_refused(commands, here):
    others = train("-o", "run", "--lr", 0.5, "--json")
    assert ranked.run(commands, SIZE, *train("-o", "run", "--json"), cwd=here, others=others) == [2, 2]
    told = json.loads(ranked.said(here, 0))["errors"][0]
    assert told["error"] == "rank 1: rank 1 of 2 is to train something else than the first"
    assert "--ranks none" in told["hint"]


def test_a_network_whose_batches_cannot_be_shared_out_is_refused(commands, here):
    own.own(here, own.NET.replace("x / 10", "(x + torch.randn_like(x) * self.training) / 10"))
    arguments = ("train", "windows", "--no-baseline", "--epochs", 1, "--device", "cpu", "--arch", "./mynet.py:Net", "--json")
    assert ranked.run(commands, SIZE, *arguments, cwd=here) == [3, 3]
    assert "what stands before network.filters (Conv1d) is not with 2 ranks what it is in one process" in ranked.said(here, 0)
    assert ranked.run(commands, 1, *arguments, cwd=here) == [0]


def test_a_closed_form_is_fitted_by_one(commands, here):
    assert ranked.run(commands, SIZE, "train", "windows", "--arch", "tangent-space", "--json", cwd=here) == [0, 0]


def test_none_of_them_is_together_where_that_is_asked_for(commands, here):
    codes = ranked.run(commands, SIZE, *train("-o", "a", "--ranks", "none"), cwd=here, others=train("-o", "b", "--ranks", "none"))
    assert codes == [0, 0]
    assert [ranked.said(here, rank) for rank in (0, 1)] == ["a\n", "b\n"]
    assert contents(here / "a") == contents(here / "b")


@pytest.mark.exhaustive
def test_torchrun_starts_them_and_hands_on_its_signal(trained, here):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "eegcli"]
    arguments = [str(one) for one in train("-o", "run")]
    process = subprocess.Popen([*command, *arguments], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (here / "run/checkpoint/.progress.json").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1  # whatever the ranks end with
    assert len(re.findall("error: stopped by SIGTERM", err)) == 1
    done = subprocess.run([*command, *arguments], cwd=here, capture_output=True, text=True, check=True)
    assert done.stdout == "run\n"
    assert contents(here / "run") == contents(trained / "together")


@pytest.mark.parametrize(
    ("wishes", "option"),
    [
        ({"jobs": 2}, "--jobs"),
        ({"at_once": 2}, "--at-once"),
        ({"shard": "1/2"}, "--shard"),
        ({"batch_size": "auto"}, "--batch-size auto"),
    ],
)
def test_what_each_process_would_do_for_itself_is_refused(wishes, option):
    with pytest.raises(UsageError, match=f"^{option}: not for 2 ranks that train together"):
        refuse_apart(TrainSettings(**wishes), Place(0, 2))
    refuse_apart(TrainSettings(jobs=1, accumulate=2, train_subjects=(0.5, 1.0)), Place(0, 2))
