"""Settings of how windows come to a training: from a disk here, or from an address block by block."""

from dataclasses import dataclass

from eegcli.settings.setting import COMPUTE, MODEL, setting

SHUFFLE_BUFFER = 8192  # windows: 200 MB of 24 x 256


def _buffer_of(stream: bool) -> int | None:
    return SHUFFLE_BUFFER if stream else None


@dataclass(frozen=True, kw_only=True)
class Fed:
    """Settings of how windows come to a training."""

    # What changes the result is the buffer, wherever the windows lie.
    stream: bool = setting(
        False,
        help="Learn from windows at an address without a copy of them: blocks are fetched ahead, in an order by blocks that is the same for windows here.",
        panel=COMPUTE,
        result=False,
    )
    shuffle_buffer: int | None = setting(
        help="Read windows block by block, blocks by chance, and draw each batch from the next N windows.",
        shown=f"{SHUFFLE_BUFFER} with --stream; else each batch is drawn from all",
        panel=MODEL,
        metavar="N",
        min=1,
        follows=("stream", _buffer_of),
    )
    cache_gb: float | None = setting(
        help="--stream: at most N GB (1e9 bytes) of windows are kept in $SLURM_TMPDIR, $TMPDIR or /tmp.",
        shown="all, but no more than half of the free space",
        panel=COMPUTE,
        metavar="N",
        result=False,
    )
    address: str | None = setting(result=False, internal=True)  # where they are streamed from; None: `windows` is their path
