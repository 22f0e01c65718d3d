"""`eegcli fetch`: the output is named after the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def fetch(call: Session, given: dict[str, Any]) -> None:
    """Fetch a source into a folder of its name."""
    from eegcli import fetch as stage

    call.run(stage.run, call.settings(**given))
