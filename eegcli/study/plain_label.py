"""Labels that people write in more than one way: with a prefix or without, in other letters, with zeros that a spreadsheet took away."""

from __future__ import annotations

import re
from collections.abc import Collection

from eegcli.errors import InputError

SUBJECT_COLUMNS = ("subject", "participant_id")  # by which a user's table names subjects

_PREFIX = re.compile(r"^(sub|ses|run|task|acq)-")
_FILE = re.compile(r"_eeg(\.[a-z0-9.]+)?$")


def plain_label(label: str) -> str:
    """Reduce a label to what all ways of writing it share: ``sub-007``, ``007`` and ``7.0`` become ``7``.

    Labels that share it may mean the same and may not: it serves to suspect, never to join.
    """
    text = _FILE.sub("", str(label).strip().lower())
    text = _PREFIX.sub("", text)
    if re.fullmatch(r"\d+\.0+", text):  # a spreadsheet's whole number
        text = text.partition(".")[0]
    text = re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)
    return re.sub(r"[\s_-]+", "", text)


def refuse_near_misses(where: object, named: Collection[str], known: Collection[str]) -> None:
    """Refuse subjects that a table writes otherwise than the windows do: they would be passed over.

    Raises
    ------
    InputError
        Naming the first, and whom it may mean.
    """
    forgotten = {plain_label(label): label for label in sorted(set(known) - set(named))}
    for label in sorted(set(named) - set(known)):
        if (meant := forgotten.get(plain_label(label))) is not None:
            raise InputError(
                f"{where}: no subject is called {label}, but there is {meant}",
                hint="Write labels as the windows have them; spreadsheets take leading zeros away.",
            )
