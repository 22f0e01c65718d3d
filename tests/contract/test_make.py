"""Make comes to rest: a command that finds nothing to do touches the done mark, by whose time make goes."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.kit.cohorts import loud_windows

RULES = """
run/done.json: windows/done.json
\t{eegcli} train windows --arch majority --output run --quiet
run/evaluation/done.json: run/done.json
\t{eegcli} evaluate run --resamples 20 --quiet
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_mark_that_is_older_than_its_input_is_made_again_once(tmp_path, commands):
    loud_windows(tmp_path / "windows")
    (tmp_path / "Makefile").write_text(RULES.format(eegcli=commands / "eegcli"))

    def make(*arguments: str) -> int:
        return subprocess.run(["make", *arguments, "run/evaluation/done.json"], cwd=tmp_path, capture_output=True).returncode

    assert make() == 0 and make("--question") == 0
    later = (tmp_path / "run/evaluation/done.json").stat().st_mtime + 5
    os.utime(tmp_path / "windows/done.json", (later, later))
    for path in ("run/done.json", "run/evaluation/done.json"):
        os.utime(tmp_path / path, (later - 60, later - 60))
    assert make("--question") == 1
    os.utime(tmp_path / "windows/done.json", (later - 30, later - 30))
    weights = (tmp_path / "run/model.safetensors").stat().st_mtime_ns
    assert make() == 0 and make("--question") == 0
    assert (tmp_path / "run/model.safetensors").stat().st_mtime_ns == weights
