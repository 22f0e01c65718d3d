"""The benchmark of epoch at the size of HBN: its cohort and its arithmetic."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from eegcli import epoch
from eegcli.artifacts.windows import open_windows
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def scale(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("epoch_scale")
    for name in [name for name in sys.modules if name in {"epoch_scale", "asr", "_peers", "_recording", "_worker"}]:
        monkeypatch.delitem(sys.modules, name)
    return module


def test_a_recording_gives_81_different_windows_with_thirty_columns_of_participants(scale, tmp_path):
    noise = np.random.default_rng(0).standard_normal((24, 200 * 128), dtype=np.float32)
    recordings = scale.make_recordings(tmp_path, 2, noise)
    result = epoch.run(EpochSettings(recordings=(recordings,), output=tmp_path / "w", segment=(scale.SEGMENT,)), reporter=Silent())
    windows = open_windows(result.output)
    assert windows.x.shape == (2 * 81, 24, 256) and windows.table["segment_count"].tolist() == [81] * 162
    assert len(set(windows.table["content_hash"])) == 162
    assert len(scale.participants(2)) == 30 and set(scale.participants(2)) < set(windows.table)


def test_a_plain_write_writes_as_much_as_it_is_told(scale, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(Path, "unlink", lambda path: written.append(path.stat().st_size))
    assert scale.plain_write(tmp_path / "plain", 5_000_001, np.zeros((24, 100_000), np.float32)) > 0
    assert written == [5_000_001]


def test_claims_are_about_the_largest_cohort_and_its_growth(scale):
    figures = {
        "peak_mb": 300.0,
        "share_of_plain_before": 0.5,
        "share_of_plain_after": 0.3,
        "open_seconds": 1.0,
        "cpu_microseconds_per_window": 50.0,
    }
    made = scale.claims([{**figures, "peak_mb": 900.0}, {**figures, "cpu_microseconds_per_window": 60.0}])
    assert [claim["holds"] for claim in made.values()] == [True, True, False, True, True]
    assert list(made.values())[-1]["measured"] == pytest.approx(1.2)
