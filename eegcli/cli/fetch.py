"""`eegcli fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eegcli.cli.options import DATA, Common, option, with_common
from eegcli.cli.session import calling
from eegcli.settings import FetchSettings


@with_common()
def fetch(
    common: Common,
    source: Annotated[str, typer.Argument(help="`demo`, or the path of a local BIDS tree.", show_default=False)],
    subjects: Annotated[int | None, option("demo: number of subjects.", "--subjects", panel=DATA, default=FetchSettings.subjects)] = None,
    blocks: Annotated[
        int | None,
        option("demo: eyes-closed blocks of 40 s; there is one more with eyes open.", "--blocks", panel=DATA, default=FetchSettings.blocks),
    ] = None,
    with_faults: Annotated[
        bool | None,
        option(
            "demo: add a recording without cues, a truncated one, a flat one, and a subject missing from participants.tsv.",
            "--with-faults",
            panel=DATA,
        ),
    ] = None,
    full_size: Annotated[
        bool | None,
        option(
            "demo: recordings as large as HBN's: all 129 channels, and 60 s outside the blocks (360 s with five).",
            "--full-size",
            panel=DATA,
        ),
    ] = None,
    artifacts: Annotated[
        bool | None,
        option(
            "demo: blinks, muscle and movements, and bad channels, with a table of them beside each recording.",
            "--artifacts",
            panel=DATA,
        ),
    ] = None,
) -> None:
    """Bring a BIDS data set here: simulate the demo, or register a local tree (links, no copies).

    Example: eegcli fetch demo --subjects 12
    """
    with calling("fetch", common) as call:
        from eegcli import fetch as stage

        output = common.output or Path(Path(source).resolve().name)
        given = {"subjects": subjects, "blocks": blocks, "with_faults": with_faults, "full_size": full_size, "artifacts": artifacts}
        call.run(stage.run, call.settings(FetchSettings, source=source, output=output, **given))
