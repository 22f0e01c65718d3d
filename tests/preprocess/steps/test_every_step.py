"""Every registered step: range checks, place in the order, cost, and columns of quality, whoever adds it."""

from __future__ import annotations

import inspect
import math
from pathlib import Path

import pytest

from eegcli.errors import UsageError
from eegcli.preprocess.definition import Size, definition_of
from eegcli.preprocess.sequence import options_of, sequence_of_steps
from eegcli.registry import STEPS, quality_columns, quality_figures
from eegcli.settings import PreprocessSettings

BEFORE = {"step": "remove-drifts"}  # which every step may follow
# A value for options without a default: by their name, else by their type.
BY_NAME = {"segments": ["closed=cue:3:37"]}
BY_TYPE = {float: 64.0, int: 1, str: "Cz", tuple[str, ...]: ["Cz"]}
SIZE = Size(n_samples=129 * 180_000.0, n_channels=129.0, sfreq=500.0)
NUMBERS = [
    (name, option)
    for name in STEPS
    for option, (hint, _) in options_of(name).items()
    if hint in (float, int, float | None, tuple[float, ...]) and option != "seed"
]
FLAGS = [(name, flag) for name in STEPS for flag in definition_of(name).flags]


def bare(name: str) -> dict:
    """The step with what it cannot do without."""
    needed = {option: hint for option, (hint, default) in options_of(name).items() if default is inspect.Parameter.empty}
    return {"step": name} | {option: BY_NAME.get(option, BY_TYPE.get(hint)) for option, hint in needed.items()}


def plan(*steps: dict, **settings):
    return sequence_of_steps(PreprocessSettings(bids=Path("b"), steps=tuple(steps), **settings))


@pytest.mark.parametrize("name", STEPS)
def test_a_step_with_its_defaults_is_planned_and_says_what_it_does(name):
    assert plan(BEFORE, bare(name))[1].name == name
    assert STEPS[name].summary and inspect.getdoc(definition_of(name).function)


@pytest.mark.parametrize(("name", "option"), NUMBERS)
def test_a_number_below_zero_is_refused_unless_the_step_says_that_it_may_be(name, option):
    several = options_of(name)[option][0] == tuple[float, ...]
    step = bare(name) | {option: [-1] if several else -1}
    if option in definition_of(name).below_zero:
        plan(BEFORE, step)
        return
    with pytest.raises(UsageError, match=f"step {name}: {option} is below zero"):
        plan(BEFORE, step)


@pytest.mark.parametrize("name", STEPS)
def test_cost_and_size_are_finite_and_positive(name):
    step = plan(BEFORE, bare(name))[1]
    for size in (SIZE, Size(1e6, 0.0, 0.0)):  # as stated, and where no sidecar states it
        cost, after = step.definition.cost(step.options, size), step.definition.size(step.options, size)
        assert 0 < cost.seconds < math.inf and 0 <= cost.copies < math.inf
        assert 0 < after.n_samples < math.inf and after.n_channels <= size.n_channels
        assert cost.copies or step.definition.takes_single  # what holds no copy may not be given one


@pytest.mark.parametrize(("name", "flag"), FLAGS, ids=lambda value: value if isinstance(value, str) else value.setting)
def test_a_flag_brings_its_step_to_its_place_among_all_others(name, flag):
    others = [bare(other) for other in STEPS if other != name]
    hint = options_of(name)[flag.option][0]
    value = "20" if flag.setting == "asr_cutoff" else {float: 64.0, float | None: 0.5, tuple[float, ...]: (50.0,)}.get(hint, ("Cz",))
    if not flag.brings:
        assert [step.name for step in plan(*others, **{flag.setting: "drop"})] == [step["step"] for step in others]
        return
    assert [step.name for step in plan(*others, **{flag.setting: value})] == list(STEPS)


def test_quality_columns_have_one_name_each_and_figures_are_made_of_them():
    names = [column.name for column in quality_columns()]
    assert len(names) == len(set(names))
    for figure in quality_figures():
        assert set(figure.columns) <= {*names, "bad_channels", "interpolated", "seconds"}
    numbers = {column.name for column in quality_columns() if column.type == "float64"} | {"seconds"}
    assert all(figure.columns[0] in numbers and len(figure.columns) == 1 for figure in quality_figures() if figure.how != "channels")
