"""Run one implementation of the recipe hbn on one recording, from file to file, as often as asked.

    python _chain_worker.py METHOD DATA-SET OUTPUT-FOLDER

Reads commands from stdin, a line each, and answers each with a line of JSON: ``time``, ``yardstick``, ``peak`` (of a call), ``held`` (so far at most),
``parts``.
"""

from __future__ import annotations

import functools
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parent))  # last: nothing here hides a peer's module
from _measured import memory, seconds_of, serve, yardstick

CUTOFF, FLAT_SECONDS, MASTOIDS = 20.0, 5.0, ["E57", "E100"]
# The recipe's 24 channels as the net names them.
PICKED = [
    "E22",
    "E9",
    "E33",
    "E24",
    "E11",
    "E124",
    "E122",
    "E29",
    "E6",
    "E111",
    "E45",
    "E36",
    "E104",
    "E108",
    "E42",
    "E55",
    "E93",
    "E58",
    "E52",
    "E62",
    "E92",
    "E96",
    "E70",
    "Cz",
]
NOISE, MAX_BAD_TIME = 4.0, 0.5  # of the channel test, as the recipe has them
# The functions that ASR and the channel test are timed by, in the table of where the time goes.
INNER = {
    "ASR: clean windows": ("eegcli.preprocess.asr", "clean_samples"),
    "ASR: robust covariance": ("eegcli.preprocess.asr.calibration", "robust_covariance"),
    "ASR: the rest of the calibration": ("eegcli.preprocess.asr", "calibrate"),
    "ASR: repair": ("eegcli.preprocess.asr", "process"),
    "bad channels: line noise": ("eegcli.preprocess.bad.line_noise", "split_noise"),
    "bad channels: RANSAC": ("eegcli.preprocess.bad.ransac", "uncorrelated_channels"),
}


def work(data: Path, output: Path, *, correlation: bool) -> Any:
    """The one recording of a data set, and what `eegcli preprocess` does with it."""
    from eegcli.config import read_recipe
    from eegcli.preprocess.cohort import find_cohort
    from eegcli.preprocess.sequence import sequence_of_steps
    from eegcli.settings import PreprocessSettings

    steps = read_recipe("hbn")["preprocess"]["steps"]
    if not correlation:
        steps = [step | {"correlation": 0.0} if step["step"] == "bad-channels" else step for step in steps]
    settings = PreprocessSettings(bids=data, steps=tuple(steps))
    return find_cohort(settings, sequence_of_steps(settings), output).works[0]


def eegcli(data: Path, output: Path, *, correlation: bool = True) -> Callable[[], object]:
    """Ours."""
    from eegcli.preprocess.record import clean

    return functools.partial(clean, work(data, output, correlation=correlation))


def chain(
    repair: Callable[[Any], None], mark_flat: Callable[[Any], None], find_bad: Callable[[Any], None] | None = None
) -> Callable[..., Any]:
    """The recipe's steps with MNE; flat and bad channels and ASR as given, which change a Raw in place."""
    import mne

    mne.set_log_level("ERROR")

    def call(data: Path, output: Path) -> None:
        raw = mne.io.read_raw_eeglab(next(data.glob("sub-*/eeg/*.set")), preload=True)
        mark_flat(raw)
        raw.apply_function(lambda rows: rows - rows.mean(axis=1, keepdims=True), channel_wise=False)
        raw.filter(0.25, None, l_trans_bandwidth=0.25)
        raw.resample(128.0)
        if find_bad:
            find_bad(raw)
        raw.interpolate_bads()
        raw.set_eeg_reference(MASTOIDS).drop_channels(MASTOIDS)
        repair(raw)
        raw.pick(PICKED).filter(None, 25.0, h_trans_bandwidth=0.25)
        output.mkdir(parents=True, exist_ok=True)
        raw.save(output / "cleaned_eeg.fif", overwrite=True)

    return call


