"""Labels that were shifted, sorted, shuffled or mistyped apart from their windows, and labels that were not."""

import numpy as np
import pytest

from eegcli.checks.labels.alignment import label_alignment, label_noise
from tests.kit.labelled import asked

N = 200  # windows of 20 subjects
SEX = np.array(["F", "M"])[np.random.default_rng(1).permutation(20) % 2][np.arange(N) // 10]


@pytest.mark.parametrize("rows", [1, -2, 4])
def test_labels_that_are_shifted_by_rows_are_found_with_the_number_of_rows(rows):
    finding = label_alignment(asked(np.roll(SEX, rows).tolist()))

    assert finding.verdict == "broken"
    assert finding.value == rows
    assert label_noise(asked(np.roll(SEX, rows).tolist())).verdict == "ok"


def test_labels_that_ascend_and_change_within_a_subject_were_sorted():
    labels = ["F"] * 97 + ["M"] * 103

    finding = label_alignment(asked(labels))

    assert finding.verdict == "broken"
    assert "sorted" in finding.why


def test_the_sex_of_shuffled_labels_changes_within_people():
    finding = label_alignment(asked(np.random.default_rng(0).permutation(SEX).tolist()))

    assert finding.verdict == "broken"
    assert "shuffled" in finding.why


@pytest.mark.parametrize(("target", "verdict"), [("group", "ok"), ("site", "ok"), ("sex", "broken")])
def test_a_group_may_be_that_of_a_recording_and_a_sex_may_not(target, verdict):
    """Two recordings of each person, one in each group: rest and arithmetic, before and after."""
    labels = [("first", "second")[row // 5 % 2] for row in range(N)]

    assert label_alignment(asked(labels, target=target, n_recordings=2)).verdict == verdict


def test_a_group_that_changes_within_recordings_was_shuffled():
    labels = np.random.default_rng(0).permutation(["first", "second"] * (N // 2)).tolist()

    assert label_alignment(asked(labels, target="group", n_recordings=2)).verdict == "broken"


def test_labels_that_contradict_the_task_of_the_recordings_name_are_found():
    names = [f"sub-{row // 10:02d}_task-{'rest' if row // 5 % 2 else 'sums'}" for row in range(N)]
    right = ["rest" if row // 5 % 2 else "sums" for row in range(N)]
    wrong = [*right[3:], *right[:3]]

    found = [label_alignment(asked(labels, target="label", n_recordings=2, recording=names)) for labels in (right, wrong)]

    assert [finding.verdict for finding in found] == ["ok", "broken"]
    assert found[1].value == pytest.approx(np.mean([one != other for one, other in zip(right, wrong, strict=True)]))


def test_numbers_of_runs_are_no_names_of_classes():
    labels = [str(1 + value) for value in np.random.default_rng(0).integers(0, 2, N)]

    assert label_alignment(asked(labels, target="hand_used", n_recordings=2)).verdict == "ok"


@pytest.mark.parametrize(("target", "n"), [("sex", 10), ("cohort_member", 30)])
def test_labels_that_are_wrong_here_and_there_are_noise(target, n):
    random = np.random.default_rng(3)
    right = np.repeat(SEX[::10], n)
    wrong = random.random(len(right)) < 0.1
    labels = np.where(wrong, np.where(right == "F", "M", "F"), right)

    finding = label_noise(asked(labels.tolist(), target=target))

    assert finding.verdict == "broken"
    assert finding.value == pytest.approx(wrong.mean())
    assert label_alignment(asked(labels.tolist(), target=target)).verdict == "ok"


def test_one_wrong_label_is_suspect():
    labels = SEX.copy()
    labels[55] = "F" if labels[55] == "M" else "M"

    assert label_noise(asked(labels.tolist())).verdict == "suspect"


def by_chance(random, subject):
    return np.where(random.random(10) < 0.5, "left", "right")


def in_blocks(random, subject):
    return np.repeat(["left", "right"], 5)


def rare(random, subject):
    return np.where(random.random(10) < 0.9, "standard", "target")


def stages(random, subject):
    return np.repeat(["awake", "asleep"], [cut := random.integers(1, 10), 10 - cut])[:: random.choice([-1, 1])]


def constant(random, subject):
    return np.repeat("left" if subject % 3 else "right", 10)


@pytest.mark.parametrize("rule", [by_chance, in_blocks, rare, stages, constant])
def test_labels_of_trials_blocks_and_stages_are_neither_shifted_nor_noise(rule):
    for seed in range(5):
        random = np.random.default_rng(seed)
        evidence = asked(np.concatenate([rule(random, subject) for subject in range(20)]).tolist(), target="condition")

        assert label_alignment(evidence).verdict == "ok"
        assert label_noise(evidence).verdict == "ok"


@pytest.mark.parametrize("n", [10, 30])
def test_what_people_prefer_is_not_called_broken(n):
    for seed in range(20):
        random = np.random.default_rng(seed)
        share = np.repeat(random.beta(0.5, 0.5, 20), n)
        labels = np.where(random.random(20 * n) < share, "yes", "no")

        assert label_noise(asked(labels.tolist(), target="answer")).verdict != "broken"
