"""Neighbouring steps done in one pass give what they give one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.definition import Step
from eegcli.preprocess.fusion import Fused, operations
from eegcli.preprocess.sequence import sequence_of_steps
from eegcli.preprocess.signal import Signal
from eegcli.settings import PreprocessSettings
from eegcli.study.events import Events
from tests.kit.trees import NAMES, noise


def steps_of(*steps: dict) -> tuple[Step, ...]:
    return sequence_of_steps(PreprocessSettings(steps=steps))


BASELINE = {"step": "remove-baseline"}
BAND = {"step": "filter", "l_freq": 0.25, "h_freq": 25.0, "l_trans_bandwidth": 0.25, "h_trans_bandwidth": 0.25}
HIGH, LOW, NOTCH = ({"step": "filter", **options} for options in ({"l_freq": 0.5}, {"h_freq": 40.0}, {"notch": [50.0, 60.0]}))
NOTHING = {"step": "filter"}
RATE = {"step": "resample", "sfreq": 128.0}
AVERAGE = {"step": "reference", "channels": ["average"]}


def signal(seconds: float = 60.0, sfreq: float = 500.0, **fields) -> Signal:
    data = noise(3, seconds, sfreq)[:, : round(seconds * sfreq)] + np.array([[3000.0], [-20.0], [0.0]])
    return Signal(data, NAMES[:3], sfreq, **fields)


def one_after_the_other(steps: tuple[Step, ...], result: Signal) -> Signal:
    for step in steps:
        result = step(result)
    return result


def in_operations(steps: tuple[Step, ...], result: Signal) -> Signal:
    for operation in operations(steps):
        result = operation(result)
    return result


@pytest.mark.parametrize("sfreq", [160.0, 499.9, 500.0, 512.0])
@pytest.mark.parametrize(
    "steps", [(BAND, RATE), (BASELINE, BAND, RATE), (HIGH, RATE), (LOW, RATE), (NOTCH, RATE), (BASELINE, RATE), (BASELINE, BAND)]
)
def test_one_pass_gives_what_the_steps_give_ends_included(steps, sfreq):
    planned = steps_of(*steps)
    assert len(operations(planned)) == 1
    separate, fused = one_after_the_other(planned, signal(sfreq=sfreq)), in_operations(planned, signal(sfreq=sfreq))
    assert (fused.sfreq, fused.ch_names) == (separate.sfreq, separate.ch_names)
    # Odd reflections stay odd. What is left is the 1e-4 that the anti-alias filter leaves at half the new frequency.
    np.testing.assert_allclose(fused.data, separate.data, atol=2e-3)  # µV
    assert np.linalg.norm(fused.data - separate.data) < 2e-6 * np.linalg.norm(separate.data)


def test_at_a_boundary_the_steps_and_the_one_pass_agree():
    planned = steps_of(BASELINE, HIGH, RATE)
    cut = signal(events=Events(np.array([20.0, 40.002]), np.zeros(2), np.array(["boundary", "boundary"], dtype=object)))
    cut.data[:, 10_000:20_001] += 500.0
    separate, fused = one_after_the_other(planned, cut), in_operations(planned, cut)
    assert separate.data.shape == fused.data.shape == (3, 7680)
    assert np.linalg.norm(fused.data - separate.data) < 2e-6 * np.linalg.norm(separate.data)
    assert np.abs(fused.data).max() < 250  # the steps of 500 µV do not ring


def test_nothing_to_filter_and_the_same_rate_leaves_the_data_as_they_are():
    planned = steps_of(NOTHING, {"step": "resample", "sfreq": 500.0})
    np.testing.assert_array_equal(in_operations(planned, signal()).data, signal().data)


def test_only_neighbours_in_this_order_are_fused():
    def names(*steps: dict) -> list[str]:
        made = operations(steps_of(*steps))
        return ["+".join(step.name for step in operation.steps) if isinstance(operation, Fused) else operation.name for operation in made]

    assert names(BASELINE, BAND, RATE, AVERAGE) == ["remove-baseline+filter+resample", "reference"]
    assert names(BAND, AVERAGE, RATE) == ["filter", "reference", "resample"]
    assert names(RATE, BAND) == ["resample", "filter"]
    assert names(HIGH, LOW, RATE) == ["filter", "filter+resample"]
    assert names(BAND, BASELINE, RATE) == ["filter", "remove-baseline+resample"]


def test_a_recording_in_single_precision_becomes_double_in_any_step():
    single = replace(signal(), data=signal().data.astype(np.float32))
    for steps in ((BAND, RATE), (BAND,), (AVERAGE,), (BASELINE,)):
        result = in_operations(steps_of(*steps), single)
        assert result.data.dtype == np.float64
        np.testing.assert_array_equal(result.data, in_operations(steps_of(*steps), replace(single, data=single.data.astype(float))).data)


def test_an_edge_above_half_the_sampling_frequency_fails_in_one_pass_as_it_does_alone():
    with pytest.raises(RecordingError, match="sampled at 128 Hz: a filter edge at 70 Hz"):
        in_operations(steps_of({"step": "filter", "h_freq": 70.0}, {"step": "resample", "sfreq": 100.0}), signal(sfreq=128.0))


@pytest.mark.parametrize("n_times", [1, 2, 100, 3000])
def test_a_recording_shorter_than_the_kernel_is_filtered_all_the_same(n_times):
    short = replace(signal(), data=signal().data[:, :n_times])
    result = in_operations(steps_of(BAND, RATE), short)
    assert result.n_times == max(round(n_times * 0.256), 1) and np.isfinite(result.data).all()
