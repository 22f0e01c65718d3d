"""`eegcli info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eegcli.cli.inputs import as_typed
from eegcli.remote.address import is_address

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def info(call: Session, given: dict[str, Any]) -> None:
    """Print what something is, a fact a line."""
    from eegcli.describe import describe, describe_elsewhere

    named = as_typed(given["path"]) or ""
    facts = (
        describe_elsewhere(named, reporter=call.reporter)
        if is_address(named)
        else describe(call.input(named, "artifact"), reporter=call.reporter)
    )
    shown = {name: value for name, value in facts.items() if name != "remarks"}  # said on standard error already
    width = max(map(len, shown))
    call.print_data("\n".join(f"{name:<{width}}  {_shown(value)}".rstrip() for name, value in shown.items()), facts)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        texts = [_shown(item) for item in value]
        return ("; " if any(", " in text for text in texts) else ", ").join(texts)
    return str(value)
