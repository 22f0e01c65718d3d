"""The benchmark of fetch: its judgement, and that it runs where its tools are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fetch.py"


@pytest.mark.exhaustive
@pytest.mark.skipif(not all(map(shutil.which, ("nginx", "curl", "sha256sum"))), reason="nginx and curl are needed")
def test_the_quick_benchmark_judges_by_the_ratio_of_times(tmp_path):
    pytest.importorskip("boto3")
    done = subprocess.run([sys.executable, SCRIPT, "--json", "--quick", "--folder", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    large, small = (result["cases"][name]["seconds"] for name in ("large", "small"))
    measured = [claim["measured"] for claim in result["claims"].values()]
    assert measured == [large["curl, sha256sum"] / large["eegcli"], small["boto3"] / small["eegcli"]]
    assert [claim["holds"] for claim in result["claims"].values()] == [measured[0] >= 0.7, measured[1] >= 3]
    assert list(tmp_path.iterdir()) == []
