"""Benchmark of the whole recipe `hbn`, from file to artifact: speed beside the same steps with its peers; memory; two jobs against one.

One recording of 129 channels x 360 s at 500 Hz, simulated. CPU seconds of one thread, warm; Y is the CPU time of 400
eigen-decompositions of 128 x 128 in the same run. The peers are installed once, in an environment of their own.

    python benchmarks/preprocess.py [--json] [--quick] [--no-peers] [--rounds N]
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
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from _peers import Environment, make_environment
from _worker import ROOT, Failed, Worker
from asr import claims_table, failing, judged, table

from eegcli.version import __version__

SCRIPT = Path(__file__).with_name("_chain_worker.py")
COMMON = {"numpy": "2.2.6", "scipy": "1.17.1", "mne": "1.13.2"}  # asrpy fails on numpy 2.4
PEERS = {
    # What these functions need of its dependencies; the others read files, talk to Octave or handle BIDS.
    "eegprep": ("--no-deps", "eegprep==0.3.0", "colorama==0.4.6", "h5py==3.16.0"),
    "asrpy": ("asrpy==0.0.8",),
}
OURS, OURS_SHORT = "eegcli", "eegcli, no RANSAC"
EEGPREP, EEGPREP_SHORT, ASRPY = "MNE + eegprep", "MNE + eegprep, no channel test", "MNE + asrpy, no channel test"
METHODS = {OURS: None, OURS_SHORT: None, EEGPREP: "eegprep", EEGPREP_SHORT: "eegprep", ASRPY: "asrpy"}  # and the package each needs
BESIDE = {EEGPREP: OURS, EEGPREP_SHORT: OURS_SHORT, ASRPY: OURS_SHORT}  # ours with the same steps
LIMITS = {OURS: 11.0, OURS_SHORT: 5.7}  # Y
MAX_MB = 900.0
TIMES_FASTER = {EEGPREP: 6.0, EEGPREP_SHORT: 6.0, ASRPY: 20.0}
TWO_JOBS = 1.7
HUNGRY, NEEDED_GB = {ASRPY}, 14.0  # it took 12.5 GB
ROUNDS, QUICK_ROUNDS = 5, 2
# CPU seconds. A peer that takes more is run once, with whatever it fills its caches with: that is little beside it.
SLOW = 20.0
COHORT = 12  # recordings, for the jobs: with few, the start of the workers is what is timed
REPEATS = 2  # of the jobs; the best counts, as others may be at work on the machine


def simulate(folder: Path, *, subjects: int, quick: bool) -> Path:
    """A data set of full-size recordings."""
    command = ["fetch", "demo", "--subjects", subjects, "--full-size", "--artifacts", "--output", folder, "--quiet"]
    run_eegcli(*command, *(["--blocks", 1] if quick else []))
    return folder


def run_eegcli(*arguments: object) -> float:
    """Wall seconds of a command."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "eegcli", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return time.perf_counter() - start


def available_gb() -> float:
    """Memory that a process can still get; infinite where the system does not tell."""
    file = Path("/proc/meminfo")
    lines = dict(line.split(":", 1) for line in file.read_text(encoding="ascii").splitlines()) if file.exists() else {}
    return int(lines["MemAvailable"].split()[0]) * 1024 / 1e9 if "MemAvailable" in lines else float("inf")


def start(method: str, data: Path, folder: Path, environment: Environment | None) -> Worker:
    """A process that holds one implementation of the chain."""
    package = METHODS[method]
    output = folder / method.replace(" ", "-")
    if package is None:
        return Worker(SCRIPT, method, data, output)
    if environment is None or package in environment.missing:
        raise Failed(environment.missing[package] if environment else "no environment")
    if method in HUNGRY and available_gb() < NEEDED_GB:
        raise Failed(f"needs 12.5 GB of memory; {available_gb():.0f} GB are free")
    return Worker(SCRIPT, method, data, output, environment=environment)


def measure(data: Path, folder: Path, methods: Sequence[str], environment: Environment | None, rounds: int) -> dict[str, Any]:
    """Time all in turns, with Y in every round; memory in a fresh process each."""
    times: dict[str, list[float]] = {}
    failed: dict[str, str] = {}
    yardsticks, parts, peaks = [], [], {}
    with contextlib.ExitStack() as stack:
        workers, rounds_of = {}, {}
        for method in methods:
            print(f"Measuring {method}", file=sys.stderr)
            with failing(failed, method):
                worker = start(method, data, folder, environment)
                workers[method] = stack.enter_context(worker)
                first = worker.ask("time")  # not counted: it fills caches
                rounds_of[method] = rounds
                if first > SLOW:
                    times[method], rounds_of[method], peaks[method] = [first], 0, worker.ask("held")
        for number in range(rounds):
            yardsticks.append(workers[OURS].ask("yardstick"))
            parts.append(workers[OURS].ask("parts"))
            for method in [method for method, most in rounds_of.items() if number < most and method not in failed]:
                with failing(failed, method):
                    times.setdefault(method, []).append(workers[method].ask("time"))
    for method in [method for method in times if method not in peaks]:
        with failing(failed, method), start(method, data, folder, environment) as worker:
            peaks[method] = worker.ask("peak")
    yardstick = statistics.median(yardsticks)
    figures = {
        method: {
            "seconds": statistics.median(times[method]),
            "yardsticks": statistics.median(times[method]) / yardstick,
            "rounds": len(times[method]),
            "peak_mb": peaks[method],
        }
        for method in peaks
    }
    for method, ours in BESIDE.items():
        if method in figures:
            figures[method]["ratio"] = figures[method]["seconds"] / figures[ours]["seconds"]
    return {
        "yardstick_seconds": yardstick,
        "methods": {**figures, **{method: {"left_out": reason} for method, reason in failed.items()}},
        "parts": {name: statistics.median(round_[name] for round_ in parts) for name in parts[0]},
    }


