"""Synthesis, selection and weights end to end, on runs in which what is to be found was planted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eegcli import explain, registry
from eegcli.artifacts.explanation import arrays_of, read_explanation
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError, UsageError
from eegcli.explain.kinds import selection, synthesis, weights
from eegcli.settings import ExplainSettings
from tests.kit import cohorts
from tests.kit.predicted import represented
from tests.kit.reporters import CapturingReporter

METHODS = ("activation-maximisation", "best-samples", "saliency-replacement", "patterns")
N_SUBJECTS = 40


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    return cohorts.windows(tmp_path_factory.mktemp("cohort") / "windows", subjects=range(N_SUBJECTS), effect=6.0)


@pytest.fixture(scope="module")
def explained(cohort) -> Path:
    run = cohorts.train(cohort, cohort.parent / "run", split=(0.5, 0.4, 0.1))
    asked(run, method=METHODS, positive="F")
    return run


def asked(run: Path, **settings) -> dict:
    explain.run(ExplainSettings(run=run, threads=1, **settings), reporter=CapturingReporter())
    return json.loads((run / "explanation" / "metrics.json").read_text())


def found(run: Path, name: str) -> tuple[dict, object, object]:
    metrics = json.loads((run / "explanation" / "metrics.json").read_text())
    explanation = read_explanation(run / "explanation" / "explanation.h5")
    return next(method for method in metrics["methods"] if method["name"] == name), explanation.methods[name], explanation


@pytest.mark.parametrize("name", METHODS)
def test_the_planted_band_and_channel_are_found(explained, name):
    method, _, _ = found(explained, name)
    assert method["band_share"][cohorts.BAND] > 1.3 * method["chance"][cohorts.BAND]
    assert cohorts.SEX_CHANNEL in method["classes"]["M"]["channels"][: 2 if name == "activation-maximisation" else 1]
    assert sum(method["band_share"].values()) == pytest.approx(1)


@pytest.mark.parametrize("name", METHODS)
def test_every_array_has_the_shape_that_the_registry_states(explained, name):
    _, result, explanation = found(explained, name)
    entries = {array.name: array for array in registry.EXPLANATION_KINDS[result.kind].arrays}
    sizes = {
        "n_channels": 8,
        "n_freqs": len(explanation.freqs),
        "n_bands": 4,
        "n_classes": 2,
        "n_labels": 2,
        "n_groups": len(result.labels),
        "n_inputs": 20,
        "3": 3,
        "2": 2,
    }
    sizes |= {"n_filters": 0, "n_slices": 0, "n_taps": 0, "n_patterns": 2, "n_times": cohorts.N_TIMES, "n_labels x n_inputs": 40}
    arrays = arrays_of(result)
    assert arrays.keys() == entries.keys()
    for array, values in arrays.items():
        axes = entries[array].shape.strip("()").rstrip(",").split(", ")
        assert len(axes) == values.ndim or not values.size, array
        for axis, size in zip(axes, values.shape, strict=False):
            assert axis in {"n_selected", "n_pairs"} or size == sizes[axis] or not values.size, (array, axis)


def test_inputs_excite_a_class_more_than_windows_do_and_males_have_the_planted_rhythm(explained):
    method, result, explanation = found(explained, "activation-maximisation")
    assert method["n_inputs"] == 20 and result.values.shape == (40, 8, cohorts.N_TIMES)
    for label in ("F", "M"):
        assert method["classes"][label]["above_real"] == 1.0
        assert method["classes"][label]["reached"] > method["classes"][label]["start"]
    change = result.change[1, cohorts.CH_NAMES.index(cohorts.SEX_CHANNEL)]
    assert explanation.freqs[change.argmax()] == 10.0
    assert result.change[0, cohorts.CH_NAMES.index(cohorts.SEX_CHANNEL), change.argmax()] < 0


def test_best_samples_are_windows_of_validation_subjects(explained, cohort):
    method, result, _ = found(explained, "best-samples")
    table, splits = open_windows(cohort).table, open_run(explained).splits
    validation = set(splits["subject"][splits["split"] == "validation"])
    assert set(table["subject"][result.row]) <= validation
    for index, label in enumerate("FM"):
        rows = result.row[result.group == index]
        assert set(table["sex"][rows]) == {label}
        assert max(np.unique(table["subject"][rows], return_counts=True)[1]) <= 10
        assert method["classes"][label] | {"n": len(rows), "n_subjects": len(set(table["subject"][rows]))} == method["classes"][label]
    cells = dict(zip(result.labels.tolist(), np.bincount(result.group, minlength=6).tolist(), strict=True))
    assert list(cells) == ["F", "M", "TP", "FN", "FP", "TN"]
    assert cells["TP"] > cells["FN"] and cells["TN"] > cells["FP"]
    x = open_windows(cohort).x[result.row[result.group == 1]].astype(float)
    tapered = (x - x.mean(axis=2, keepdims=True)) * np.hanning(x.shape[2] + 1)[:-1]
    np.testing.assert_allclose(result.spectrum[1], (np.abs(np.fft.rfft(tapered)) * 4 / x.shape[2]).mean(axis=0), rtol=1e-4)


def test_the_difference_over_subjects_is_significant_where_it_was_planted(explained):
    method, result, explanation = found(explained, "best-samples")
    best = method["classes"]["M"]["clusters"][0]
    assert best["p"] <= 0.01 and best["low"] <= 10 <= best["high"] and best["db"] > 0
    at_ten = int(np.flatnonzero(explanation.freqs == 10)[0])
    assert result.low[1, at_ten] > 0 and result.low[1, at_ten] <= result.difference[1, at_ten] <= result.high[1, at_ten]
    np.testing.assert_allclose(result.difference[0], -result.difference[1], atol=1e-4)
    channel, band = cohorts.CH_NAMES.index(cohorts.SEX_CHANNEL), 2
    assert result.channel_p[1, channel, band] <= 0.05
    assert result.channel_p[1, channel, 3] > 0.05
    pairs = result.subject_group
    means = [result.subject_spectrum[pairs[:, 1] == index, at_ten].mean() for index in (0, 1)]
    assert result.difference[1, at_ten] == pytest.approx(means[1] - means[0], rel=1e-4)


def test_saliency_replacement_is_marked_as_biased(explained):
    method, result, explanation = found(explained, "saliency-replacement")
    assert "low-pass" in method["biased"] and "biased" not in found(explained, "best-samples")[0]
    assert (result.row == -1).all()
    high = explanation.freqs > 28
    assert result.spectrum[:, :, high].mean() < result.reference[:, :, high].mean()  # what interpolation does, whatever it removes
    np.testing.assert_allclose(result.reference, explanation.input_spectrum, rtol=1e-4)


def test_patterns_say_who_has_more_of_the_rhythm(explained):
    method, result, _ = found(explained, "patterns")
    channel = cohorts.CH_NAMES.index(cohorts.SEX_CHANNEL)
    assert result.pattern[1, channel, 2] > 0 > result.pattern[0, channel, 2]
    assert result.low[1, channel, 2] > 0
    assert method["classes"]["M"]["channel_share"][cohorts.SEX_CHANNEL] > 2 / 8
    assert sum(method["classes"]["M"]["channel_share"].values()) == pytest.approx(1)


def test_claims_stand_beside_the_values_of_the_run(explained):
    metrics = json.loads((explained / "explanation" / "metrics.json").read_text())
    claims = read_table(explained / "explanation" / "claims.parquet")
    assert claims["claim"].tolist() == [row["claim"] for row in metrics["published"]]
    value = dict(zip(zip(claims["method"], claims["unit"], strict=True), claims["value"], strict=True))
    assert value["best-samples", "Hz"] == value["saliency-replacement", "Hz"] == 10.0
    assert claims["holds"].tolist()[1:3] == [True, True] and claims["method"].tolist()[1] == "best-samples"


@pytest.mark.usefixtures("figures_as_for_users")
def test_figures_are_drawn_and_bytes_are_the_same_again(explained, tmp_path):
    runs = [shutil.copytree(explained, tmp_path / name, ignore=shutil.ignore_patterns("explanation")) for name in ("one", "other")]
    for run in runs:
        asked(run, method=("best-samples", "patterns"), n_windows=20)
    for name in ("best-samples.png", "patterns.png", "explanation.h5", "metrics.json", "claims.parquet"):
        assert (runs[0] / "explanation" / name).read_bytes() == (runs[1] / "explanation" / name).read_bytes(), name
    with Image.open(runs[0] / "explanation" / "best-samples.png") as image:
        image.verify()


def test_a_number_has_its_ends(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="age")
    metrics = asked(run, method=METHODS, n_windows=30)
    by_name = {method["name"]: method for method in metrics["methods"]}
    assert list(by_name["best-samples"]["classes"]) == ["highest", "lowest"]
    assert by_name["best-samples"]["classes"]["highest"]["channels"][0] == cohorts.AGE_CHANNEL
    assert by_name["activation-maximisation"]["classes"]["age"]["channels"][0] == cohorts.AGE_CHANNEL
    assert by_name["patterns"]["classes"]["age"]["channels"][0] == cohorts.AGE_CHANNEL
    assert "published" not in metrics and not (run / "explanation" / "claims.parquet").exists()


def test_what_varies_within_subjects_is_compared_within_them(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="task")
    asked(run, method=("best-samples",))
    _, result, _ = found(run, "best-samples")
    people, counts = np.unique(result.subject_group[:, 0], return_counts=True)
    assert (counts == 2).all()
    spectra = {tuple(pair): row for pair, row in zip(result.subject_group.tolist(), result.subject_spectrum, strict=True)}
    differences = np.array([spectra[who, 1] - spectra[who, 0] for who in people.tolist()])
    np.testing.assert_allclose(result.difference[1], differences.mean(axis=0), atol=1e-3)
    half = (result.high[1] - result.low[1]) / 2
    from scipy import stats

    expected = stats.t.ppf(0.975, len(people) - 1) * differences.std(axis=0, ddof=1) / np.sqrt(len(people))
    np.testing.assert_allclose(half, expected, rtol=1e-2, atol=1e-3)


def test_a_hidden_unit_can_be_asked_for(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", arch="shallow", epochs=1)
    metrics = asked(run, method=("activation-maximisation", "filters"), layer="features.temporal", unit=3, n_windows=10)
    (label,) = metrics["methods"][0]["classes"]
    assert label == "features.temporal channel 3"
    assert len(metrics["methods"][1]["filters"]) == 40


@pytest.mark.parametrize(
    ("settings", "error", "what"),
    [
        ({"method": ("best-samples",), "positive": "X"}, UsageError, "--positive X"),
        ({"method": ("activation-maximisation",), "layer": "nowhere"}, UsageError, "--layer nowhere"),
        ({"method": ("filters",)}, UsageError, "no convolution"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(explained, tmp_path, settings, error, what):
    run = shutil.copytree(explained, tmp_path / "run", ignore=shutil.ignore_patterns("explanation"))
    with pytest.raises(error, match=what):
        asked(run, **settings)
    assert not (run / "explanation").exists()


@pytest.mark.parametrize("name", ["best-samples", "activation-maximisation", "patterns"])
def test_the_majority_has_nothing_to_show(cohort, tmp_path, name):
    run = cohorts.train(cohort, tmp_path / "run", arch="majority")
    with pytest.raises(InputError, match="does not depend on its input"):
        asked(run, method=(name,))


def test_results_of_several_networks_are_put_together(explained):
    for name, kind in (("activation-maximisation", synthesis), ("best-samples", selection), ("patterns", weights)):
        _, result, _ = found(explained, name)
        twice = kind.pooled([result, result], [0, 10])
        for array, values in arrays_of(result).items():
            both = getattr(twice, array)
            if both.shape == values.shape and values.dtype.kind == "f" and array not in {"p", "channel_p"}:
                np.testing.assert_allclose(both, values, rtol=1e-4, atol=1e-4, err_msg=f"{name} {array}")
    _, result, _ = found(explained, "activation-maximisation")
    twice = synthesis.pooled([result, result], [0, 10])
    np.testing.assert_array_equal(twice.values[:20], twice.values[20:40])  # both networks' inputs for the first class
    assert twice.reached.shape == (2, 40)


@pytest.mark.parametrize("form", ["bands", "topomap"])
def test_windows_that_are_no_samples_are_explained_where_a_method_can(tmp_path, form):
    windows = represented(cohorts.windows(tmp_path / "raw"), tmp_path / "windows", form)
    run = cohorts.train(windows, tmp_path / "run")
    reporter = CapturingReporter()
    explain.run(ExplainSettings(run=run, threads=1, n_windows=10), reporter=reporter)
    metrics = json.loads((run / "explanation" / "metrics.json").read_text())
    names = {method["name"] for method in metrics["methods"]}
    assert {"activation-maximisation", "best-samples", "patterns"} <= names
    assert {one["name"] for one in metrics["left_out"]} >= {"saliency-replacement", "filters"}
    _, result, _ = found(run, "activation-maximisation")
    assert result.values.shape == (40, *open_windows(windows).x.shape[1:])
    with pytest.raises(UsageError, match="no samples"):
        asked(run, method=("filters",), output=tmp_path / "other")


def test_all_folds_are_put_together(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", cv=3)
    metrics = asked(run, method=("best-samples", "patterns", "activation-maximisation"), n_windows=30)
    assert len(metrics["networks"]) == 3
    method, result, _ = found(run, "best-samples")
    subjects = set(result.subject_group[:, 0].tolist())
    each = [set(result.subject[result.group == index].tolist()) for index in (0, 1)]
    assert subjects == each[0] | each[1]
    first = method["classes"]["M"]["clusters"][0]
    assert first["low"] <= 10 <= first["high"] and first["db"] > 0
    assert result.channel_p[1, cohorts.CH_NAMES.index(cohorts.SEX_CHANNEL), 2] <= 0.01
    assert found(run, "activation-maximisation")[0]["n_inputs"] == 60
    pattern = found(run, "patterns")[1].pattern
    assert np.unravel_index(pattern[1].argmax(), pattern[1].shape) == (cohorts.CH_NAMES.index(cohorts.SEX_CHANNEL), 2)


@pytest.mark.usefixtures("figures_as_for_users")
@pytest.mark.parametrize("name", METHODS[:2])
def test_what_failed_a_control_is_drawn_without_colour(explained, tmp_path, name):
    _, result, explanation = found(explained, name)
    kind = registry.load(registry.EXPLANATION_KINDS[result.kind].path)
    spread = {}
    for failed in (False, True):
        path = tmp_path / f"{failed}.png"
        kind.draw(path, replace(explanation, failed=frozenset({name} if failed else ())), name, title="")
        with Image.open(path) as image:
            left = np.asarray(image.convert("RGB"), dtype=int)[:, : image.width // 2]  # the map of channels has colours of its own
        spread[failed] = np.ptp(left, axis=2).max()
    assert spread[True] < 40 < spread[False]
