"""Shards: every item has one shard, whatever is done already; a Slurm array's tasks know their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.compute.shard import Shard, find_shard
from eegcli.errors import UsageError


def array(task: int, first: int, last: int, step: int, count: int) -> dict[str, str]:
    """The variables of one task, as Slurm 22.05 sets them."""
    names = ("ID", "MIN", "MAX", "STEP", "COUNT")
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in zip(names, (task, first, last, step, count), strict=True)}


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.integers(0, 1000), max_size=40), st.integers(1, 9))
def test_every_item_is_in_exactly_one_shard(sizes, count):
    shares = [Shard(number, count).share(list(sizes), sizes.__getitem__, str) for number in range(1, count + 1)]
    assert sorted(name for share in shares for name in share) == sorted(sizes)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for share in shares:
        assert share == [name for name in sizes if name in share]


def test_a_task_that_every_subject_has_does_not_end_in_one_shard():
    # By position alone, four shards of two tasks per subject would be two of long recordings and two of short ones.
    sizes = {f"sub-{subject:02d}_task-{task}": size for subject in range(8) for task, size in (("rest", 100), ("sums", 10))}
    loads = [sum(map(sizes.__getitem__, Shard(number, 4).share(list(sizes), sizes.__getitem__, str))) for number in range(1, 5)]
    assert loads == [220] * 4


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        (array(0, 0, 3, 1, 4), "1/4"),
        (array(3, 0, 3, 1, 4), "4/4"),
        (array(1, 1, 4, 1, 4), "1/4"),
        (array(6, 3, 6, 1, 4), "4/4"),
        (array(5, 2, 8, 3, 3), "2/3"),
        (array(5, 5, 5, 1, 1), "1/1"),
        ({}, "1/1"),
        ({"SLURM_ARRAY_TASK_ID": "3"}, "1/1"),
    ],
)
def test_a_task_of_an_array_knows_its_place(environment, shard):
    assert str(find_shard(None, environment)) == shard


def test_the_option_comes_before_slurm():
    assert str(find_shard("2/3", array(0, 0, 3, 1, 4))) == "2/3"
    assert find_shard("1/1", array(0, 0, 3, 1, 4)).whole


def test_a_list_with_gaps_is_refused_rather_than_guessed():
    with pytest.raises(UsageError, match="list with gaps") as caught:
        find_shard(None, array(3, 1, 7, 1, 3))  # --array=1,3,7
    assert "--shard" in caught.value.hint


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2", ""])
def test_what_is_no_shard_is_a_usage_error(text):
    with pytest.raises(UsageError, match="I/N"):
        find_shard(text)
