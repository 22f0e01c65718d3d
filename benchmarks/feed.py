"""Benchmark of how windows come to a training: memory, a thread that reads ahead, and a server 20 ms away beside a local copy.

Memory: 300 random batches of 70 windows of 24 x 256 from an array of 6 GB (a sparse file, each window checked), anonymous memory at its peak.
Ahead: an epoch of windows read on the thread that asks or ahead of it, the file's pages dropped before the first; beside a step of EEGNet.
Stream: `train --stream` of EEGNet on the same windows, here and from a bucket on loopback whose every answer waits; rounds take turns.

    python benchmarks/feed.py [--json] [--quick] [--rounds N] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from asr import claims_table, judged, table

from eegcli import models, train
from eegcli.artifacts import folder as artifact_folder
from eegcli.artifacts.checked import HASH, CheckedArray
from eegcli.artifacts.content import content_hash
from eegcli.artifacts.windows import ARRAY, open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.engine import reading
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.feed import ReadingFeed
from eegcli.engine.order import Order
from eegcli.registry import MODELS
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, TrainSettings
from eegcli.version import __version__

CPU = torch.device("cpu")
SHAPE, SFREQ, BATCH = (24, 256), 128.0, 70
WHOLE, BATCHES = 6 * 10**9, 300
N_WINDOWS, AHEAD_WINDOWS, QUICK_WINDOWS = 20_000, 7_000, 2_000
EPOCHS, ROUNDS, QUICK_ROUNDS = 3, 3, 1
TURNS = 3  # of each way to read, in a round
LATENCY = 0.02  # s, of each request
MEMORY_CLAIM, STREAM_CLAIM = (
    "300 batches of 6 GB, anonymous memory, GB",
    "streamed at 20 ms, times the wall time of the same on a local copy",
)
MOST = {MEMORY_CLAIM: 1.5, STREAM_CLAIM: 1.1}


def anonymous_bytes() -> int:
    """Anonymous memory of this process: what the system cannot take back as it can pages of a file."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(lines["RssAnon"].split()[0]) * 1024


