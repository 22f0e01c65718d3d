"""The benchmark of ASR: its data, its arithmetic, its tables, without the peers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """Import a script of the benchmarks, which are no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def load(name: str) -> ModuleType:
        module = __import__(name)
        for found in [found for found in sys.modules if found in {"asr", "_peers", "_recording", "_worker", "_asr_worker"}]:
            monkeypatch.delitem(sys.modules, found)
        return module

    return load


def test_the_simulated_recording_is_mostly_clean_of_full_rank_and_the_same_each_time(load) -> None:
    simulate = load("_recording").simulate
    data = simulate(12, 60.0, 128.0)
    assert data.shape == (12, 7680) and np.isfinite(data).all() and np.linalg.matrix_rank(data) == 12
    np.testing.assert_array_equal(data, simulate(12, 60.0, 128.0))
    assert not np.array_equal(data, simulate(12, 60.0, 128.0, seed=1))
    deviation = 1.4826 * np.median(np.abs(data - np.median(data, axis=1, keepdims=True)), axis=1)
    assert 5.0 < deviation.mean() < 40.0  # microvolt
    strong = (np.abs(data) > 6.0 * deviation[:, None]).any(axis=0)
    assert 0.02 < strong.mean() < 0.4


def test_a_case_is_timed_and_a_peer_that_is_not_there_is_left_out_with_the_reason(load, tmp_path: Path) -> None:
    asr = load("asr")
    case = asr.Case(24, 128.0)
    data = asr.saved(tmp_path / "data.npy", asr.remove_drifts(asr.simulate(8, 40.0, 128.0), 128.0))
    environment = asr.Environment(Path("nowhere"), {"asrpy": "not installed: no such thing"})
    measured = asr.measure(case, data, (asr.OURS, "asrpy"), environment, 1)
    ours = measured["eegcli"]
    assert ours["rounds"] == 1 and ours["seconds"] > 0.0
    assert ours["yardsticks"] == pytest.approx(ours["seconds"] / measured["yardstick_seconds"])
    assert measured["peers"] == {"asrpy": {"left_out": "not installed: no such thing"}}
    json.dumps(measured)


def test_claims_hold_or_not_or_were_not_measured(load) -> None:
    asr = load("asr")
    figures = {
        "eegcli": {"seconds": 0.2, "rounds": 5, "peak_mb": 70.0},
        "eegprep": {"seconds": 2.0, "rounds": 5, "peak_mb": 90.0},
    }
    cases = {"24 ch, 128 Hz": asr.summary("24 ch, 128 Hz", 0.5, figures, {"asrpy": "ended with status -9"})}
    claims = asr.claims(cases)
    assert claims == {
        "24 ch, 128 Hz: at most 0.45 Y": {"measured": pytest.approx(0.4), "holds": True},
        "24 ch, 128 Hz: at most 64 MB": {"measured": 70.0, "holds": False},
        "24 ch, 128 Hz: 8 times faster than eegprep": {"measured": pytest.approx(10.0), "holds": True},
        "24 ch, 128 Hz: 10 times faster than asrpy": {"measured": None, "holds": None},
    }
    distance = {"relative": 1e-14, "max_uv": 1e-11}
    page = asr.text({"cases": cases, "claims": claims, "exactness": {"eegcli": {"one_grid": distance, "default_64_mb": distance}}})
    assert "| 24 ch, 128 Hz | eegprep | 2.000 | 4.00 | 10.0       | 90      | 5                    |" in page
    assert "ended with status -9" in page and "DOES NOT HOLD" in page and "not measured" in page


def test_what_pip_says_becomes_the_reason_in_one_line(load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = load("_peers")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def run(command: list, **_) -> subprocess.CompletedProcess:
        bad = "bad==1" in command
        return subprocess.CompletedProcess(command, int(bad), "", "ERROR: no such version\n\n[notice] a new pip\n" if bad else "")

    monkeypatch.setattr(peers.subprocess, "run", run)
    environment = peers.make_environment("test", {"numpy": "2.2.6"}, {"good": ("good==1",), "bad": ("bad==1",)})
    assert environment.missing == {"bad": "not installed: ERROR: no such version"}
    assert (environment.python.parents[1] / "installed").read_text() == "good\n"
    constraints = (environment.python.parents[1] / "constraints.txt").read_text().splitlines()
    assert [line for line in constraints if line.startswith("numpy==")] == ["numpy==2.2.6"]
