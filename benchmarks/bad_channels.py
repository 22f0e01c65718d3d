"""Benchmark of the step bad-channels on one recording of 129 channels x 360 s: CPU time in Y, and peak memory.

Y is the CPU time of 400 eigen-decompositions of 128 x 128 in the same process; one BLAS thread. The plain form makes the same
RANSAC decisions by sorting all predictions in double precision.

    python benchmarks/bad_channels.py [--json] [--quick]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from eegcli.preprocess.bad import line_noise, ransac
from eegcli.preprocess.positions import directions
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.bad_channels import bad_channels
from eegcli.preprocess.steps.interpolate import interpolate
from eegcli.study.spline import kernel

NAMES = (*(f"E{n}" for n in range(1, 129)), "Cz")
N_SOURCES = 60
BAD = {"E10": "flat", "E40": "noise", "E77": "line", "E90": "other"}


def simulate(sfreq: float, seconds: float, *, seed: int = 0) -> Signal:
    """Pink sources with smooth fields, noise at each contact, and four bad channels."""
    rng = np.random.default_rng(seed)
    n_times = round(sfreq * seconds)
    where = directions(Signal(np.zeros((len(NAMES), 1)), NAMES, sfreq))
    sources = rng.standard_normal((N_SOURCES, 3))
    sources /= np.linalg.norm(sources, axis=1, keepdims=True)
    field = kernel(where @ sources.T)
    field /= field.std(axis=0)
    frequency = np.fft.rfftfreq(n_times, 1 / sfreq)
    shape = np.where(frequency > 0.25, 1 / np.maximum(frequency, 1.0), 0.0)

    def pink(n: int) -> np.ndarray:
        waves = np.fft.irfft(np.fft.rfft(rng.standard_normal((n, n_times))) * shape, n_times)
        return waves / waves.std(axis=1, keepdims=True)

    data = 3 * field @ pink(N_SOURCES) + 2 * pink(len(NAMES)) + 0.5 * rng.standard_normal((len(NAMES), n_times))
    row = {name: NAMES.index(name) for name in BAD}
    data[row["E10"], n_times // 2 :] = 0.0
    data[row["E40"]] += 60 * rng.standard_normal(n_times)
    data[row["E77"]] += 80 * np.sin(2 * np.pi * 60 * np.arange(n_times) / sfreq)
    data[row["E90"]] = 20 * pink(1)[0]
    return Signal(data, NAMES, sfreq, reference="Cz")


def plain(lowpassed: np.ndarray, sfreq: float, positions: np.ndarray) -> np.ndarray:
    """RANSAC window by window: every prediction, sorted, in double precision."""
    subsets = ransac.random_subsets(len(lowpassed), 50, 0.25, 0)
    weights = ransac.prediction_weights(positions, subsets)
    length = round(5 * sfreq)
    starts = range(0, lowpassed.shape[1] - length + 1, length)
    n_bad = np.zeros(len(lowpassed))
    for start in starts:
        window = lowpassed[:, start : start + length]
        median = np.sort(weights @ window[subsets], axis=0)[24]
        norm = np.sqrt((window**2).sum(axis=1) * (median**2).sum(axis=1))
        n_bad += (window * median).sum(axis=1) < 0.8 * norm
    return n_bad > 0.5 * len(starts)


def seconds(work: Callable[[], object]) -> float:
    """CPU time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak(work: Callable[[], object]) -> float:
    """Megabytes that a call holds at most beyond what was there before."""
    tracemalloc.start()
    work()
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="60 s at 128 Hz, two rounds: does it run?")
    arguments = parser.parse_args()
    length, rounds = (60.0, 2) if arguments.quick else (360.0, 5)
    square = np.random.default_rng(0).standard_normal((128, 128))
    square += square.T
    usual = simulate(128.0, length)
    marked = bad_channels(usual)
    lowpassed, _ = line_noise.split_noise(usual.data, 128.0)
    works: dict[str, Callable[[], object]] = {
        "Y": lambda: [np.linalg.eigh(square) for _ in range(400)],
        "bad-channels, RANSAC, 128 Hz": lambda: bad_channels(usual),
        # No window is bad, and one would be too many: no verdict before the last window.
        "the same, every window of every channel": lambda: bad_channels(usual, correlation=1e-9, max_bad_time=0.0),
        "bad-channels, location-free, 128 Hz": lambda: bad_channels(usual, method="location-free"),
        "bad-channels, no correlation, 128 Hz": lambda: bad_channels(usual, correlation=0.0),
        "interpolate, 128 Hz": lambda: interpolate(marked),
        "plain RANSAC alone, 128 Hz": lambda: plain(lowpassed, 128.0, directions(usual)),
    }
    if not arguments.quick:
        fast = simulate(500.0, length)
        works["bad-channels, RANSAC, 500 Hz"] = lambda: bad_channels(fast)
    with threadpool_limits(1):
        times: dict[str, list[float]] = {name: [] for name in works}
        for work in works.values():
            work()
        for _ in range(rounds):
            for name, work in works.items():
                times[name].append(seconds(work))
        cpu = {name: statistics.median(values) for name, values in times.items()}
        megabytes = {name: peak(work) for name, work in works.items() if name.startswith("bad") or name.startswith("interp")}
        same = bool(
            np.array_equal(plain(lowpassed, 128.0, directions(usual)), ransac.uncorrelated_channels(lowpassed, 128.0, directions(usual)))
        )
    result = {
        "benchmark": "bad_channels",
        "channels": len(NAMES),
        "seconds_recorded": length,
        "cpu_seconds": cpu,
        "y": {name: value / cpu["Y"] for name, value in cpu.items() if name != "Y"},
        "peak_megabytes_above_input": megabytes,
        "found": {name: marked.quality[name] for name in ("flat_channels", "line_noise_channels", "uncorrelated_channels")},
        "same_decisions_as_plain": same,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in cpu.items():
        note = f"  {value / cpu['Y']:5.2f} Y" + (f"  {megabytes[name]:4.0f} MB" if name in megabytes else "")
        print(f"{name:<45} {value:6.2f} s{note if name != 'Y' else ''}")
    print(f"found: {result['found']}; the plain form decides {'the same' if same else 'OTHERWISE'}")


if __name__ == "__main__":
    main()
