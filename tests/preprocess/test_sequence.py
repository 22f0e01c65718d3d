"""A recipe's steps with the flags laid over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from eegcli.config import read_recipe
from eegcli.errors import UsageError
from eegcli.preprocess.sequence import sequence_of_steps
from eegcli.settings import PreprocessSettings

HBN = tuple(read_recipe("hbn")["preprocess"]["steps"])


def plan(*steps, **flags):
    return sequence_of_steps(PreprocessSettings(bids=Path("b"), steps=tuple(steps), **flags))


def test_without_a_recipe_the_band_is_a_quarter_to_25_hz_at_128_hz_against_the_average():
    assert [step.as_dict() for step in plan()] == [
        {"step": "filter", "l_freq": 0.25, "h_freq": 25.0, "notch": ()},
        {"step": "resample", "sfreq": 128.0},
        {"step": "reference", "channels": ("average",), "keep": False},
    ]


def test_a_flag_changes_its_option_in_place_or_brings_its_step_to_its_place():
    steps = plan(*HBN, l_freq=0.5, h_freq=40.0, sfreq=250.0, reference=("average",), asr_cutoff="5")
    assert [step.name for step in steps] == [step["step"] for step in HBN]
    high_pass, low_pass = (step.options for step in steps if step.name == "filter")
    assert (high_pass["l_freq"], high_pass["h_freq"], low_pass["l_freq"], low_pass["h_freq"]) == (0.5, None, None, 40.0)
    others = {step.name: step.options for step in steps}
    assert (others["resample"]["sfreq"], others["reference"]["channels"], others["asr"]["cutoff"]) == (250.0, ("average",), 5.0)
    bare = plan(
        {"step": "reference", "channels": "average"}, l_freq=1.0, channels=("hbn-24",), missing_channels="drop", notch=(50.0, 100.0)
    )
    assert [step.name for step in bare] == ["filter", "reference", "pick"]
    assert bare[0].options["notch"] == (50.0, 100.0) and bare[2].options["missing_channels"] == "drop"


def test_equal_work_has_equal_steps_however_it_was_asked_for():
    assert plan(h_freq=25.0) == plan()


@pytest.mark.parametrize(
    ("step", "said", "hint"),
    [
        ({"step": "filtr"}, "no step is named 'filtr'", "Did you mean filter?"),
        ({"step": "filter", "lfreq": 1.0}, "no option of step filter is named 'lfreq'", "Did you mean l_freq?"),
        ({"step": "filter", "l_freq": "slow"}, "l_freq: 'slow' is not a number", None),
        ({"step": "filter", "l_freq": 30.0, "h_freq": 20.0}, "l_freq 30 Hz is not below h_freq 20 Hz", None),
        ({"step": "filter", "notch": [50.0, -1.0]}, "notch is below zero", None),
        ({"step": "resample"}, "step resample needs sfreq", None),
        ({"step": "resample", "sfreq": 0}, "sfreq is 0 Hz", None),
        ({"step": "crop", "tmin": 5.0, "tmax": 3.0}, "tmax 3 s is not after tmin 5 s", None),
        ({"step": "pick", "channels": "hbn-25"}, "no channel set is named 'hbn-25'", "Did you mean hbn-24?"),
        ({"step": "pick", "channels": [], "missing_channels": "drop"}, "no channel is named", None),
        (
            {"step": "pick", "channels": "hbn-24", "missing_channels": "ignore"},
            "no value of step pick: missing_channels is named 'ignore'",
            "interpolate",
        ),
        ({"step": "reference", "channels": ["A1"], "keep": "yes"}, "keep: 'yes' is not true or false", None),
        ({"l_freq": 1.0}, "a step of the recipe has no name", "step ="),
    ],
)
def test_what_cannot_be_is_said_before_a_recording_is_read(step, said, hint):
    with pytest.raises(UsageError, match=said) as caught:
        plan(step)
    assert hint is None or hint in caught.value.hint


def test_asr_comes_where_it_sees_what_the_low_pass_takes_away_and_the_rank_that_the_average_takes():
    steps = plan(asr_cutoff="10", h_freq=30.0)
    assert [step.name for step in steps] == ["filter", "resample", "asr", "filter", "reference"]
    assert (steps[0].options["l_freq"], steps[0].options["h_freq"]) == (0.25, None)
    assert (steps[3].options["l_freq"], steps[3].options["h_freq"]) == (None, 30.0)
    assert steps[2].options["cutoff"] == 10.0


def test_asr_can_be_left_out_of_a_recipe_and_its_cutoff_changed():
    recipe = ({"step": "filter", "l_freq": 1.0}, {"step": "asr", "cutoff": 5.0})
    assert [step.name for step in plan(*recipe, asr_cutoff="off")] == ["filter"]
    assert plan(*recipe, asr_cutoff="7.5")[1].options["cutoff"] == 7.5


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"asr_cutoff": "much"}, "number of standard deviations"),
        ({"asr_cutoff": "0"}, "cutoff is 0"),
        ({"asr_cutoff": "-3"}, "below zero"),
        ({"asr_cutoff": "nan"}, "not a number"),
        ({"asr_cutoff": "20", "l_freq": 0.0}, "without drifts"),
    ],
)
def test_an_impossible_asr_is_said_before_a_recording_is_read(flags, said):
    with pytest.raises(UsageError, match=said):
        plan(**flags)


def test_of_two_filters_a_flag_means_the_one_that_states_its_edge():
    recipe = ({"step": "filter", "l_freq": 1.0}, {"step": "resample", "sfreq": 128.0}, {"step": "filter", "h_freq": 25.0})
    steps = plan(*recipe, l_freq=0.5, h_freq=40.0)
    assert (steps[0].options["l_freq"], steps[2].options["h_freq"]) == (0.5, 40.0)


def test_a_flag_that_could_mean_two_steps_is_an_error():
    with pytest.raises(UsageError, match="2 steps named filter"):
        plan({"step": "filter", "h_freq": 40.0}, {"step": "filter", "h_freq": 20.0}, h_freq=30.0)
