"""Published splits: the rule, against its words carried out one by one, and against the list of the paper's subjects."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli import registry
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.study.target import read_target
from eegcli.train.split import make_splits, splits_table
from eegcli.train.split.groups import gather_groups
from eegcli.train.split.split import Split
from tests.kit import cohorts

Table = dict[str, np.ndarray]
SHARED = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def cohort(people: list[tuple[str, str | None]], *, datasets: list[str] | None = None) -> Table:
    """One window of each (label, sex), in the order given."""
    n = len(people)
    labels = np.array([label for label, _ in people], dtype=object)
    sexes = np.full(n, None, dtype=object)
    sexes[:] = [sex for _, sex in people]
    return {
        "dataset": np.array(datasets or ["hbn"] * n, dtype=object),
        "subject": labels,
        "recording": labels,
        "segment": np.full(n, "closed", dtype=object),
        "onset": np.zeros(n),
        "sex": sexes,
        "age": np.arange(n) + 5.0,
    }


def split(table: Table, **wishes: object) -> Split:
    chosen = TrainSettings(windows=Path("w"), **{"split": "truong2021", **wishes})
    target = read_target(table, chosen.target, kind=chosen.kind, classes=chosen.classes)
    [one] = make_splits(gather_groups(table, target, chosen.split_unit), table, chosen)
    return one


def sets_of(one: Split) -> dict[str, str]:
    table = splits_table([one])
    return dict(zip(table["subject"], table["split"], strict=True))


def the_rule_word_by_word(people: list[tuple[str, str | None]]) -> dict[str, str]:
    """As section 0.4 of the notes on the paper has it: alphabetical, F and M in turns, the first ceil(N/8) test, the next ceil(5N/16) validate."""
    people = sorted(person for person in people if person[1])
    girls, boys = [label for label, sex in people if sex == "F"], [label for label, sex in people if sex == "M"]
    turns = []
    while girls and boys:
        turns += [girls.pop(0), boys.pop(0)]
    result = dict.fromkeys(girls + boys, "unused")
    n_test, n_validation = math.ceil(len(turns) / 8), math.ceil(5 * len(turns) / 16)
    for place, label in enumerate(turns):
        result[label] = "test" if place < n_test else "validation" if place < n_test + n_validation else "train"
    return result


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(SHARED, min_size=3, max_size=3), st.sampled_from(["F", "M", "M", None]), min_size=40, max_size=120).filter(
        lambda people: min(list(people.values()).count(sex) for sex in "FM") >= 6
    ),
    st.randoms(use_true_random=False),
    st.integers(0, 9),
)
def test_the_rule_holds_for_any_cohort_whatever_the_order_and_the_seed(people, random, seed):
    listed = list(people.items())
    random.shuffle(listed)
    assert sets_of(split(cohort(listed), seed=seed)) == the_rule_word_by_word(listed)


def test_the_subjects_of_the_paper_stand_where_the_paper_had_them(real_data):
    table = real_data.parent / "facts" / "paper-split.tsv"
    if not table.exists():
        pytest.skip(f"the paper's list is not there ({table})")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    people = [(row["eid"], "MF"[int(row["sex_0M_1F"])]) for row in reversed(rows)]
    # Other boys, after the last one of the paper: there were more of them than were used.
    people += [(f"ZZ{number:04d}", "M") for number in range(659)]
    one = split(cohort(people))
    found = sets_of(one)
    assert {row["eid"]: found[row["eid"]] for row in rows} == {row["eid"]: row["split"].replace("val", "validation") for row in rows}
    assert [one.counts()[name]["n_subjects"] for name in ("train", "validation", "test")] == [885, 492, 197]
    assert one.unused["n_subjects"] == 659


def test_any_spelling_of_the_two_sexes_will_do_and_the_order_of_the_classes_does_not_matter():
    people = [(f"s{i:02d}", "FM"[i % 2]) for i in range(32)]
    spelled = [(label, {"F": "female", "M": "Male"}[sex]) for label, sex in people]
    assert sets_of(split(cohort(people))) == sets_of(split(cohort(spelled))) == sets_of(split(cohort(people), classes=("M", "F")))


@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"target": "age"}, InputError, "females and males; the classes are numbers"),
        ({"cv": 4}, UsageError, "--cv and --split truong2021 each decide"),
        ({"holdout": "dataset=hbn"}, UsageError, "--holdout and --split truong2021 each decide"),
        ({"split_file": Path("x.tsv")}, UsageError, "--split-file and --split truong2021 each decide"),
        ({"split_unit": "recording"}, UsageError, "splits by subject, not by recording"),
        ({"split": "truong"}, UsageError, "no split is named 'truong'"),
    ],
)
def test_what_the_rule_is_not_about_is_refused(wishes, error, message):
    with pytest.raises(error, match=message):
        split(cohort([(f"s{i:02d}", "FM"[i % 2]) for i in range(32)]), **wishes)


@pytest.mark.parametrize("names", ["01", "AB", "FX"])
def test_classes_that_do_not_say_who_is_female_are_refused(names):
    with pytest.raises(InputError, match=f"the classes are {names[0]}, {names[1]}"):
        split(cohort([(f"s{i:02d}", names[i % 2]) for i in range(32)]))


def test_a_label_of_two_data_sets_is_refused():
    people = [(f"s{i // 2:02d}", "FM"[i // 2 % 2]) for i in range(64)]
    with pytest.raises(InputError, match=r"32 of them stand in several data sets \(s00, s01"):
        split(cohort(people, datasets=["a", "b"] * 32))


def test_data_sets_are_pooled_by_label_not_one_after_the_other():
    people = [(f"s{i:02d}", "FM"[i // 2 % 2]) for i in range(64)]
    assert sets_of(split(cohort(people, datasets=["b", "a"] * 32))) == the_rule_word_by_word(people)


def test_too_small_a_cohort_is_refused_in_words():
    # Four: one tests, two validate, and of the one that is left nobody can learn two classes.
    with pytest.raises(InputError, match="the train set has no window of class F"):
        split(cohort([(f"s{i}", "FM"[i % 2]) for i in range(4)]))


def test_every_split_of_the_registry_can_be_loaded_and_names_its_source():
    for entry in registry.SPLITS.values():
        assert callable(registry.load(entry.path)) and entry.summary and entry.source


def test_a_run_writes_and_says_who_is_not_used_and_evaluation_goes_by_it(tmp_path):
    from eegcli import evaluate
    from eegcli.files.atomic import read_json
    from eegcli.settings import EvaluateSettings

    # 36 subjects; the even ones, M, are one half, and eight more M stand behind.
    windows = cohorts.windows(tmp_path / "w", subjects=[*range(36), *range(36, 52, 2)])
    run = cohorts.train(windows, tmp_path / "run", split="truong2021", seeds=2)
    metrics, table = read_json(run / "metrics.json"), read_table(run / "splits.parquet")
    assert metrics["unused"] == {"n_windows": 8 * 12, "n_subjects": 8, "n_units": 8}
    assert np.unique(table["split"].astype(str), return_counts=True)[1].tolist() == [5, 19, 8, 12]
    from eegcli.reporter import Silent

    evaluate.run(EvaluateSettings(run=run, resamples=20), reporter=Silent())
    figures = read_json(run / "evaluation" / "metrics.json")
    assert all(check["passed"] for check in figures["leak_checks"] if check["passed"] is not None)
    assert figures["pooled"]["splits"]["test"]["vote"]["n"] == 5
