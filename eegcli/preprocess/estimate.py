"""Estimate of a run: bytes, memory, time."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eegcli.bids.errors import RecordingError
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.compute.threads import default_jobs
from eegcli.preprocess.definition import Cost, Size, Step
from eegcli.preprocess.dsp.fir import PASS
from eegcli.preprocess.fusion import Fused, operations

BYTES_PER_SAMPLE = {".edf": 2, ".bdf": 3, ".set": 4, ".vhdr": 2, ".fif": 4}
START_SECONDS = 4.0  # importing MNE and writing the table; of the quality page, that of some recordings
WORKER_BYTES = 240_000_000  # Python, numpy, scipy and MNE, and what the allocator keeps

# Seconds per million samples (channel x time), of one core: measured on 129 channels x 360 s at 500 Hz, docs/benchmarks.md.
READ = {".set": 0.008}
READ_BY_MNE = 0.04


def estimate(recordings: Sequence[RecordingFile], steps: Sequence[Step], jobs: int | None) -> dict[str, Any]:
    """Bytes, memory and time that cleaning these recordings takes.

    Parameters
    ----------
    recordings : sequence of RecordingFile
    steps : sequence of Step
    jobs : int or None
        Processes.

    Returns
    -------
    dict
        ``bytes_in``, ``bytes_out``, ``memory_bytes``, ``seconds``; estimated from the steps and the sidecars, else from the files' sizes.
    """
    workers = min(default_jobs(jobs), max(len(recordings), 1))
    sidecars = Sidecars(recordings[0].root) if recordings else Sidecars(Path())
    written, memory, seconds = 0.0, 0.0, [0.0]
    for recording in recordings:
        shape = _shape(recording, sidecars)
        read = READ.get(recording.extension, READ_BY_MNE) * shape.n_samples / 1e6
        in_steps, needed, left = _through(steps, shape)
        seconds.append(read + in_steps)
        memory = max(memory, needed)
        written += 4 * left.n_samples
    return {
        "bytes_in": sum(recording.size or 0 for recording in recordings),
        "bytes_out": round(written),
        "memory_bytes": round(workers * (WORKER_BYTES + memory)),
        # The longest recording is one worker's.
        "seconds": round(START_SECONDS + max(sum(seconds) / workers, *seconds), 1),
    }


def _through(steps: Sequence[Step], shape: Size) -> tuple[float, float, Size]:
    """Seconds of all steps, the most bytes that one of them holds, and what is left after them."""
    seconds, preview = 0.0, 4 * _kept(steps, shape)
    most = 4 * shape.n_samples + preview
    single = True  # as read
    for operation in operations(steps):
        parts = operation.steps if isinstance(operation, Fused) else (operation,)
        after = functools.reduce(_after, parts, shape)
        alone = len(parts) == 1
        cost = parts[0].definition.cost(parts[0].options, shape) if alone else Cost(PASS)
        seconds += cost.seconds * shape.n_samples / 1e6
        looks = alone and parts[0].definition.takes_single and not cost.copies
        got = (4 if looks or not alone else 12) if single else 8
        most = max(most, preview + got * shape.n_samples + 8 * cost.copies * after.n_samples)
        single, shape = single and looks, after
    return seconds, most, shape


def _after(size: Size, step: Step) -> Size:
    """The size after a step, as far as its options tell."""
    return step.definition.size(step.options, size)


def _kept(steps: Sequence[Step], size: Size) -> float:
    """Samples of the channels that are left in the end, as read."""
    n_channels = functools.reduce(_after, steps, size).n_channels
    return size.n_samples * n_channels / size.n_channels if size.n_channels else size.n_samples


def _shape(recording: RecordingFile, sidecars: Sidecars) -> Size:
    """Shape of a recording as it lies there; 0 where nothing says."""
    try:
        metadata = sidecars.metadata(recording)
    except RecordingError:
        metadata = {}
    seconds, sfreq, n_channels = (_number(metadata.get(name)) for name in ("RecordingDuration", "SamplingFrequency", "EEGChannelCount"))
    n_samples = seconds * sfreq * n_channels or (recording.size or 0) / BYTES_PER_SAMPLE[recording.extension]
    return Size(n_samples, n_channels, sfreq)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and value > 0 else 0.0
