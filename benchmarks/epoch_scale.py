"""Benchmark of `epoch` at the size of HBN: speed beside a plain write of the same bytes, memory, cost per window, opening and random batches.

Recordings of 24 channels x 186 s at 128 Hz, noise, each file with bytes of its own; 81 windows of 2 s each; a table with 30 columns of
participants, as HBN has them. The plain write is of as many bytes, in blocks of a recording's windows, synced, before and after the command.
The largest cohort needs 19 GB of disk, which are given back.

    python benchmarks/epoch_scale.py [--json] [--quick] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _worker import ROOT
from asr import claims_table, judged, table

from eegcli.artifacts import folder as artifact
from eegcli.artifacts.recordings import Recording, write_recording
from eegcli.artifacts.table import Table, column, write_table
from eegcli.settings import PreprocessSettings
from eegcli.study.events import Events
from eegcli.version import __version__

SIZES, QUICK_SIZES = (300, 1000, 2900), (20, 60)
N_CHANNELS, SFREQ, BLOCKS, LENGTH = 24, 128.0, 5, 256  # LENGTH: samples of a window
EVERY, ENDS = 37.0, 36.0  # s; a cue, and the event that clips what follows it, so that a block has 16 windows and the last one 17
WINDOWS = 16 * (BLOCKS - 1) + 17
SEGMENT = "closed=instructed_toCloseEyes:3:37"
BATCHES, BATCH = 1000, 70
MAX_MB, LEAST_SHARE, MAX_OPEN_SECONDS, FLAT = 500.0, 0.4, 2.0, 1.25
NOISE_SECONDS = 1800.0
SETTLED = 100  # recordings, from which on the machine is left alone before each measurement
TASKS = 13  # columns of HBN's participants.tsv that say whether a task is available
SCORES = 10  # numbers of each participant

OPENING = f"""
import sys
import eegcli
windows = eegcli.open_windows(sys.argv[1])
import numpy as np
rng = np.random.default_rng(0)
total = 0.0
for _ in range({BATCHES}):
    total += float(windows.x[np.sort(rng.choice(len(windows), {BATCH}))][0, 0, 0])
"""


def make_recordings(root: Path, n: int, noise: np.ndarray) -> Path:
    """A finished recordings artifact: a stretch of the noise for each subject, from another sample on."""
    path = root / f"cohort{n}-recordings"
    target = artifact.open_folder(path, "recordings", PreprocessSettings(bids=Path("b")), inputs={"dataset": "noise"}, version=1)
    onset = np.arange(BLOCKS) * EVERY
    events = Events(
        np.sort(np.concatenate([onset, onset[:-1] + ENDS])),
        np.zeros(2 * BLOCKS - 1),
        np.array([*["instructed_toCloseEyes", "break cnt"] * (BLOCKS - 1), "instructed_toCloseEyes"], dtype=object),
    )
    n_times = round((EVERY * BLOCKS + 1) * SFREQ)
    names = tuple(f"E{i + 1}" for i in range(N_CHANNELS))
    stems = [f"sub-NDAR{number:07d}_task-RestingState" for number in range(n)]
    files = [f"{stem[:15]}/eeg/{stem}_desc-clean_eeg.h5" for stem in stems]
    for number, name in enumerate(files):
        start = (number * 79) % (noise.shape[1] - n_times)
        write_recording(path / name, Recording(noise[:, start : start + n_times], names, SFREQ, "average", events), digest=str(number))
    rows: Table = {
        "recording": column(stems),
        "subject": column(stem[4:15] for stem in stems),
        "session": np.full(n, None, dtype=object),
        "task": np.full(n, "RestingState", dtype=object),
        "run": np.full(n, None, dtype=object),
        "path": column(files),
        "status": np.full(n, "ok", dtype=object),
        "sfreq": np.full(n, SFREQ),
        "ch_names": np.full(n, ",".join(names), dtype=object),
        "n_channels": np.full(n, float(N_CHANNELS)),
        "n_times": np.full(n, float(n_times)),
        "seconds": np.full(n, n_times / SFREQ),
    }
    write_table(path / "recordings.parquet", rows | participants(n))
    target.finish()
    return path


def participants(n: int) -> Table:
    """As many columns as HBN's participants.tsv has, and a few more: 16 of text, 14 of numbers."""
    rng = np.random.default_rng(1)

    def texts(*values: str) -> np.ndarray:
        return rng.choice(np.array(values, dtype=object), n)

    said = {"release_number": texts(*(f"R{i}" for i in range(1, 12))), "sex": texts("F", "M"), "full_pheno": texts("Yes", "No")}
    said |= {f"task_{i}": texts("available", "caution", "unavailable") for i in range(TASKS)}
    numbers = {name: rng.uniform(5, 22, n).round(4) for name in ("age", "ehq_total", "p_factor", "attention")}
    return said | numbers | {f"score_{i}": rng.standard_normal(n).round(3) for i in range(SCORES)}


