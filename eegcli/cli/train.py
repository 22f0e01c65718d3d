"""`eegcli train`: with --stream, windows at an address are not copied first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.cli.inputs import as_typed
from eegcli.remote.address import is_address, normal_address

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def train(call: Session, given: dict[str, Any]) -> None:
    """Train on windows here, on a copy of those at an address, or on these as they come."""
    from eegcli import train as stage

    given["windows"] = named = as_typed(given["windows"] or call.in_recipe().get("windows"))
    if is_address(named) and call.settings(**given | {"windows": None}).stream:
        address = normal_address(named)
        given |= call.inputs(given, without=("windows",)) | {"windows": Path(address.rpartition("/")[2]), "address": address}
    else:
        given |= call.inputs(given)
    call.run(stage.run, call.settings(**given))
