"""Table of published split rules."""

from __future__ import annotations

from dataclasses import dataclass

from eegcli.registry.models import PAPER


@dataclass(frozen=True)
class SplitEntry:
    """A published rule of who is trained on and who is tested."""

    path: str
    summary: str
    source: str


SPLITS: dict[str, SplitEntry] = {
    "truong2021": SplitEntry(
        "eegcli.train.split.published:truong2021", "females and males in turns, by label: first an eighth tests, then 5/16 validate", PAPER
    )
}
