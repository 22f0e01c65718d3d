"""Shards: a cohort dealt out to commands that know nothing of each other, such as the tasks of a Slurm array."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eegcli.errors import UsageError

Item = TypeVar("Item")

_ARRAY = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT")


@dataclass(frozen=True)
class Shard:
    """Shard: one of several equal commands that share a cohort.

    Attributes
    ----------
    number : int
        From 1 to `count`.
    count : int
        How many shards there are; 1 is the whole cohort.
    source : str
        What said so: an option, or a variable of Slurm.
    """

    number: int = 1
    count: int = 1
    source: str = "--shard"

    @property
    def whole(self) -> bool:
        """True if it is the only shard."""
        return self.count == 1

    def share(self, items: Sequence[Item], size: Callable[[Item], float], name: Callable[[Item], str]) -> list[Item]:
        """The items that are this shard's, in the order given.

        The items are dealt out by size, so that shards take about as long as each other. Who gets what depends on the
        items alone, never on what is already done: a shard that is run again has the same share.

        Parameters
        ----------
        items : sequence
            The whole cohort.
        size, name : callable
            Size of an item, and its name, which decides between equal sizes.
        """
        dealt = sorted(items, key=lambda item: (-size(item), name(item)))
        mine = {name(item) for item in dealt[self.number - 1 :: self.count]}
        return [item for item in items if name(item) in mine]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def find_shard(text: str | None, environment: Mapping[str, str] = os.environ) -> Shard:
    """The shard that an option names, else that of a task of a Slurm array, else the whole.

    Parameters
    ----------
    text : str or None
        ``I/N``, from 1 on.
    environment : mapping
        Where Slurm says which task of which array this is. An array may begin anywhere and have a step.

    Raises
    ------
    UsageError
        If `text` is no shard, or the array is a list with gaps, whose tasks cannot know their place.
    """
    if text is None:
        return _shard_of_array(environment)
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"--shard {text}: not one of I/N with I from 1 to N, such as 2/4")
    return Shard(int(match[1]), int(match[2]))


def _shard_of_array(environment: Mapping[str, str]) -> Shard:
    values = [environment.get(name, "") for name in _ARRAY]
    if not all(value.isdigit() for value in values):
        return Shard()
    task, first, last, step, count = map(int, values)
    step = max(step, 1)
    if (last - first) // step + 1 != count or (task - first) % step:
        raise UsageError(
            f"--array: task {task} of {count} between {first} and {last} cannot tell its place in a list with gaps",
            hint="Name it with --shard I/N (--shard 1/1 for the whole cohort).",
        )
    return Shard((task - first) // step + 1, count, "SLURM_ARRAY_TASK_ID")
