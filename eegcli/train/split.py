"""Who is trained on, who validates and who is tested: never the same subject, unless `--split-unit` says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, concatenate, n_rows
from eegcli.artifacts.target import number_name
from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.train.allocate import allocate, totals_of_shares
from eegcli.train.split_file import read_split_file
from eegcli.train.units import Units

Ints = NDArray[np.int64]

SETS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
UNUSED = 3
VALIDATION_SHARE_OF_CV = 0.25  # of the subjects that are not tested in a fold
_SHOWN = 20  # values in a message


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
        return {
            name: {
                "n_windows": int(self.units.n_windows[self.sets == which].sum()),
                "n_subjects": self.units.n_subjects(self.sets == which),
                "n_units": int(np.sum(self.sets == which)),
            }
            for which, name in enumerate(SETS)
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
        `split`, `cv`, `split_file`, `holdout` and `seed` are read.

    Returns
    -------
    list of Split
        One per fold. They depend on the units' names, their strata and the seed; not on the order of any rows.

    Raises
    ------
    InputError
        If there are too few units, or a class would be missing where one learns or chooses by it.
    UsageError
        If the wishes contradict each other or make no sense.
    """
    named = [
        flag
        for flag, value in (("--cv", settings.cv), ("--split-file", settings.split_file), ("--holdout", settings.holdout))
        if value is not None
    ]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} each decide who is tested: name one of them")
    if settings.split_file is not None:
        folds = read_split_file(settings.split_file, units)
    elif settings.cv is not None:
        folds = _cross_validation(units, settings.cv, settings.seed)
    elif settings.holdout is not None:
        folds = [_holdout(units, table, settings)]
    else:
        folds = [_shares(units, settings)]
    splits = [Split(units, sets) for sets in folds]
    for number, split in enumerate(splits):
        where = f"fold {number}: " if len(splits) > 1 else ""
        _require_both_sets(split, where)
        # Who comes into the test set by wish may well be of one class; a random draw has no excuse.
        _require_variety(split, where, (TRAIN, VALIDATION) if named else (TRAIN, VALIDATION, TEST))
    return splits


def splits_table(splits: list[Split]) -> Table:
    """The rows of splits.parquet: one per unit and fold."""
    parts = []
    for fold, split in enumerate(splits):
        used = split.sets != UNUSED
        rows: Table = {name: column[used] for name, column in split.units.table.items()}
        n = n_rows(rows)
        names = np.array([*SETS, None], dtype=object)
        order = ("dataset", "subject", "unit")
        parts.append(
            {name: rows[name] for name in order}
            | {"fold": np.full(n, fold, dtype=np.int64), "split": names[split.sets[used]]}
            | {name: column for name, column in rows.items() if name not in order}
        )
    return concatenate(parts)


def _shares(units: Units, settings: TrainSettings) -> Ints:
    _require_three(settings.split)
    totals = _totals(units, settings.split)
    return allocate(units.strata, totals, np.random.default_rng(settings.seed))


def _require_three(split: tuple[float, ...]) -> None:
    if len(split) != len(SETS) or min(split) < 0 or split[TRAIN] == 0 or split[VALIDATION] == 0:
        raise UsageError(
            f"--split {_listed(split)}: needs a share for train, validation and test, the first two above 0",
            hint="For example --split 0.6,0.2,0.2.",
        )


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
    column, separator, wanted = (settings.holdout or "").partition("=")
    if not separator:
        raise UsageError(f"--holdout is COLUMN=VALUE, such as release_number=R5, not {settings.holdout!r}")
    if column not in table:
        raise InputError(f"--holdout: the windows have no column named {column!r}", hint=f"There are: {', '.join(sorted(table))}.")
    texts = np.array([number_name(value) if isinstance(value, float) else str(value) for value in table[column][units.rows].tolist()])
    held = texts == wanted
    n_held = np.bincount(units.member[held], minlength=len(units))
    if not held.any():
        raise InputError(
            f"--holdout: no window has {column} {wanted!r}", hint=f"There are: {', '.join(sorted(set(texts.tolist()))[:_SHOWN])}."
        )
    for unit in np.flatnonzero((n_held > 0) & (n_held < units.n_windows)):
        raise InputError(
            f"--holdout {settings.holdout}: {units.word} {units.table['unit'][unit]} has windows with and without it",
            hint=f"Hold out by a column that does not change within a {units.word}.",
        )
    _require_three(settings.split)
    return _train_and_validation(units, n_held > 0, (settings.split[TRAIN], settings.split[VALIDATION]), settings.seed)


def _require_both_sets(split: Split, where: str) -> None:
    for which in (TRAIN, VALIDATION):
        if not np.any(split.sets == which):
            raise InputError(f"{where}no {split.units.word} is left for the {SETS[which]} set ({len(split.units)} in all)")


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
