"""Benchmark of `fetch` from a server on loopback: large files beside curl and sha256sum, many small ones beside boto3's loop.

nginx serves from the page cache. Large files: `curl` writes them, then `sha256sum` reads them; ours come verified and synced in one go.
Small files: each request waits 20 ms on its way, as on a line to another country. Wall time, rounds take turns, the best of each.

    python benchmarks/fetch.py [--json] [--quick] [--rounds N] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from asr import claims_table, judged, table

from eegcli.remote.client import Client
from eegcli.remote.file import RemoteFile
from eegcli.remote.transfer import JOBS, fetch_files
from eegcli.reporter import Silent
from eegcli.version import __version__

LATENCY = 0.02  # s
LARGE, QUICK_LARGE = (4, 256 << 20), (2, 64 << 20)  # files, bytes of each
SMALL, QUICK_SMALL = 2000, 200  # files of 2 kB to 22 kB
ROUNDS, QUICK_ROUNDS = 3, 1
LARGE_CLAIM, SMALL_CLAIM = "large files, throughput of curl then sha256sum", "small files, times as fast as boto3 one by one"
LEAST = {LARGE_CLAIM: 0.7, SMALL_CLAIM: 3.0}


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[tuple[str, int, Path]]:
    """A plain web server: host, port, and the folder that it shows."""
    root = folder / "www"
    root.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid {folder}/pid; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; sendfile on; keepalive_requests 1000000; {places}\n"
        f" server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
    log = folder / "error.log"
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", log], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield "127.0.0.1", port, root
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def delayed(host: str, port: int) -> Iterator[int]:
    """The port of a line to the server with latency."""
    script = Path(__file__).with_name("_delay.py")
    process = subprocess.Popen(
        [sys.executable, script, host, str(port), str(LATENCY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()


def make_files(root: Path, names: Mapping[str, int]) -> None:
    """Bytes that do not compress; large ones repeat a block."""
    block = os.urandom(1 << 20)
    for name, size in names.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for start in range(0, size, len(block)):
                file.write(block[: min(len(block), size - start)])


def ours(names: Mapping[str, int], base: str, target: Path) -> None:
    """`eegcli.remote`: parallel, verified, synced."""
    files = [RemoteFile(name, size, None, None, f"{base}/{name}") for name, size in names.items()]
    results = fetch_files(files, target, reporter=Silent(), client=Client(connections=JOBS))
    assert all(result.ok and result.sha256 for result in results)


def curl(names: Mapping[str, int], base: str, target: Path) -> None:
    """One curl for all files, one connection; then sha256sum of all."""
    target.mkdir()
    wanted = [part for name in names for part in ("-o", str(target / Path(name).name), f"{base}/{name}")]
    subprocess.run(["curl", "-sf", *wanted], check=True)
    subprocess.run(["sha256sum", *(str(target / Path(name).name) for name in names)], check=True, stdout=subprocess.DEVNULL)


def boto3_loop(names: Mapping[str, int], base: str, target: Path) -> None:
    """get_object and write, one after another."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    client = boto3.client(
        "s3", endpoint_url=base, region_name="us-east-1", config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"})
    )
    for name in names:
        bucket, _, key = name.partition("/")
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())


def best(calls: Mapping[str, Callable[[Path], None]], folder: Path, rounds: int) -> dict[str, float]:
    """Least wall time (s) of each; they take turns."""
    seconds: dict[str, float] = {}
    for number in range(rounds):
        for name, call in calls.items():
            target = folder / f"{name}-{number}"
            os.sync()  # what one left to be written is not the other's
            start = time.perf_counter()
            call(target)
            elapsed = time.perf_counter() - start
            seconds[name] = min(seconds.get(name, elapsed), elapsed)
            shutil.rmtree(target)
    return seconds


def measure(folder: Path, *, quick: bool, rounds: int) -> dict[str, dict[str, Any]]:
    """Both cases."""
    n_large, size = QUICK_LARGE if quick else LARGE
    large = {f"large/{number}.set": size for number in range(n_large)}
    small = {f"small/{number % 100:02d}/{number}.tsv": 2000 + 10 * (number % 2000) for number in range(QUICK_SMALL if quick else SMALL)}
    with nginx(folder) as (host, port, root):
        make_files(root, large | small)
        base = f"http://{host}:{port}"
        calls = {"eegcli": lambda target: ours(large, base, target), "curl, sha256sum": lambda target: curl(large, base, target)}
        large_seconds = best(calls, folder, rounds)
        with delayed(host, port) as other:
            slow = f"http://{host}:{other}"
            calls = {"eegcli": lambda target: ours(small, slow, target), "boto3": lambda target: boto3_loop(small, slow, target)}
            small_seconds = best(calls, folder, 1)
    return {
        "large": {"files": n_large, "bytes": n_large * size, "seconds": large_seconds},
        "small": {"files": len(small), "bytes": sum(small.values()), "latency_s": LATENCY, "seconds": small_seconds},
    }


def claims(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each claim: what was measured, and whether it holds."""
    large, small = cases["large"]["seconds"], cases["small"]["seconds"]
    ratios = {LARGE_CLAIM: large["curl, sha256sum"] / large["eegcli"], SMALL_CLAIM: small["boto3"] / small["eegcli"]}
    return {name: judged(ratio, least=LEAST[name]) | {"least": LEAST[name]} for name, ratio in ratios.items()}


def as_text(result: Mapping[str, Any]) -> str:
    """Tables for people."""
    rows = [("case", "who", "seconds", "MB/s", "files/s")]
    for name, case in result["cases"].items():
        for who, seconds in case["seconds"].items():
            rows.append((name, who, f"{seconds:.2f}", f"{case['bytes'] / seconds / 1e6:.0f}", f"{case['files'] / seconds:.0f}"))
    return f"{table(rows)}\n\n{claims_table(result['claims'])}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="2 x 64 MB and 200 small files, one round")
    parser.add_argument("--rounds", type=int, default=None, help="of the large files")
    parser.add_argument("--folder", type=Path, default=None, help="where files are served from and written to")
    arguments = parser.parse_args()
    for tool in ("nginx", "curl", "sha256sum"):
        if shutil.which(tool) is None:
            parser.exit(6, f"{tool} is needed\n")
    with tempfile.TemporaryDirectory(prefix="eegcli-fetch-benchmark-", dir=arguments.folder) as folder:
        cases = measure(Path(folder), quick=arguments.quick, rounds=arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS))
    result = {
        "benchmark": "fetch",
        "eegcli": __version__,
        "python": platform.python_version(),
        "connections": JOBS,
        "cases": cases,
        "claims": claims(cases),
    }
    print(json.dumps(result, indent=2) if arguments.json else as_text(result))


if __name__ == "__main__":
    main()