def run_epoch(recordings: Path, output: Path) -> dict[str, float]:
    """Wall seconds, CPU seconds and peak memory of the command."""
    command = [sys.executable, "-m", "eegcli", "epoch", recordings, "--segment", SEGMENT, "--output", output, "--force", "--quiet"]
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, high_water_mb(process.pid))
        time.sleep(0.01)
    wall, after = time.perf_counter() - start, os.times()
    if process.returncode:
        raise SystemExit(f"eegcli epoch ended with {process.returncode}")
    user, system = after.children_user - before.children_user, after.children_system - before.children_system
    return {"wall_seconds": wall, "cpu_seconds": user + system, "system_seconds": system, "peak_mb": peak}


def high_water_mb(process: int) -> float:
    """Peak memory (VmHWM) of a living process, MB; 0 where the system does not tell, or the process has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), 0.0)
    except (OSError, ValueError):
        return 0.0


def plain_write(path: Path, size: int, noise: np.ndarray) -> float:
    """Wall seconds to write as many bytes from memory, in blocks of a recording's windows, and to sync them."""
    block = memoryview(np.ascontiguousarray(noise).view(np.uint8).reshape(-1))[: 4 * WINDOWS * N_CHANNELS * LENGTH]
    start, left = time.perf_counter(), size
    with path.open("wb", buffering=0) as file:
        while left:
            left -= file.write(block[:left])
        os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    path.unlink()
    return seconds


def open_and_read(windows: Path, repeats: int) -> float:
    """Wall seconds of a new process that opens the artifact and reads random batches, with the file in the page cache; the best of some."""
    with (windows / "windows.h5").open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass
    walls = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", OPENING, str(windows)], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        walls.append(time.perf_counter() - start)
    return min(walls)


def settle(*, quick: bool) -> None:
    """Sync, and leave the machine alone for a while: in a virtual machine, memory that was freed a moment ago is faster than other memory."""
    os.sync()
    time.sleep(0.0 if quick else 10.0)


def measure(root: Path, n: int, noise: np.ndarray, start: Mapping[str, float]) -> dict[str, Any]:
    """Everything about a cohort of `n` recordings; its files are removed."""
    print(f"{n} recordings", file=sys.stderr)
    recordings, output = make_recordings(root, n, noise), root / f"cohort{n}-windows"
    n_windows = n * WINDOWS
    size = 4 * n_windows * N_CHANNELS * LENGTH
    settle(quick=n < SETTLED)
    plain = [plain_write(root / "plain", size, noise)]
    settle(quick=n < SETTLED)
    figures = run_epoch(recordings, output)
    shutil.rmtree(recordings)
    settle(quick=n < SETTLED)
    plain.append(plain_write(root / "plain", size, noise))
    opening = open_and_read(output, 3)
    table_mb = (output / "windows.parquet").stat().st_size / 1e6
    shutil.rmtree(output)
    wall = figures["wall_seconds"]
    return {
        "recordings": n,
        "windows": n_windows,
        "gb": size / 1e9,
        **figures,
        "plain_seconds_before": plain[0],
        "plain_seconds_after": plain[1],
        "share_of_plain_before": plain[0] / wall,
        "share_of_plain_after": plain[1] / wall,
        "microseconds_per_window": 1e6 * (wall - start["wall_seconds"]) / n_windows,
        "cpu_microseconds_per_window": 1e6 * (figures["cpu_seconds"] - start["cpu_seconds"]) / n_windows,
        "open_seconds": opening,
        "table_mb": table_mb,
    }


