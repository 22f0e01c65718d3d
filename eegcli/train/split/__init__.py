"""Who is trained on, who validates and who is tested: never the same subject, unless `--split-unit` says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, concatenate, n_rows
from eegcli.errors import InputError, UsageError
from eegcli.lazy import submodules
from eegcli.registry import SPLITS, load, lookup
from eegcli.settings import TrainSettings
from eegcli.study.sets import NAMES, SETS, TEST, TRAIN, UNUSED, VALIDATION
from eegcli.train.split.allocate import allocate, totals_of_shares
from eegcli.train.split.from_file import read_split_file
from eegcli.train.split.groups import Units
from eegcli.train.split.holdout import having

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

Ints = NDArray[np.int64]

VALIDATION_SHARE_OF_CV = 0.25  # of the subjects that are not tested in a fold
# NIMH's Data Archive names people, not places in a list: wherever such a label stands, it is the same person.
WORLDWIDE = "NDAR"


@dataclass(frozen=True)
class Split:
    """One fold: in which set each unit stands.

    Attributes
    ----------
    units : Units
        What was split.
    sets : ndarray of int, shape (n_units,)
        Index into `SETS`; `UNUSED` for units that are in none.
    """

    units: Units
    sets: Ints

    def windows(self, which: int) -> Ints:
        """Places, among the units' windows, of those in a set."""
        return np.flatnonzero(self.sets[self.units.member] == which)

    def counts(self) -> dict[str, dict[str, int]]:
        """Windows, subjects and units of each set."""
        return {name: self._count(which) for which, name in enumerate(SETS)}

    @property
    def unused(self) -> dict[str, int]:
        """Windows, subjects and units that have an answer and are in no set."""
        return self._count(UNUSED)

    def _count(self, which: int) -> dict[str, int]:
        return {
            "n_windows": int(self.units.n_windows[self.sets == which].sum()),
            "n_subjects": self.units.n_subjects(self.sets == which),
            "n_units": int(np.sum(self.sets == which)),
        }


def make_splits(units: Units, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[Split]:
    """Split units into training, validation and test set, once per fold.

    Parameters
    ----------
    units : Units
        What is split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table, for `--holdout`.
    settings : TrainSettings
        `split`, `cv`, `split_file`, `holdout`, `validation` and `seed` are read.

    Returns
    -------
    list of Split
        One per fold. They depend on the units' names, their strata and the seed; not on the order of any rows.

    Raises
    ------
    InputError
        If there are too few units, a class would be missing where one learns or chooses by it, or one person would stand
        in two sets.
    UsageError
        If the wishes contradict each other or make no sense.
    """
    named = [
        flag
        for flag, value in (("--cv", settings.cv), ("--split-file", settings.split_file), ("--holdout", settings.holdout))
        if value is not None
    ]
    rule = settings.split if isinstance(settings.split, str) else None
    if rule is not None:
        named.append(f"--split {lookup('split', rule, SPLITS)}")
    if settings.validation is not None and settings.holdout is None:
        raise UsageError("--validation goes with --holdout", hint="Without it, --split and --split-file say who validates.")
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} each decide who is tested: name one of them")
    if settings.split_file is not None:
        folds = read_split_file(settings.split_file, units)
    elif settings.cv is not None:
        folds = _cross_validation(units, settings.cv, settings.seed)
    elif settings.holdout is not None:
        folds = [_holdout(units, table, settings)]
    elif rule is not None:
        folds = [load(SPLITS[rule].path)(units)]
    else:
        folds = [_shares(units, settings)]
    splits = [Split(units, sets) for sets in folds]
    for number, split in enumerate(splits):
        where = f"fold {number}: " if len(splits) > 1 else ""
        _require_both_sets(split, where)
        if units.word == "subject":
            _require_one_person_one_set(split, where)
        # Who comes into the test set by wish may well be of one class; a random draw has no excuse.
        _require_variety(split, where, (TRAIN, VALIDATION) if named else (TRAIN, VALIDATION, TEST))
    return splits


def splits_table(splits: list[Split]) -> Table:
    """The rows of splits.parquet: one per unit and fold, those that are in no set included."""
    parts = []
    for fold, split in enumerate(splits):
        rows = split.units.table
        n = n_rows(rows)
        names = np.array(NAMES, dtype=object)
        order = ("dataset", "subject", "unit")
        parts.append(
            {name: rows[name] for name in order}
            | {"fold": np.full(n, fold, dtype=np.int64), "split": names[split.sets]}
            | {name: column for name, column in rows.items() if name not in order}
        )
    return concatenate(parts)


def _shares(units: Units, settings: TrainSettings) -> Ints:
    totals = _totals(units, _require_three(settings.split))
    return allocate(units.strata, totals, np.random.default_rng(settings.seed))


def _require_three(split: tuple[float, ...] | str) -> tuple[float, ...]:
    if isinstance(split, str):
        raise UsageError(f"--split {split} says who is tested: shares are needed here")
    if len(split) != len(SETS) or min(split) < 0 or split[TRAIN] == 0 or split[VALIDATION] == 0:
        raise UsageError(
            f"--split {_listed(split)}: needs a share for train, validation and test, the first two above 0",
            hint="For example --split 0.6,0.2,0.2.",
        )
    return split


