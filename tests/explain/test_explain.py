"""Whole explanations of runs in which what is to be found was planted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from eegcli import explain, registry
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
    metrics, reporter = explained(run, method=("saliency",))
    (method,) = metrics["methods"]
    assert method["name"] == "saliency"
    assert cohorts.SEX_CHANNEL in method["classes"]["F"]["channels"][:1]
    assert method["band_share"][cohorts.BAND] > 1.3 * method["chance"][cohorts.BAND]
    assert method["band_share"][cohorts.BAND] > 1.3 * method["untrained_share"][cohorts.BAND]
    controls = method["controls"]
    assert controls["shuffled_labels"] == {"passed": None, "value": None, "why": controls["shuffled_labels"]["why"]}
    assert abs(controls["untrained"]["correlation"]) < 0.5
    assert {"learnt", "untrained", "wrong_class"} <= {name for name, one in controls.items() if one["passed"]}
    n_passed, n_run = (sum(one["passed"] in wanted for one in controls.values()) for wanted in ((True,), (True, False)))
    assert method["verdict"] == f"passed {n_passed} of {n_run}"
    assert method["passed"] == (n_passed == n_run)
    assert len(reporter.warnings) == (not method["passed"])
    for shares in (method["band_share"], method["chance"], method["input_share"]):
        assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.slow
def test_a_network_finds_the_planted_channel_and_band(tmp_path):
    cohort = cohorts.windows(tmp_path / "windows", subjects=range(40))
    run = cohorts.train(cohort, tmp_path / "run", arch="vgg", epochs=8)
    metrics, _ = explained(run, n_windows=30, method=("saliency",))
    (method,) = metrics["methods"]
    assert method["classes"]["M"]["channels"][0] == cohorts.SEX_CHANNEL
    assert method["band_share"][cohorts.BAND] > 1.3 * method["untrained_share"][cohorts.BAND]
    assert method["controls"]["untrained"]["passed"]


def test_the_file_holds_what_the_method_says_of_the_windows(run, cohort):
    metrics, _ = explained(run, method=("saliency",))
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
    metrics, _ = explained(run, n_windows=6, method=("saliency",))
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
    explained(run, split="test", n_windows=4, method=("saliency",))
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    splits = open_run(run).splits
    assert set(open_windows(cohort).table["subject"][explanation.window]) <= set(splits["subject"][splits["split"] == "test"])


@pytest.mark.usefixtures("figures_as_for_users")
def test_tables_and_figure_lie_beside(run):
    explained(run, method=("saliency",))
    bands = read_table(run / "explanation" / "bands.parquet")
    assert set(bands["band"]) == {"delta", "theta", "alpha", "beta"}
    assert len(bands["share"]) == 2 * 4
    assert bands["share"][bands["class"] == "F"].sum() == pytest.approx(1)
    with Image.open(run / "explanation" / "saliency.png") as image:
        image.verify()
        assert "Software" not in image.info


@pytest.mark.usefixtures("figures_as_for_users")
def test_two_explanations_are_the_same_bytes_and_a_second_call_does_nothing(run, tmp_path):
    few = {"n_windows": 6}
    explained(run, **few)
    other = shutil.copytree(run, tmp_path / "other", ignore=shutil.ignore_patterns("explanation"))
    explained(other, **few)
    before = {path: path.stat().st_mtime_ns for path in (run / "explanation").iterdir() if path.name != "done.json"}
    _, reporter = explained(run, **few)
    assert {path: path.stat().st_mtime_ns for path in (run / "explanation").iterdir() if path.name != "done.json"} == before
    assert reporter.tables
    for path in (run / "explanation").iterdir():
        if path.name != "provenance.json":
            assert path.read_bytes() == (other / "explanation" / path.name).read_bytes(), path.name


def test_another_configuration_is_refused_before_any_network_is_asked(run, monkeypatch):
    explained(run, method=("saliency",))
    monkeypatch.setattr("eegcli.explain.answers.answers_of", lambda *_, **__: pytest.fail("the work was done first"))
    with pytest.raises(InputError, match="split: validation there, test here"):
        explained(run, split="test", method=("saliency",))


def test_networks_of_all_folds_are_explained_together_and_count_alike(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", cv=3)
    metrics, _ = explained(run, n_windows=12, method=("saliency", "occlusion-channel"))
    assert (metrics["fold"], metrics["seed"]) == (None, None)
    assert [one["fold"] for one in metrics["networks"]] == [0, 1, 2]
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    windows, networks = open_windows(cohort), open_run(run).networks
    for network in range(3):
        own = explanation.network == network
        sets = open_run(run).splits
        validation = set(sets["subject"][(sets["split"] == "validation") & (sets["fold"] == network)])
        assert set(windows.table["subject"][explanation.window[own]]) <= validation
    saliency = explanation.methods["saliency"]
    profiles = []
    for index, network in enumerate(networks):
        own = (explanation.network == index) & (explanation.class_index == 1)
        x = torch.from_numpy(np.ascontiguousarray(windows.x[explanation.window[own]])).requires_grad_()
        (gradient,) = torch.autograd.grad(network.model()(x)[:, 1].sum(), x)
        profiles.append(gradient.abs().mean(dim=(0, 2)).numpy())
    np.testing.assert_allclose(saliency.profile[1], np.mean(profiles, axis=0), rtol=1e-4)
    agreement = metrics["methods"][0]["controls"]["agreement"]
    assert agreement["n_networks"] == 3 and agreement["passed"] == (agreement["value"] >= 0.5)


def test_all_methods_that_a_run_can_be_asked_are_the_default(run):
    metrics, _ = explained(run, n_windows=8)
    asked = [method["name"] for method in metrics["methods"]]
    left_out = [one["name"] for one in metrics["left_out"]]
    assert sorted(asked + left_out) == sorted(registry.default_explanations())
    assert left_out == ["filters"]  # log band power has none
    assert {path.stem for path in (run / "explanation").glob("*.png")} == set(asked)
    by_channel = next(method for method in metrics["methods"] if method["name"] == "occlusion-channel")
    assert by_channel["classes"]["M"]["channels"][0] == cohorts.SEX_CHANNEL
    by_band = next(method for method in metrics["methods"] if method["name"] == "occlusion-band")
    assert max(by_band["band_share"], key=by_band["band_share"].get) == cohorts.BAND
    for name in ("input-x-gradient", "integrated-gradients"):
        method = next(method for method in metrics["methods"] if method["name"] == name)
        assert max(method["band_share"], key=method["band_share"].get) == cohorts.BAND, "not twice the frequency, of the product"


def test_a_method_that_a_network_cannot_be_asked_is_refused_where_it_was_named_and_left_out_where_not(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", arch="tangent-space")
    with pytest.raises(UsageError, match="deeplift has no rule for"):
        explained(run, method=("deeplift",))
    assert not (run / "explanation").exists()
    metrics, reporter = explained(run, n_windows=4)
    assert [one["name"] for one in metrics["left_out"]] == ["deeplift", "filters"]
    assert any("deeplift has no rule" in message for message in reporter.infos)


def test_what_an_earlier_version_finished_by_saliency_alone_stays(run, monkeypatch):
    monkeypatch.setattr(explain, "VERSION", 2)
    explained(run, method=("saliency",))
    monkeypatch.undo()
    settings = run / "explanation" / "settings.json"
    before = settings.read_bytes()
    metrics, reporter = explained(run)
    assert [method["name"] for method in metrics["methods"]] == ["saliency"]
    assert settings.read_bytes() == before
    assert any("earlier version" in message for message in reporter.infos)


@pytest.mark.parametrize("how", ["zeros", "interpolate"])
def test_other_replacements_are_other_results(run, tmp_path, how):
    common = {"method": ("occlusion-time",), "n_windows": 6}
    explained(run, **common)
    one = read_explanation(run / "explanation" / "explanation.h5").methods["occlusion-time"].values
    with pytest.raises(InputError, match=f"replacement: other there, {how} here"):
        explained(run, **common, replacement=how)
    explained(run, **common, replacement=how, force=True)
    other = read_explanation(run / "explanation" / "explanation.h5").methods["occlusion-time"].values
    assert not np.allclose(one, other)


def test_a_continuous_target_is_explained_by_the_windows_it_is_read_best_from(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="age")
    metrics, _ = explained(run, n_windows=20, method=("saliency", "occlusion-channel"))
    assert metrics["classes"] == ["age"]
    for method in metrics["methods"]:
        assert method["classes"]["age"]["channels"][0] == cohorts.AGE_CHANNEL
        assert method["controls"]["wrong_class"]["passed"] is None


def test_a_marked_run_marks_its_explanation(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="task", split_unit="trial")
    assert explained(run, method=("saliency",))[0]["marked"] == "participants are on both sides"


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


def test_thorough_runs_every_control_that_can_be_run(run):
    explained(run, method=("integrated-gradients", "occlusion-band"), n_windows=6)
    brief = json.loads((run / "explanation" / "metrics.json").read_text())["methods"]
    assert all(method["controls"][name]["passed"] is None for method in brief for name in ("untrained", "cascade"))
    metrics, _ = explained(run, method=("integrated-gradients", "occlusion-band"), n_windows=6, thorough=True, force=True)
    for method in metrics["methods"]:
        not_run = {name for name, one in method["controls"].items() if one["passed"] is None}
        assert not_run == {"agreement", "shuffled_labels"}, "one network, and nothing was retrained"
        assert method["controls"]["cascade"]["layers"] == ["model.final_layer"]
    before = json.loads((run / "explanation" / "settings.json").read_text())["settings"]
    assert before["thorough"] is True


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_says_what_the_cpu_says(run):
    common = {"n_windows": 6, "method": ("saliency", "smoothgrad", "deeplift", "occlusion-band")}
    found = []
    for device in ("cpu", "cuda"):
        explained(run, **common, device=device, force=True)
        found.append(read_explanation(run / "explanation" / "explanation.h5").methods)
    for name in common["method"]:
        np.testing.assert_allclose(found[0][name].values, found[1][name].values, rtol=1e-2, atol=1e-4)
