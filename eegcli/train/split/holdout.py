"""Hold out subjects by a column: ``--holdout site=B`` tests those of a site, release or data set; ``--validation`` likewise validates.

With ``--split-unit session``, ``run`` or ``task`` the groups are parts of what was recorded of each: ``--holdout session=2`` tests on the
second sessions of the same people.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError, listed
from eegcli.settings import TrainSettings
from eegcli.study.events import number_name
from eegcli.study.groups import PARTS
from eegcli.study.plain_label import plain_label
from eegcli.study.sets import TEST, TRAIN, VALIDATION
from eegcli.train.split.groups import Groups
from eegcli.train.split.shares import require_three, train_and_validation

_SHOWN = 20  # values in a message


def holdout(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[NDArray[np.int64]]:
    """Test the groups that have a value; those of another value validate, else a share of the others.

    Parameters
    ----------
    groups : Groups
        Groups of windows that are split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    settings : TrainSettings
        `holdout`, `validation`, and without it `split` and `seed`, are read.

    Returns
    -------
    list of ndarray of int, shape (n_groups,)
        One fold.

    Raises
    ------
    UsageError, InputError
        As `having`; or if a group is tested and validates.
    """
    tested = having(groups, table, settings.holdout or "", "--holdout")
    if settings.validation is None:
        shares = require_three(settings.split)
        return [train_and_validation(groups, tested, (shares[TRAIN], shares[VALIDATION]), settings, settings.seed)]
    validating = having(groups, table, settings.validation, "--validation")
    for group in np.flatnonzero(tested & validating):
        raise InputError(
            f"{groups.word} {groups.table['unit'][group]} is in both --holdout {settings.holdout} and --validation {settings.validation}"
        )
    return [np.where(tested, TEST, np.where(validating, VALIDATION, TRAIN))]


def having(groups: Groups, table: Mapping[str, np.ndarray], condition: str, flag: str) -> NDArray[np.bool_]:
    """Find the groups that have a value.

    Parameters
    ----------
    groups : Groups
        Groups of windows that are split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    condition : str
        ``COLUMN=VALUE``, or several values with commas: any of them.
    flag : str
        The option that it was given with, for messages.

    Returns
    -------
    ndarray of bool, shape (n_groups,)

    Raises
    ------
    UsageError
        If the condition is not of this form.
    InputError
        If there is no such column, a value does not occur, or a group has windows with it and without.
    """
    column, separator, text = condition.partition("=")
    if not separator:
        raise UsageError(f"{flag} is COLUMN=VALUE, such as release_number=R5, not {condition!r}")
    if column not in table:
        raise InputError(f"{flag}: the windows have no column named {column!r}", hint=f"There are: {', '.join(sorted(table))}.")
    names, number = np.unique(_texts(table[column][groups.rows]), return_inverse=True)
    # A value with a comma in it is taken as it is.
    wanted = [text] if text in names else [part.strip() for part in text.split(",")]
    if missing := [value for value in wanted if value not in names]:
        near = [name for name in names if plain_label(name) in set(map(plain_label, missing))]
        raise InputError(
            f"{flag}: no window has {column} {' or '.join(map(repr, missing))}",
            hint=(f"Did you mean {listed(near, _SHOWN)}? " if near else "") + f"There are: {listed(names, _SHOWN, count=True)}.",
        )
    if column in PARTS:
        _refuse_twins(column, wanted, names.tolist(), flag)
    held = np.isin(names, wanted)[number]
    n_held = np.bincount(groups.member[held], minlength=len(groups))
    for group in np.flatnonzero((n_held > 0) & (n_held < groups.n_windows)):
        rows = groups.rows[groups.member == group]
        labels, homes = (list(dict.fromkeys(table[name][rows].astype(str).tolist())) for name in ("subject", "dataset"))
        if len(labels) * len(homes) > 1:
            raise InputError(
                f"{flag} {condition}: subject {' alias '.join(labels)} is in {' and '.join(homes)}, and would stand in the test set and in another",
                hint="Leave it out of one of them with --where or --exclude of epoch, or say who stands where with --split-file.",
            )
        raise InputError(
            f"{flag} {condition}: {groups.word} {groups.table['unit'][group]} has windows with and without it",
            hint=f"Choose a column that does not change within a {groups.word}"
            + (
                f", or ask within people: --split-unit {column} (participants are on both sides, and the run is marked)."
                * (column in PARTS)
                or "."
            ),
        )
    return np.asarray(n_held > 0)


def _refuse_twins(column: str, wanted: list[str], names: list[str], flag: str) -> None:
    """Refuse a label whose twin, such as 02 of 2, would stay on the other side."""
    for value in wanted:
        if twins := [name for name in names if name not in wanted and plain_label(name) == plain_label(value)]:
            raise InputError(
                f"{flag} {column}={value}: there is a {column} {' and '.join(twins)} as well, which may be the same",
                hint=f"Name all of them ({column}={','.join([*wanted, *twins])}), or give every {column} one label in the names of the files.",
            )


def _texts(values: np.ndarray) -> NDArray[np.str_]:
    return np.array([number_name(value) if isinstance(value, float) else str(value) for value in values.tolist()])
