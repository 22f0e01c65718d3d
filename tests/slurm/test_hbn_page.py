"""The array of docs/hbn.md, on a real Slurm and a simulated HBN."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from eegcli.artifacts.table import read_table
from tests.kit.cluster import queue, wait_for
from tests.kit.pages import HBN, blocks_of
from tests.kit.serving import serving

SECTION = "On a Slurm cluster"


@pytest.mark.timeout(1800)
def test_the_documented_array_cleans_a_release_per_task_and_epoch_follows(environment, simulated_hbn, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    (script,) = blocks_of(HBN, SECTION, "bash")
    assert "--array=1-11" in script
    (folder / "hbn.sh").write_text(script.replace("--array=1-11", "--array=4-6"))  # three tasks: eleven would take a minute
    (submission,) = blocks_of(HBN, SECTION)
    monkeypatch.chdir(folder)
    with serving(simulated_hbn) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        monkeypatch.setenv("EEGCLI_JOBS", "1")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", submission], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        (job,) = re.findall(r"Submitted batch job (\d+)", done.stdout)
        wait_for(lambda: job not in queue(), seconds=1500)
    logs = "".join(path.read_text() for path in Path().glob("*-*.log")) + "".join(path.read_text() for path in Path().glob("slurm-*.out"))
    assert Path("hbn-windows/windows.parquet").exists(), logs[-4000:]
    assert set(read_table(Path("hbn-windows/windows.parquet"))["release_number"]) == {"R4", "R5", "R6"}
