"""Tasks of a real srun that train one network."""

from __future__ import annotations

import subprocess

from eegcli.files.atomic import read_json
from tests.kit.cohorts import loud_windows


def test_tasks_of_an_srun_train_one_network_where_they_are_told_to(environment, tmp_path):
    loud_windows(tmp_path / "windows")
    train = "eegcli train windows --no-baseline --epochs 2 --batch-size 25 --threads 1 --device cpu --arch covwave -o run --ranks slurm"
    done = subprocess.run(
        ["srun", "-n", "2", "--overcommit", *train.split()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "run\n"
    assert read_json(tmp_path / "run/metrics.json")["reproducible"]["ranks"] == 2
