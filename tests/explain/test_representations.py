"""Explanations of networks on other representations than samples: attributions lie on the axes of their windows."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch, explain, registry
from eegcli.artifacts.explanation import read_explanation
from eegcli.artifacts.windows import open_windows
from eegcli.bids.montage import channel_set
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, ExplainSettings
from tests.kit import cohorts
from tests.kit.builders import recording, recordings_artifact
from tests.kit.reporters import CapturingReporter

HBN_24 = channel_set(["hbn-24"])
NAMES = [name for name in registry.REPRESENTATIONS if name != "raw"]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    people = {f"{number:02d}": replace(recording(number, n_channels=24, seconds=20.0), ch_names=HBN_24) for number in range(10)}
    sex = ["M" if number % 2 else "F" for number in range(10)]
    return recordings_artifact(tmp_path_factory.mktemp("cohort") / "toy-recordings", people, sex=sex)


@pytest.mark.parametrize("name", NAMES)
def test_every_representation_can_be_explained(name, recordings, tmp_path):
    windows = tmp_path / "windows"
    own = {"segment_samples": 14} if name == "stats99" else {}
    epoch.run(EpochSettings(recordings=(recordings,), output=windows, representation=name, **own), reporter=Silent())
    run = cohorts.train(windows, tmp_path / "run")
    explain.run(ExplainSettings(run=run, threads=1, n_windows=6), reporter=CapturingReporter())
    metrics = json.loads((run / "explanation" / "metrics.json").read_text())
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    shape = open_windows(windows).x.shape[1:]
    saliency = explanation.methods["saliency"]
    assert saliency.values.shape[1:] == saliency.map.shape[1:] == shape
    assert explanation.axes == registry.REPRESENTATIONS[name].axes
    expected = np.stack([np.abs(saliency.values[explanation.class_index == k]).mean(axis=0) for k in (0, 1)])
    np.testing.assert_allclose(saliency.map, expected, rtol=1e-4)
    assert saliency.spectrum.shape[-1] == len(explanation.freqs) == 0
    found = {method["name"]: method for method in metrics["methods"]}
    assert ("occlusion-channel" in found) == (explanation.axes[0] == "n_chans")
    assert ("occlusion-band" in found) == ("n_bands" in explanation.axes)
    assert "occlusion-time" not in found
    if "n_bands" in explanation.axes:
        assert sum(found["saliency"]["band_share"].values()) == pytest.approx(1)
        assert set(found["saliency"]["band_share"]) == set(explanation.band_names)
    assert (run / "explanation" / "saliency.png").exists()
