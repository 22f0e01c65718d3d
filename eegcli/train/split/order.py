"""Order of the groups in windows.parquet: ``--split-order file`` deals them out without a draw, one set after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eegcli.settings import TrainSettings
from eegcli.train.split.allocate import allocate
from eegcli.train.split.groups import Groups

Ints = NDArray[np.int64]
FILE = "file"


def deal(
    groups: Groups, chosen: Ints, totals: Sequence[int], settings: TrainSettings, seed: int | list[int], *, exactly: bool = False
) -> Ints:
    """Deal groups into parts: by a stratified draw, or with ``--split-order file`` one part after the other.

    Parameters
    ----------
    groups : Groups
        All groups.
    chosen : ndarray of int, shape (n_chosen,)
        Which of them are dealt out, ascending.
    totals : sequence of int
        Groups of each part; they sum to n_chosen.
    settings : TrainSettings
        `split_order` is read.
    seed : int or list of int
        Seed of the draw.
    exactly : bool
        As of `allocate`: a draw keeps to `totals` even where a part then goes without a stratum.

    Returns
    -------
    ndarray of int, shape (n_chosen,)
        Part of each of the chosen groups.
    """
    if settings.split_order != FILE:
        strata = np.unique(groups.strata[chosen], return_inverse=True)[1]
        return allocate(strata, totals, np.random.default_rng(seed), exactly=exactly)
    part = np.empty(len(chosen), dtype=np.int64)
    part[np.argsort(first_rows(groups)[chosen], kind="stable")] = np.repeat(np.arange(len(totals)), totals)
    return part


def first_rows(groups: Groups) -> Ints:
    """First row in windows.parquet of each group, shape (n_groups,): their order there."""
    first = np.full(len(groups), np.iinfo(np.int64).max)
    np.minimum.at(first, groups.member, groups.rows)
    return first
