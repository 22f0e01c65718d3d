"""Cohorts on a real Slurm: whatever happens to tasks and workers, the artifact is that of one undisturbed run."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.cluster import ask, queue, wait_for
from tests.kit.commands import eegcli, eegcli_process
from tests.kit.files import contents
from tests.kit.shared import once_for_all_workers
from tests.kit.trees import make_tree, noise, recording, write_edf

SUBJECTS = tuple(f"{i:02d}" for i in range(1, 17))
BROKEN = "07"
WORKERS = (
    "--executor",
    "slurm",
    "--slurm-workers",
    "2",
    "--slurm-memory",
    "1GB",
    "--slurm-walltime",
    "00:10:00",
    "--slurm-interface",
    "lo",
)


def signals(folder: Path) -> int:
    return len(list(folder.glob("sub-*/eeg/*.json")))


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "eegcli", *map(str, arguments)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of ten minutes, one of which is truncated; long enough that a signal comes while a task is at work."""

    def make(folder: Path) -> None:
        tree = make_tree(folder / "ds", SUBJECTS)
        for seed, subject in enumerate(SUBJECTS):
            write_edf(recording(tree, subject), noise(seconds=600.0, seed=seed))
        recording(tree, BROKEN).write_bytes(recording(tree, BROKEN).read_bytes()[:-5000])

    return once_for_all_workers(tmp_path_factory, "cohort-of-long-recordings", make) / "ds"


@pytest.fixture(scope="module")
def serial(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Contents of the artifact that one undisturbed process writes."""

    def make(folder: Path) -> None:
        done = eegcli("preprocess", tree, "-o", folder / "serial", "--jobs", 1, "-q")
        assert done.returncode == 5, done.stderr

    return contents(once_for_all_workers(tmp_path_factory, "serial", make) / "serial")


def test_an_array_of_four_writes_one_artifact(environment, tree, serial, tmp_path):
    output = tmp_path / "out"
    script = tmp_path / "job.sh"
    script.write_text(f"#!/bin/bash\neegcli preprocess {tree} -o {output}\necho code $?\n")
    job = ask("sbatch", "--parsable", "--array=0-3", f"--output={tmp_path}/%a.log", str(script))
    wait_for(lambda: job not in queue())  # `sbatch --wait` asks ever more rarely
    logs = {path.name: path.read_text() for path in tmp_path.glob("*.log")}
    assert sorted(log.splitlines()[-1] for log in logs.values()) == ["code 0", "code 0", "code 0", "code 5"], logs
    assert contents(output) == serial
    assert all(str(output) in log and "(SLURM_ARRAY_TASK_ID; --shard 1/1 takes all): 4 of 16 recordings." in log for log in logs.values())
    assert sum("left to other shards" not in log for log in logs.values()) >= 1


def template() -> str:
    """The batch script of the documentation."""
    page = (Path(__file__).parents[2] / "docs" / "hpc.md").read_text(encoding="utf-8")
    return re.search(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]


@pytest.mark.parametrize(("how", "task"), [("scontrol requeue", 1), ("scancel --signal=USR1 --batch", 2)])
def test_a_task_of_the_documented_array_goes_on_after(environment, tree, serial, tmp_path, how, task):
    """Requeued by Slurm, or warned of its time limit, when it requeues itself; the script is that of docs/hpc.md.

    The second is the array's last task, whose number is that of the whole array: the other one must not be begun again.
    """
    (tmp_path / "my-bids").symlink_to(tree)
    (tmp_path / "clean.sh").write_text(template())
    job = ask("sbatch", "--parsable", "--array=1-2", "--cpus-per-task=1", f"--chdir={tmp_path}", str(tmp_path / "clean.sh"))
    output, (log, other) = tmp_path / "my-bids-recordings", (tmp_path / f"clean-{number}.log" for number in (task, 3 - task))
    folders = (tree.with_name("ds-recordings"), output)
    # The first recording of the task's share: before it, the task may not have begun to listen for signals.
    wait_for(lambda: any(path for folder in folders for path in folder.glob(f"sub-0{task}/eeg/*.json")), log)
    ask(*how.split(), f"{job}_{task}")
    wait_for(lambda: "what is finished is kept" in log.read_text(), log)
    # Between its two lives a task may be in no queue.
    wait_for(lambda: log.read_text().count(f"Shard {task}/2") == 2 and job not in queue(), log)
    assert other.read_text().count(f"Shard {3 - task}/2") == 1
    assert contents(output) == serial


def test_workers_of_slurm_write_what_one_process_writes_though_one_is_cancelled(environment, tree, serial, tmp_path):
    pytest.importorskip("dask_jobqueue")
    output = tmp_path / "out"
    process = subprocess.Popen(
        command_line("preprocess", tree, "-o", output, *WORKERS), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: signals(output) > 2)
    jobs = ask("squeue", "--noheader", "--name=eegcli", "--format=%A").split()
    ask("scancel", jobs[0])
    out, err = process.communicate(timeout=280)
    assert (process.returncode, out.strip()) == (5, str(output)), err
    assert contents(output) == serial
    wait_for(lambda: not set(jobs) & set(queue()))


def test_a_client_that_is_stopped_takes_its_jobs_with_it_and_its_successor_goes_on(environment, tree, serial, tmp_path):
    pytest.importorskip("dask_jobqueue")
    output = tmp_path / "out"
    process = subprocess.Popen(
        command_line("preprocess", tree, "-o", output, *WORKERS), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: signals(output) > 2)
    jobs = set(ask("squeue", "--noheader", "--name=eegcli", "--format=%A").split())
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=280)
    assert (process.returncode, out) == (75, ""), err
    wait_for(lambda: not jobs & set(queue()))
    again = eegcli("preprocess", tree, "-o", output, "--jobs", 1)
    assert again.returncode == 5, again.stderr
    assert contents(output) == serial


def test_what_slurm_does_not_take_is_said_in_one_line(environment, tree, tmp_path):
    pytest.importorskip("dask_jobqueue")
    done = eegcli_process("preprocess", tree, "-o", tmp_path / "out", *WORKERS, "--slurm-partition", "nowhere")
    assert done.returncode == 6 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "invalid partition specified: nowhere" in done.stderr
