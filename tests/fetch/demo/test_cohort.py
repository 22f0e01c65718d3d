"""Simulated cohort: balanced, matched, overlapping."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.fetch.demo.cohort import PLANTED, THETA, UPPER_ALPHA, ideal_accuracy, make_cohort, make_person

MATCHED = ("alpha_frequency", "alpha_moment", "background_moment", "background_slope", "blink_rate", "burst_rate", "line", "lead_in", "age")


@pytest.fixture(scope="module", params=[0, 1, 7])
def people(request):
    return make_cohort(40, request.param)


def test_half_are_female(people):
    assert sum(person.sex == "F" for person in people) == 20


def test_labels_in_order_do_not_tell_sex(people):
    sexes = "".join(person.sex for person in people)
    assert [person.label for person in people] == sorted(person.label for person in people)
    for period in (2, 4):  # alternating, or in runs of two
        assert len({sexes[start::period] for start in range(period)} & {"F" * (40 // period), "M" * (40 // period)}) == 0


def test_ages_are_those_of_hbn(people):
    ages = np.array([person.age for person in people])
    assert ages.min() >= 5 and ages.max() <= 22
    assert 9 < ages.mean() < 12


def test_alpha_speeds_up_with_age(people):
    ages, frequencies = (np.array([getattr(person, name) for person in people]) for name in ("age", "alpha_frequency"))
    assert frequencies[ages < 7].mean() == pytest.approx(8.2, abs=0.4)
    assert frequencies[ages > 15].mean() == pytest.approx(10.0, abs=0.3)


@pytest.mark.parametrize("name", MATCHED)
def test_nothing_but_the_planted_strengths_differs_between_the_sexes(people, name):
    value = {sex: np.array([getattr(person, name) for person in people if person.sex == sex]) for sex in "FM"}
    pooled = np.sqrt((value["F"].var() + value["M"].var()) / 2)
    assert abs(value["F"].mean() - value["M"].mean()) < 0.25 * pooled


def test_bad_channels_are_few_and_as_frequent_and_of_the_same_kind_in_both_sexes(people):
    kinds = {sex: sorted(str(person.bad_kind) for person in people if person.sex == sex and person.bad_channel) for sex in "FM"}
    assert kinds["F"] == kinds["M"]
    assert 2 <= len(kinds["F"]) <= 5
    assert not {person.bad_channel for person in people} & {"E57", "E100", "Cz"}


@pytest.mark.parametrize(("planted", "name"), [(THETA, "theta_moment"), (UPPER_ALPHA, "upper_alpha_moment")])
def test_males_are_stronger_but_persons_overlap(people, planted, name):
    female, male = (np.log([getattr(person, name) for person in people if person.sex == sex]) for sex in "FM")
    assert male.mean() - female.mean() == pytest.approx(np.log(planted.moment["M"] / planted.moment["F"]), abs=0.15)
    assert female.max() > male.min()


def test_planted_strengths_depend_neither_on_age_nor_on_each_other(people):
    for sex in "FM":
        group = [person for person in people if person.sex == sex]
        table = np.array([[np.log(person.theta_moment), np.log(person.upper_alpha_moment), person.age] for person in group])
        assert np.abs(np.corrcoef(table.T)[np.triu_indices(3, 1)]).max() < 0.5


def test_ideal_accuracy_is_that_of_the_best_rule_on_many_persons():
    people = make_cohort(4000, 5)
    log = np.log([[person.theta_moment, person.upper_alpha_moment] for person in people])
    middle = [np.log(planted.moment["F"] * planted.moment["M"]) / 2 for planted in PLANTED]
    weights = [planted.separation / planted.spread for planted in PLANTED]
    called_male = (log - middle) @ weights > 0
    right = np.mean(called_male == np.array([person.sex == "M" for person in people]))
    assert right == pytest.approx(ideal_accuracy(), abs=0.005)
    assert 0.94 < ideal_accuracy() < 0.995


def test_a_person_does_not_depend_on_how_many_there_are():
    assert make_cohort(4, 3) == make_cohort(12, 3, with_faults=True)[:4]


def test_another_seed_is_another_cohort():
    assert make_person(0, 0).age != make_person(0, 1).age
