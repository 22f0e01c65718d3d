"""What a run would cost: bytes, memory, time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eegcli.bids.errors import RecordingError
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.compute.threads import default_jobs
from eegcli.preprocess.montage import channel_set
from eegcli.preprocess.plan import Step

BYTES_PER_SAMPLE = {".edf": 2, ".bdf": 3, ".set": 4, ".vhdr": 2, ".fif": 4}
COPIES = 3  # float64 copies of a recording alive at once: the signal, in double precision if it was read in single, a step's result
WORKER_BYTES = 300_000_000  # Python, numpy, scipy and MNE
SAMPLES_PER_SECOND = 20_000_000  # channel x time, one core, default recipe, EEGLAB files

START_SECONDS = 3.0  # importing MNE


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
        ``bytes_in``, ``bytes_out``, ``memory_bytes``, ``seconds``; estimated from the sidecars, else from the files' sizes.
    """
    workers = min(default_jobs(jobs), max(len(recordings), 1))
    sidecars = Sidecars(recordings[0].root) if recordings else Sidecars(Path())
    read, written = [0.0], [0.0]
    for recording in recordings:
        n_samples, n_channels, sfreq = _shape(recording, sidecars)
        kept = next((len(channel_set(step.options["channels"])) for step in steps if step.name == "pick"), n_channels)
        rate = next((step.options["sfreq"] for step in steps if step.name == "resample"), sfreq)
        read.append(n_samples)
        written.append(4 * n_samples * (kept / n_channels if n_channels and kept else 1.0) * (rate / sfreq if sfreq else 1.0))
    return {
        "bytes_in": sum(recording.size or 0 for recording in recordings),
        "bytes_out": round(sum(written)),
        "memory_bytes": round(workers * (WORKER_BYTES + 8 * COPIES * max(read))),
        "seconds": round(START_SECONDS + sum(read) / SAMPLES_PER_SECOND / workers, 1),
    }


def _shape(recording: RecordingFile, sidecars: Sidecars) -> tuple[float, float, float]:
    """Samples over all channels, number of EEG channels and sampling frequency; 0 where nothing says."""
    try:
        metadata = sidecars.metadata(recording)
    except RecordingError:
        metadata = {}
    seconds, sfreq, n_channels = (_number(metadata.get(name)) for name in ("RecordingDuration", "SamplingFrequency", "EEGChannelCount"))
    n_samples = seconds * sfreq * n_channels or (recording.size or 0) / BYTES_PER_SAMPLE[recording.extension]
    return n_samples, n_channels, sfreq


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and value > 0 else 0.0
