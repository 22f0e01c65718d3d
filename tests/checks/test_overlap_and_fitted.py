"""Overlap in time across sets, against every pair of windows; and quantities that were fitted on who is tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.checks.finding import Evidence, Finding, Fitted, refuse
from eegcli.checks.fitted import fitted_quantities
from eegcli.checks.overlap import overlapping_windows
from eegcli.errors import InputError
from eegcli.files.digest import digest_of


def table_of(recording: list[int], onset: list[float]) -> dict[str, np.ndarray]:
    names = np.array([f"sub-{one}" for one in recording], dtype=object)
    dataset = np.full(len(names), "a", dtype=object)
    return {"dataset": dataset, "subject": names, "recording": names, "onset": np.array(onset, dtype=float)}


def overlap(recording, onset, sets, seconds=2.0) -> Finding:
    return overlapping_windows(Evidence(windows=table_of(recording, onset), sets=[np.array(sets)], seconds=seconds))


rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.sampled_from([-1, 0, 1, 2])), min_size=1, max_size=25)


@given(rows)
def test_overlap_is_found_as_by_every_pair(drawn):
    recording, onset, sets = ([one[i] for one in drawn] for i in range(3))
    finding = overlap(recording, [0.5 * one for one in onset], sets)
    expected = any(
        recording[i] == recording[j] and abs(onset[i] - onset[j]) < 4 and sets[i] >= 0 and sets[j] >= 0 and sets[i] != sets[j]
        for i in range(len(drawn))
        for j in range(i)
    )
    assert (finding.verdict == "broken") == expected


def test_neighbours_that_touch_do_not_overlap_and_overlap_within_a_set_is_counted():
    assert overlap([0, 0, 0], [0.0, 2.0, 4.0], [0, 2, 0]).verdict == "ok"
    finding = overlap([0, 0, 0], [0.0, 1.0, 2.0], [0, 0, 0])
    assert finding.verdict == "ok"
    assert finding.compared["windows_overlapping_the_next"] == 2


def one(what: str, groups: str, tested: str, *, named: bool = False) -> Fitted:
    return Fitted(what, 0, ("train",), frozenset(("a", name) for name in groups), frozenset(("a", name) for name in tested), named)


def test_what_was_fitted_on_tested_subjects_is_refused_with_its_name():
    finding = fitted_quantities(Evidence(fitted=(one("weights", "xyz", "pq"), one("normalisation", "xyzp", "pq"))))
    assert (finding.verdict, finding.found) == ("broken", ("normalisation",))
    with pytest.raises(InputError, match="normalisation"):
        refuse([finding], caveat=None)


def test_what_the_user_named_is_said_and_what_is_clean_can_be_checked_again():
    assert fitted_quantities(Evidence(fitted=(one("epoch", "pq", "pq", named=True),))).verdict == "suspect"
    finding = fitted_quantities(Evidence(fitted=(one("weights", "zyx", "pq"),)))
    assert finding.verdict == "ok"
    (stored,) = finding.data()["compared"]["weights"]
    assert stored["digest"] == digest_of([["a", "x"], ["a", "y"], ["a", "z"]])
    assert (stored["n"], stored["n_tested"], stored["n_both"]) == (3, 2, 0)
