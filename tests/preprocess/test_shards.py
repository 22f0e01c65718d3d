"""Shards of a cohort: in any order, killed, repeated or at the same moment, they leave what one run leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from eegcli import preprocess
from eegcli.artifacts import folder as artifact_folder
from eegcli.artifacts.configuration import configuration_of
from eegcli.artifacts.folder import open_folder
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.table import read_table
from eegcli.bids.errors import RecordingError
from eegcli.errors import EegcliError, InputError, UsageError
from eegcli.preprocess import cleaning
from eegcli.preprocess.record import clean
from eegcli.settings import PreprocessSettings
from tests.kit.files import contents
from tests.kit.preloaded import Process
from tests.kit.trees import make_tree, noise, recording, write_edf


@pytest.fixture
def tree(tmp_path) -> Path:
    tree = make_tree(tmp_path / "ds", ("01", "02", "03", "04", "05"))
    write_edf(recording(tree, "05"), noise(seconds=40.0))
    recording(tree, "02").write_bytes(recording(tree, "02").read_bytes()[:-5000])
    return tree


@pytest.fixture
def whole(run, tree) -> dict[str, str]:
    return contents(run(tree, "whole").output)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_shards_in_any_order_leave_what_one_run_leaves(run, tree, whole, order):
    results = [run(tree, shard=f"{number}/3") for number in order]
    assert contents(results[0].output) == whole
    assert sum(result.ok for result in results) == 4 and sum(result.failed for result in results) == 1
    assert [result.left for result in results][-1] == 0 and all(result.left for result in results[:-1])
    assert sum(result.n_items for result in results) == 5
    assert sorted(read_table(results[0].output / "timing.parquet")["recording"]) == [f"sub-{s}_task-rest" for s in ("01", "03", "04", "05")]


def test_until_the_last_shard_has_ended_the_artifact_is_unfinished(run, tree, heard):
    output = run(tree, shard="1/2").output
    assert ["left to other shards", "2", ""] in heard.tables[-1].rows
    with pytest.raises(InputError, match="unfinished"):
        open_recordings(output)
    run(tree, shard="2/2")
    assert len(open_recordings(output)) == 5


def test_a_shard_that_is_run_again_does_nothing_but_try_its_failures(run, tree, whole):
    run(tree, shard="1/2"), run(tree, shard="2/2")
    again = [run(tree, shard=f"{number}/2") for number in (1, 2)]
    assert [(result.ok, result.left) for result in again] == [(0, 0)] * 2
    assert sum(result.failed for result in again) == 1 and sum(result.skipped for result in again) == 4
    assert contents(again[0].output) == whole


def test_a_shard_that_never_came_is_made_up_for_by_a_plain_run(run, tree, whole):
    output = run(tree, shard="1/3").output
    rest = run(tree)
    assert rest.skipped + rest.ok + rest.failed == 5 and rest.skipped > 0 and contents(output) == whole


def test_a_killed_shard_goes_on_where_it_stopped(run, tree, whole):
    output = run(tree, shard="1/2").output
    one = next(output.rglob("*.h5"))
    one.with_suffix(".json").unlink()  # killed between the signal and its sidecar
    shutil.rmtree(output / "failures", ignore_errors=True)
    run(tree, shard="2/2")
    assert run(tree, shard="1/2").left == 0
    assert contents(output) == whole


def test_two_shards_that_end_at_the_same_moment_leave_the_last_state(run, tmp_path, monkeypatch):
    """One has looked, and not yet written, when the other mends what had failed, and writes."""
    tree = make_tree(tmp_path / "sound", ("01", "02", "03"))
    undisturbed = contents(run(tree, "undisturbed").output)

    def forgetful(work):
        if work.recording.subject == "01":
            raise RecordingError("the disk hiccuped", cause="hiccup")
        return clean(work)

    with monkeypatch.context() as patched:
        patched.setattr(cleaning, "clean", forgetful)
        assert sum(run(tree, shard=f"{number}/2").failed for number in (1, 2)) == 1
    mine, others = ("2/2", "1/2")  # equally large recordings are dealt out by name: sub-01 is in the first shard
    write, disturbed = preprocess.write_artifact, []

    def late(*arguments):
        monkeypatch.setattr(preprocess, "write_artifact", write)
        disturbed.append(run(tree, shard=others))
        write(*arguments)

    monkeypatch.setattr(preprocess, "write_artifact", late)
    result = run(tree, shard=mine)
    assert (disturbed[0].ok, result.ok) == (1, 0)
    assert contents(result.output) == undisturbed


def test_more_shards_than_recordings_are_harmless(run, tree, whole):
    results = [run(tree, shard=f"{number}/8") for number in range(1, 9)]
    assert [result.n_items for result in results] == [1] * 5 + [0] * 3
    assert contents(results[0].output) == whole


def test_a_shard_of_failures_is_partial_and_all_shards_of_failures_are_bad_input(run, tmp_path):
    tree = make_tree(tmp_path / "bad", ("01", "02"))
    for subject in ("01", "02"):
        recording(tree, subject).write_bytes(b"")
    first = run(tree, shard="1/2")
    assert (first.failed, first.left) == (1, 1)
    with pytest.raises(InputError, match=r"every recording failed \(truncated: 2\)"):
        run(tree, shard="2/2")


def test_force_is_refused_since_it_would_remove_what_other_shards_write(run, tree):
    with pytest.raises(UsageError, match="--force in shard 1/2"):
        run(tree, shard="1/2", force=True)
    assert run(tree, shard="1/1", force=True).ok == 4


def test_a_task_of_a_slurm_array_takes_its_share_and_says_so(run, tree, monkeypatch, heard):
    for name, value in (("ID", 1), ("MIN", 0), ("MAX", 1), ("STEP", 1), ("COUNT", 2)):
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", str(value))
    said = []
    monkeypatch.setattr(heard, "info", said.append)
    assert run(tree).n_items == 2
    assert said[0] == "Shard 2/2 (SLURM_ARRAY_TASK_ID; --shard 1/1 takes all): 2 of 5 recordings."
    assert run(tree, "all", shard="1/1").n_items == 5


def test_a_dry_run_counts_the_share(run, tree):
    summary = run(tree, shard="1/2", dry_run=True).summary
    assert (summary["n_recordings"], summary["shard"]) == (3, "1/2")


def test_many_shards_can_begin_the_artifact_at_the_same_moment(tmp_path, monkeypatch):
    """None may take another's first file for a stranger's."""
    problems = []
    barrier = threading.Barrier(8)
    monkeypatch.setattr(artifact_folder, "write_provenance", lambda *_: None)  # threads share a process, so its temporary name, too
    monkeypatch.setattr(artifact_folder.atomic, "write_json", lambda path, _: path.write_text("{}"))
    monkeypatch.setattr(artifact_folder.atomic, "read_json", lambda _: stored)
    settings = PreprocessSettings(bids=Path("b"))
    stored = configuration_of("recordings", settings, {}, 1)

    def begin(attempt):
        barrier.wait()
        try:
            open_folder(tmp_path / f"many-{attempt}", "recordings", settings, inputs={}, version=1)
        except EegcliError as error:
            problems.append(error)

    for attempt in range(20):
        threads = [threading.Thread(target=begin, args=(attempt,)) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert problems == []


def test_notes_of_failures_hold_what_the_table_says(run, tree):
    output = run(tree).output
    table = open_recordings(output).table
    note = json.loads((output / "failures" / "sub-02_task-rest.json").read_text())
    assert (note["error"], note["cause"]) == (table["error"][1], table["cause"][1])
    assert [path.name for path in (output / "failures").iterdir()] == ["sub-02_task-rest.json"]


def test_a_shard_that_is_killed_in_the_middle_goes_on_with_the_same_command(run, tmp_path, commands):
    subjects = [f"{i:02d}" for i in range(1, 21)]
    tree = make_tree(tmp_path / "many", subjects)
    for seed, subject in enumerate(subjects):
        write_edf(recording(tree, subject), noise(seconds=90.0, seed=seed))
    undisturbed = contents(run(tree, "undisturbed").output)
    output = tmp_path / "killed"
    process = Process(commands, "preprocess", tree, "-o", output, "--shard", "1/2", "--jobs", "1", cwd=tmp_path)
    while not list(output.glob("sub-*/eeg/*.json")) and not process.poll():
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = len(list(output.glob("sub-*/eeg/*.json")))
    assert 0 < before < 10 and not (output / "recordings.parquet").exists()
    run(tree, "killed", shard="2/2")
    resumed = run(tree, "killed", shard="1/2")
    assert (resumed.skipped, resumed.ok, resumed.left) == (before, 10 - before, 0)
    assert contents(output) == undisturbed