def eegprep(data: Path, output: Path, *, channel_test: bool = True) -> Callable[[], object]:
    """MNE, and eegprep for flat channels, the channel test (line noise and RANSAC in one) and ASR."""
    from eegprep import clean_asr, clean_channels, clean_flatlines

    def dataset(raw: Any, names: list[str]) -> dict[str, Any]:
        signal = raw.get_data(names) * 1e6
        places = [raw.info["chs"][raw.ch_names.index(name)]["loc"][:3] for name in names]
        # EEGLAB's x axis points to the nose, and y to the left.
        locations = np.array([{"labels": name, "X": y, "Y": -x, "Z": z} for name, (x, y, z) in zip(names, places, strict=True)])
        n_channels, n_times = signal.shape
        return {
            **{"data": signal, "srate": raw.info["sfreq"], "nbchan": n_channels, "pnts": n_times, "trials": 1, "xmin": 0.0},
            **{"xmax": (n_times - 1) / raw.info["sfreq"], "chanlocs": locations, "etc": {}, "event": [], "epoch": [], "icaact": []},
            **{"icawinv": [], "icasphere": [], "icaweights": [], "icachansind": [], "specdata": [], "specicaact": [], "chaninfo": {}},
            **{"urchanlocs": [], "reject": {}, "stats": {}, "ref": "common", "history": "", "saved": "no", "setname": "", "filename": ""},
        }

    def mark(raw: Any, names: list[str], test: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        kept = {location["labels"] for location in test(dataset(raw, names))["chanlocs"]}
        raw.info["bads"] += [name for name in names if name not in kept]

    def mark_flat(raw: Any) -> None:
        mark(raw, [name for name in raw.ch_names if name != "Cz"], functools.partial(clean_flatlines, max_flatline_duration=FLAT_SECONDS))

    def find_bad(raw: Any) -> None:
        good = [name for name in raw.ch_names if name not in raw.info["bads"]]
        judged = raw.copy().set_eeg_reference("average")
        mark(judged, good, functools.partial(clean_channels, noise_threshold=NOISE, max_broken_time=MAX_BAD_TIME))
        raw.info["bads"] = judged.info["bads"]

    def repair(raw: Any) -> None:
        # With what its clean_artifacts passes on by default, but for the cutoff.
        cleaned = clean_asr(dataset(raw, raw.ch_names), cutoff=CUTOFF, ref_tolerances=(-math.inf, 5.5))
        raw._data[:] = cleaned["data"] * 1e-6

    return functools.partial(chain(repair, mark_flat, find_bad if channel_test else None), data, output)


def asrpy(data: Path, output: Path) -> Callable[[], object]:
    """MNE, also for flat channels, and asrpy for ASR; neither has a test of the other bad channels."""
    import asrpy
    import mne

    def mark_flat(raw: Any) -> None:
        flat = mne.preprocessing.annotate_amplitude(raw, flat=0.0, bad_percent=1.0, min_duration=FLAT_SECONDS)[1]
        raw.info["bads"] += [name for name in flat if name != "Cz"]

    def repair(raw: Any) -> None:
        asr = asrpy.ASR(sfreq=raw.info["sfreq"], cutoff=CUTOFF)
        asr.fit(raw)
        raw._data[:] = asr.transform(raw).get_data()

    return functools.partial(chain(repair, mark_flat), data, output)


METHODS: dict[str, Callable[[Path, Path], Callable[[], object]]] = {
    "eegcli": eegcli,
    "eegcli, no RANSAC": functools.partial(eegcli, correlation=False),
    "MNE + eegprep": eegprep,
    "MNE + eegprep, no channel test": functools.partial(eegprep, channel_test=False),
    "MNE + asrpy, no channel test": asrpy,
}


def parts(call: Callable[[], object]) -> dict[str, float]:
    """CPU seconds of what `clean` does, step by step, and of the parts of the long ones."""
    from eegcli.preprocess import record

    spent: dict[str, float] = {}
    operations = record.operations

    def watched_steps(steps: Any) -> list[Callable[..., Any]]:
        found = operations(steps)
        return [watched(f"step {number}, {label(step)}", step, spent) for number, step in enumerate(found, 1)]

    with patched(record, "operations", watched_steps):
        stack = [patched(record, name, watched(name, getattr(record, name), spent)) for name in OUTER]
        stack += [
            patched(module := sys.modules[name], function, watched(part, getattr(module, function), spent))
            for part, (name, function) in INNER.items()
        ]
        for patch in stack:
            patch.__enter__()
        spent["all"] = seconds_of(call)
        for patch in reversed(stack):
            patch.__exit__(None, None, None)
    spent["ASR: the rest of the calibration"] -= spent["ASR: robust covariance"]
    return spent


OUTER = ("read_recording", "hold", "preview", "write_recording")


def label(operation: Any) -> str:
    """A step's name, or those of a fused operation."""
    return operation.name if hasattr(operation, "name") else " + ".join(step.name for step in operation.steps)


def watched(name: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    """The function, which notes the CPU seconds that it took."""

    def call(*positional: Any, **named: Any) -> Any:
        start = time.process_time()
        try:
            return function(*positional, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start

    return call


@contextmanager
def patched(module: ModuleType, name: str, value: Any) -> Iterator[None]:
    """Another function in a module's place, for a while."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def main() -> None:
    """Answer until stdin ends."""
    method, data, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    call = METHODS[method](data, output)

    def answer(line: str) -> Any:
        if line == "yardstick":
            return yardstick()
        if line == "parts":
            return parts(call)
        if line == "peak":
            call()
        if line in ("peak", "held"):
            return memory().get("VmHWM")
        return seconds_of(call)

    serve(answer)


if __name__ == "__main__":
    main()
