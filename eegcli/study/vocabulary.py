"""Names and columns of the events of a cohort: what segment rules may speak of, the same for every recording."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from eegcli.errors import InputError, listed
from eegcli.study.conditions import is_condition, marks
from eegcli.study.events import Events, as_text, is_bad, is_cut, missing_like
from eegcli.study.segments import SegmentRule

KIND, CODE = "trial_type", "value"  # columns of BIDS, as mne-bids joins them to a name: response/202
_SHOWN = 20


@dataclass
class Vocabulary:
    """Names and columns that the events of a cohort have, put together recording by recording.

    Attributes
    ----------
    column : str
        Column that names the events; empty for the rule of `read_events`.
    names : set of str
        Names of events.
    texts : dict of str to bool
        Columns in order of appearance, and whether any recording has text in it. One in which nobody has a value holds missing numbers.
    mixed : set of str
        Columns that are numbers in one recording and text in another: text for all.
    wanted : frozenset of str
        Names that rules ask for.
    holders : dict of str to str
        For names of `wanted` that some column holds: that column.
    """

    column: str = ""
    wanted: frozenset[str] = frozenset()
    names: set[str] = field(default_factory=set)
    texts: dict[str, bool] = field(default_factory=dict)
    mixed: set[str] = field(default_factory=set)
    holders: dict[str, str] = field(default_factory=dict)
    _numbers: set[str] = field(default_factory=set)

    def see(self, events: Events) -> None:
        """Add the names and columns of one recording's events."""
        for name, values in events.columns.items():
            text = values.dtype.kind == "O"
            self.texts[name] = self.texts.get(name, False) or text
            if not text and len(values) and not np.isnan(values).all():
                self._numbers.add(name)
            for wanted in self.wanted - self.holders.keys():
                if _holds(values, wanted):
                    self.holders[wanted] = name
        self.mixed = {name for name in self._numbers if self.texts[name]}
        self.names.update(map(str, _named(events, self.column).value))

    def fit(self, events: Events) -> Events:
        """Events with the columns of the whole cohort, of one type each, named by the column that was asked for."""
        columns = {}
        for name, text in self.texts.items():
            like = np.zeros(0, dtype=object if text else float)
            values = events.columns.get(name, missing_like(like, len(events)))
            if text and values.dtype.kind != "O":
                values = as_text(values)
            columns[name] = values
        return replace(_named(events, self.column), columns=columns)

    def check_column(self, where: str) -> None:
        """Refuse a column of names that no recording has.

        Raises
        ------
        InputError
        """
        if self.column and self.column not in self.texts:
            raise InputError(
                f"{where}: no event has a column {self.column!r}", hint=_columns_there(self.texts, self.column) + _kept_since(self.texts)
            )

    def resolve(self, rules: Sequence[SegmentRule]) -> tuple[SegmentRule, ...]:
        """Tell conditions from names: an event that is really called so goes first.

        Raises
        ------
        UsageError
            If a condition cannot be read.
        InputError
            If it names a column that no recording has.
        """
        return tuple(self._resolved(rule) for rule in rules)

    def _resolved(self, rule: SegmentRule) -> SegmentRule:
        if rule.kind != "event" or rule.event in self.names:
            return rule
        if not is_condition(rule.event):
            condition = self._plain(rule.event)
            return rule if condition is None else replace(rule, event=condition, kind="condition", said=rule.event)
        if self.names:
            try:
                marks(rule.event, self.fit(Events()))  # what it says must hold for all recordings, or is an error of the command
            except InputError as error:
                raise InputError(error.message, hint=f"{error.hint} {_kept_since(self.texts)}".strip()) from error
        return replace(rule, kind="condition")

    def _plain(self, name: str) -> str | None:
        """Condition for a name as mne-bids spells it, ``response/202``, or ``COLUMN=VALUE``; None for any other name."""
        column, equals, cell = name.partition("=")
        if equals:
            pairs = [(column.strip(), cell.strip())]
        else:
            kind, slash, code = name.rpartition("/")
            pairs = [(KIND, kind), (CODE, code)] if slash else []
        parts = [self._equals(*pair) for pair in pairs]
        return " and ".join(str(part) for part in parts) if parts and None not in parts else None

    def _equals(self, column: str, cell: str) -> str | None:
        if column not in self.texts or not cell or "`" in column:
            return None
        if self.texts[column]:
            return f"`{column}` == {cell!r}"
        try:
            return f"`{column}` == {float(cell)!r}"
        except ValueError:
            return None


def survey(cohort: Iterable[Events], column: str = "", wanted: Iterable[str] = ()) -> Vocabulary:
    """Put the vocabulary of a cohort together.

    Parameters
    ----------
    cohort : iterable of Events
        Of each recording.
    column : str
        Column that names the events; empty for the rule of `read_events`.
    wanted : iterable of str
        Names that rules ask for.
    """
    vocabulary = Vocabulary(column, frozenset(wanted))
    for events in cohort:
        vocabulary.see(events)
    return vocabulary


def _holds(values: np.ndarray, name: str) -> bool:
    if values.dtype.kind == "O":
        return bool((values == name).any())
    try:
        return bool((values == float(name)).any())
    except ValueError:
        return False


def _named(events: Events, column: str) -> Events:
    """Name events by a column. A cut or a stretch to reject stays one, and an event without a cell there keeps its name."""
    if not column or column not in events.columns:
        return events
    cells = as_text(events.columns[column])
    value = np.full(len(events), None, dtype=object)
    value[:] = [
        str(name) if cell is None or is_cut(str(name)) or is_bad(str(name)) else cell
        for name, cell in zip(events.value, cells, strict=True)
    ]
    return replace(events, value=value)


def _columns_there(columns: Iterable[str], wanted: str) -> str:
    names = list(columns)
    near = difflib.get_close_matches(wanted, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"There are: {listed(names, _SHOWN, count=True)}." if names else ""


def _kept_since(columns: Iterable[str]) -> str:
    return "" if list(columns) else "Recordings that were preprocessed before columns were kept have none: do it again with --force."
