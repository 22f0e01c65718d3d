"""`eegcli epoch`."""

from __future__ import annotations

from typing import Annotated

import typer

from eegcli.cli.options import (
    SIGNAL,
    Common,
    MaxFailuresOption,
    Selection,
    option,
    split_list,
    with_common,
)
from eegcli.cli.session import calling
from eegcli.registry import MONTAGES, REPRESENTATIONS
from eegcli.settings import EpochSettings


@with_common()
def epoch(
    common: Common,
    selected: Selection,
    recordings: Annotated[
        list[str] | None,
        typer.Argument(
            help="Recordings artifact, or - to read its path from standard input. Several are pooled. "
            "With --dry-run also a BIDS data set, fetched or not.",
            show_default=False,
        ),
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
    hed: Annotated[
        list[str] | None,
        option(
            "Cut NAME, from TMIN to TMAX seconds after each event whose HED annotation fits QUERY (repeatable; needs hedtools).",
            "--hed",
            panel=SIGNAL,
            metavar='NAME="QUERY":TMIN:TMAX',
        ),
    ] = None,
    annotation: Annotated[
        list[str] | None,
        option(
            "Cut NAME from the begin to the end of each annotation named DESCRIPTION (repeatable).",
            "--annotation",
            panel=SIGNAL,
            metavar="NAME=DESCRIPTION",
        ),
    ] = None,
    channels: Annotated[
        list[str] | None,
        option(
            "Keep these channels, in this order, or `common`: those that all recordings have.",
            "--channels",
            panel=SIGNAL,
            default="all, and all recordings have the same",
        ),
    ] = None,
    length: Annotated[float | None, option("Length of a window (s).", "--length", panel=SIGNAL, default=EpochSettings.length)] = None,
    overlap: Annotated[
        float | None, option("Overlap of neighbouring windows (s).", "--overlap", panel=SIGNAL, default=f"{EpochSettings.overlap:g}")
    ] = None,
    keep_dead: Annotated[bool | None, option("Keep dead and clipped windows.", "--keep-dead", panel=SIGNAL)] = None,
    representation: Annotated[
        str | None,
        option(
            f"What is stored of a window: {', '.join(REPRESENTATIONS)}.",
            "--representation",
            panel=SIGNAL,
            default=EpochSettings.representation,
        ),
    ] = None,
    bands: Annotated[
        list[str] | None,
        option(
            "Bands of bands and topomap, both edges included in Hz (comma-separated or repeated). Left out: theta=4-7,alpha=7-13,beta=14-25.",
            "--bands",
            panel=SIGNAL,
            metavar="NAME=LOW-HIGH",
        ),
    ] = None,
    montage: Annotated[
        str | None,
        option(f"What channel names mean on a topomap: {', '.join(MONTAGES)}.", "--montage", panel=SIGNAL, default=EpochSettings.montage),
    ] = None,
    max_failures: MaxFailuresOption = None,
) -> None:
    """Cut recordings into windows.

    Example: eegcli epoch demo-recordings --segment closed=instructed_toCloseEyes:3:37
    """
    with calling("epoch", common) as call:
        from eegcli import epoch as stage

        sources = [call.input(value, "recordings") for value in recordings] if recordings else [call.input(None, "recordings")]
        settings = call.settings(
            EpochSettings,
            recordings=sources,
            **selected.flags(),
            segment=segment,
            hed=hed,
            annotation=annotation,
            channels=split_list(channels),
            length=length,
            overlap=overlap,
            keep_dead=keep_dead,
            representation=representation,
            bands=split_list(bands),
            montage=montage,
            max_failures=max_failures,
        )
        call.run(stage.run, settings)
