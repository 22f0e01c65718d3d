"""Whole explanations of runs in which what is to be found was planted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eegcli import explain
from eegcli.artifacts.explanation import read_explanation
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, InputError, UsageError
from eegcli.result import DryRun
from eegcli.settings import ExplainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("cohort") / "windows", effect=6.0)


@pytest.fixture(scope="module")
def trained(cohort) -> Path:
    return cohorts.train(cohort, cohort.parent / "run")


@pytest.fixture
def run(trained, tmp_path) -> Path:
    return shutil.copytree(trained, tmp_path / "run", ignore=shutil.ignore_patterns("explanation"))


def explained(run: Path, **settings) -> tuple[dict, CapturingReporter]:
    reporter = CapturingReporter()
    explain.run(ExplainSettings(run=run, threads=1, **settings), reporter=reporter)
    return json.loads((run / "explanation" / "metrics.json").read_text()), reporter


def test_the_planted_channel_and_band_are_found(run):
    metrics, reporter = explained(run)
    (method,) = metrics["methods"]
    assert method["name"] == "saliency"
    assert cohorts.SEX_CHANNEL in method["classes"]["F"]["channels"][:1]
    assert method["band_share"][cohorts.BAND] > 1.3 * method["chance"][cohorts.BAND]
    assert method["band_share"][cohorts.BAND] > 1.3 * method["untrained_share"][cohorts.BAND]
    assert method["controls"].keys() == {"randomised", "shuffled"}
    assert method["controls"]["shuffled"] is None
    assert abs(method["controls"]["randomised"]) < 0.5
    assert method["passed"]
    assert reporter.warnings == []
    for shares in (method["band_share"], method["chance"], method["input_share"]):
        assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.slow
def test_a_network_finds_the_planted_channel_and_band(tmp_path):
    cohort = cohorts.windows(tmp_path / "windows", subjects=range(40))
    run = cohorts.train(cohort, tmp_path / "run", arch="vgg", epochs=8)
    metrics, _ = explained(run, n_windows=30)
    (method,) = metrics["methods"]
    assert method["classes"]["M"]["channels"][0] == cohorts.SEX_CHANNEL
    assert method["band_share"][cohorts.BAND] > 1.3 * method["untrained_share"][cohorts.BAND]
    assert method["passed"]


def test_the_file_holds_what_the_method_says_of_the_windows(run, cohort):
    metrics, _ = explained(run)
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    windows = open_windows(cohort)
    n_windows, n_freqs = len(explanation.window), windows.x.shape[2] // 2 + 1
    assert explanation.classes == ("F", "M")
    assert explanation.ch_names == cohorts.CH_NAMES
    attribution = explanation.methods["saliency"]
    assert attribution.values.shape == (n_windows, *windows.x.shape[1:])
    assert attribution.spectrum.shape == explanation.input_spectrum.shape == (2, len(cohorts.CH_NAMES), n_freqs)
    assert sum(count["n"] for count in metrics["windows"].values()) == n_windows
    assert (np.array(["F", "M"])[explanation.class_index] == windows.table["sex"][explanation.window]).all()
    own = explanation.class_index == 1
    np.testing.assert_allclose(attribution.profile[1], np.abs(attribution.values[own]).mean(axis=(0, 2)), rtol=1e-5)
    x = windows.x[explanation.window[own]].astype(float)
    tapered = (x - x.mean(axis=2, keepdims=True)) * np.hanning(x.shape[2] + 1)[:-1]
    amplitude = np.abs(np.fft.rfft(tapered)) * 4 / x.shape[2]
    np.testing.assert_allclose(explanation.input_spectrum[1], amplitude.mean(axis=0), rtol=1e-4)


def test_windows_come_from_the_validation_set_evenly_over_subjects(run, cohort):
    metrics, _ = explained(run, n_windows=6)
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    splits = open_run(run).splits
    validation = set(splits["subject"][splits["split"] == "validation"])
    subjects = open_windows(cohort).table["subject"][explanation.window]
    assert set(subjects) == validation
    for index in (0, 1):
        own = subjects[explanation.class_index == index]
        assert len(own) == 6
        assert max(np.unique(own, return_counts=True)[1]) <= -(-6 // len(set(own)))
    assert metrics["split"] == "validation"
    assert metrics["windows"]["F"] == {"n": 6, "n_subjects": 2}


def test_another_set_can_be_explained(run, cohort):
    explained(run, split="test", n_windows=4)
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    splits = open_run(run).splits
    assert set(open_windows(cohort).table["subject"][explanation.window]) <= set(splits["subject"][splits["split"] == "test"])


@pytest.mark.usefixtures("figures_as_for_users")
def test_tables_and_figure_lie_beside(run):
    explained(run)
    bands = read_table(run / "explanation" / "bands.parquet")
    assert set(bands["band"]) == {"delta", "theta", "alpha", "beta"}
    assert len(bands["share"]) == 2 * 4
    assert bands["share"][bands["class"] == "F"].sum() == pytest.approx(1)
    with Image.open(run / "explanation" / "saliency.png") as image:
        image.verify()
        assert "Software" not in image.info


@pytest.mark.usefixtures("figures_as_for_users")
def test_two_explanations_are_the_same_bytes_and_a_second_call_does_nothing(run, tmp_path):
    explained(run)
    other = shutil.copytree(run, tmp_path / "other", ignore=shutil.ignore_patterns("explanation"))
    explained(other)
    before = {path: path.stat().st_mtime_ns for path in (run / "explanation").iterdir() if path.name != "done.json"}
    _, reporter = explained(run)
    assert {path: path.stat().st_mtime_ns for path in (run / "explanation").iterdir() if path.name != "done.json"} == before
    assert reporter.tables
    for path in (run / "explanation").iterdir():
        if path.name != "provenance.json":
            assert path.read_bytes() == (other / "explanation" / path.name).read_bytes(), path.name


def test_another_configuration_is_refused_before_any_network_is_asked(run, monkeypatch):
    explained(run)
    monkeypatch.setattr("eegcli.explain.controls.randomise", lambda *_, **__: pytest.fail("the work was done first"))
    with pytest.raises(InputError, match="split: validation there, test here"):
        explained(run, split="test")


def test_the_first_of_several_networks_is_explained_and_it_is_said(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", cv=3)
    metrics, reporter = explained(run)
    assert (metrics["fold"], metrics["seed"]) == (0, 0)
    assert any("first of 3 networks" in message for message in reporter.infos)


def test_a_continuous_target_is_explained_by_the_windows_it_is_read_best_from(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="age")
    metrics, _ = explained(run)
    assert metrics["classes"] == ["age"]
    assert metrics["methods"][0]["classes"]["age"]["channels"][0] == cohorts.AGE_CHANNEL


def test_a_marked_run_marks_its_explanation(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="task", split_unit="trial")
    assert explained(run)[0]["marked"] == "participants are on both sides"


def test_the_majority_has_nothing_to_explain(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", arch="majority")
    with pytest.raises(InputError, match="does not depend on its input"):
        explained(run)
    assert not (run / "explanation").exists()


def test_what_cannot_be_explained_is_refused(run, cohort, tmp_path):
    with pytest.raises(UsageError, match="no explanation is named 'salience'") as refusal:
        explained(run, method=("salience",))
    assert "saliency" in refusal.value.hint
    with pytest.raises(UsageError, match="at least 1"):
        explained(run, n_windows=0)
    with pytest.raises(InputError, match="the test set has no labelled window"):
        explained(cohorts.train(cohort, tmp_path / "no-test", split=(0.7, 0.3, 0.0)), split="test")
    with pytest.raises(InputError, match="not the windows that"):
        explained(run, windows=cohorts.windows(tmp_path / "others", subjects=[30, 31]))
    with pytest.raises(ArtifactError, match="holds a windows artifact"):
        explained(cohort)


def test_a_dry_run_writes_nothing(run):
    assert isinstance(explain.run(ExplainSettings(run=run, dry_run=True), reporter=CapturingReporter()), DryRun)
    assert not (run / "explanation").exists()
