"""Patterns of names: what they read, and when they read two things."""

from __future__ import annotations

import pytest

from eegcli.bids.name_pattern import parse_pattern
from eegcli.errors import UsageError


@pytest.mark.parametrize(
    ("pattern", "path", "reading"),
    [
        ("{subject}_{task}.edf", "S01_rest.edf", {"sub": "S01", "task": "rest"}),
        ("{subject}_{task}.edf", "S01_rest.EDF", {"sub": "S01", "task": "rest"}),
        ("{subject}/{session}/{task}.vhdr", "a/2/rest.vhdr", {"sub": "a", "ses": "2", "task": "rest"}),
        ("{subject}/{subject}_{task}.set", "s_1/s_1_rest.set", {"sub": "s_1", "task": "rest"}),
        ("*/{subject}-{}-{run}.cnt", "2020/x-abc-3.cnt", {"sub": "x", "run": "3"}),
        ("**/{participant}.{acquisition}.bdf", "a/b/7.low.bdf", {"sub": "7", "acq": "low"}),
        ("**/{subject}.bdf", "7.bdf", {"sub": "7"}),
        ("{subject:S??}_{task}.edf", "S01_eyes_open.edf", {"sub": "S01", "task": "eyes_open"}),
        ("{subject:S[0-9][0-9]}R{run}.edf", "S01R02.edf", {"sub": "S01", "run": "02"}),
    ],
)
def test_a_name_is_read(pattern, path, reading):
    assert parse_pattern(pattern).readings(path) == [reading]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("{subject}_{task}.edf", "S01_eyes_open.edf"), ("{subject}{task}.edf", "abc.edf"), ("{subject}_*.edf", "a_b_c.edf")],
)
def test_a_name_that_fits_in_two_ways_is_read_twice(pattern, path):
    assert len(parse_pattern(pattern).readings(path)) == 2


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{subject}_{task}.edf", "S01_rest.set"),
        ("{subject}_{task}.edf", "a/S01_rest.edf"),
        ("{subject}_{task}.edf", "_rest.edf"),
        ("{subject}/{subject}_{task}.set", "s1/s2_rest.set"),
        ("{subject:S??}_{task}.edf", "S1_rest.edf"),
        ("s{subject}.edf", "S1.edf"),
    ],
)
def test_a_name_that_does_not_fit_is_not_read(pattern, path):
    assert parse_pattern(pattern).readings(path) == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("{task}.edf", "no field is {subject}"), ("{subject}_{tsk}.edf", r"\{tsk\} is no field"), ("{subject_{task}.edf", "brace|no field")],
)
def test_a_pattern_that_makes_no_sense_is_refused(pattern, said):
    with pytest.raises(UsageError, match=said):
        parse_pattern(pattern)
