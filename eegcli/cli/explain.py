"""`eegcli explain`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from eegcli.cli.options import DATA, MODEL, Common, DeviceOption, ThreadsOption, option, split_list, with_common
from eegcli.cli.session import calling
from eegcli.settings import ExplainSettings


@with_common()
def explain(
    common: Common,
    run: Annotated[str | None, typer.Argument(help="Run artifact, or - to read its path from standard input.", show_default=False)] = None,
    windows: Annotated[
        str | None,
        option(
            "Windows artifact: where the run's windows are now.", "--windows", panel=DATA, default="where they were", metavar="PATH|ADDRESS"
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        option("Explanation methods (comma-separated or repeated).", "--method", panel=MODEL, default=ExplainSettings.method),
    ] = None,
    split: Annotated[
        Literal["train", "validation", "test"] | None,
        option("Choose windows of these subjects.", "--split", panel=DATA, default=ExplainSettings.split),
    ] = None,
    n_windows: Annotated[
        int | None,
        option(
            "Windows per class: those the network is surest of.", "--n-windows", panel=DATA, default=ExplainSettings.n_windows, metavar="N"
        ),
    ] = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Show what a network looks at: saliency, its spectrum and its channel profile.

    Example: eegcli explain demo-run-vgg-sex --split validation
    """
    with calling("explain", common) as call:
        from eegcli import explain as stage

        settings = call.settings(
            ExplainSettings,
            run=call.run_input(run),
            windows=call.other_windows(windows),
            method=split_list(method),
            split=split,
            n_windows=n_windows,
            device=device,
            threads=threads,
        )
        call.run(stage.run, settings)
