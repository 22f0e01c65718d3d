"""docs/python.md is executed: every block of Python in it runs, in order, on artifacts of the names it uses."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from eegcli import evaluate, explain, train
from eegcli.reporter import Silent
from eegcli.settings import EvaluateSettings, ExplainSettings, TrainSettings
from tests.kit import cohorts
from tests.kit.builders import recording, recordings_artifact

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
CH_NAMES = (*cohorts.CH_NAMES, *(f"E{i}" for i in range(16)))


@pytest.mark.slow
def test_every_block_runs(commands, tmp_path):
    recordings_artifact(tmp_path / "demo-recordings", {f"{i:02d}": recording(i) for i in range(2)}, sex=["F", "M"])
    windows = cohorts.windows(tmp_path / "demo-windows", subjects=range(10), n_windows=2, ch_names=CH_NAMES, n_times=256)
    run = tmp_path / "demo-run-vgg-sex"
    train.run(TrainSettings(windows=windows, output=run, epochs=1, threads=1, device="cpu"), reporter=Silent())
    evaluate.run(EvaluateSettings(run=run, resamples=20, threads=1, device="cpu"), reporter=Silent())
    explain.run(ExplainSettings(run=run, n_windows=2, threads=1, device="cpu"), reporter=Silent())
    assert len(BLOCKS) >= 9
    page = "\n".join(["import warnings", "warnings.simplefilter('error', UserWarning)", *BLOCKS])
    done = subprocess.run([commands / "eegcli", "-c", page], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Windows: 40 x 24 x 256 uV, 64 Hz, 10 subjects" in done.stdout
    assert "demo-run-logistic-sex Evaluation: sex" in done.stdout
