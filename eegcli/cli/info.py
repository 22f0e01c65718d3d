"""`eegcli info`."""

from __future__ import annotations

from typing import Annotated

import typer

from eegcli.cli.inputs import as_typed
from eegcli.cli.options import Common, with_common
from eegcli.cli.session import calling
from eegcli.remote.address import is_address


@with_common("output", "force", "dry_run", "seed", "jobs", "recipe")
def info(
    common: Common,
    path: Annotated[
        str,
        typer.Argument(
            help="Any artifact (its path, or its s3:// or https:// address), or a BIDS data set; - reads its path from standard input.",
            show_default=False,
        ),
    ],
) -> None:
    """Say what something is: shape, units, provenance; for a BIDS tree, tasks, events, channels, durations.

    Example: eegcli info demo-windows
    """
    with calling("info", common) as call:
        from eegcli.describe import describe, describe_elsewhere

        named = as_typed(path) or ""
        facts = describe_elsewhere(named, reporter=call.talk) if is_address(named) else describe(call.input(named, "artifact"))
        width = max(map(len, facts))
        call.answer("\n".join(f"{name:<{width}}  {_shown(value)}".rstrip() for name, value in facts.items()), facts)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        texts = [str(item) for item in value]
        return ("; " if any(", " in text for text in texts) else ", ").join(texts)
    return str(value)
