"""`eegcli preprocess`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eegcli.cli.inputs import as_typed, name_of_source
from eegcli.cli.options import (
    COMPUTE,
    DATA,
    SIGNAL,
    Common,
    MaxFailuresOption,
    Selection,
    option,
    split_list,
    with_common,
)
from eegcli.cli.session import calling
from eegcli.cli.spread import (
    ExecutorOption,
    SchedulerOption,
    ShardOption,
    SlurmAccountOption,
    SlurmCpusOption,
    SlurmInterfaceOption,
    SlurmMemoryOption,
    SlurmOptionsOption,
    SlurmPartitionOption,
    SlurmWalltimeOption,
    SlurmWorkersOption,
)
from eegcli.settings import PreprocessSettings


@with_common()
def preprocess(
    common: Common,
    selected: Selection,
    bids: Annotated[
        str | None,
        typer.Argument(
            help="BIDS data set, or - to read its path from standard input; with --stream any source of `fetch`.", show_default=False
        ),
    ] = None,
    desc: Annotated[str | None, option("Read derivatives with this `desc` instead of raw files.", "--desc", panel=DATA)] = None,
    l_freq: Annotated[float | None, option("High-pass edge (Hz).", "--l-freq", panel=SIGNAL, default="recipe: 0.25")] = None,
    h_freq: Annotated[float | None, option("Low-pass edge (Hz).", "--h-freq", panel=SIGNAL, default="recipe: 25")] = None,
    notch: Annotated[list[str] | None, option("Notch filters at these frequencies (Hz).", "--notch", panel=SIGNAL)] = None,
    sfreq: Annotated[float | None, option("Resample to this rate (Hz).", "--sfreq", panel=SIGNAL, default="recipe: 128")] = None,
    asr_cutoff: Annotated[
        str | None,
        option(
            "Repair bursts of artifacts above this many standard deviations by ASR (5 strict, 20 mild), or `off`.",
            "--asr-cutoff",
            panel=SIGNAL,
            metavar="C|off",
            default="recipe: off",
        ),
    ] = None,
    reference: Annotated[
        list[str] | None,
        option("`average`, or channels whose mean is taken (they are dropped).", "--reference", panel=SIGNAL, default="recipe: average"),
    ] = None,
    channels: Annotated[
        list[str] | None,
        option("Keep these channels, in this order: names, or a set such as hbn-24.", "--channels", panel=SIGNAL, default="all EEG"),
    ] = None,
    missing_channels: Annotated[
        Literal["error", "interpolate", "drop"] | None,
        option(
            "What to do where a wanted channel was not recorded.",
            "--missing-channels",
            panel=SIGNAL,
            default=PreprocessSettings.missing_channels,
        ),
    ] = None,
    stream: Annotated[
        bool | None, option("Fetch each recording when it is its turn, clean it, and forget it.", "--stream", panel=COMPUTE)
    ] = None,
    scratch: Annotated[
        Path | None,
        option(
            "--stream: folder in which recordings lie meanwhile.", "--scratch", panel=COMPUTE, default="$SLURM_TMPDIR, $TMPDIR, or /tmp"
        ),
    ] = None,
    scratch_gb: Annotated[
        float | None,
        option(
            "--stream: at most N GB (1e9 bytes) of recordings lie there, never more.",
            "--scratch-gb",
            panel=COMPUTE,
            metavar="N",
            default="a recording per job and one more, at most half of the free space",
        ),
    ] = None,
    endpoint_url: Annotated[
        str | None,
        option("--stream: a server to ask instead of Amazon's or NEMAR's.", "--endpoint-url", panel=DATA, metavar="URL"),
    ] = None,
    shard: ShardOption = None,
    executor: ExecutorOption = None,
    scheduler: SchedulerOption = None,
    slurm_workers: SlurmWorkersOption = None,
    slurm_cpus: SlurmCpusOption = None,
    slurm_memory: SlurmMemoryOption = None,
    slurm_walltime: SlurmWalltimeOption = None,
    slurm_partition: SlurmPartitionOption = None,
    slurm_account: SlurmAccountOption = None,
    slurm_interface: SlurmInterfaceOption = None,
    slurm_options: SlurmOptionsOption = None,
    max_failures: MaxFailuresOption = None,
) -> None:
    """Clean recordings: filter, resample, reference, find bad channels, repair bursts (ASR), pick channels.

    Example: eegcli preprocess ds005505 --task RestingState --recipe hbn
    """
    with calling("preprocess", common) as call:
        from eegcli import preprocess as stage
        from eegcli.errors import UsageError

        named = as_typed(bids)
        streamed = name_of_source(named, endpoint_url) if stream and named else None
        source = Path(streamed) if streamed else call.input(named, "dataset")
        try:
            notches = [float(value) for value in split_list(notch)]
        except ValueError as error:
            raise UsageError(f"--notch {','.join(notch or [])}: frequencies in Hz are needed") from error
        settings = call.settings(
            PreprocessSettings,
            bids=source,
            **selected.flags(),
            desc=desc,
            l_freq=l_freq,
            h_freq=h_freq,
            notch=notches,
            sfreq=sfreq,
            asr_cutoff=asr_cutoff,
            reference=split_list(reference),
            channels=split_list(channels),
            missing_channels=missing_channels,
            stream=stream,
            source=named if streamed else None,
            scratch=scratch,
            scratch_gb=scratch_gb,
            endpoint_url=endpoint_url,
            shard=shard,
            executor=executor,
            scheduler=scheduler,
            slurm_workers=slurm_workers,
            slurm_cpus=slurm_cpus,
            slurm_memory=slurm_memory,
            slurm_walltime=slurm_walltime,
            slurm_partition=slurm_partition,
            slurm_account=slurm_account,
            slurm_interface=slurm_interface,
            slurm_options=slurm_options,
            max_failures=max_failures,
        )
        call.run(stage.run, settings)
