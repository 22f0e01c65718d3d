"""`eegcli evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer

from eegcli.cli.options import DATA, MODEL, Common, DeviceOption, ThreadsOption, option, with_common
from eegcli.cli.session import calling
from eegcli.settings import EvaluateSettings


@with_common()
def evaluate(
    common: Common,
    run: Annotated[str | None, typer.Argument(help="Run artifact, or - to read its path from standard input.", show_default=False)] = None,
    windows: Annotated[
        str | None,
        option(
            "Windows artifact: where the run's windows are now, or other ones.",
            "--windows",
            panel=DATA,
            default="where they were",
            metavar="PATH|ADDRESS",
        ),
    ] = None,
    vote_windows: Annotated[
        int | None, option("Only the first N windows of each unit vote.", "--vote-windows", panel=MODEL, default="all", metavar="N")
    ] = None,
    resamples: Annotated[
        int | None,
        option("Resamples of the bootstrap over subjects.", "--resamples", panel=MODEL, default=EvaluateSettings.resamples, metavar="N"),
    ] = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Test a run: accuracy per window and per vote, with intervals over subjects and leak checks.

    Example: eegcli evaluate demo-run-vgg-sex
    """
    with calling("evaluate", common) as call:
        from eegcli import evaluate as stage

        settings = call.settings(
            EvaluateSettings,
            run=call.run_input(run),
            windows=call.other_windows(windows),
            vote_windows=vote_windows,
            resamples=resamples,
            device=device,
            threads=threads,
        )
        call.run(stage.run, settings)
