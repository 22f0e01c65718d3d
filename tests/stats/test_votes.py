"""Votes counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.stats import votes


def text(*values):
    return np.array(values, dtype=object)


@pytest.fixture
def table():
    """Two people labelled 01, of two data sets; the first has two recordings, one of them of two segments."""
    return {
        "dataset": text("a", "a", "a", "a", "b", "b"),
        "subject": text("01", "01", "01", "01", "01", "01"),
        "recording": text("r1", "r1", "r1", "r2", "r1", "r1"),
        "segment": text("open", "open", "closed", "open", "open", "open"),
        "onset": np.array([2.0, 0.0, 4.0, 0.0, 0.0, 2.0]),
    }


@pytest.mark.parametrize(
    ("truth", "unit"),
    [
        ([0, 0, 0, 0, 1, 1], "subject"),
        ([0, 0, 0, 1, 1, 1], "recording"),
        ([0, 0, 1, 1, 1, 1], "segment"),
        ([0, 1, 1, 1, 1, 1], "window"),
        ([1.5, 1.5, 2.5, 1.5, 0.5, 0.5], "segment"),
    ],
)
def test_the_unit_is_the_coarsest_within_which_the_target_stays(table, truth, unit):
    assert votes.unit_of_vote(np.array(truth, dtype=float), table) == unit


def test_windows_after_one_event_vote_together_where_trials_of_a_segment_differ(table):
    table["event_onset"] = np.array([2.0, 0.0, 4.0, 0.0, 0.0, 2.0])
    assert votes.unit_of_vote(np.array([0, 1, 1, 1, 1, 1.0]), table) == "trial"
    table["event_onset"][:] = 0.0
    assert votes.unit_of_vote(np.array([0, 1, 1, 1, 1, 1.0]), table) == "window"


def test_a_column_of_events_votes_by_trial_even_where_segments_were_chosen_by_it(table):
    table["event_onset"] = table["onset"]
    truth = np.array([0, 0, 1, 1, 1, 1.0])
    assert votes.unit_of_vote(truth, table, "segment") == "segment"
    assert votes.unit_of_vote(truth, table, "event_accuracy") == "trial"
    assert votes.unit_of_vote(np.zeros(6), table, "event_accuracy") == "subject"


def test_a_target_constant_within_subjects_but_equal_across_them_votes_by_subject(table):
    assert votes.unit_of_vote(np.zeros(6), table) == "subject"


def test_mean_and_hard_vote_can_differ():
    # two windows barely say 1, one surely says 0
    ballot = votes.count_votes(np.array([7, 7, 7]), np.array([[0.4, 0.6], [0.4, 0.6], [0.9, 0.1]]))
    assert ballot.n_windows.tolist() == [3]
    np.testing.assert_allclose(ballot.mean, [[1.7 / 3, 1.3 / 3]])
    assert ballot.vote.tolist() == [0]
    assert ballot.hard_vote.tolist() == [1]


def test_ties_go_to_the_first_class():
    tie = np.array([[0.25, 0.75], [0.75, 0.25]])
    ballot = votes.count_votes(np.array([0, 0]), tie)
    assert (ballot.vote.tolist(), ballot.hard_vote.tolist()) == ([0], [0])
    # 20 to 20 of 40 windows, as in the paper
    ballot = votes.count_votes(np.zeros(40, int), np.repeat(tie, 20, axis=0))
    assert ballot.hard_vote.tolist() == [0]
    # of three classes the last two tie
    ballot = votes.count_votes(np.zeros(4, int), np.eye(3)[[1, 2, 2, 1]])
    assert ballot.hard_vote.tolist() == [1]


def test_first_windows_go_recording_by_recording_in_time(table):
    unit = np.array([0, 0, 0, 0, 1, 1])
    assert votes.first_windows(unit, table, 2).tolist() == [True, True, False, False, True, True]
    assert votes.first_windows(unit, table, 1).tolist() == [False, True, False, False, True, False]
    assert votes.first_windows(unit, table, None).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), min_size=1, max_size=50), st.integers(1, 6))
def test_votes_agree_with_a_loop(pairs, n):
    unit = np.array([u for u, _ in pairs])
    p = np.array([p for _, p in pairs])
    table = {"recording": text(*["r"] * len(pairs)), "onset": np.arange(len(pairs))[::-1].astype(float)}
    mask = votes.first_windows(unit, table, n)
    ballot = votes.count_votes(unit[mask], np.stack([1 - p, p], axis=1)[mask])
    for row, u in enumerate(sorted(set(unit.tolist()))):
        windows = np.flatnonzero(unit == u)[::-1][:n]  # onsets fall
        assert ballot.n_windows[row] == len(windows)
        assert ballot.mean[row, 1] == pytest.approx(p[windows].mean())
        assert ballot.hard[row].tolist() == [int((p[windows] <= 0.5).sum()), int((p[windows] > 0.5).sum())]


def test_an_average_keeps_the_unit_of_a_regression():
    ballot = votes.count_votes(np.array([1, 0, 1]), np.array([[2.0], [5.0], [4.0]]))
    assert ballot.mean.tolist() == [[5.0], [3.0]]
    assert ballot.first.tolist() == [1, 0]
