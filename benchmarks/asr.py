"""Benchmark of ASR beside its peers: speed, memory and exactness.

CPU seconds of one thread, calibration included, warm. What counts are ratios: to the peers, and to the yardstick Y,
400 eigen-decompositions of 128 x 128 in the same run. The peers are installed once, in an environment of their own.

    python benchmarks/asr.py [--json] [--quick] [--all] [--no-peers] [--rounds N]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from _peers import Environment, make_environment
from _recording import simulate
from _worker import ROOT, Failed, Worker

from eegcli.preprocess.asr import remove_drifts
from eegcli.version import __version__

SCRIPT = Path(__file__).with_name("_asr_worker.py")
OURS = "eegcli"
COMMON = {"numpy": "2.2.6", "scipy": "1.17.1", "mne": "1.13.2"}  # asrpy fails on numpy 2.4
PEERS = {
    # ASR needs one of its dependencies only; the others read files, talk to Octave or handle BIDS.
    "eegprep": ("--no-deps", "eegprep==0.3.0", "colorama==0.4.6"),
    "asrpy": ("asrpy==0.0.8",),
    "meegkit": ("meegkit==0.2.0",),
}
CHUNKED = "meegkit in 0.5-s chunks"
SECONDS, QUICK_SECONDS = 300.0, 60.0  # of signal
ROUNDS, QUICK_ROUNDS = 5, 2
SLOW_ROUNDS, SLOW = 2, 20.0  # rounds of a peer that takes more CPU seconds than this


@dataclass(frozen=True)
class Case:
    """A size of recording, and the peers that are measured on it; the slow ones with --all only."""

    n_channels: int
    sfreq: float
    peers: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As it stands in the tables."""
        return f"{self.n_channels} ch, {self.sfreq:g} Hz"


CASES = (
    Case(24, 128.0, ("eegprep", "asrpy", "meegkit", CHUNKED)),
    Case(128, 128.0, ("eegprep", "meegkit"), slow=(CHUNKED, "asrpy")),
    Case(128, 500.0, slow=("meegkit",)),
)
# Of each case: the most yardsticks, the most memory (MB), and how many times faster than which peer at least.
LIMITS: dict[str, tuple[float, float, dict[str, float]]] = {
    "24 ch, 128 Hz": (0.45, 64.0, {"eegprep": 8.0, "asrpy": 10.0}),
    "128 ch, 128 Hz": (3.4, 250.0, {"eegprep": 10.0, "meegkit": 3.0}),
    "128 ch, 500 Hz": (9.0, 800.0, {}),
}


def start(method: str, data: Path, sfreq: float, environment: Environment | None) -> Worker:
    """A process that holds a recording and runs one implementation on it."""
    if method == OURS:
        return Worker(SCRIPT, method, data, sfreq)
    peer = method.partition(" ")[0]
    if environment is None or peer in environment.missing:
        raise Failed(environment.missing[peer] if environment else "no environment")
    return Worker(SCRIPT, method, data, sfreq, environment=environment)


def measure(case: Case, data: Path, methods: Sequence[str], environment: Environment | None, rounds: int) -> dict[str, Any]:
    """Time the methods in turns, with Y in every round; then the memory of each in a fresh process."""
    times: dict[str, list[float]] = {}
    failed: dict[str, str] = {}
    yardsticks, peaks = [], {}
    with contextlib.ExitStack() as stack:
        workers, rounds_of = {}, {}
        for method in methods:
            with failing(failed, method):
                workers[method] = stack.enter_context(start(method, data, case.sfreq, environment))
                # The first call is not counted: it imports, and fills caches.
                rounds_of[method] = rounds if workers[method].ask("time") <= SLOW else min(rounds, SLOW_ROUNDS)
        for number in range(rounds):
            yardsticks.append(workers[OURS].ask("yardstick"))
            for method in [method for method, most in rounds_of.items() if number < most and method not in failed]:
                with failing(failed, method):
                    times.setdefault(method, []).append(workers[method].ask("time"))
    for method in times:
        with failing(failed, method), start(method, data, case.sfreq, environment) as worker:
            peaks[method] = worker.ask("peak")
    figures = {
        method: {"seconds": statistics.median(times[method]), "rounds": len(times[method]), "peak_mb": peaks[method]} for method in peaks
    }
    return summary(case.name, statistics.median(yardsticks), figures, failed)


@contextlib.contextmanager
def failing(failed: dict[str, str], method: str) -> Any:
    """Note why a peer fails, and go on without it; ours must not fail."""
    try:
        yield
    except Failed as error:
        if method == OURS:
            raise
        failed[method] = str(error)


def summary(name: str, yardstick: float, figures: Mapping[str, dict[str, Any]], failed: Mapping[str, str]) -> dict[str, Any]:
    """A case's figures with their ratios."""
    ours = figures[OURS]
    peers = {method: {**row, "ratio": row["seconds"] / ours["seconds"]} for method, row in figures.items() if method != OURS}
    return {
        "yardstick_seconds": yardstick,
        "eegcli": {
            **ours,
            "yardsticks": ours["seconds"] / yardstick,
            "limit_yardsticks": LIMITS[name][0],
            "limit_peak_mb": LIMITS[name][1],
        },
        "peers": {**peers, **{method: {"left_out": reason} for method, reason in failed.items()}},
    }


