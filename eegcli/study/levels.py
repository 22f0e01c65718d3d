"""Levels of events: names and columns with what they hold and how often, over a cohort."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from eegcli.errors import counted
from eegcli.study.events import Events, as_text

MAX_LISTED = 12  # more levels than this say less than their number
MAX_CODES = 100  # whole numbers up to so many are names of something
MAX_KEPT = 10_000  # of one column: what has more levels than these is no category


class Levels:
    """Counts names of events and levels of their columns, recording by recording."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self._columns: dict[str, Counter[str]] = {}
        self._numbers: dict[str, tuple[float, float]] = {}  # range of the columns that are numbers everywhere
        self._texts: set[str] = set()
        self._present: Counter[str] = Counter()
        self._many: set[str] = set()

    def see(self, events: Events) -> None:
        """Add the events of one recording."""
        self.names.update(map(str, events.value))
        for name, values in events.columns.items():
            counts = self._columns.setdefault(name, Counter())
            if values.dtype.kind == "O":
                self._texts.add(name)
                found = Counter(text for text in values.tolist() if text is not None)
            else:
                found = self._of_numbers(name, values[~np.isnan(values)])
            self._present[name] += found.total()
            if name not in self._many:
                counts.update(found)
                if len(counts) > MAX_KEPT:
                    self._many.add(name)
                    counts.clear()

    def _of_numbers(self, name: str, known: np.ndarray) -> Counter[str]:
        if not len(known):
            return Counter()
        distinct, times = np.unique(known, return_counts=True)
        low, high = self._numbers.get(name, (np.inf, -np.inf))
        self._numbers[name] = min(low, float(distinct[0])), max(high, float(distinct[-1]))
        if name in self._many:
            return Counter({"": len(known)})  # how many, no longer which
        return Counter(dict(zip(as_text(distinct).tolist(), times.tolist(), strict=True)))

    def facts(self) -> dict[str, Any]:
        """Facts for people and scripts: ``events`` {name: count}, and ``event_columns`` {column: {level: count} or what it ranges over}."""
        columns = {name: self._column(name) for name in self._columns}
        return {"events": listed_levels(self.names), **({"event_columns": columns} if columns else {})}

    def _column(self, name: str) -> dict[str, int] | str:
        counts, present = self._columns[name], self._present[name]
        few = name not in self._many and len(counts) <= MAX_LISTED
        codes = 0 < len(counts) <= MAX_CODES and max(counts.values()) > 1 and all(text.lstrip("-").isdigit() for text in counts)
        if not present:
            return {}
        if few and (name in self._texts or codes or 2 * len(counts) <= present):  # a number that stands there once was measured
            return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        if name in self._numbers and name not in self._texts and not codes:
            low, high = self._numbers[name]
            return f"{low:g} to {high:g} ({counted(present, 'number')})"
        if name in self._many:
            return f"over {MAX_KEPT} different texts ({counted(present, 'event')})"
        if max(counts.values()) == 1:
            return f"{len(counts)} different texts"
        return listed_levels(counts)


def listed_levels(counts: Counter[str]) -> dict[str, int]:
    """The most frequent levels; of more than a dozen, the rest together as ``(others)``."""
    shown = dict(counts.most_common(MAX_LISTED))
    return {**shown, "(others)": counts.total() - sum(shown.values())} if len(counts) > MAX_LISTED else shown
