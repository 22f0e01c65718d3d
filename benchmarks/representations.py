"""Benchmark of band powers, maps of the scalp and spectra: windows of 24 x 256, against one window at a time with SciPy and a spline of its own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

WINDOWS, QUICK = 100_000, 4_096
PEER_WINDOWS = 64  # the peer takes milliseconds for each
SFREQ, N_TIMES = 128.0, 256
MAX_SECONDS, MAX_MEGABYTES = 60.0, 500.0


def main() -> None:
    """Measure each representation in a process of its own, and say whether the claims hold."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK} windows instead of {WINDOWS}; times are scaled up")
    arguments.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    arguments.add_argument("--worker", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    n_windows = QUICK if given.quick else WINDOWS
    if given.worker:
        print(json.dumps(measure(given.worker, n_windows, given.rounds)))
        return
    found = {name: _in_its_own_process(name, quick=given.quick, rounds=given.rounds) for name in ("bands", "topomap", "fft")}
    result = {"windows": n_windows, "rounds": given.rounds, "representations": found, "claims": claims(found)}
    print(json.dumps(result) if given.json else text(result))


def claims(found: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Claims of the documentation, each with the measured figure and whether it holds."""
    seconds, held = found["topomap"]["seconds_per_100000"], found["topomap"]["peak_mb"]
    return {
        f"100,000 windows of 24 x 256 to topomaps: at most {MAX_SECONDS:g} s": {"measured": seconds, "holds": seconds <= MAX_SECONDS},
        f"beside windows and maps: at most {MAX_MEGABYTES:g} MB": {"measured": held, "holds": held <= MAX_MEGABYTES},
    }


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [f"{'':<10} {'s / 100,000':>12} {'CPU s':>8} {'MB held':>8} {'peer CPU':>8} {'ratio':>7}"]
    for name, row in result["representations"].items():
        figures = (row["seconds_per_100000"], row["cpu_per_100000"], row["peak_mb"], row["peer_cpu_per_100000"])
        lines.append(f"{name:<10} {figures[0]:>12.1f} {figures[1]:>8.1f} {figures[2]:>8.0f} {figures[3]:>8.0f} {row['ratio']:>7.1f}")
    lines += [f"{claim}: {said['measured']:.1f}{'' if said['holds'] else ' DOES NOT HOLD'}" for claim, said in result["claims"].items()]
    return "\n".join(lines)


def measure(name: str, n_windows: int, rounds: int) -> dict[str, float]:
    """Time one representation as `epoch` runs it (a recording of 81 windows at a time), and its peer on a few windows."""
    import time

    import numpy as np
    from _measured import memory

    from eegcli.bids.montage import channel_set
    from eegcli.compute.threads import limited
    from eegcli.representations import Signals, prepare

    names = channel_set(["hbn-24"])
    with limited(1):
        represent = prepare(name, Signals(names, SFREQ, N_TIMES), montage="hydrocel-128")
        x = (10 * np.random.default_rng(0).standard_normal((81, 24, N_TIMES))).astype(np.float32)
        peer = PEERS[name](names)
        np.testing.assert_allclose(represent(x[:2]), np.stack([peer(window) for window in x[:2]]), atol=1e-2)
        before, seconds, cpu, peer_cpu = memory().get("VmHWM", 0.0), [], [], []
        for _ in range(rounds):
            wall, used = time.perf_counter(), time.process_time()
            for _ in range(-(-n_windows // 81)):
                represent(x)
            seconds.append(time.perf_counter() - wall)
            cpu.append(time.process_time() - used)
            used = time.process_time()
            for window in x[:PEER_WINDOWS]:
                peer(window)
            peer_cpu.append(time.process_time() - used)
        held = memory().get("VmHWM", 0.0) - before
    done = 81 * -(-n_windows // 81)
    ours, theirs = 1e5 * min(cpu) / done, 1e5 * min(peer_cpu) / PEER_WINDOWS
    return {
        "seconds_per_100000": 1e5 * min(seconds) / done,
        "cpu_per_100000": ours,
        "peak_mb": held,
        "peer_cpu_per_100000": theirs,
        "ratio": theirs / ours,
    }


def _bands_peer(_names: Any) -> Callable[[Any], Any]:
    import numpy as np
    from scipy.signal import welch
    from scipy.signal.windows import hamming

    def bands(window: Any) -> Any:
        freqs, density = welch(window.astype(float), SFREQ, window=hamming(128), noverlap=50, detrend=False)
        level = 10 * np.log10(density)
        return np.stack([level[:, (freqs >= low) & (freqs <= high)].mean(axis=1) for low, high in ((4, 7), (7, 13), (14, 25))], axis=1)

    return bands


def _topomap_peer(names: Any) -> Callable[[Any], Any]:
    import numpy as np

    from eegcli.bids.electrodes import polar_positions
    from eegcli.representations.topomap import flatten, pixels

    bands, places = _bands_peer(names), flatten(polar_positions(names, "hydrocel-128"))
    grid, inside = pixels()

    def green(one: Any, other: Any) -> Any:
        distance = np.linalg.norm(one[:, None] - other[None], axis=-1)
        return distance**2 * (np.log(np.maximum(distance, 1e-300)) - 1)

    def topomap(window: Any) -> Any:  # as a call of griddata for each map: the spline is solved and summed anew
        maps = np.zeros((3, 24, 24))
        for image, values in zip(maps, bands(window).T, strict=True):
            surface = green(grid[inside], places) @ np.linalg.solve(green(places, places), values)
            image[inside] = (surface - surface.min()) / np.ptp(surface) * 255
        return maps

    return topomap


def _fft_peer(_names: Any) -> Callable[[Any], Any]:
    import numpy as np

    def spectrum(window: Any) -> Any:
        result = []
        for channel in window:  # a channel at a time
            transformed = np.fft.fft(channel * np.hamming(N_TIMES))[: N_TIMES // 2]
            power = np.log(np.abs(transformed) ** 2)
            result.append(np.concatenate([power - power.mean(), np.angle(transformed)]))
        return np.stack(result)

    return spectrum


PEERS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {"bands": _bands_peer, "topomap": _topomap_peer, "fft": _fft_peer}


def _in_its_own_process(name: str, *, quick: bool, rounds: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--worker", name, "--rounds", str(rounds), *(["--quick"] if quick else [])]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    result: dict[str, float] = json.loads(answer.stdout)
    return result


if __name__ == "__main__":
    main()