def claims(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each claim: what was measured, and whether it holds; None where nothing was measured."""
    made = {}
    for name, case in cases.items():
        yardsticks, peak, times_faster = LIMITS[name]
        ours = case["eegcli"]
        made[f"{name}: at most {yardsticks:g} Y"] = judged(ours["yardsticks"], most=yardsticks)
        made[f"{name}: at most {peak:g} MB"] = judged(ours["peak_mb"], most=peak)
        for peer, least in times_faster.items():
            made[f"{name}: {least:g} times faster than {peer}"] = judged(case["peers"].get(peer, {}).get("ratio"), least=least)
    return made


def judged(measured: float | None, *, least: float = -np.inf, most: float = np.inf) -> dict[str, Any]:
    """A figure and whether it is in its range."""
    return {"measured": measured, "holds": None if measured is None else least <= measured <= most}


def exactness(environment: Environment | None) -> dict[str, Any] | None:
    """Distances from what EEGLAB's clean_rawdata gives: with one grid of updates, and with its default of 64 MB; None without its arrays."""
    oracle = Path(os.environ.get("EEGCLI_TEST_DATA") or ROOT.parent / "shared" / "data") / "asr-oracle" / "syn24_128.npz"
    if not oracle.exists():
        return None
    distances: dict[str, Any] = {}
    with np.load(oracle) as arrays, tempfile.TemporaryDirectory(prefix="eegcli-asr-") as folder:
        files = {name: saved(Path(folder) / f"{name}.npy", arrays[name]) for name in ("hp", "out_big_20", "out_artifacts64_20")}
        for method in (OURS, *(CASES[0].peers if environment else ())):
            try:
                with start(method, files["hp"], 128.0, environment) as worker:
                    grid, default = (worker.ask(f"error {files[name]}") for name in ("out_big_20", "out_artifacts64_20"))
                    distances[method] = {"one_grid": grid, "default_64_mb": default}
            except Failed as error:
                distances[method] = {"left_out": str(error)}
    return distances


def saved(path: Path, array: np.ndarray) -> Path:
    """The path, after the array was written there."""
    np.save(path, array)
    return path


def rows_of(cases: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The table of speed and memory."""
    rows: list[tuple[str, ...]] = [("recording", "", "CPU s", "in Y", "times ours", "peak MB", "rounds")]
    for name, case in cases.items():
        for method, row in {OURS: {**case["eegcli"], "ratio": 1.0}, **case["peers"]}.items():
            if "left_out" in row:
                rows.append((name, method, "-", "-", "-", "-", row["left_out"]))
                continue
            peak = "-" if row["peak_mb"] is None else f"{row['peak_mb']:.0f}"
            in_y = row["seconds"] / case["yardstick_seconds"]
            rows.append((name, method, f"{row['seconds']:.3f}", f"{in_y:.2f}", f"{row['ratio']:.1f}", peak, str(row["rounds"])))
    return rows


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in Markdown, aligned for a terminal; the first is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def claims_table(claims: Mapping[str, Mapping[str, Any]]) -> str:
    """Each claim, what was measured, and whether it holds."""
    said = {None: "not measured", True: "holds", False: "DOES NOT HOLD"}
    rows = [("claim", "measured", "")]
    for claim, judgement in claims.items():
        rows.append((claim, "-" if judgement["measured"] is None else f"{judgement['measured']:.2f}", said[judgement["holds"]]))
    return table(rows)


def text(result: Mapping[str, Any]) -> str:
    """Format the result as tables of text."""
    parts = [table(rows_of(result["cases"]))]
    if result["exactness"]:
        rows = [("distance from clean_rawdata", "one grid of updates", "its 64 MB default")]
        for method, distance in result["exactness"].items():
            cells = (f"{distance[name]['relative']:.1e}, {distance[name]['max_uv']:.1e} uV" for name in ("one_grid", "default_64_mb"))
            rows.append((method, distance["left_out"], "-") if "left_out" in distance else (method, *cells))
        parts.append(table(rows))
    if result["claims"]:
        parts.append(claims_table(result["claims"]))
    return "\n\n".join(parts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="60 s of signal, two rounds, no claims: does it run?")
    parser.add_argument("--all", action="store_true", help="the slow peers too: minutes, and 10 GB of memory")
    parser.add_argument("--no-peers", action="store_true", help="ours alone; nothing is installed")
    parser.add_argument("--rounds", type=int, default=None, help=f"of timing; default {ROUNDS}")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    environment = None if arguments.no_peers else make_environment("asr", COMMON, PEERS)
    cases: dict[str, Any] = {}
    for case in CASES:
        print(f"Measuring {case.name}", file=sys.stderr)
        raw = simulate(case.n_channels, QUICK_SECONDS if arguments.quick else SECONDS, case.sfreq)
        peers = () if environment is None else case.peers + case.slow if arguments.all else case.peers
        with tempfile.TemporaryDirectory(prefix="eegcli-asr-") as folder:
            data = saved(Path(folder) / "data.npy", remove_drifts(raw, case.sfreq))
            cases[case.name] = measure(case, data, (OURS, *peers), environment, rounds)
    result = {
        "benchmark": "asr",
        "quick": arguments.quick,
        "yardstick_seconds": statistics.median(case["yardstick_seconds"] for case in cases.values()),
        "cases": cases,
        "exactness": exactness(environment),
        # The claims are about 300 s of signal.
        "claims": {} if arguments.quick else claims(cases),
        "versions": {
            **{"eegcli": __version__, "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
            "peers": {**COMMON, **{peer: wanted[-1 if len(wanted) == 1 else 1].partition("==")[2] for peer, wanted in PEERS.items()}},
        },
    }
    print(json.dumps(result) if arguments.json else text(result))


if __name__ == "__main__":
    main()
