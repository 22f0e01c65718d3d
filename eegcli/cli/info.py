"""`eegcli info`."""

from __future__ import annotations

from typing import Annotated

import typer

from eegcli.cli.options import Common, with_common
from eegcli.cli.session import calling


@with_common("output", "force", "dry_run", "seed", "jobs", "recipe")
def info(
    common: Common,
    path: Annotated[
        str, typer.Argument(help="Any artifact, or a BIDS data set; - reads its path from standard input.", show_default=False)
    ],
) -> None:
    """Say what something is: shape, units, provenance; for a BIDS tree, tasks, events, channels, durations.

    Example: eegcli info demo-windows
    """
    with calling("info", common) as call:
        from eegcli.cli.talk import table_lines
        from eegcli.describe import describe

        facts = describe(call.input(path, "artifact"))
        rows = [[name, _shown(value)] for name, value in facts.items()]
        call.answer("\n".join(table_lines(("what", "value"), rows)), facts)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)
