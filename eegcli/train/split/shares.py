"""Split by shares or counts: ``--split 0.6,0.2,0.2``, a stratified draw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.study.sets import SETS, TEST, TRAIN, VALIDATION
from eegcli.train.split.allocate import allocate, totals_of_shares
from eegcli.train.split.groups import Groups
from eegcli.train.split.order import deal

Ints = NDArray[np.int64]
VALIDATING = (0.75, 0.25)  # of training and validation, where sets that were written down have no validation set: as with --cv


def shares(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[Ints]:
    """Deal groups into the three sets, by a stratified draw or in the order of the windows.

    Parameters
    ----------
    groups : Groups
        Groups of windows that are split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    settings : TrainSettings
        `split` holds the shares, or numbers of groups; `seed` draws, unless `split_order` says otherwise.

    Returns
    -------
    list of ndarray of int, shape (n_groups,)
        One fold.

    Raises
    ------
    UsageError
        If the numbers are neither shares nor counts.
    InputError
        If there are fewer groups than counts.
    """
    split = require_three(settings.split)
    are_counts = not _are_shares(split)
    totals = _counts(groups, split) if are_counts else [*totals_of_shares(len(groups), split), 0]
    return [deal(groups, np.arange(len(groups)), totals, settings, settings.seed, exactly=are_counts)]


def with_validation(groups: Groups, sets: Ints, seed: int | list[int]) -> Ints:
    """Let a quarter of the training set validate, where nobody does: a stratified draw, of persons where groups are subjects.

    Parameters
    ----------
    groups : Groups
    sets : ndarray of int, shape (n_groups,)
        Index of the set of each group.
    seed : int or list of int
    """
    training = np.flatnonzero(sets == TRAIN)
    if (sets == VALIDATION).any() or not training.size:
        return sets
    member = groups.person[training] if groups.word == "subject" else training
    _, first, member = np.unique(member, return_index=True, return_inverse=True)
    order = np.argsort(first)  # persons in the order in which they come
    strata = np.unique(groups.strata[training[first[order]]], return_inverse=True)[1]
    drawn = np.empty(len(order), dtype=np.int64)
    drawn[order] = allocate(strata, totals_of_shares(len(order), VALIDATING), np.random.default_rng(seed))
    chosen = sets.copy()
    chosen[training] = drawn[member]
    return chosen


def require_three(split: tuple[float, ...] | str) -> tuple[float, ...]:
    """Check that a split has three shares, and give them.

    Raises
    ------
    UsageError
        If they are not three, or nobody would be trained on.
    """
    if isinstance(split, str):
        raise UsageError(f"--split {split} says who is tested: shares are needed here")
    if len(split) != len(SETS) or min(split) < 0 or split[TRAIN] == 0:
        raise UsageError(
            f"--split {_listed(split)}: needs a share for train, validation and test, the first above 0",
            hint="For example --split 0.6,0.2,0.2; without a validation set (0.8,0,0.2) the last epoch is kept.",
        )
    return split


def asks_for_validation(settings: TrainSettings) -> bool:
    """Test that somebody is to validate: all rules but shares without any see to it."""
    return isinstance(settings.split, str) or settings.validation is not None or settings.split[VALIDATION] > 0


def train_and_validation(
    groups: Groups, tested: NDArray[np.bool_], shares: tuple[float, float], settings: TrainSettings, seed: int | list[int]
) -> Ints:
    """Test the groups marked; deal the others into training and validation set.

    Parameters
    ----------
    groups : Groups
    tested : ndarray of bool, shape (n_groups,)
    shares : tuple of float
        Shares of training and validation.
    settings : TrainSettings
        `split_order` is read.
    seed : int or list of int
        Seed of the draw.
    """
    sets = np.full(len(groups), TEST, dtype=np.int64)
    others = np.flatnonzero(~tested)
    sets[others] = deal(groups, others, totals_of_shares(len(others), shares), settings, seed)
    return sets


def _are_shares(split: tuple[float, ...]) -> bool:
    return abs(sum(split) - 1) < 1e-6


def _counts(groups: Groups, split: tuple[float, ...]) -> list[int]:
    """Number of groups in each set, as asked for; the last number is of those in none."""
    n = len(groups)
    if any(value != int(value) for value in split):
        raise UsageError(f"--split {_listed(split)}: the shares sum to {sum(split):g}, not 1, and they are no counts")
    wanted = int(sum(split))
    if wanted > n:
        raise InputError(f"--split {_listed(split)} asks for {wanted} {groups.word}s, there are {n}")
    return [*(int(value) for value in split), n - wanted]


def _listed(split: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in split)
