"""The benchmark of the whole recipe: its arithmetic and its tables, without a run."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("preprocess")
    for name in [name for name in sys.modules if name in {"preprocess", "asr", "_peers", "_recording", "_worker"}]:
        monkeypatch.delitem(sys.modules, name)
    return module


def row(seconds: float, **more: float) -> dict:
    return {"seconds": seconds, "yardsticks": seconds / 0.5, "rounds": 5, "peak_mb": 400.0, **more}


def test_claims_compare_chains_with_the_same_steps_and_a_peer_left_out_is_not_measured(chain) -> None:
    measured = {
        "yardstick_seconds": 0.5,
        "methods": {
            "eegcli": row(3.0),
            "eegcli, no RANSAC": row(3.0),
            "MNE + eegprep": row(30.0, ratio=10.0),
            "MNE + eegprep, no channel test": row(15.0, ratio=5.0),
            "MNE + asrpy, no channel test": {"left_out": "needs about 10 GB of memory; 4 GB are free"},
        },
        "parts": {"read_recording": 0.3, "all": 3.0},
    }
    jobs = {"recordings": 6, "wall_seconds": {"1": [36.0, 34.0], "2": [17.0, 21.0]}, "speedup": 2.0, "load_before": [0.1] * 4}
    claims = chain.claims(measured, jobs)
    assert claims["eegcli: at most 11 Y"] == {"measured": 6.0, "holds": True}
    assert claims["eegcli, no RANSAC: at most 5.7 Y"] == {"measured": 6.0, "holds": False}
    assert claims["eegcli: at most 900 MB"]["holds"]
    assert claims["eegcli: 6 times faster than MNE + eegprep"] == {"measured": 10.0, "holds": True}
    assert claims["eegcli, no RANSAC: 6 times faster than MNE + eegprep, no channel test"] == {"measured": 5.0, "holds": False}
    assert claims["eegcli, no RANSAC: 20 times faster than MNE + asrpy, no channel test"] == {"measured": None, "holds": None}
    assert claims["two jobs: 1.7 times faster than one"]["holds"]
    page = chain.text({"chain": measured, "jobs": jobs, "claims": claims})
    assert "4 GB are free" in page and "DOES NOT HOLD" in page and "not measured" in page
    assert "6 recordings: 34.0 s with one job, 17.0 s with two; 2.00 times faster; load before 0.1, 0.1, 0.1, 0.1." in page
    assert "| read_recording      | 0.300 | 0.60 | 10 %  |" in page


def test_a_peer_that_needs_more_memory_than_there_is_is_not_started(chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "available_gb", lambda: 4.0)
    with pytest.raises(chain.Failed, match="4 GB are free"):
        chain.start(chain.ASRPY, tmp_path, tmp_path, chain.Environment(Path("nowhere"), {}))
    with pytest.raises(chain.Failed, match="no wheel"):
        chain.start(chain.EEGPREP, tmp_path, tmp_path, chain.Environment(Path("nowhere"), {"eegprep": "not installed: no wheel"}))


def test_the_channels_that_the_peers_pick_are_those_of_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    from eegcli.bids.montage import channel_set

    monkeypatch.syspath_prepend(str(BENCHMARKS))
    path = list(sys.path)
    worker = __import__("_chain_worker")
    sys.path[:] = path
    table = (Path(__file__).parents[2] / "eegcli" / "bids" / "montages" / "hbn-24.tsv").read_text().splitlines()
    electrodes = dict(line.split("\t") for line in table if not line.startswith(("#", "name")))
    assert [electrodes[name] for name in channel_set(("hbn-24",))] == worker.PICKED
