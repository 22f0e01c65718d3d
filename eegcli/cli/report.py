"""`eegcli report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def report(call: Session, given: dict[str, Any]) -> None:
    """Print the path of the page, or of the figures; or the methods section itself."""
    from eegcli import reporting

    result = reporting.run(call.settings(**given | call.inputs(given)), reporter=call.reporter)
    call.print_data(str(result.output) if result.methods is None else result.methods.rstrip("\n"), result.data())
