"""Benchmark of a HED query on the metadata of a data set, the first in a process, beside the plain import of hedtools: CPU seconds.

The tree is the metadata of HBN release 1 (136 resting recordings, 1342 in all, each a dangling link of git-annex) from the test data.

    python benchmarks/hed.py [--json] [--quick] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

QUERY, NO_QUERY = "closed=Label/now-close-your-eyes:3:37", "closed=a b:3:37"


def r1(folder: Path) -> Path | None:
    """The metadata of HBN release 1, unpacked; None without the test data."""
    data = Path(os.environ.get("EEGCLI_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    archive = data / "hbn-meta" / "ds005505.tgz"
    if not archive.exists():
        return None
    with tarfile.open(archive) as file:
        file.extractall(folder, filter=lambda member, _: member)
    return folder / "ds005505"


def seconds_of(*arguments: str, rounds: int) -> tuple[float, str]:
    """CPU seconds of a fresh Python, the least of some rounds, and what it printed."""
    found, printed = [], ""
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        printed = subprocess.run([sys.executable, *arguments], capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found), printed


def run(tree: Path | None, rounds: int) -> dict[str, Any]:
    """All figures of one run."""
    plain, _ = seconds_of("-c", "import hed", rounds=rounds)
    ours, _ = seconds_of("-c", "from eegcli.bids.hedtools import import_hedtools; import_hedtools()", rounds=rounds)
    result: dict[str, Any] = {"benchmark": "hed", "plain_import_seconds": plain, "import_seconds": ours, "plain_over_ours": plain / ours}
    if tree is not None:
        dry_run = ("-m", "eegcli", "epoch", str(tree), "--dry-run", "--json", "--hed")
        result["query_seconds"], printed = seconds_of(*dry_run, QUERY, rounds=rounds)
        answer = json.loads(printed)["data"]
        result |= {"recordings": answer["n_recordings"], "segments": answer["segments"], "windows": answer["n_windows"]}
        result["refused_seconds"], _ = seconds_of(*dry_run, NO_QUERY, rounds=rounds)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the imports alone, one round: does it run?")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eegcli-hed-") as folder:
        result = run(None if arguments.quick else r1(Path(folder)), 1 if arguments.quick else arguments.rounds)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:<24} {value:.3g}" if isinstance(value, float) else f"{name:<24} {value}")


if __name__ == "__main__":
    main()
