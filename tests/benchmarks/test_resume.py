"""The benchmark of exact resume on one network: every place and every signal once; the whole of it is run by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.kit.cohorts import loud_windows
from tests.kit.preloaded import Process

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROGRAM = """
import json, random, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import resume
import torch
torch.set_num_threads(1)
folder = Path(sys.argv[2])
settings = {"windows": folder / "windows", "arch": "eegnet", "optimizer": "adam", "epochs": 3, "batch_size": 12, "threads": 1, "device": "cpu"}
settings |= {"no_baseline": True, "checkpoint_minutes": resume.INTERVAL / 60}
print(json.dumps(resume.kills(folder, settings, 14, random.Random(1))))
"""


@pytest.mark.exhaustive
def test_killed_at_every_place_and_by_every_signal_a_training_ends_with_the_same_bytes(commands, tmp_path):
    loud_windows(tmp_path / "windows")
    out, into = os.pipe()
    process = Process(commands, "-c", PROGRAM, BENCHMARKS, tmp_path, cwd=tmp_path, stdout=into)
    os.close(into)
    with os.fdopen(out) as said:
        found = json.loads(said.read())
    assert process.wait() == 0
    assert found["runs"] == found["identical"] == 14 and found["temporary files left"] == 0
    places = ["in the write", "before the rename", "in validation", "at an epoch's end", "after the last step", "twice", "moved"]
    assert all(found[kind] for kind in (*places, "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGINT"))
    assert found["lost_of_bound_most"] <= 1.0
    assert found["seconds_from_signal_to_end_most"] < 5.0