def claims(cohorts: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each claim: what was measured, and whether it holds."""
    first, last = cohorts[0], cohorts[-1]
    growth = last["cpu_microseconds_per_window"] / first["cpu_microseconds_per_window"]
    return {
        f"peak of at most {MAX_MB:g} MB": judged(last["peak_mb"], most=MAX_MB),
        f"at least {LEAST_SHARE:g} of the speed of the plain write before it": judged(last["share_of_plain_before"], least=LEAST_SHARE),
        f"at least {LEAST_SHARE:g} of the speed of the plain write after it": judged(last["share_of_plain_after"], least=LEAST_SHARE),
        f"opening and {BATCHES} random batches of {BATCH} in at most {MAX_OPEN_SECONDS:g} s": judged(
            last["open_seconds"], most=MAX_OPEN_SECONDS
        ),
        f"CPU time per window, largest over smallest cohort, at most {FLAT:g}": judged(growth, most=FLAT),
    }


def text(result: Mapping[str, Any]) -> str:
    """Format the result as tables of text."""
    shown = {
        "recordings": ("recordings", "d"),
        "windows": ("windows", "d"),
        "gb": ("GB", ".2f"),
        "wall_seconds": ("wall s", ".1f"),
        "cpu_seconds": ("CPU s", ".1f"),
        "system_seconds": ("of it system", ".1f"),
        "plain_seconds_before": ("plain write before, s", ".1f"),
        "plain_seconds_after": ("after, s", ".1f"),
        "microseconds_per_window": ("µs per window", ".0f"),
        "cpu_microseconds_per_window": ("CPU µs", ".0f"),
        "peak_mb": ("peak MB", ".0f"),
        "open_seconds": ("open s", ".2f"),
    }
    rows: list[tuple[str, ...]] = [tuple(head for head, _ in shown.values())]
    rows += [tuple(format(one[name], how) for name, (_, how) in shown.items()) for one in result["cohorts"]]
    start = result["start"]
    said = f"{start['wall_seconds']:.2f} s, {start['cpu_seconds']:.2f} s of CPU, {start['peak_mb']:.0f} MB"
    parts = [table(rows), f"One recording: {said}; the seconds are left out of the time per window."]
    if result["claims"]:
        parts.append(claims_table(result["claims"]))
    return "\n\n".join(parts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="20 and 60 recordings, no claims: does it run?")
    parser.add_argument("--folder", type=Path, default=None, help="where to write; default: the folder for temporary files")
    parser.add_argument("--sizes", type=int, nargs="+", default=None, help="recordings of the cohorts")
    arguments = parser.parse_args()
    sizes = arguments.sizes or (QUICK_SIZES if arguments.quick else SIZES)
    noise = 20 * np.random.default_rng(0).standard_normal((N_CHANNELS, round(NOISE_SECONDS * SFREQ)), dtype=np.float32)
    with tempfile.TemporaryDirectory(prefix="eegcli-epoch-", dir=arguments.folder) as name:
        root = Path(name)
        one = make_recordings(root, 1, noise)
        start = min((run_epoch(one, root / "one-windows") for _ in range(3)), key=lambda run: run["cpu_seconds"])
        cohorts = [measure(root, n, noise, start) for n in sizes]
    result = {
        "benchmark": "epoch_scale",
        "quick": arguments.quick,
        "start": start,
        "cohorts": cohorts,
        "claims": {} if arguments.quick else claims(cohorts),
        "versions": {"eegcli": __version__, "python": platform.python_version(), "numpy": np.__version__},
    }
    print(json.dumps(result) if arguments.json else text(result))


if __name__ == "__main__":
    main()