@contextlib.contextmanager
def watched() -> Iterator[list[int]]:
    """Peak of the anonymous memory in the block, looked at 200 times a second."""
    peak, over = [anonymous_bytes()], threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            peak[0] = max(peak[0], anonymous_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def memory(path: Path, *, ahead: bool) -> dict[str, float]:
    """Random batches from an array larger than the memory they may take, by the feed of a training."""
    n = WHOLE // (4 * SHAPE[0] * SHAPE[1])
    with path.open("wb") as file:
        file.truncate(4 * n * SHAPE[0] * SHAPE[1])
    one = content_hash(np.zeros((1, *SHAPE), np.float32))[0]
    x = CheckedArray(np.memmap(path, "<f4", "r", shape=(n, *SHAPE)), {HASH: np.full(n, one)}, path)
    examples = Examples(x, np.arange(n), np.zeros(n))
    reading.reads_ahead = lambda *_: ahead  # type: ignore[assignment]
    before, start, values = anonymous_bytes(), time.perf_counter(), 0
    with watched() as peak, contextlib.closing(ReadingFeed(examples, Order(n, BATCH, 0), CPU).batches(0)) as batches:
        for _, batch in zip(range(BATCHES), batches, strict=False):
            values += batch.x.numel()
    seconds = time.perf_counter() - start
    assert values == BATCHES * BATCH * SHAPE[0] * SHAPE[1]
    return {"before_bytes": before, "peak_bytes": peak[0], "windows_per_second": BATCHES * BATCH / seconds}


def make_windows(path: Path, n_windows: int) -> Path:
    """A finished windows artifact: sex in the amplitude of 10 Hz, 80 windows a subject."""
    random, times = np.random.default_rng(0), np.arange(SHAPE[1]) / SFREQ
    artifact = artifact_folder.open_folder(path, "windows", EpochSettings(recordings=Path("none")), inputs={"seed": "0"}, version=1)
    with create_windows(path, SHAPE, ch_names=[f"E{number}" for number in range(SHAPE[0])], sfreq=SFREQ) as writer:
        for subject in range(n_windows // 80):
            x = 10 * random.standard_normal((80, *SHAPE)) + (12 if subject % 2 else 6) * np.sin(2 * np.pi * 10 * times)
            words = {"dataset": "feed", "recording": f"sub-{subject:04d}", "subject": f"{subject:04d}", "session": None, "task": "rest"}
            words |= {"run": None, "segment": "all", "sex": "M" if subject % 2 else "F"}
            rows = {name: np.full(80, word, dtype=object) for name, word in words.items()}
            writer.append(x, rows | {"onset": 2.0 * np.arange(80), "segment_count": np.full(80, 80)})
    artifact.finish()
    return path


def step_milliseconds(x: np.ndarray) -> float:
    """CPU time of a step of EEGNet on a batch, forward, backward and update: the least of six, one thread."""
    with exact(1, CPU):
        torch.manual_seed(0)
        model = models.build("eegnet", n_outputs=2, sfreq=SFREQ, n_chans=SHAPE[0], n_times=SHAPE[1])
        optimizer, batch, labels = torch.optim.Adam(model.parameters()), torch.from_numpy(x), torch.zeros(len(x), dtype=torch.long)
        found = []
        for _ in range(6):
            start = time.process_time()
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(batch), labels).backward()
            optimizer.step()
            found.append(time.process_time() - start)
    return 1e3 * min(found)


def drop(path: Path) -> None:
    """Drop a file from the page cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ahead(path: Path, rounds: int) -> dict[str, Any]:
    """Milliseconds a batch of reading an epoch of windows, on the thread that asks and ahead of it; beside them a step of EEGNet."""
    windows = open_windows(path)
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(TURNS * rounds):
        for by in (False, True):
            examples = Examples(open_windows(path).checked, np.arange(len(windows)), np.zeros(len(windows)))
            reading.reads_ahead = lambda *_, by=by: by  # type: ignore[assignment]
            for epoch, state in enumerate(("cold, first epoch", "warm")):
                if not epoch:
                    drop(path / ARRAY)
                wall, used, order = time.perf_counter(), time.process_time(), Order(len(windows), BATCH, 0)
                with contextlib.closing(ReadingFeed(examples, order, CPU).batches(epoch)) as batches:
                    n = sum(1 for _ in batches)
                cost = 1e3 * (time.perf_counter() - wall) / n, 1e3 * (time.process_time() - used) / n
                found.setdefault(f"{'ahead' if by else 'direct'}, {state}", []).append(cost)
    medians = {name: [statistics.median(each) for each in zip(*pairs, strict=True)] for name, pairs in found.items()}
    return {"windows": len(windows), "milliseconds": medians, "eegnet_step_cpu_ms": step_milliseconds(np.array(windows.x[:BATCH]))}


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Address of a server of buckets, in a process of its own, whose every answer waits."""
    script = Path(__file__).with_name("_serve.py")
    process = subprocess.Popen([sys.executable, script, folder, str(LATENCY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdin is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Variables of the environment inside the block."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def stream(folder: Path, n_windows: int, rounds: int, epochs: int) -> dict[str, Any]:
    """Wall time of the same training here and from a server with latency, and whether the weights are the same bytes."""
    seconds: dict[str, list[float]] = {"local": [], "streamed": []}
    weights = set()
    here = make_windows(folder / "bucket" / "far-windows", n_windows)
    with served(folder) as url, environment(AWS_ENDPOINT_URL_S3=url):
        address = "s3://bucket/far-windows"
        for number in range(-1, rounds):  # a first round warms up
            for name, where in (("local", {"windows": here}), ("streamed", {"windows": Path("far-windows"), "address": address})):
                output = folder / f"{name}-{number}"
                settings = TrainSettings(
                    **where, output=output, arch="eegnet", stream=True, epochs=epochs, threads=1, device="cpu", no_baseline=True
                )
                start = time.perf_counter()
                train.run(settings, reporter=Silent())
                if number >= 0:
                    seconds[name].append(time.perf_counter() - start)
                weights.add((output / "model.safetensors").read_bytes())
    assert len(weights) == 1, "the weights differ"
    ratios = [there / here for here, there in zip(*seconds.values(), strict=True)]
    return {
        "windows": n_windows,
        "bytes": 4 * n_windows * SHAPE[0] * SHAPE[1],
        "latency_s": LATENCY,
        "epochs": epochs,
        "batch_size": MODELS["eegnet"].training.batch_size,
        "seconds": seconds,
        "ratio": statistics.median(ratios),
    }


def apart(part: str, folder: Path, *more: str) -> dict[str, Any]:
    """Measure a part in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--part", part, "--folder", folder, *more], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure(folder: Path, *, quick: bool, rounds: int) -> dict[str, Any]:
    """All cases."""
    cases: dict[str, Any] = {"memory": {how: apart(f"memory-{how}", folder) for how in ("direct", "ahead")}}
    cases["ahead"] = ahead(make_windows(folder / "windows", QUICK_WINDOWS if quick else AHEAD_WINDOWS), rounds)
    cases["stream"] = stream(folder, QUICK_WINDOWS if quick else N_WINDOWS, rounds, epochs=2 if quick else EPOCHS)
    return cases


def claims(cases: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each claim: what was measured, and whether it holds."""
    peak = max(case["peak_bytes"] for case in cases["memory"].values()) / 1e9
    measured = {MEMORY_CLAIM: peak, STREAM_CLAIM: cases["stream"]["ratio"]}
    return {name: judged(value, most=MOST[name]) | {"most": MOST[name]} for name, value in measured.items()}


def as_text(result: Mapping[str, Any]) -> str:
    """Tables for people."""
    cases = result["cases"]
    rows = [("300 batches of 6 GB", "before, MB", "peak, MB", "windows/s")]
    rows += [
        (how, *(f"{case[name] / 1e6:.0f}" for name in ("before_bytes", "peak_bytes")), f"{case['windows_per_second']:.0f}")
        for how, case in cases["memory"].items()
    ]
    text = table(rows)
    rows = [("reading a batch", "wall ms", "CPU ms")]
    rows += [(name, f"{wall:.2f}", f"{cpu:.2f}") for name, (wall, cpu) in cases["ahead"]["milliseconds"].items()]
    rows.append(("a step of eegnet", "", f"{cases['ahead']['eegnet_step_cpu_ms']:.1f}"))
    text += f"\n\n{table(rows)}"
    streamed = [("train --stream", "seconds of each round")] + [
        (name, ", ".join(f"{s:.1f}" for s in each)) for name, each in cases["stream"]["seconds"].items()
    ]
    return f"{text}\n\n{table(streamed)}\n\n{claims_table(result['claims'])}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="memory, and a stream of 2,000 windows, one round")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None, help="where windows are made; 6 GB are needed by their names only")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eegcli-feed-benchmark-", dir=arguments.folder) as name:
        folder = Path(name)
        if arguments.part:
            print(json.dumps(memory(folder / "x", ahead=arguments.part == "memory-ahead")))
            return
        cases = measure(folder, quick=arguments.quick, rounds=arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS))
    result = {
        "benchmark": "feed",
        "eegcli": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cases": cases,
        "claims": claims(cases),
    }
    print(json.dumps(result, indent=2) if arguments.json else as_text(result))


if __name__ == "__main__":
    main()
