"""What a run would cost: bytes, memory, time."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import channel_set
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.compute.threads import default_jobs
from eegcli.preprocess.fusion import Fused, operations
from eegcli.preprocess.sequence import TAKE_SINGLE, Step

BYTES_PER_SAMPLE = {".edf": 2, ".bdf": 3, ".set": 4, ".vhdr": 2, ".fif": 4}
START_SECONDS = 4.0  # importing MNE and writing the table; of the quality page, that of some recordings
WORKER_BYTES = 240_000_000  # Python, numpy, scipy and MNE, and what the allocator keeps

# Seconds per million samples (channel x time), of one core: measured on 129 channels x 360 s at 500 Hz, docs/benchmarks.md.
READ = {".set": 0.008}
READ_BY_MNE = 0.04
PASS = 0.017  # through the frequency domain, whatever is done there at once
LOOK = 0.002  # at every sample once
LINE_NOISE, RANSAC, LOCATION_FREE = 0.06, 0.13, 0.06
ASR, ASR_PER_CHANNEL = 0.2, 0.0018
OTHER = 0.005

# Copies of the signal in double precision that a step holds beside the one it gets, its result among them.
COPIES = {"asr": 2.0, "bad-channels": 2.0, "remove-drifts": 2.0}


@dataclass(frozen=True)
class _Shape:
    """How large a recording is at some step."""

    n_samples: float  # of all channels together
    n_channels: float
    sfreq: float


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


def _through(steps: Sequence[Step], shape: _Shape) -> tuple[float, float, _Shape]:
    """Seconds of all steps, the most bytes that one of them holds, and what is left after them."""
    seconds, preview = 0.0, 4 * _picked(steps, shape)
    most = 4 * shape.n_samples + preview
    single = True  # as read
    for operation in operations(steps):
        parts = operation.steps if isinstance(operation, Fused) else (operation,)
        after = functools.reduce(_after, parts, shape)
        seconds += _seconds(parts, shape)
        looks = len(parts) == 1 and parts[0].name in TAKE_SINGLE and not _judges(parts[0])
        got = (4 if looks or len(parts) > 1 else 12) if single else 8
        made = 0.0 if looks else 8 * COPIES.get(parts[0].name, 1.0) * after.n_samples
        most = max(most, preview + got * shape.n_samples + made)
        single, shape = single and looks, after
    return seconds, most, shape


def _judges(step: Step) -> bool:
    """Whether bad-channels looks for more than flat lines: for that it makes a signal of its own."""
    return bool(step.options["line_noise"] or step.options["correlation"])


def _seconds(steps: Sequence[Step], shape: _Shape) -> float:
    """Of one operation: a step, or neighbours that take one pass."""
    options, millions = steps[0].options, shape.n_samples / 1e6
    if len(steps) > 1 or steps[0].name in ("filter", "resample", "remove-drifts"):
        return PASS * millions
    if steps[0].name == "asr":
        return (ASR + ASR_PER_CHANNEL * shape.n_channels) * millions
    if steps[0].name == "bad-channels":
        test = LOCATION_FREE if options["method"] == "location-free" else RANSAC
        return millions * (LOOK + (test if options["correlation"] else 0.0) + (LINE_NOISE if options["line_noise"] else 0.0))
    return OTHER * millions


def _after(shape: _Shape, step: Step) -> _Shape:
    """What a step leaves, as far as its options tell."""
    if step.name == "resample" and shape.sfreq:
        rate = float(step.options["sfreq"])
        return _Shape(shape.n_samples * rate / shape.sfreq, shape.n_channels, rate)
    if step.name == "pick" and shape.n_channels:
        kept = len(channel_set(step.options["channels"])) or shape.n_channels
        return _Shape(shape.n_samples * kept / shape.n_channels, kept, shape.sfreq)
    return shape


def _picked(steps: Sequence[Step], shape: _Shape) -> float:
    """Samples of the channels that are left in the end, as read."""
    return functools.reduce(_after, [step for step in steps if step.name == "pick"], shape).n_samples


def _shape(recording: RecordingFile, sidecars: Sidecars) -> _Shape:
    """Of a recording as it lies there; 0 where nothing says."""
    try:
        metadata = sidecars.metadata(recording)
    except RecordingError:
        metadata = {}
    seconds, sfreq, n_channels = (_number(metadata.get(name)) for name in ("RecordingDuration", "SamplingFrequency", "EEGChannelCount"))
    n_samples = seconds * sfreq * n_channels or (recording.size or 0) / BYTES_PER_SAMPLE[recording.extension]
    return _Shape(n_samples, n_channels, sfreq)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and value > 0 else 0.0
