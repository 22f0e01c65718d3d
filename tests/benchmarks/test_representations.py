"""The benchmark of the representations: it measures what agrees with its peer, and its claims are those of the issue."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("representations")
    monkeypatch.delitem(sys.modules, "representations")
    return module


@pytest.mark.parametrize("name", ["bands", "topomap", "fft"])
def test_what_is_timed_is_what_the_peer_computes(script, name) -> None:
    row = script.measure(name, n_windows=81, rounds=1)  # compares both, before it times them
    assert row["seconds_per_100000"] > 0 and row["ratio"] > 1


def test_claims_hold_or_are_said_not_to(script) -> None:
    row = {"seconds_per_100000": 61.0, "cpu_per_100000": 8.0, "peak_mb": 7.0, "peer_cpu_per_100000": 200.0, "ratio": 25.0}
    found = dict.fromkeys(("bands", "topomap", "fft"), row)
    claims = script.claims(found)
    assert [said["holds"] for said in claims.values()] == [False, True]
    assert "DOES NOT HOLD" in script.text({"representations": found, "claims": claims})
