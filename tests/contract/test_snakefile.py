"""The Snakefile of the documentation runs, with Snakemake's local executor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eegcli.artifacts.recordings import open_recordings

ROOT = Path(__file__).parents[2]


@pytest.mark.exhaustive
def test_the_snakefile_takes_the_demo_to_an_evaluation(commands, tmp_path):
    pytest.importorskip("snakemake")
    environment = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    config = ["--config", "subjects=8", "shards=2", "arch=logistic"]
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "docs" / "Snakefile", "--cores", "2", "--directory", tmp_path, *config]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "demo-run-logistic-sex" / "evaluation" / "metrics.json").is_file()
    assert set(open_recordings(tmp_path / "demo-recordings").table["status"]) == {"ok"}
    again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "Nothing to be done" in again.stdout + again.stderr
