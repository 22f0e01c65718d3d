"""Benchmark of import: a gigabyte in every layout, its seconds and its memory; and the statistics of DEAP's 1,280 trials."""

from __future__ import annotations

import argparse
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

GIGABYTE, QUICK = 1_000_000_000, 50_000_000
MAX_SECONDS, MAX_MEGABYTES = 20.0, 300.0
N_CHANNELS, N_TIMES, SFREQ = 24, 256, 128
MAX_STATS_SECONDS = 5.0
STATS_TRIALS, STATS_QUICK = 1280, 128


def main() -> None:
    """Import each layout in a process of its own, and say whether the claims hold."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK // 1_000_000} MB instead of a gigabyte; times are scaled up")
    arguments.add_argument("--layout", action="append", choices=list(LAYOUTS), help="only this layout (repeatable)")
    arguments.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.worker:
        print(json.dumps(measure(given.worker)))
        return
    size = QUICK if given.quick else GIGABYTE
    found = {name: _in_its_own_process(name, size) for name in given.layout or LAYOUTS}
    result = {"bytes": size, "layouts": found, "stats99": stats99(STATS_QUICK if given.quick else STATS_TRIALS)}
    result["claims"] = claims(result)
    print(json.dumps(result) if given.json else text(result))


def claims(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Claims of the documentation, each with the measured figure and whether it holds."""
    seconds = max(row["seconds_per_gb"] for row in result["layouts"].values())
    held = max(row["peak_mb"] for row in result["layouts"].values())
    stats = result["stats99"]["cpu_seconds_per_1280"]
    return {
        f"a gigabyte in every layout: at most {MAX_SECONDS:g} s": {"measured": seconds, "holds": seconds <= MAX_SECONDS},
        f"beyond the start: at most {MAX_MEGABYTES:g} MB": {"measured": held, "holds": held <= MAX_MEGABYTES},
        f"1,280 trials of 32 x 8,064 to stats99: under {MAX_STATS_SECONDS:g} s": {"measured": stats, "holds": stats < MAX_STATS_SECONDS},
    }


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [f"{'':<28} {'s / GB':>8} {'CPU s / GB':>10} {'MB held':>8}"]
    for name, row in result["layouts"].items():
        lines.append(f"{name:<28} {row['seconds_per_gb']:>8.1f} {row['cpu_seconds_per_gb']:>10.1f} {row['peak_mb']:>8.0f}")
    lines.append(f"{'stats99, 1,280 trials':<28} {'':>8} {result['stats99']['cpu_seconds_per_1280']:>10.1f}")
    lines += [f"{claim}: {said['measured']:.1f}{'' if said['holds'] else ' DOES NOT HOLD'}" for claim, said in result["claims"].items()]
    return "\n".join(lines)


def measure(arguments: list[str]) -> dict[str, float]:
    """Import in this process: seconds, CPU seconds, and the memory held at most beyond what it held before."""
    import time

    from _measured import memory

    import eegcli.importing
    from eegcli.compute.threads import limited
    from eegcli.reporter import Silent
    from eegcli.settings import ImportSettings

    settings = ImportSettings(**json.loads(arguments[0]))
    with limited(1):
        before, wall, used = memory().get("VmHWM", 0.0), time.perf_counter(), time.process_time()
        eegcli.importing.run(settings, reporter=Silent())
        return {
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - used,
            "peak_mb": memory().get("VmHWM", 0.0) - before,
        }


