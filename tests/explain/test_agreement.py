"""Agreement of networks, and what is opened where no method says anything of bands."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import explain
from eegcli.artifacts.explanation import open_explanation
from eegcli.errors import ArtifactError
from eegcli.explain.controls import agreement
from eegcli.reporter import Silent
from eegcli.settings import ExplainSettings
from tests.kit import cohorts


def profile(rng: np.random.Generator, peak: int) -> np.ndarray:
    """Profile of two classes: one part of twenty that matters, and noise."""
    amounts = 0.05 * rng.random((2, 20, 1))
    amounts[:, peak] += 1.0
    return amounts


def test_networks_agree_that_find_the_same_part_however_noise_orders_the_others():
    rng = np.random.default_rng(0)
    same = agreement.judged([profile(rng, 3) for _ in range(4)])
    assert same["passed"]
    assert same["value"] > 0.9
    assert same["n_networks"] == 4
    elsewhere = agreement.judged([profile(rng, peak) for peak in (3, 8, 12, 17)])
    assert not elsewhere["passed"]


def test_the_figure_is_the_mean_of_pearsons_correlation_over_pairs_and_classes():
    rng = np.random.default_rng(1)
    profiles = [rng.random((2, 6, 5)) for _ in range(3)]
    slow = [
        np.corrcoef(profiles[i][label].ravel(), profiles[j][label].ravel())[0, 1] for i in range(3) for j in range(i) for label in range(2)
    ]
    assert agreement.judged(profiles)["value"] == pytest.approx(np.mean(slow))


def test_one_network_and_constant_profiles_are_not_judged():
    assert agreement.judged([np.ones((2, 4))])["passed"] is None
    assert agreement.judged([np.ones((2, 4)), np.ones((2, 4))])["passed"] is None


def test_an_explanation_that_says_nothing_of_bands_opens_and_one_whose_table_is_gone_does_not(tmp_path):
    run = cohorts.train(cohorts.windows(tmp_path / "windows", effect=6.0), tmp_path / "run")
    explain.run(ExplainSettings(run=run, method=("occlusion-channel",), threads=1), reporter=Silent())
    assert dict(open_explanation(run).bands) == {}
    explain.run(ExplainSettings(run=run, method=("saliency",), threads=1, force=True), reporter=Silent())
    assert "band" in open_explanation(run).bands
    (run / "explanation" / "bands.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"bands\.parquet"):
        open_explanation(run)
