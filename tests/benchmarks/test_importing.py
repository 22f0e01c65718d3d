"""The benchmark of import: every layout is imported as it was written, and its claims are those of the issue."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from eegcli.artifacts.windows import open_windows

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("importing")
    monkeypatch.delitem(sys.modules, "importing")
    return module


@pytest.mark.parametrize("name", ["npy", "npy-trials-last", "npz", "npz-compressed", "mat5", "mat73", "parquet"])
def test_what_is_timed_is_a_whole_import(script, name, tmp_path) -> None:
    settings = {**script.LAYOUTS[name](tmp_path, 5_000_000), "sfreq": 128, "output": str(tmp_path / "windows"), "unit": "uV"}
    row = script.measure([json.dumps(settings)])
    assert row["cpu_seconds"] > 0
    windows = open_windows(tmp_path / "windows")
    wanted = np.concatenate(list(script._blocks(5_000_000, "f8" if name in ("npy", "npz", "npz-compressed") else "f4"))).astype("f4")
    np.testing.assert_array_equal(windows.x, wanted)


def test_claims_hold_or_are_said_not_to(script) -> None:
    row = {"seconds_per_gb": 21.0, "cpu_seconds_per_gb": 8.0, "peak_mb": 100.0}
    result = {"layouts": {"npy": row}, "stats99": {"cpu_seconds_per_1280": 4.0}}
    result["claims"] = script.claims(result)
    assert [said["holds"] for said in result["claims"].values()] == [False, True, True]
    assert "DOES NOT HOLD" in script.text(result)
