"""`eegcli fetch`."""

from __future__ import annotations

from typing import Annotated

import typer

from eegcli.cli.options import DATA, Common, Selection, option, with_common
from eegcli.cli.session import calling
from eegcli.settings import FetchSettings


@with_common()
def fetch(
    common: Common,
    selected: Selection,
    source: Annotated[
        str,
        typer.Argument(
            help="`ds005505`, `hbn:R1`, `nm000103`, `s3://bucket/prefix`, `https://host/path`, the path of a local BIDS tree, or `demo`.",
            show_default=False,
        ),
    ],
    endpoint_url: Annotated[
        str | None,
        option(
            "A server of S3 to ask in place of Amazon's.",
            "--endpoint-url",
            panel=DATA,
            default="AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL",
            metavar="URL",
        ),
    ] = None,
    metadata_only: Annotated[
        bool | None,
        option(
            "Fetch tables and sidecars only; each recording is a link that says its size, so that events can be counted before it comes.",
            "--metadata-only",
            panel=DATA,
        ),
    ] = None,
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
    """Bring recordings here: from OpenNeuro, S3 or HTTPS, selected, verified and resumable; from a local tree, as links; or simulated.

    Example: eegcli fetch hbn:R1 --task RestingState --dry-run
    """
    with calling("fetch", common) as call:
        from eegcli import fetch as stage

        given = {"subjects": subjects, "blocks": blocks, "with_faults": with_faults, "full_size": full_size, "artifacts": artifacts}
        settings = call.settings(
            FetchSettings,
            source=source,
            endpoint_url=endpoint_url,
            metadata_only=metadata_only,
            **selected.flags(),
            **given,
        )
        call.run(stage.run, settings)
