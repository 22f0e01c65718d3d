"""Every registered architecture: predictions are those of evaluate, also of reordered channels, and its vectors are written."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import evaluate, registry
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.reporter import Silent
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.predicted import predicted, probabilities, rearranged

QUICK = ("eegnet",)


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.exhaustive) for name in registry.MODELS])
def test_predictions_are_those_of_evaluate_and_of_reordered_channels(name, tmp_path):
    windows = cohorts.windows_for(name, tmp_path / "windows")
    wishes = {"split": (2, 2, 2), "device": "cpu", "lr": 1e-4, "epochs": 1, "no_baseline": True}
    run = cohorts.train(windows, tmp_path / "run", arch=name, target="sex", **wishes)
    ch_names = open_windows(windows).ch_names
    other = cohorts.windows(
        tmp_path / "others",
        subjects=range(30, 33),
        n_windows=1,
        ch_names=ch_names,
        n_times=open_windows(windows).n_times,
        dataset="elsewhere",
    )
    table, _ = predicted(run, other, tmp_path / "p", embeddings=True)
    evaluate.run(EvaluateSettings(run=run, windows=other, output=tmp_path / "e", threads=1, resamples=10), reporter=Silent())
    np.testing.assert_array_equal(probabilities(table), probabilities(read_table(tmp_path / "e" / "predictions.parquet")))
    turned = rearranged(other, tmp_path / "turned", list(range(len(ch_names)))[::-1])
    found, _ = predicted(run, turned, tmp_path / "q")
    np.testing.assert_array_equal(probabilities(found), probabilities(table))
    assert read_table(tmp_path / "p" / "embeddings.parquet")["embedding"].shape[0] == len(table["window"])
