"""The benchmarks of conformal sets and of the calibration error's interval, at smoke size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def quick(name: str) -> dict:
    done = subprocess.run([sys.executable, BENCHMARKS / f"{name}.py", "--json", "--quick"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.exhaustive
def test_sets_hold_the_truth_as_often_as_asked_and_those_calibrated_on_choosers_less():
    result = quick("conformal")
    assert result["fewest"] == 9
    for part in ("split", "leave_one_out"):
        for figures in result[part].values():
            assert figures["randomised"] == pytest.approx(90, abs=5.5)
            assert figures["plain"] >= 84
    assert result["leave_one_out"]["39"]["plain"] == 90.0  # 36 of 40, by arithmetic
    assert result["chosen"]["20"]["plain"] < result["split"]["20"]["plain"]


@pytest.mark.exhaustive
def test_the_interval_of_the_calibration_error_covers_where_a_percentile_one_does_not():
    coverage = quick("calibration")["coverage"]
    calibrated = coverage["hard, calibrated"]["20"]
    assert calibrated["coverage"] > 75 > 25 > calibrated["percentile"]