def _totals(units: Units, split: tuple[float, ...]) -> list[int]:
    """How many units each set gets; the last number is of those in none."""
    n = len(units)
    if abs(sum(split) - 1) < 1e-6:
        return [*totals_of_shares(n, split), 0]
    if any(value != int(value) for value in split):
        raise UsageError(f"--split {_listed(split)}: the shares sum to {sum(split):g}, not 1, and they are no counts")
    wanted = int(sum(split))
    if wanted > n:
        raise InputError(f"--split {_listed(split)} asks for {wanted} {units.word}s, there are {n}")
    return [*(int(value) for value in split), n - wanted]


def _cross_validation(units: Units, n_folds: int, seed: int) -> list[Ints]:
    if n_folds < 2:
        raise UsageError(f"--cv {n_folds}: needs at least 2 folds")
    if n_folds > len(units):
        raise InputError(f"--cv {n_folds} needs as many {units.word}s, there are {len(units)}")
    tested = allocate(units.strata, totals_of_shares(len(units), [1.0] * n_folds), np.random.default_rng(seed))
    return [
        _train_and_validation(units, tested == fold, (1 - VALIDATION_SHARE_OF_CV, VALIDATION_SHARE_OF_CV), [seed, fold])
        for fold in range(n_folds)
    ]


def _train_and_validation(units: Units, tested: NDArray[np.bool_], shares: tuple[float, float], seed: int | list[int]) -> Ints:
    """Test the units marked; deal the others into training and validation set."""
    sets = np.full(len(units), TEST, dtype=np.int64)
    others = np.flatnonzero(~tested)
    strata = np.unique(units.strata[others], return_inverse=True)[1]
    sets[others] = allocate(strata, totals_of_shares(len(others), shares), np.random.default_rng(seed))
    return sets


def _holdout(units: Units, table: Mapping[str, np.ndarray], settings: TrainSettings) -> Ints:
    tested = having(units, table, settings.holdout or "", "--holdout")
    if settings.validation is None:
        shares = _require_three(settings.split)
        return _train_and_validation(units, tested, (shares[TRAIN], shares[VALIDATION]), settings.seed)
    validating = having(units, table, settings.validation, "--validation")
    for unit in np.flatnonzero(tested & validating):
        raise InputError(
            f"{units.word} {units.table['unit'][unit]} is in both --holdout {settings.holdout} and --validation {settings.validation}"
        )
    return np.where(tested, TEST, np.where(validating, VALIDATION, TRAIN))


def _require_both_sets(split: Split, where: str) -> None:
    for which in (TRAIN, VALIDATION):
        if not np.any(split.sets == which):
            raise InputError(f"{where}no {split.units.word} is left for the {SETS[which]} set ({len(split.units)} in all)")


def _require_one_person_one_set(split: Split, where: str) -> None:
    """Two data sets may hold the same person; that is known where labels are the same worldwide."""
    standing: dict[str, int] = {}
    for label, which in zip(split.units.table["subject"], split.sets, strict=True):
        if which != UNUSED and str(label).startswith(WORLDWIDE) and standing.setdefault(label, which) != which:
            homes = split.units.table["dataset"][split.units.table["subject"] == label]
            raise InputError(
                f"{where}subject {label} is in {' and '.join(map(str, homes))}, and would stand in the {SETS[standing[label]]} set and in the {SETS[which]} set",
                hint="Leave it out of one of the data sets with --where or --exclude of epoch, or say who stands where with --split-file.",
            )


def _require_variety(split: Split, where: str, sets: tuple[int, ...]) -> None:
    """Each class (or, of a number, two values) has to occur in each of the sets that is not empty."""
    units = split.units
    for which in sets:
        values = units.values[split.windows(which)]
        if not len(values):
            continue
        if not units.classes and which != TEST and np.ptp(values) == 0:
            raise InputError(f"{where}all windows of the {SETS[which]} set have the same value: there is nothing to learn or to choose by")
        for index, name in enumerate(units.classes):
            if not np.any(values == index):
                n = len(np.unique(units.member[units.values == index]))
                raise InputError(
                    f"{where}the {SETS[which]} set has no window of class {name}: only {n} {units.word}{'s have' if n != 1 else ' has'} it",
                    hint="More recordings are needed, or another --split or --split-file.",
                )


def _listed(split: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in split)


def subjects_on_both_sides(split: Split) -> int:
    """How many subjects have units in more than one set."""
    sides: dict[tuple[str, str], set[int]] = {}
    used = split.sets != UNUSED
    columns = (split.units.table["dataset"][used], split.units.table["subject"][used], split.sets[used])
    for dataset, subject, which in zip(*columns, strict=True):
        sides.setdefault((dataset, subject), set()).add(int(which))
    return sum(len(seen) > 1 for seen in sides.values())
