"""Split into training, validation and test set, by a rule of `registry.SPLITS`: a subject is in one set, unless `--split-unit` says otherwise."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from eegcli.artifacts.table import Table, concatenate, n_rows
from eegcli.errors import UsageError
from eegcli.lazy import submodules
from eegcli.registry import SPLITS, load, lookup, named_splits
from eegcli.reporter import PYTHON, Reporter
from eegcli.settings import TrainSettings
from eegcli.settings.setting import declared
from eegcli.study.sets import NAMES, TEST, TRAIN, VALIDATION
from eegcli.train.split.groups import Groups
from eegcli.train.split.order import FILE
from eegcli.train.split.requirements import require_both_sets, require_one_person_one_set, require_variety
from eegcli.train.split.shares import asks_for_validation
from eegcli.train.split.split import Split

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

DEFAULT = "shares"  # the rule of who asks for none
DEFAULT_SETTING = SPLITS[DEFAULT].setting  # it always has a value: shares, or the name of another rule


def make_splits(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings, *, reporter: Reporter = PYTHON) -> list[Split]:
    """Split groups into training, validation and test set, once per fold.

    Parameters
    ----------
    groups : Groups
        Groups of windows that are split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    settings : TrainSettings
        The setting of each rule, `validation` and `seed` are read.
    reporter : Reporter, optional
        Is told what a rule finds odd.

    Returns
    -------
    list of Split
        One per fold. They depend on the groups' names, their strata and the seed; on the order of the rows only with `split_order`.

    Raises
    ------
    InputError
        If there are too few groups, a class would be missing where one learns or chooses by it, or one person would stand
        in two sets.
    UsageError
        If the settings contradict each other or make no sense.
    """
    name = _rule_of(settings)
    entry = SPLITS[name]
    if settings.split_order == FILE and not (entry.takes_order and settings.validation is None):
        raise UsageError(
            f"--split-order file: --{entry.setting.replace('_', '-') or f'split {name}'} says who is in which set, whatever their order"
        )
    rule = load(entry.path)
    told = {"reporter": reporter} if "reporter" in inspect.signature(rule).parameters else {}
    if groups.word == "subject" and not entry.by_label and len(whole := groups.of_persons()) < len(groups):
        splits = [Split(groups, sets[groups.person]) for sets in rule(whole, table, settings, **told)]
    else:
        splits = [Split(groups, sets) for sets in rule(groups, table, settings, **told)]
    for number, split in enumerate(splits):
        where = f"fold {number}: " if len(splits) > 1 else ""
        require_both_sets(split, where, validation=asks_for_validation(settings))
        if groups.word == "subject":
            require_one_person_one_set(split, where)
        # A test set that was chosen may well be of one class; a random draw has no excuse.
        is_draw = entry.is_draw and settings.split_order != FILE
        require_variety(split, where, (TRAIN, VALIDATION, TEST) if is_draw else (TRAIN, VALIDATION))
    return splits


def _rule_of(settings: TrainSettings) -> str:
    """Name of the rule that the settings ask for; shares where they ask for none."""
    known, hint = declared(TrainSettings), None
    asked = {
        name: f"--{entry.setting.replace('_', '-')}"
        for name, entry in SPLITS.items()
        if entry.setting not in ("", DEFAULT_SETTING) and getattr(settings, entry.setting) != known[entry.setting].default
    }
    if isinstance(settings.split, str):
        rule = lookup("split", settings.split, named_splits())
        asked[rule] = f"--split {rule}"
    elif settings.split != (default := known[DEFAULT_SETTING].default) and (
        settings.validation is not None
        or any(not SPLITS[name].takes_shares for name in asked)
        or ("cv" in asked and settings.split[TEST:] != (0,))
    ):  # shares that nobody would read
        asked[DEFAULT] = f"--split {_shares(settings.split)}"
        hint = f"Shares that a recipe holds are dropped by --split {_shares(default)}; beside --cv, --split A,B,0 says who of the others validates."
    if settings.validation is not None and settings.holdout is None:
        raise UsageError("--validation goes with --holdout", hint="Without it, --split and --split-file say who validates.")
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked.values())} each decide who is tested: name one of them", hint=hint)
    return next(iter(asked), DEFAULT)


def _shares(values: Iterable[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


def splits_table(splits: list[Split]) -> Table:
    """The rows of splits.parquet: one per group and fold, those that are in no set included."""
    parts = []
    for fold, split in enumerate(splits):
        rows = split.groups.table
        n = n_rows(rows)
        names = np.array(NAMES, dtype=object)
        order = ("dataset", "subject", "unit")
        parts.append(
            {name: rows[name] for name in order}
            | {"fold": np.full(n, fold, dtype=np.int64), "split": names[split.sets]}
            | {name: column for name, column in rows.items() if name not in order}
        )
    return concatenate(parts)
