"""Values that Python gives are read as those of a flag, whichever settings class has the field."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.configuration import configuration_of, settings_from
from eegcli.config import resolve
from eegcli.errors import ArtifactError, UsageError
from eegcli.settings import (
    EpochSettings,
    EvaluateSettings,
    FetchSettings,
    ModelsSettings,
    PreprocessSettings,
    TrainSettings,
)
from tests.settings.test_setting import CASES, STAGES

NEEDED = {"fetch": {"source": "demo"}}


@pytest.mark.parametrize(("command", "field", "text"), CASES, ids=lambda value: getattr(value, "name", str(value)))
def test_python_reads_the_text_of_a_flag(command, field, text):
    cls, needed, value = STAGES[command], NEEDED.get(command, {}), text if field.setting.commas else [text]
    by_flag = resolve(cls, command, {**needed, field.name: value})
    assert getattr(cls(**{**needed, field.name: value}), field.name) == getattr(by_flag, field.name)


@pytest.mark.parametrize(
    ("cls", "name", "value", "read"),
    [
        (EpochSettings, "length", 2, "2.0"),
        (EpochSettings, "length", np.float32(2), "2.0"),
        (EpochSettings, "subject", "sub-01", "('01',)"),
        (EpochSettings, "subject", np.array(["01", "02"]), "('01', '02')"),
        (EpochSettings, "subject", {"01"}, "('01',)"),
        (EpochSettings, "subject", 1, "('1',)"),
        (EpochSettings, "recordings", "a", "(PosixPath('a'),)"),
        (TrainSettings, "classes", "M,F", "('M', 'F')"),
        (TrainSettings, "split", (3, 1, 1), "(3.0, 1.0, 1.0)"),
        (TrainSettings, "split", "truong2021", "'truong2021'"),
        (TrainSettings, "cv", np.int64(4), "4"),
        (TrainSettings, "lr", "0.1", "0.1"),
        (PreprocessSettings, "stream", "yes", "True"),
        (PreprocessSettings, "notch", [50, 100], "(50.0, 100.0)"),
    ],
)
def test_what_python_has_beside_text_becomes_the_fields_type(cls, name, value, read):
    assert repr(getattr(cls(**{name: value}), name)) == read


@pytest.mark.parametrize(
    ("cls", "name", "value", "message"),
    [
        (TrainSettings, "class_weights", "balancd", "--class-weights: 'balancd' is none of auto, none, balanced"),
        (TrainSettings, "kind", "regresion", "--kind: 'regresion' is none of"),
        (TrainSettings, "seed", True, "--seed: True is not a whole number"),
        (TrainSettings, "seed", -1, "--seed must be at least 0, not -1"),
        (TrainSettings, "epochs", 1.5, "--epochs: 1.5 is not a whole number"),
        (TrainSettings, "lr", float("nan"), "--lr: nan is not a finite number"),
        (TrainSettings, "arch", "vg", "--arch: no architecture is named 'vg'"),
        (TrainSettings, "split_unit", "subjects", "--split-unit: 'subjects' is none of"),
        (TrainSettings, "device", "gpu", "--device: gpu: not auto, cpu, cuda"),
        (TrainSettings, "windows", "https://host/demo-windows", "windows: https://host/demo-windows is an address"),
        (EvaluateSettings, "windows", "s3://bucket/w", "is an address"),
        (PreprocessSettings, "missing_channels", "x", "--missing-channels: 'x' is none of"),
        (PreprocessSettings, "max_failures", "many", "--max-failures: many: not a count"),
        (FetchSettings, "jobs", 0, "--jobs must be at least 1, not 0"),
    ],
)
def test_what_a_flag_refuses_python_refuses(cls, name, value, message):
    needed = {"source": "demo"} if cls is FetchSettings else {}
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        cls(**{**needed, name: value})


def test_equal_settings_have_equal_digests_whoever_gave_them():
    python, flags = (
        EpochSettings(recordings="r", length=1, subject="sub-01"),
        resolve(EpochSettings, "epoch", {"recordings": ["r"], "length": "1", "subject": ["01"]}),
    )
    assert configuration_of("windows", python, {}, 1) == configuration_of("windows", flags, {}, 1)


def test_settings_of_an_artifact_that_cannot_be_read_name_the_artifact():
    stored = json.loads(json.dumps(configuration_of("run", TrainSettings(windows="w"), {}, 1)))
    stored["settings"]["split_unit"] = ["x"]
    with pytest.raises(ArtifactError, match=r"my-run: its settings\.json is damaged \(split_unit"):
        settings_from(TrainSettings, stored, "my-run")


def test_an_argument_whose_value_is_refused_is_not_named():
    with pytest.raises(UsageError) as refused:
        resolve(ModelsSettings, "models", {"name": "vggg"})
    assert refused.value.message == "no architecture is named 'vggg'"
    with pytest.raises(UsageError, match=r"^--arch: no architecture is named 'vggg'"):
        resolve(TrainSettings, "train", {"windows": Path("w"), "arch": "vggg"})
