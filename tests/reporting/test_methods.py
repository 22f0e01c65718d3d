"""Methods section: a sentence for each setting, a source for each method, nothing claimed that was not done."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts import folder
from eegcli.reporting.material import Material, gather
from eegcli.reporting.methods import cleaning, evaluating, explaining, methods_of, text_of, windowing
from eegcli.reporting.methods.sentence import Paragraph, Sentence, markdown
from eegcli.reporting.methods.told import Told
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings, TrainSettings
from tests.kit import cohorts
from tests.kit.evaluations import evaluated
from tests.kit.shared import once_for_all_workers
from tests.reporting.runs import laboratory

# A value of each setting that changes a result, other than its default and than what the run below has.
OTHER = {
    "target": "handedness",
    "kind": "regression",
    "classes": ("M", "F"),
    "threshold": "sex=9",
    "split": (0.5, 0.25, 0.25),
    "cv": 7,
    "split_order": "file",
    "holdout": "release=R5",
    "split_unit": "session",
    "train_subjects": (0.25, 1.0),
    "seeds": 3,
    "seed": 17,
    "arch": "shallow",
    "epochs": 71,
    "batch_size": 33,
    "options": ("n_hidden=12",),
    "activation": "elu",
    "dropout": "0.31",
    "fit_window": True,
    "normalise": "window",
    "align": "subject",
    "optimizer": "sgd",
    "momentum": 0.87,
    "nesterov": True,
    "lr": 0.0123,
    "weight_decay": 0.0456,
    "report_epoch": "published",
    "refit": True,
    "class_weights": "balanced",
    "precision": "bf16",
    "clip_norm": 1.5,
    "accumulate": 4,
    "schedule": "cosine",
    "warmup": "500steps",
    "augment": ("noise:sd=0.2",),
    "label_smoothing": 0.11,
    "ema": 0.997,
    "patience": 6,
    "validate_every": 55,
    "freeze": ("features.*",),
    "shuffle_buffer": 512,
    "shuffle_labels": 5,
}
# Settings that say something of another one only, with that one.
BESIDE = {"validation": ({"holdout": "release=R5"}, "release=R6"), "shuffle_within": ({"shuffle_labels": 5}, "subject")}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """An evaluated network of a small cohort."""

    def make(path: Path) -> None:
        windows = cohorts.windows(path / "w", subjects=range(12), n_windows=2)
        cohorts.train(windows, path / "run", arch="eegnet", epochs=1, batch_size=24)
        evaluated(path / "run", resamples=50, permutations=20, device="cpu")

    return once_for_all_workers(tmp_path_factory, "methods", make) / "run"


@pytest.fixture(scope="module")
def material(run) -> Material:
    return gather(run)


def with_settings(material: Material, **settings: object) -> Material:
    return replace(material, run=replace(material.run, settings=replace(material.run.settings, **settings)))


def test_every_setting_of_a_training_that_changes_its_result_is_tried_here():
    of_results = {one.name for one in fields(TrainSettings) if not one.metadata.get("free")}
    assert of_results == OTHER.keys() | BESIDE.keys()


@pytest.mark.parametrize("name", [*OTHER, *BESIDE])
def test_a_setting_of_a_training_that_is_changed_changes_the_text(material, name):
    beside, value = BESIDE.get(name, ({}, OTHER.get(name)))
    before = methods_of(with_settings(material, **beside))
    after = methods_of(with_settings(material, **beside, **{name: value}))
    assert before != after
    named = {"threshold": "9", "warmup": "500 updates", "holdout": "release=R5", "augment": "sd=0.2", "split": "0.5/0.25/0.25"}
    shown = named.get(
        name, f"{value:g}" if isinstance(value, float) else str(value) if isinstance(value, int) and value is not True else None
    )
    assert shown is None or after.count(shown) > before.count(shown)


def test_files_that_a_training_was_given_are_named(material, run, tmp_path):
    from shutil import copytree

    copy = copytree(run.parent, tmp_path / "copy") / "run"
    stored = json.loads((copy / folder.PROVENANCE).read_text())
    stored["free_settings"] |= {
        "split_file": "/x/my-split.tsv",
        "persons": "/x/same.tsv",
        "labels": "/x/clinic.tsv",
        "init_from": "/x/older-run",
    }
    (copy / folder.PROVENANCE).write_text(json.dumps(stored))
    text = text_of(copy)
    assert all(name in text for name in ("my-split.tsv", "same.tsv", "clinic.tsv", "older-run"))
    assert not any(name in text_of(run) for name in ("my-split.tsv", "same.tsv", "clinic.tsv", "older-run"))


def test_every_number_of_a_citation_is_in_the_list_and_the_other_way_round(run):
    text, _, references = text_of(run).partition("## References")
    cited = {int(number) for group in re.findall(r" \[([\d, ]+)\]\.", text) for number in group.split(", ")}
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", references, re.M)]
    assert listed == list(range(1, len(listed) + 1)) and cited == set(listed)
    assert "Lawhern et al. 2018, doi:10.1088/1741-2552/aace8c" in references  # the network's
    assert "Phipson & Smyth 2010" in references


def test_nothing_is_claimed_of_an_evaluation_that_there_is_not(material):
    text = methods_of(replace(material, evaluation=None))
    assert "## Evaluation" not in text and "permutation" not in text and "Phipson" not in text
    assert "## Explanation" not in text and "ASR" not in text


def test_windows_that_are_gone_are_said_to_be_unknown(material):
    text = methods_of(replace(material, windows=None, why_not={"windows": "not here any more"}))
    assert "With which settings the windows were cut is not known (not here any more)." in text
    assert "Windows of 2 s were cut" not in text


def test_words_of_a_number_are_those_of_its_metrics(tmp_path_factory):
    text = text_of(laboratory(tmp_path_factory) / "lab-age")
    assert (
        "A model in closed form was fitted to tell the number age" in text
        and "Further settings" not in text
        and "mean squared error" not in text
    )  # a closed form descends nowhere
    assert (
        "of MAE of votes is bootstrap-t over subjects" in text and "accuracy" not in text.partition("## Evaluation")[2].partition("## ")[0]
    )
    assert "stratified by class" not in text


def test_a_temperature_that_was_not_fitted_is_not_claimed(material):
    metrics = material.evaluation.metrics
    for temperatures, claimed in ((None, False), ([1.5], True)):
        calibration = {"n_bins": 15, "window": {"temperatures": temperatures}, "vote": {"temperatures": None}}
        text = methods_of(replace(material, evaluation=replace(material.evaluation, metrics=metrics | {"calibration": calibration})))
        assert "15 bins" in text and ("temperature" in text) == claimed


def test_imported_windows_are_no_recordings_that_are_lost(run, tmp_path):
    from eegcli import importing
    from eegcli.settings import ImportSettings
    from tests.kit.reporters import CapturingReporter

    random = np.random.default_rng(0)
    people = np.repeat([f"{number:02d}" for number in range(8)], 4)
    np.savez(tmp_path / "trials.npz", X=random.standard_normal((32, 8, 128)), y=np.where(np.arange(32) // 4 % 2, "F", "M"), subject=people)
    settings = ImportSettings(arrays=(tmp_path / "trials.npz",), output=tmp_path / "windows", sfreq=64.0, unit="uV")
    importing.run(settings, reporter=CapturingReporter())
    text = text_of(cohorts.train(tmp_path / "windows", tmp_path / "run", target="y"))
    assert "imported as arrays" in text and "not here any more" not in text and "--unit uV" in text


def test_an_evaluation_on_other_windows_has_its_own_chapter(material):
    other = replace(material.evaluation, metrics=material.evaluation.metrics | {"cleaned_otherwise": ["filter h_freq: 25 there, 40 here"]})
    text = methods_of(replace(material, others={"evaluation-clinic": other}))
    chapter = text.partition("## Evaluation on other windows (evaluation-clinic)")[2].partition("## ")[0]
    assert "filter h_freq: 25 there, 40 here" in chapter and "permutation" in chapter


def test_versions_are_those_that_are_recorded(material, run):
    import torch

    from eegcli.version import __version__

    text = methods_of(material)
    assert f"eegcli {__version__}." in text and f"PyTorch {torch.__version__}" in text


def test_equal_runs_have_equal_texts(run):
    assert text_of(run) == text_of(run)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"step": "filter", "l_freq": 0.25, "h_freq": 25.0, "notch": [50.0]}, ["band-pass", "0.25 Hz", "25 Hz", "notches at 50 Hz"]),
        ({"step": "filter", "l_freq": 1.0, "l_trans_bandwidth": 0.75, "notch": []}, ["high-pass", "1 Hz", "0.75 Hz"]),
        ({"step": "asr", "cutoff": 17.0, "max_bad_channels": 0.125}, ["ASR", "17 standard deviations", "12.5 %"]),
        ({"step": "reference", "channels": ["average"]}, ["average of all channels"]),
        ({"step": "reference", "channels": ["M1", "M2"], "keep": True}, ["mean of M1, M2", "stayed"]),
        ({"step": "reference", "channels": ["Cz"], "keep": False}, ["re-referenced to Cz", "left out"]),
        ({"step": "resample", "sfreq": 100.0}, ["100 Hz"]),
        ({"step": "bad-channels", "flat_seconds": 5.0, "line_noise": 0.0, "correlation": 0.0}, ["5 s"]),
        (
            {"step": "bad-channels", "flat_seconds": 0.0, "line_noise": 4.5, "correlation": 0.0, "reference": "average"},
            ["4.5 robust", "average reference"],
        ),
        (
            {"step": "bad-channels", "correlation": 0.7, "method": "ransac", "n_samples": 44, "subset": 0.3, "seed": 8},
            ["RANSAC", "44 subsets", "30 %", "seed 8", "0.7"],
        ),
        ({"step": "crop", "tmin": 3.0, "tmax": None}, ["3 s to their end"]),
        ({"step": "pick", "channels": ["hbn-24"], "missing_channels": "interpolate"}, ["hbn-24", "interpolated"]),
        ({"step": "lab-own", "strength": 3.5, "mode": "soft"}, ["lab-own", "strength 3.5", "mode soft"]),
        ({"step": "asr", "cutoff": 20.0, "max_bad_channels": 0.075, "window": 0.6}, ["window 0.6"]),
    ],
)
def test_a_step_is_told_with_all_its_options(step, words):
    said = cleaning.sentence_of(step).words
    assert all(word in said for word in words), said


def test_a_criterion_that_is_off_is_not_claimed():
    said = cleaning.sentence_of(
        {"step": "bad-channels", "flat_seconds": 5.0, "line_noise": 0.0, "correlation": 0.0, "n_samples": 50, "subset": 0.25, "seed": 0}
    )
    assert "RANSAC" not in said.words and "noise" not in said.words and said.sources == ()


AS_THE_NETWORK_HAS_THEM = ("seed", "representation", "bands")  # nothing of a cut is random


@pytest.mark.parametrize(
    "name", [one.name for one in fields(EpochSettings) if not one.metadata.get("free") and one.name not in AS_THE_NETWORK_HAS_THEM]
)
def test_a_setting_of_windows_that_differs_from_its_default_is_told(name):
    value = {
        "length": 3.5,
        "overlap": 0.5,
        "reject": 150.0,
        "max_subjects": 7,
        "segment_samples": 31,
        "keep_dead": True,
        "exclude_known_bad": True,
    }
    other = value.get(name, "a-word" if name in ("event_column", "montage", "stats_normalise", "baseline", "where") else ("a-word",))
    defaults = {one.name: one.default for one in fields(EpochSettings)}
    before, after = (
        " ".join(one.words for one in windowing.cut(Told(settings, EpochSettings))) for settings in (defaults, defaults | {name: other})
    )
    assert before != after
    assert ("a-word" in after) == ("a-word" in str(other))


@pytest.mark.parametrize("name", [one.name for one in fields(EvaluateSettings) if not one.metadata.get("free")])
def test_a_setting_of_an_evaluation_that_differs_from_its_default_is_told(material, name):
    other = {
        "vote": "majority",
        "vote_windows": 5,
        "resamples": 77,
        "permutations": 99,
        "seed": 8,
        "conformal": 0.9,
        "by": ("age",),
        "positive": "F",
    }
    value = other.get(name, {"probe": ("age",), "nested_cv": 20}.get(name, True))
    defaults = {one.name: one.default for one in fields(EvaluateSettings)}
    metrics = material.evaluation.metrics
    if name == "permutations":  # asked for and refused: the number that was made stands in the metrics
        metrics = metrics | {"permutation": {"refused": "labels are shuffled"}}
    before, after = (
        " ".join(one.words for one in evaluating.sentences(Told(settings, EvaluateSettings), metrics))
        for settings in (defaults, defaults | {name: value})
    )
    assert before != after


def test_names_of_data_are_no_markup():
    text = markdown([Paragraph("Data", (Sentence("The set <script>alert(1)</script> of *a* `b` [x](y)\n\n# Title"),))])
    assert "\\<script>" in text and "\\*a\\*" in text and "\\`b\\`" in text and "\\[x]" in text
    assert "\n# Title" not in text


def test_a_control_that_was_not_run_is_not_claimed():
    controls = {
        "cascade": {"passed": None, "value": None, "why": "takes long"},
        "faithful": {"passed": False, "value": 0.2},
        "randomised": 0.4,
        "shuffled": None,
    }
    metrics = {"methods": [{"name": "saliency", "controls": controls}, {"name": "of-a-lab", "controls": {}}]}
    said = [one.words for one in explaining.sentences(Told({"split": "test", "n_windows": 31, "seed": 4}, ExplainSettings), metrics)]
    assert "Controls: faithful, randomised" in said and "of-a-lab" in said
    assert "31" in said[0] and "test set" in said[0] and "seed 4" in said[0]
