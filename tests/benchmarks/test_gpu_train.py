"""The benchmark of training on a GPU, at smoke size: it runs through, counts operations, and says what is open."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("gpu_train")
    monkeypatch.delitem(sys.modules, "gpu_train")
    return module


@pytest.mark.exhaustive
def test_it_runs_at_smoke_size_and_says_that_its_times_are_open(script, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu_train.py", "--quick", "--json"])
    script.main()
    result = json.loads(capsys.readouterr().out)
    [row] = result["jobs"]
    assert result["smoke"] and "every time" in result["open"][0]
    assert row["operations_of_optimizer"] <= result["claims"]["operations_of_optimizer"]
    assert row["operations"] < 0.5 * row["operations_of_plain_step"]
    assert [one["name"] for one in result["several"]] == ["3 of vgg, batch 8, bf16, 3 at once", "3 of eegnet, batch 8, fp32, 3 at once"]
    assert all(one["times_of_one"] > 0 for one in result["several"])
    assert row["first_step_seconds"] > 0 and row["eager"] > 0
    assert f"{row['operations']} operations a step" in script.text(result)


def test_the_floor_is_counted_from_the_network(script) -> None:
    # 474 MFLOP per window learnt from, without the optimiser, and 7.45 million weights: 71,400 steps of 70 windows.
    [vgg] = [job for job in script.JOBS if job.name == "vgg, batch 70, bf16"]
    learning = 70 * 71_381 * 474e6 / 790e12 + 70 * 1020 * 28 * 7_452_850 / 4.2e12
    assert script.floor(vgg, (71_381, 0, 70)) == pytest.approx(learning, rel=0.02)
