"""Benchmark of the choice of EEG channels: false alarms on real recordings, and other inputs found beside their electrodes.

Real recordings are those of the folder that the tests use; without one, and beside them, the demo's are taken. An alarm is a channel that its values
leave out or mark bad; a real channel with such a fault that somebody has looked at would be no false one, but there is none. For what is found,
invented inputs under a name that tells nothing stand beside the electrodes of each recording.

    python benchmarks/channels.py [--json] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eegcli import fetch
from eegcli.bids.channel_choice import choose_channels
from eegcli.bids.channel_values import odd_channels, typical_ratio
from eegcli.bids.reading import Reading, read_recording
from eegcli.bids.scan import find_recordings
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings

FOLDER = Path(os.environ.get("EEGCLI_TEST_DATA") or Path(__file__).parents[1] / "shared" / "data")
LOOSE = ("physionet-s001/*.edf", "eeglab-sample/*.set")  # not in a data set


def inputs(n_times: int, sfreq: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Invented inputs: what is no EEG, at amplitudes that do not tell where that can be."""
    time = np.arange(n_times) / sfreq
    return {
        "open input": np.cumsum(rng.standard_normal(n_times)) * 800 + 1e5,
        "trigger": 20.0 * (time % 3.0 < 0.05),
        "trigger of 5 V": 5e6 * (time % 3.0 < 0.05),
        "constant": np.full(n_times, 12.0),
        "skin conductance": 8 + np.sin(2 * np.pi * 0.02 * time),
        "held sensor": np.repeat(20 * rng.standard_normal(int(time[-1]) + 2), round(sfreq))[:n_times],
        "sample counter": np.arange(n_times, dtype=float) * 100,
    }


def readings(demo: Path, quick: bool) -> Iterator[tuple[str, Reading]]:
    """Recordings as they are read."""
    trees = [FOLDER / "eegmat"] if (FOLDER / "eegmat").exists() else []
    with TemporaryDirectory() as folder:
        for pattern in LOOSE:
            for file in sorted(FOLDER.glob(pattern)):
                target = Path(folder) / f"sub-{file.stem.replace('_', '')}/eeg/sub-{file.stem.replace('_', '')}_task-x_eeg{file.suffix}"
                target.parent.mkdir(parents=True)
                target.symlink_to(file)
                for beside in file.parent.glob("*.fdt"):
                    (target.parent / beside.name).symlink_to(beside)
        trees += [Path(folder)] if any(Path(folder).iterdir()) else []
        for tree in [*trees, demo]:
            for recording in find_recordings(tree)[: 3 if quick else None]:
                yield ("demo" if tree == demo else "real"), read_recording(recording)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="three recordings of each data set")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    counts: dict[str, Counter[str]] = {"real": Counter(), "demo": Counter()}
    worst = {"real": 0.0, "demo": 0.0}
    found, tried = Counter[str](), 0
    with TemporaryDirectory() as folder:
        demo = fetch.run(FetchSettings(source="demo", output=Path(folder) / "demo"), reporter=Silent()).output
        for kind, reading in readings(demo, arguments.quick):
            eeg = [choice for choice in reading.choices if choice.is_eeg]
            trusted = [choice.surely for choice in choose_channels(reading.ch_names, {}, ["eeg"] * len(eeg))]
            said = [warning for warning in reading.warnings if "the values are no EEG's" in warning]
            counts[kind] += Counter(recordings=1, channels=len(eeg), alarms=len(said))
            worst[kind] = max(worst[kind], typical_ratio(reading.data, reading.sfreq))
            tried += 1
            for name, values in inputs(reading.data.shape[1], reading.sfreq, rng).items():
                odd = odd_channels(np.vstack([reading.data, values]), reading.sfreq, [*trusted, False])
                found[name] += odd[-1] is not None and all(oddity is None or oddity.kind == "constant" for oddity in odd[:-1])
    for count in counts.values():
        count.setdefault("alarms", 0)
    result = {"false_alarms": counts, "largest_ratio": worst, "found": {name: number / tried for name, number in found.items()}}
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
