"""Units and people of a split."""

import numpy as np
import pytest

from eegcli.checks.split.persons import one_subject, persons_in_sets
from eegcli.checks.split.unit import split_unit
from tests.kit.labelled import asked

N = 200
SUBJECT = np.arange(N) // 10
SEX = np.array(["F", "M"])[np.random.default_rng(1).permutation(20) % 2][SUBJECT]
DRAWN = np.random.default_rng(0).integers(0, 3, N)


@pytest.mark.parametrize(
    ("labels", "unit", "verdict"),
    [
        (SEX, "window", "broken"),
        (SEX, "session", "broken"),
        (DRAWN.astype(str), "window", "broken"),
        (DRAWN.astype(str), "session", "suspect"),
    ],
)
def test_people_on_both_sides_are_broken_but_where_parts_of_people_are_asked_about_what_changes_within_them(labels, unit, verdict):
    finding = split_unit(asked(labels.tolist(), sets=DRAWN, unit=unit))

    assert finding.verdict == verdict
    assert finding.value == 20


def test_a_split_by_people_is_ok():
    assert split_unit(asked(SEX.tolist())).verdict == "ok"


@pytest.mark.parametrize(("n", "verdict"), [(1, "broken"), (2, "suspect"), (6, "ok")])
def test_a_class_of_so_many_people_to_learn_from(n, verdict):
    labels = np.where(np.arange(20) % 2, "F", "M")
    sets = np.array([0] * 12 + [1] * 3 + [2] * 5)
    labels[:12] = ["F"] * n + ["M"] * (12 - n)

    finding = persons_in_sets(asked(labels[SUBJECT].tolist(), sets=sets[SUBJECT]))

    assert finding.verdict == verdict


def test_four_tested_people_cannot_be_told_from_chance_and_five_can():
    labels = np.where(np.arange(20) % 2, "F", "M")[SUBJECT].tolist()

    of_four, of_five = (persons_in_sets(asked(labels, sets=np.array([0] * (17 - n) + [1] * 3 + [2] * n)[SUBJECT])) for n in (4, 5))

    assert of_four.verdict == "suspect"  # 2**-4 is above, 2**-5 below 0.05
    assert of_five.verdict == "ok"
    assert of_five.compared["smallest_accuracy_told_from_chance"] == 1.0


def test_one_subject_with_most_windows_is_suspect():
    labels = [sex if row // 10 == 0 or row % 10 < 1 else None for row, sex in enumerate(SEX)]

    finding = one_subject(asked(labels, sets=np.where(SUBJECT < 8, 0, 1 + SUBJECT % 2)))

    assert finding.verdict == "suspect"
    assert finding.found == ("00",)
    assert finding.value == pytest.approx(10 / 17)
    assert one_subject(asked(SEX.tolist())).verdict == "ok"


@pytest.mark.parametrize("n", [5, 12, 40])
def test_what_so_many_tested_people_can_show_is_what_scipys_binomial_test_says(n):
    from scipy.stats import binomtest

    labels = np.where(np.arange(20 + n) % 2, "F", "M")
    sets = np.array([0] * 14 + [1] * 6 + [2] * n)
    share = np.mean(np.repeat(labels, 2) == "M")
    least = next(k for k in range(n + 1) if binomtest(k, n, max(share, 1 - share), alternative="greater").pvalue <= 0.05)

    finding = persons_in_sets(asked(np.repeat(labels, 2).tolist(), n_subjects=20 + n, sets=np.repeat(sets, 2)))

    assert finding.compared["smallest_accuracy_told_from_chance"] == least / n
