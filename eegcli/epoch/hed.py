"""The HED queries of one run: what they need, and what they found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.errors import InputError
from eegcli.reporter import Reporter
from eegcli.study.events import Events
from eegcli.study.segments import SegmentRule, find_cues


class HedBookkeeping:
    """Remembers, recording by recording, which rules found a cue and whether there is any HED."""

    def __init__(self, rules: Sequence[SegmentRule]) -> None:
        self.rules = tuple(rules)
        self.silent = {rule.cue for rule in rules}
        self.hed = any(rule.kind == "hed" for rule in rules)
        self.annotated = False
        self._malformed: set[str] = set()

    def match(self, query: str, events: Events) -> np.ndarray:
        """Mark the events that fit a query; in a recording without HED none does, and hedtools is not needed to know it."""
        if not any(events.hed):
            return np.zeros(len(events), dtype=bool)
        from eegcli.bids.hed_query import match_hed

        return match_hed(query, events)

    def see(self, events: Events) -> None:
        """Register the events of a recording: HED that is there, that cannot be read, and cues that rules found."""
        self.annotated |= any(events.hed)
        if self.hed:
            from eegcli.bids.hed_query import is_readable

            self._malformed |= {hed for hed in set(events.hed) if not is_readable(hed)}
        for rule in self.rules:
            if rule.cue in self.silent and find_cues(events, rule, self.match):
                self.silent.discard(rule.cue)

    def check(self, reporter: Reporter, where: str) -> None:
        """Warn of segment rules that found no cue in any recording, and of HED that cannot be read.

        Raises
        ------
        InputError
            If only HED is asked for, and no event of any recording is annotated.
        """
        for hed in sorted(self._malformed):
            reporter.warn(f"HED that cannot be read, so that nothing fits it: {hed[:100]}")
        if self.hed and not self.annotated:
            said = f"{where}: no event has a HED annotation, so that --hed finds nothing"
            if all(rule.kind == "hed" for rule in self.rules):
                raise InputError(said, hint="Name the events with --segment; `eegcli info` lists them.")
            reporter.warn(said)
        elif self.silent:
            reporter.warn(f"no recording has an {' or '.join(sorted(self.silent))}")
