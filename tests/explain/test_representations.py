"""Explanations of networks on other representations than samples: attributions lie on the axes of their windows."""

import json

import numpy as np
import pytest

from eegcli import explain, registry
from eegcli.artifacts.explanation import read_explanation
from eegcli.artifacts.windows import open_windows
from eegcli.settings import ExplainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter


@pytest.mark.parametrize("name", [name for name in registry.REPRESENTATIONS if name != "raw"])
def test_every_representation_can_be_explained(name, represented, tmp_path):
    windows = represented(name)
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
