"""Run one implementation of ASR on one recording, as often as asked; needs only numpy and that implementation.

    python _asr_worker.py METHOD INPUT.npy SFREQ

Reads commands from stdin, a line each, and answers each with a line of JSON: ``time``, ``yardstick``, ``peak``, ``error REFERENCE.npy``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parent))  # last: nothing here hides a peer's module
from _measured import memory, seconds_of, serve, yardstick

CUTOFF = 20.0
CHUNK_SECONDS = 0.5  # of meegkit, block by block

# What is timed: no argument, gives the repaired signal in microvolt.
Call = Callable[[], np.ndarray]


def eegcli(data: np.ndarray, sfreq: float) -> Call:
    """Ours."""
    import scipy.linalg.lapack
    import scipy.signal
    import scipy.special  # noqa: F401  what it imports when it is first called

    from eegcli.preprocess.asr import repair

    return lambda: repair(data, sfreq, cutoff=CUTOFF).data


def eegprep(data: np.ndarray, sfreq: float) -> Call:
    """With what its clean_artifacts passes on by default, but for the cutoff."""
    from eegprep import clean_asr

    n_channels, n_times = data.shape
    dataset = {"data": data, "srate": sfreq, "nbchan": n_channels, "pnts": n_times, "trials": 1, "xmin": 0.0, "xmax": (n_times - 1) / sfreq}
    return lambda: clean_asr(dataset, cutoff=CUTOFF, ref_tolerances=(-math.inf, 5.5))["data"]


def asrpy(data: np.ndarray, sfreq: float) -> Call:
    """As its README shows."""
    import asrpy
    import mne

    mne.set_log_level("ERROR")
    raw = mne.io.RawArray(data * 1e-6, mne.create_info(len(data), sfreq, "eeg"))

    def call() -> np.ndarray:
        asr = asrpy.ASR(sfreq=sfreq, cutoff=CUTOFF)
        asr.fit(raw)
        return asr.transform(raw).get_data() * 1e6

    return call


def meegkit(data: np.ndarray, sfreq: float, *, chunk: float = math.inf) -> Call:
    """Calibrated on the recording, which is then transformed in one call, or in chunks of some seconds."""
    from meegkit.asr import ASR

    n_times = data.shape[1]
    step = n_times if math.isinf(chunk) else round(chunk * sfreq)

    def call() -> np.ndarray:
        asr = ASR(sfreq=sfreq, cutoff=CUTOFF, method="euclid")
        asr.fit(data)
        return np.concatenate([asr.transform(data[:, begin : begin + step]) for begin in range(0, n_times, step)], axis=1)

    return call


def meegkit_chunks(data: np.ndarray, sfreq: float) -> Call:
    """As it is used online."""
    return meegkit(data, sfreq, chunk=CHUNK_SECONDS)


METHODS: dict[str, Callable[[np.ndarray, float], Call]] = {
    "eegcli": eegcli,
    "eegprep": eegprep,
    "asrpy": asrpy,
    "meegkit": meegkit,
    "meegkit in 0.5-s chunks": meegkit_chunks,
}


def peak_of(call: Call) -> float | None:
    """Most memory above what is held before, MB."""
    before = memory()
    call()
    return memory()["VmHWM"] - before["VmRSS"] if before else None


def error_of(call: Call, reference: np.ndarray) -> dict[str, float]:
    """Distance from a reference: Frobenius norm relative to the reference's, and the largest of all samples."""
    difference = call() - reference
    return {"relative": float(np.linalg.norm(difference) / np.linalg.norm(reference)), "max_uv": float(np.abs(difference).max())}


def answer(line: str, method: str, data: np.ndarray, sfreq: float) -> Any:
    """Do what a line asks for."""
    command, _, argument = line.partition(" ")
    if command == "yardstick":
        return yardstick()
    if command == "peak":
        return peak_of(METHODS[method](data, sfreq))
    call = METHODS[method](data.copy(), sfreq)  # a copy, as some work in place
    return error_of(call, np.load(argument)) if command == "error" else seconds_of(call)


def main() -> None:
    """Answer until stdin ends."""
    method, path, sfreq = sys.argv[1:]
    data = np.load(path)
    serve(lambda line: answer(line, method, data, float(sfreq)))


if __name__ == "__main__":
    main()
