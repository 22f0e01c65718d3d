"""The benchmark of the feed: its judgement, and that it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "feed.py"


@pytest.mark.exhaustive
def test_the_quick_benchmark_judges_memory_and_the_ratio_of_times(tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, "--json", "--quick", "--folder", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    peak = max(case["peak_bytes"] for case in result["cases"]["memory"].values()) / 1e9
    seconds = result["cases"]["stream"]["seconds"]
    measured = [claim["measured"] for claim in result["claims"].values()]
    assert measured == [peak, seconds["streamed"][0] / seconds["local"][0]]
    assert [claim["holds"] for claim in result["claims"].values()] == [peak <= 1.5, measured[1] <= 1.1]
    assert list(tmp_path.iterdir()) == []
