"""Numbers and classes that are taken for each other, spelling, and numbers of wild scale."""

import numpy as np
import pytest

from eegcli.checks.labels.kind import class_order, class_spelling, label_kind, target_scale
from tests.kit.labelled import asked

N = 200


def test_codes_of_three_groups_that_are_read_as_a_number_are_suspect():
    finding = label_kind(asked([float(row // 10 % 3) for row in range(N)], target="group_code"))

    assert finding.verdict == "suspect"
    assert finding.change == {"kind": "classification"}


@pytest.mark.parametrize("values", [np.random.default_rng(0).normal(10, 3, 20), np.arange(5, 25), np.array([2.0, 4.0, 7.0, 9.0] * 5)])
def test_a_measure_is_a_number(values):
    assert label_kind(asked([float(values[row // 10]) for row in range(N)], target="age")).verdict == "ok"


def test_ages_as_classes_are_broken():
    finding = label_kind(asked([float(5 + row // 10 // 2) for row in range(N)], target="age", kind="classification"))

    assert finding.verdict == "broken"
    assert finding.change == {"kind": "regression"}


def test_stimuli_that_everybody_saw_are_classes_whatever_their_numbers():
    assert label_kind(asked([float(1 + row % 6) for row in range(N)], target="stimulus", kind="classification")).verdict == "ok"


@pytest.mark.parametrize(
    "names", [("F", "M", "f"), ("F", "M", "Male"), ("left hand", "right hand", "Left-hand"), ("patient", "control", "HC")]
)
def test_one_class_in_two_spellings_is_broken(names):
    finding = class_spelling(asked([names[row % 3] for row in range(N)]))

    assert finding.verdict == "broken"
    assert len(finding.found) == 2


@pytest.mark.parametrize("unknown", ["unknown", "NA", "-", "999", "?"])
def test_a_class_that_says_that_no_label_is_known_is_broken(unknown):
    finding = class_spelling(asked([("F", "M", unknown)[row % 3] for row in range(N)]))

    assert finding.verdict == "broken"
    assert finding.change == {"classes": ("F", "M")}


@pytest.mark.parametrize(
    "names", [("F", "M"), ("rest", "sums", "music"), ("1", "2"), ("x", "o"), ("S1", "s2"), ("none", "pain"), ("A", "B", "C", "D")]
)
def test_classes_that_are_what_they_say_are_none_of_it(names):
    assert class_spelling(asked([names[row % len(names)] for row in range(N)])).verdict == "ok"


@pytest.mark.parametrize(("names", "order"), [(("1", "2", "10"), ("1", "2", "10")), (("s9", "s10"), ("s9", "s10"))])
def test_numbered_classes_in_the_order_of_their_names_are_suspect(names, order):
    finding = class_order(asked([names[row % len(names)] for row in range(N)], target="stimulus", kind="classification"))

    assert finding.verdict == "suspect"
    assert finding.change == {"classes": order}


@pytest.mark.parametrize("names", [("1", "2", "3"), ("F", "M"), ("run1", "rest"), ("a1", "b0"), ("s01", "s02", "s10")])
def test_an_order_that_is_that_of_the_numbers_or_of_none_is_ok(names):
    evidence = asked([names[row % len(names)] for row in range(N)], target="stimulus", kind="classification")
    assert class_order(evidence).verdict == "ok"


@pytest.mark.parametrize("code", [999.0, -999.0])
def test_a_code_of_a_missing_age_is_broken(code):
    ages = np.random.default_rng(0).uniform(5, 21, 20)
    ages[[2, 7]] = code

    finding = target_scale(asked([float(ages[row // 10]) for row in range(N)], target="age"))

    assert finding.verdict == "broken"
    assert finding.value == 20


@pytest.mark.parametrize("times", [365.0, 1e6])
def test_an_age_in_days_among_years_is_broken(times):
    ages = np.random.default_rng(0).uniform(5, 21, 20)
    ages[3] *= times

    assert target_scale(asked([float(ages[row // 10]) for row in range(N)], target="age")).verdict == "broken"


def test_numbers_of_people_are_not_far_out():
    for seed in range(20):
        random = np.random.default_rng(seed)
        for values in (random.normal(100, 15, 20), random.uniform(5, 21, 20), random.lognormal(5.5, 0.4, 20), random.poisson(3, 20)):
            assert target_scale(asked([float(values[row // 10]) + 0.001 for row in range(N)], target="score")).verdict == "ok"
