"""Names of events: a literal name first, then a condition on columns, mne-bids' spelling, or another column altogether."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eegcli.errors import InputError, UsageError
from eegcli.study.conditions import is_condition
from eegcli.study.events import Events
from eegcli.study.segments import SegmentRule, find_cues
from eegcli.study.vocabulary import survey


def text(*values):
    result = np.full(len(values), None, dtype=object)
    result[:] = values
    return result


def flanker(**columns) -> Events:
    value = text("stimulus", "response", "stimulus", "response", "boundary")
    given = {
        "trial_type": text("stimulus", "response", "stimulus", "response", None),
        "value": np.array([11, 201, 12, 202, np.nan]),
        "response_time": np.array([np.nan, 0.4, np.nan, 0.7, np.nan]),
        "stim file": text("a.png", None, "b.png", None, None),
    }
    return Events(np.arange(5.0), np.zeros(5), value, columns=given | columns)


def cues(name: str, events: Events | None = None, column: str = "") -> list[int]:
    events = flanker() if events is None else events
    vocabulary = survey([events], column, {name})
    (rule,) = vocabulary.resolve([SegmentRule("x", name)])
    return find_cues(vocabulary.fit(events), rule)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("response", [1, 3]),
        ("response/202", [3]),
        ("response/999", []),
        ("value=202", [3]),
        ("trial_type = stimulus", [0, 2]),
        ("stim file=b.png", [2]),
        ("colour=202", []),
        ('trial_type == "response" and response_time < 0.5', [1]),
        ("value in [11, 12]", [0, 2]),
        ("value in (201, 202) and onset > 2", [3]),
        ("response_time is not None", [1, 3]),
        ("`stim file` == 'b.png'", [2]),
        ("event == 'stimulus' and not value == 11", [2]),
        ("duration == 0 and value >= 200", [1, 3]),
        ("202", []),
    ],
)
def test_events_are_found_by_name_code_or_condition(name, expected):
    assert cues(name) == expected


def test_an_event_that_is_really_called_so_goes_before_a_condition():
    odd = flanker()
    value = odd.value.copy()
    value[0], value[2] = "value > 200", "a/b"
    odd = replace(odd, value=value)
    assert cues("value > 200", odd) == [0]
    assert cues("a/b", odd) == [2]
    assert cues("value > 201", odd) == [3]


def test_a_column_names_the_events_and_cuts_stay_cuts():
    vocabulary = survey([flanker()], "value")
    assert vocabulary.fit(flanker()).value.tolist() == ["11", "201", "12", "202", "boundary"]
    assert cues("202", column="value") == [3]
    # A row without a cell keeps its name: it is an event all the same.
    assert survey([flanker()], "response_time").fit(flanker()).value.tolist() == ["stimulus", "0.4", "stimulus", "0.7", "boundary"]


def test_what_no_recording_has_is_named():
    vocabulary = survey([flanker()], "valeu")
    with pytest.raises(InputError, match="no event has a column 'valeu'") as caught:
        vocabulary.check_column("tree")
    assert caught.value.hint == "Did you mean value?"
    with pytest.raises(InputError, match="--segment accuracy == 1: there is no column accuracy") as caught:
        survey([flanker()]).resolve([SegmentRule("x", "accuracy == 1")])
    assert "response_time" in caught.value.hint
    with pytest.raises(UsageError, match="cannot be read"):
        survey([flanker()]).resolve([SegmentRule("x", "value == == 1")])
    with pytest.raises(UsageError, match="value is number, '11' is text"):
        survey([flanker()]).resolve([SegmentRule("x", "value == '11'")])
    assert survey([flanker()], wanted={"202", "a.png", "typo"}).holders == {"202": "value", "a.png": "stim file"}


def test_recordings_from_before_columns_were_kept_are_told_of():
    old = replace(flanker(), columns={})
    with pytest.raises(InputError, match="there is no column accuracy") as caught:
        survey([old]).resolve([SegmentRule("x", "accuracy == 1")])
    assert "do it again with --force" in str(caught.value.hint)
    with pytest.raises(InputError, match="no event has a column 'value'") as caught:
        survey([old], "value").check_column("tree")
    assert "do it again with --force" in str(caught.value.hint)
    assert cues("response", old) == [1, 3] and cues("value == 'response' and onset > 2", old) == [3]


def test_columns_are_those_of_the_cohort_and_of_one_type():
    other = flanker(value=text("11", "x1", None, None, None))
    del other.columns["response_time"]
    vocabulary = survey([flanker(), other])
    assert vocabulary.mixed == {"value"}
    first, second = vocabulary.fit(flanker()), vocabulary.fit(other)
    assert first.columns["value"].tolist() == ["11", "201", "12", "202", None]
    assert list(second.columns) == ["trial_type", "value", "response_time", "stim file"]
    assert np.isnan(second.columns["response_time"]).all()
    # A column in which one recording has nothing is of the others' type.
    empty = flanker(**{"stim file": np.full(5, np.nan)})
    assert survey([flanker(), empty]).fit(empty).columns["stim file"].tolist() == [None] * 5
    assert not survey([flanker(), empty]).mixed


@pytest.mark.parametrize("name", ["S  1", "left/right", "show_face", "is", "Stimulus:S 1", "in the box", "a = b", "T0", "what is it"])
def test_plain_names_are_no_conditions(name):
    assert not is_condition(name)