def stats99(n_trials: int) -> dict[str, float]:
    """CPU seconds of the statistics of 32 x 8,064, one thread."""
    import time

    import numpy as np

    from eegcli.compute.threads import limited
    from eegcli.representations import Signals, prepare

    x = (10 * np.random.default_rng(0).standard_normal((64, 32, 8064))).astype(np.float32)
    with limited(1):
        represent = prepare("stats99", Signals(tuple(map(str, range(32))), 128.0, 8064))
        used = time.process_time()
        for _ in range(n_trials // 64):
            represent(x)
        return {"cpu_seconds_per_1280": (time.process_time() - used) * 1280 / (n_trials // 64 * 64)}


def _in_its_own_process(name: str, size: int) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="eegcli-benchmark-"))
    try:
        settings = {**LAYOUTS[name](folder, size), "sfreq": SFREQ, "output": str(folder / "windows"), "unit": "uV"}
        done = subprocess.run([sys.executable, __file__, "--worker", json.dumps(settings)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr}")
        row = json.loads(done.stdout)
        scale = GIGABYTE / size
        return row | {"seconds_per_gb": row["seconds"] * scale, "cpu_seconds_per_gb": row["cpu_seconds"] * scale}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _blocks(size: int, dtype: str) -> Any:
    """Trials (n, n_channels, n_times) of noise, so many at a time."""
    import numpy as np

    n, each = size // (N_CHANNELS * N_TIMES * np.dtype(dtype).itemsize), 512
    noise = 20 * np.random.default_rng(0).standard_normal((each, N_CHANNELS, N_TIMES))
    for start in range(0, n, each):
        yield (noise[: min(each, n - start)] + start % 7).astype(dtype)


def npy(folder: Path, size: int) -> dict[str, Any]:
    """NumPy, double precision, trials first."""
    return {"arrays": [str(_npy(folder / "x.npy", size, "f8", (0, 1, 2)))], "axes": ["trials", "channels", "samples"]}


def npy_trials_last(folder: Path, size: int) -> dict[str, Any]:
    """NumPy, single precision, trials last: every trial is spread over the whole file."""
    return {"arrays": [str(_npy(folder / "x.npy", size, "f4", (1, 2, 0)))], "axes": ["channels", "samples", "trials"]}


def _npy(path: Path, size: int, dtype: str, order: tuple[int, ...]) -> Path:
    import numpy as np

    n = sum(len(block) for block in _blocks(size, dtype))
    shape = (n, N_CHANNELS, N_TIMES)
    array = np.lib.format.open_memmap(path, "w+", np.dtype(dtype), tuple(shape[axis] for axis in order))
    view, start = array.transpose(np.argsort(order)), 0
    for block in _blocks(size, dtype):
        view[start : start + len(block)] = block
        start += len(block)
    array.flush()
    return path


def npz(folder: Path, size: int) -> dict[str, Any]:
    """NumPy's archive, not compressed, with labels."""
    return _npz(folder, size, compressed=False)


def npz_compressed(folder: Path, size: int) -> dict[str, Any]:
    """NumPy's archive, compressed."""
    return _npz(folder, size, compressed=True)


def _npz(folder: Path, size: int, *, compressed: bool) -> dict[str, Any]:
    import zipfile

    import numpy as np

    array = _npy(folder / "X.npy", size, "f8", (0, 1, 2))
    n = np.load(array, mmap_mode="r").shape[0]
    np.save(folder / "y.npy", np.arange(n) % 2)
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(folder / "x.npz", "w", kind, compresslevel=1) as archive:
        for member in ("X.npy", "y.npy"):
            archive.write(folder / member, member)
    array.unlink()
    return {"arrays": [str(folder / "x.npz")], "axes": ["trials", "channels", "samples"]}


def mat5(folder: Path, size: int) -> dict[str, Any]:
    """MATLAB 7, compressed."""
    import numpy as np
    from scipy.io import savemat

    x = np.concatenate(list(_blocks(size, "f4"))).transpose(1, 2, 0)
    savemat(folder / "x.mat", {"X": x, "y": np.arange(x.shape[2]) % 2}, do_compression=True)
    return {"arrays": [str(folder / "x.mat")], "axes": ["channels", "samples", "trials"]}


def mat73(folder: Path, size: int) -> dict[str, Any]:
    """MATLAB 7.3, compressed in chunks."""
    import h5py
    import numpy as np

    blocks = _blocks(size, "f4")
    with h5py.File(folder / "x.mat", "w") as file:
        n = sum(len(block) for block in _blocks(size, "f4"))
        stored = file.create_dataset("X", (n, N_TIMES, N_CHANNELS), "f4", chunks=(16, N_TIMES, N_CHANNELS), compression=1)
        stored.attrs["MATLAB_class"] = np.bytes_("single")
        start = 0
        for block in blocks:
            stored[start : start + len(block)] = block.transpose(0, 2, 1)
            start += len(block)
    return {"arrays": [str(folder / "x.mat")], "axes": ["channels", "samples", "trials"]}


def parquet(folder: Path, size: int) -> dict[str, Any]:
    """Parquet with a row per sample."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, trial = None, 0
    for block in _blocks(size, "f4"):
        rows = block.transpose(0, 2, 1).reshape(-1, N_CHANNELS)
        columns = {f"C{number}": rows[:, number] for number in range(N_CHANNELS)}
        table = pa.table({**columns, "trial": np.repeat(np.arange(trial, trial + len(block)), N_TIMES)})
        writer = writer or pq.ParquetWriter(folder / "x.parquet", table.schema)
        writer.write_table(table)
        trial += len(block)
    writer.close()
    return {"arrays": [str(folder / "x.parquet")]}


def deap(folder: Path, size: int) -> dict[str, Any]:
    """DEAP's pickles, a participant of 103 MB each."""
    import numpy as np

    random = np.random.default_rng(0)
    for number in range(max(size // 103_219_200, 1)):
        arrays = {"data": 5 * random.standard_normal((40, 40, 8064)), "labels": random.uniform(1, 9, (40, 4))}
        (folder / f"s{number + 1:02d}.dat").write_bytes(pickle.dumps(arrays, protocol=3))
    return {"arrays": [str(path) for path in sorted(folder.glob("*.dat"))]}


LAYOUTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "npy": npy,
    "npy-trials-last": npy_trials_last,
    "npz": npz,
    "npz-compressed": npz_compressed,
    "mat5": mat5,
    "mat73": mat73,
    "parquet": parquet,
    "deap": deap,
}


if __name__ == "__main__":
    main()
