"""`eegcli preprocess`: with --stream, the input is a source of `fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.cli.inputs import as_typed, name_of_source

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def preprocess(call: Session, given: dict[str, Any]) -> None:
    """Preprocess a data set here, or one that is streamed."""
    from eegcli import preprocess as stage

    named = as_typed(given["bids"] or call.in_recipe().get("bids"))
    given["bids"] = Path(named) if named else None
    wanted = call.settings(**given)  # with what a recipe says of --stream
    streamed = name_of_source(named, wanted.endpoint_url) if wanted.stream and named else None
    bids = Path(streamed) if streamed else call.input(named, "dataset")
    given |= {"bids": bids, "source": named if streamed else None}
    call.run(stage.run, call.settings(**given))
