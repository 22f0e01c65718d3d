"""Trainings on a real Slurm: timed out, requeued and shared out, they end in the weights of one undisturbed process."""

from __future__ import annotations

import math
import time
from pathlib import Path

from eegcli.artifacts.table import read_table
from tests.kit.cluster import ask, queue, wait_for
from tests.kit.cohorts import loud_windows
from tests.kit.pages import blocks_of
from tests.kit.runs import contents, run

HPC = Path(__file__).parents[2] / "docs" / "hpc.md"
SECTION = "Folds and seeds as an array"
LIMIT = 60  # seconds: the shortest that Slurm knows


def script(tmp_path: Path, command: str, *changes: tuple[str, str]) -> Path:
    """The batch script of the documentation with another command, and other lines."""
    (text,) = blocks_of(HPC, SECTION, "bash")
    documented = "eegcli train my-bids-windows --arch vgg --cv 5 --seeds 2 --threads 2 &"
    for old, new in ((documented, f"{command} &"), *changes):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "train.sh"
    path.write_text(text)
    return path


def test_a_training_that_is_longer_than_its_time_limit_is_requeued_until_it_is_done(environment, tmp_path):
    windows = loud_windows(tmp_path / "small-windows")
    begun = time.monotonic()
    run(windows, "probe", epochs=4)
    epochs = math.ceil(1.2 * LIMIT / ((time.monotonic() - begun) / 4))
    whole = run(windows, "whole", epochs=epochs)
    output = tmp_path / "limited"
    command = f"eegcli train {windows} -o {output} --epochs {epochs} --batch-size 24 --threads 1 --device cpu --no-baseline"
    changes = (("--time=02:00:00", "--time=00:01:00"), ("B:USR1@120", "B:USR1@30"), ("--array=1-5", "--array=1-1"))
    job = ask("sbatch", "--parsable", f"--chdir={tmp_path}", str(script(tmp_path, command, *changes)))
    log = tmp_path / "train-1.log"
    wait_for(lambda: (output / "done.json").exists() and job not in queue(), log, seconds=800)
    said = log.read_text()
    assert "stopped by SIGUSR1" in said and "going on from the checkpoint" in said, said
    assert len(read_table(output / "history.parquet")["epoch"]) == epochs
    assert contents(output) == contents(whole.output)


def test_an_array_trains_the_seeds_of_one_run_though_a_task_is_requeued(environment, tmp_path):
    windows = loud_windows(tmp_path / "small-windows")
    whole = run(windows, "whole", seeds=5, epochs=20)
    output = tmp_path / "shared"
    command = f"eegcli train {windows} -o {output} --seeds 5 --epochs 20 --batch-size 24 --threads 1 --device cpu --no-baseline"
    job = ask("sbatch", "--parsable", f"--chdir={tmp_path}", str(script(tmp_path, command, ("--array=1-5", "--array=1-2"))))
    log, other = (tmp_path / f"train-{task}.log" for task in (1, 2))
    wait_for(lambda: (output / "seed-00/checkpoint/checkpoint.safetensors").exists(), log)
    ask("scontrol", "requeue", f"{job}_1")
    wait_for(lambda: (output / "done.json").exists() and job not in queue(), log, other)
    said = log.read_text()
    assert said.count("Shard 1/2 (SLURM_ARRAY_TASK_ID; --shard 1/1 takes all): 3 of 5 networks.") == 2, said
    assert "Shard 2/2" in other.read_text()
    assert contents(output) == contents(whole.output)
