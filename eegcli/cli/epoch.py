"""`eegcli epoch`."""

from __future__ import annotations

from typing import Annotated

import typer

from eegcli.cli.inputs import derived_output
from eegcli.cli.options import (
    SIGNAL,
    Common,
    MaxFailuresOption,
    Selection,
    option,
    with_common,
)
from eegcli.cli.session import calling
from eegcli.settings import EpochSettings


@with_common()
def epoch(
    common: Common,
    selected: Selection,
    recordings: Annotated[
        str | None, typer.Argument(help="Recordings artifact, or - to read its path from standard input.", show_default=False)
    ] = None,
    segment: Annotated[
        list[str] | None,
        option(
            "Cut only NAME, from TMIN to TMAX seconds after each EVENT (repeatable). Left out: the whole recording.",
            "--segment",
            panel=SIGNAL,
            metavar="NAME=EVENT:TMIN:TMAX",
        ),
    ] = None,
    length: Annotated[float | None, option("Length of a window (s).", "--length", panel=SIGNAL, default=EpochSettings.length)] = None,
    overlap: Annotated[
        float | None, option("Overlap of neighbouring windows (s).", "--overlap", panel=SIGNAL, default=f"{EpochSettings.overlap:g}")
    ] = None,
    keep_dead: Annotated[bool | None, option("Keep dead and clipped windows.", "--keep-dead", panel=SIGNAL)] = None,
    max_failures: MaxFailuresOption = None,
) -> None:
    """Cut recordings into windows.

    Example: eegcli epoch demo-recordings --segment closed=instructed_toCloseEyes:3:37
    """
    with calling("epoch", common) as call:
        from eegcli import epoch as stage

        source = call.input(recordings, "recordings")
        settings = call.settings(
            EpochSettings,
            recordings=source,
            output=common.output or derived_output(source, "windows"),
            **selected.flags(),
            segment=segment,
            length=length,
            overlap=overlap,
            keep_dead=keep_dead,
            max_failures=max_failures,
        )
        call.run(stage.run, settings)
