"""Who is tested because of a value: a release, a site, a data set; and, where asked for, who validates because of one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError
from eegcli.study.target import number_name
from eegcli.train.split.groups import Units

_SHOWN = 20  # values in a message


def having(units: Units, table: Mapping[str, np.ndarray], wish: str, flag: str) -> NDArray[np.bool_]:
    """Find the units that have a value.

    Parameters
    ----------
    units : Units
        What is split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    wish : str
        ``COLUMN=VALUE``, or several values with commas: any of them.
    flag : str
        The option that it was given with, for messages.

    Returns
    -------
    ndarray of bool, shape (n_units,)

    Raises
    ------
    UsageError
        If the wish is not of this form.
    InputError
        If there is no such column, a value does not occur, or a unit has windows with it and without.
    """
    column, separator, text = wish.partition("=")
    if not separator:
        raise UsageError(f"{flag} is COLUMN=VALUE, such as release_number=R5, not {wish!r}")
    if column not in table:
        raise InputError(f"{flag}: the windows have no column named {column!r}", hint=f"There are: {', '.join(sorted(table))}.")
    names, number = np.unique(_texts(table[column][units.rows]), return_inverse=True)
    # A value with a comma in it is taken as it is.
    wanted = [text] if text in names else [part.strip() for part in text.split(",")]
    if missing := [value for value in wanted if value not in names]:
        raise InputError(
            f"{flag}: no window has {column} {' or '.join(map(repr, missing))}", hint=f"There are: {', '.join(names[:_SHOWN])}."
        )
    held = np.isin(names, wanted)[number]
    n_held = np.bincount(units.member[held], minlength=len(units))
    for unit in np.flatnonzero((n_held > 0) & (n_held < units.n_windows)):
        raise InputError(
            f"{flag} {wish}: {units.word} {units.table['unit'][unit]} has windows with and without it",
            hint=f"Choose a column that does not change within a {units.word}.",
        )
    return np.asarray(n_held > 0)


def _texts(values: np.ndarray) -> NDArray[np.str_]:
    return np.array([number_name(value) if isinstance(value, float) else str(value) for value in values.tolist()])
