"""Estimate of a run's cost: it follows from the steps and the sidecars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eegcli.bids.scan import find_recordings
from eegcli.config import read_recipe
from eegcli.preprocess.estimate import START_SECONDS, WORKER_BYTES, estimate
from eegcli.preprocess.sequence import sequence_of_steps
from eegcli.settings import PreprocessSettings
from tests.kit.trees import make_tree

SECONDS, RATE, CHANNELS = 360.0, 500.0, 129


@pytest.fixture
def recording(tmp_path: Path):
    """A recording that says it is as large as HBN's."""
    root = make_tree(tmp_path / "tree", subjects=("01",))
    for sidecar in root.rglob("*_eeg.json"):
        sidecar.unlink()
    stated = {"RecordingDuration": SECONDS, "SamplingFrequency": RATE, "EEGChannelCount": CHANNELS}
    (root / "task-rest_eeg.json").write_text(json.dumps(stated))
    found = find_recordings(root, PreprocessSettings(bids=root))
    (root / f"task-{found[0].task}_eeg.json").write_text(json.dumps(stated))
    return found[0]


def cost(recording, *steps: dict, n: int = 1, jobs: int = 1) -> dict:
    return estimate([recording] * n, sequence_of_steps(PreprocessSettings(steps=steps)), jobs)


HBN = read_recipe("hbn")["preprocess"]["steps"]
BAND, DOWN, UP = {"step": "filter", "l_freq": 0.25}, {"step": "resample", "sfreq": 250.0}, {"step": "resample", "sfreq": 1000.0}
ASR = {"step": "asr"}


def test_each_step_of_hbn_that_is_switched_off_saves_time(recording) -> None:
    whole = cost(recording, *HBN)["seconds"]
    no_ransac = cost(recording, *(step | {"correlation": 0.0} if step["step"] == "bad-channels" else step for step in HBN))["seconds"]
    no_test = cost(recording, *(step for step in HBN if step["step"] != "bad-channels"))["seconds"]
    no_asr = cost(recording, *(step for step in HBN if step["step"] not in ("bad-channels", "asr")))["seconds"]
    assert whole > no_ransac > no_test > no_asr > START_SECONDS


def test_steps_that_are_one_pass_are_counted_once_and_later_steps_at_the_new_rate(recording) -> None:
    one = cost(recording, BAND)["seconds"]
    assert cost(recording, BAND, DOWN)["seconds"] == pytest.approx(one)
    at_250, at_1000 = (cost(recording, BAND, rate, ASR)["seconds"] - one for rate in (DOWN, UP))
    assert at_1000 == pytest.approx(4 * at_250, rel=0.05)


def test_memory_is_that_of_the_worst_step_and_of_every_worker(recording) -> None:
    as_read = 4 * CHANNELS * SECONDS * RATE
    band, asr = (cost(recording, *steps)["memory_bytes"] - WORKER_BYTES for steps in ((BAND,), (BAND, ASR)))
    # The recording in single precision, what the preview keeps, and then the result in double precision.
    assert band >= 2 * as_read + 2 * as_read and asr > band
    assert cost(recording, BAND, n=2, jobs=2)["memory_bytes"] == 2 * (band + WORKER_BYTES)


def test_two_jobs_take_half_the_time_but_one_recording_is_never_shared(recording) -> None:
    alone, four, in_two, one_in_two = (cost(recording, *HBN, n=n, jobs=jobs)["seconds"] for n, jobs in ((1, 1), (4, 1), (4, 2), (1, 2)))
    assert four - START_SECONDS == pytest.approx(4 * (alone - START_SECONDS), rel=0.05)
    assert in_two - START_SECONDS == pytest.approx((four - START_SECONDS) / 2, rel=0.05)
    assert one_in_two == alone


def test_the_artifact_has_the_channels_and_the_rate_of_the_last_steps(recording) -> None:
    assert cost(recording, *HBN)["bytes_out"] == pytest.approx(4 * 24 * SECONDS * 128)


def test_no_recordings_cost_next_to_nothing() -> None:
    assert estimate([], sequence_of_steps(PreprocessSettings(steps=(BAND,))), 1)["seconds"] == START_SECONDS
