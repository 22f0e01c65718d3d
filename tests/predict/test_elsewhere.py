"""Windows and runs at an address: predicted as those of a path, here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from eegcli import predict
from eegcli.artifacts.table import read_table
from eegcli.reporter import Silent
from eegcli.settings import PredictSettings
from tests.kit.commands import eegcli
from tests.kit.predicted import predicted, probabilities, rearranged
from tests.kit.serving import serving


def test_an_address_is_predicted_as_a_path_and_the_predictions_lie_here(run, others, tmp_path, monkeypatch):
    turned = rearranged(others, tmp_path / "served" / "turned-windows", list(range(8))[::-1])
    shutil.copytree(run, tmp_path / "served" / "toy-run")
    expected, _ = predicted(run, turned, tmp_path / "p")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("EEGCLI_CACHE", str(tmp_path / "cache"))
    with serving(tmp_path / "served", autoindex=False) as server:
        done = eegcli("predict", f"{server.url}/toy-run", f"{server.url}/turned-windows", "--threads", 1)
        assert (done.returncode, done.stdout) == (0, "turned-predictions-toy-run\n"), done.stderr
        assert not (here / "toy-run").exists(), "nothing is written into a run"
        # From Python windows are read where they lie, block by block.
        settings = PredictSettings(run=run, windows=Path(f"{server.url}/turned-windows"), output=tmp_path / "q", threads=1)
        predict.run(settings, reporter=Silent())
    for made in (here / done.stdout.strip(), tmp_path / "q"):
        np.testing.assert_array_equal(probabilities(read_table(made / "predictions.parquet")), probabilities(expected))
