"""Filter and resample as one operation, against MNE's two calls, and reading an EEGLAB file: CPU time and agreement.

One recording of the Healthy Brain Network's shape: 129 channels x 360 s at 500 Hz, to 0.25-25 Hz (6601 taps) at 128 Hz. One thread.
Y is the CPU time of 400 `numpy.linalg.eigh` of 128 x 128 in the same run. Medians of interleaved rounds.

    python benchmarks/filter_resample.py [--json] [--quick] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mne
import numpy as np
from threadpoolctl import threadpool_limits

from eegcli.bids.reading import read_recording
from eegcli.bids.scan import find_recordings
from eegcli.fetch.demo.eeglab import set_bytes
from eegcli.fetch.demo.simulation import pink
from eegcli.preprocess.fusion import operations
from eegcli.preprocess.sequence import sequence_of_steps
from eegcli.preprocess.signal import Signal
from eegcli.settings import PreprocessSettings

SFREQ, NEW_SFREQ = 500.0, 128.0
BAND = {"l_freq": 0.25, "h_freq": 25.0, "l_trans_bandwidth": 0.25, "h_trans_bandwidth": 0.25}
EDGE = 10.0  # s
# Padded by this many samples, MNE's resample neither moves nor stretches the signal: 10 x 125 samples are 320 new ones.
PAD = 1250


def simulate(seconds: float) -> np.ndarray:
    """Pink noise with the offsets of an amplifier and line noise, float32, µV; the last channel, the reference, is flat."""
    rng = np.random.default_rng(0)
    n_times = round(seconds * SFREQ)
    line = 10 * np.sin(2 * np.pi * 60 * np.arange(n_times) / SFREQ)
    data = 20 * pink(129, n_times, 1.0, rng) + line + rng.uniform(-5000, 5000, (129, 1))
    data[-1] = 0.0
    return data.astype(np.float32)


def ours(data: np.ndarray) -> np.ndarray:
    """The two steps as a recipe has them; fused, as `eegcli preprocess` does them."""
    steps = sequence_of_steps(PreprocessSettings(steps=({"step": "filter", **BAND}, {"step": "resample", "sfreq": NEW_SFREQ})))
    signal = Signal(data, tuple(f"E{row + 1}" for row in range(len(data))), SFREQ)
    for operation in operations(steps):
        signal = operation(signal)
    return signal.data


def mnes(data: np.ndarray, **options: Any) -> np.ndarray:
    """The same with MNE."""
    filtered = mne.filter.filter_data(data, SFREQ, **BAND, verbose="ERROR")
    result: np.ndarray = mne.filter.resample(filtered, up=NEW_SFREQ, down=SFREQ, verbose="ERROR", **options)
    return result


def yardstick() -> Callable[[], object]:
    """400 eigen-decompositions of 128 x 128; the matrices are made beforehand."""
    matrices = np.random.default_rng(0).standard_normal((400, 128, 128))
    matrices += matrices.transpose(0, 2, 1)
    return lambda: [np.linalg.eigh(matrix) for matrix in matrices]


def write_data_set(root: Path, data: np.ndarray) -> None:
    """A BIDS data set of one one-file EEGLAB recording."""
    names = [f"E{row + 1}" for row in range(128)] + ["Cz"]
    angles = np.linspace(0, 2 * np.pi, 129)
    positions = 0.09 * np.stack([np.cos(angles), np.sin(angles), np.linspace(0, 1, 129)], axis=1)
    content = set_bytes(data, name="x", sfreq=SFREQ, ch_names=names, ch_pos=positions, reference="Cz", events=[])
    file = root / "sub-01" / "eeg" / "sub-01_task-RestingState_eeg.set"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    (root / "dataset_description.json").write_text('{"Name": "one recording", "BIDSVersion": "1.9.0"}')


def cpu_times(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each task, done in turn; the first round, a warm-up, does not count."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds + 1):
        for name, task in tasks.items():
            begun = time.process_time()
            task()
            times[name].append(time.process_time() - begun)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def deviation(result: np.ndarray, expected: np.ndarray) -> dict[str, float]:
    """Relative (Frobenius) and largest absolute difference (µV), away from the ends and at them."""
    edge = round(EDGE * NEW_SFREQ)
    figures = {}
    for name, columns in (("inside", np.r_[edge : result.shape[1] - edge]), ("at_ends", np.r_[:edge, -edge:0])):
        difference, there = result[:, columns] - expected[:, columns], expected[:, columns]
        figures[f"relative_{name}"] = float(np.linalg.norm(difference) / np.linalg.norm(there))
        figures[f"max_uV_{name}"] = float(np.abs(difference).max())
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="60 s of signal and one round: does it run?")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    arguments = parser.parse_args()
    seconds, rounds = (60.0, 1) if arguments.quick else (360.0, arguments.rounds)
    data = simulate(seconds)
    exact = data.astype(float)
    with tempfile.TemporaryDirectory(prefix="eegcli-filter-") as folder, threadpool_limits(1):
        root = Path(folder) / "one"
        write_data_set(root, data)
        recording = find_recordings(root, PreprocessSettings(bids=root))[0]
        tasks: dict[str, Callable[[], object]] = {
            "y": yardstick(),
            "fused": lambda: ours(exact),
            "mne": lambda: mnes(exact),
            "read": lambda: read_recording(recording),
            "read_mne": lambda: mne.io.read_raw_eeglab(recording.file, verbose="ERROR").get_data(units="uV"),
        }
        times = cpu_times(tasks, rounds)
        agreement = deviation(ours(exact), mnes(exact, npad=PAD))
    result = {
        "benchmark": "filter_resample",
        "channels": 129,
        "seconds_of_signal": seconds,
        "rounds": rounds,
        "cpu_seconds": times,
        "fused_in_y": times["fused"] / times["y"],
        "mne_in_y": times["mne"] / times["y"],
        "mne_over_fused": times["mne"] / times["fused"],
        "read_in_y": times["read"] / times["y"],
        "mne_over_read": times["read_mne"] / times["read"],
        **agreement,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        values = value.items() if isinstance(value, dict) else [("", value)]
        for key, item in values:
            print(f"{f'{name} {key}':<28} {item:.3g}" if isinstance(item, float) else f"{name:<28} {item}")


if __name__ == "__main__":
    main()
