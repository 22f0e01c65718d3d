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
    from eegcli.verify import verify

    named = as_typed(given["path"]) or ""
    if is_address(named) and not given.get("verify"):
        facts = describe_elsewhere(named, reporter=call.reporter)
    else:
        path = call.input(named, "artifact")
        verified = {"verified": verify(path)} if given.get("verify") else {}
        facts = {**describe(path, reporter=call.reporter), **verified}
    shown = {name: value for name, value in facts.items() if name != "remarks"}  # said on standard error already
    width = max(map(len, shown))
    call.print_data("\n".join(f"{name:<{width}}  {_shown(value)}".rstrip() for name, value in shown.items()), facts)


def _shown(value: object) -> str:
    if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
        return "; ".join(f"{name} ({_shown(item)})" for name, item in value.items())
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        texts = [_shown(item) for item in value]
        return ("; " if any(", " in text for text in texts) else ", ").join(texts)
    return str(value)