def jobs(data: Path, folder: Path, repeats: int) -> dict[str, Any]:
    """Wall seconds of the command with one job and with two, in turns, and the load of the machine before each."""
    walls: dict[str, list[float]] = {"1": [], "2": []}
    loads = []
    for _ in range(repeats):
        for number, seconds in walls.items():
            loads.append(os.getloadavg()[0])
            seconds.append(
                run_eegcli("preprocess", data, "--recipe", "hbn", "--jobs", number, "--force", "--quiet", "--output", folder / "jobs")
            )
    best = {number: min(seconds) for number, seconds in walls.items()}
    return {"recordings": len(list(data.glob("sub-*"))), "wall_seconds": walls, "speedup": best["1"] / best["2"], "load_before": loads}


def claims(measured: Mapping[str, Any], of_jobs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each claim: what was measured, and whether it holds; None where nothing was measured."""
    methods = measured["methods"]
    made = {}
    for method, limit in LIMITS.items():
        made[f"{method}: at most {limit:g} Y"] = judged(methods[method]["yardsticks"], most=limit)
        made[f"{method}: at most {MAX_MB:g} MB"] = judged(methods[method]["peak_mb"], most=MAX_MB)
    for method, least in TIMES_FASTER.items():
        made[f"{BESIDE[method]}: {least:g} times faster than {method}"] = judged(methods.get(method, {}).get("ratio"), least=least)
    made[f"two jobs: {TWO_JOBS:g} times faster than one"] = judged(of_jobs["speedup"], least=TWO_JOBS)
    return made


def text(result: Mapping[str, Any]) -> str:
    """Format the result as tables of text."""
    measured, yardstick = result["chain"], result["chain"]["yardstick_seconds"]
    rows: list[tuple[str, ...]] = [("", "CPU s", "in Y", "times ours", "peak MB", "rounds")]
    for method, row in measured["methods"].items():
        if "left_out" in row:
            rows.append((method, "-", "-", "-", "-", row["left_out"]))
            continue
        ratio = f"{row['ratio']:.1f}" if "ratio" in row else "1"
        peak = "-" if row["peak_mb"] is None else f"{row['peak_mb']:.0f}"
        rows.append((method, f"{row['seconds']:.2f}", f"{row['yardsticks']:.1f}", ratio, peak, str(row["rounds"])))
    whole = measured["parts"]["all"]
    spent = [("where the time goes", "CPU s", "in Y", "share")]
    spent += [
        (name, f"{seconds:.3f}", f"{seconds / yardstick:.2f}", f"{100 * seconds / whole:.0f} %")
        for name, seconds in measured["parts"].items()
    ]
    walls, loads = result["jobs"]["wall_seconds"], ", ".join(f"{load:.1f}" for load in result["jobs"]["load_before"])
    of_jobs = f"{result['jobs']['recordings']} recordings: {min(walls['1']):.1f} s with one job, {min(walls['2']):.1f} s with two"
    parts = [table(rows), table(spent), f"{of_jobs}; {result['jobs']['speedup']:.2f} times faster; load before {loads}."]
    if result["claims"]:
        parts.append(claims_table(result["claims"]))
    return "\n\n".join(parts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="100 s of signal, two rounds, two recordings, no claims: does it run?")
    parser.add_argument("--no-peers", action="store_true", help="ours alone; nothing is installed")
    parser.add_argument("--rounds", type=int, default=None, help=f"of timing; default {ROUNDS}")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    environment = None if arguments.no_peers else make_environment("preprocess", COMMON, PEERS)
    methods = [method for method, package in METHODS.items() if package is None or environment is not None]
    with tempfile.TemporaryDirectory(prefix="eegcli-preprocess-") as name:
        folder = Path(name)
        one = simulate(folder / "one", subjects=1, quick=arguments.quick)
        measured = measure(one, folder, methods, environment, rounds)
        cohort = simulate(folder / "cohort", subjects=2 if arguments.quick else COHORT, quick=arguments.quick)
        of_jobs = jobs(cohort, folder, 1 if arguments.quick else REPEATS)
    result = {
        "benchmark": "preprocess",
        "quick": arguments.quick,
        "yardstick_seconds": measured["yardstick_seconds"],
        "chain": measured,
        "jobs": of_jobs,
        # The claims are about 360 s of signal.
        "claims": {} if arguments.quick else claims(measured, of_jobs),
        "versions": {
            **{"eegcli": __version__, "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
            "peers": {**COMMON, "eegprep": "0.3.0", "asrpy": "0.0.8"},
        },
    }
    print(json.dumps(result) if arguments.json else text(result))


if __name__ == "__main__":
    main()
