"""Benchmark of trust in what is written: writers that are killed, hosts that share a folder, disks that are full, bits that flip.

Each table counts what a user would find afterwards: the bytes of an undisturbed run or not, one clear line with the right exit code or not.
Kills and hosts use the networks of one small run (3 seeds of `vgg`, 144 windows of 8 x 64, 2 epochs, a checkpoint every 0.1 s); disks every stage, full at 100 places of what it writes; bits every file of every kind.
Mounting disks and simulating hosts (namespaces of Linux) needs root.

    python benchmarks/trust.py [--json] [--quick] [--only kills|hosts|disks|bits]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

VARYING = {"provenance.json", "timing.parquet", "done.json"}
SECONDS_A_WRITER = 300  # after which it counts as stuck


def contents(path: Path) -> dict[str, str]:
    """Digest of every file that equal work makes equal."""
    files = (file for file in sorted(path.rglob("*")) if file.is_file() and file.name not in VARYING and not file.name.endswith(".claim"))
    return {file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def prepare(root: Path) -> None:
    """Make a small demo with windows and a run, undisturbed."""
    run = [sys.executable, "-m", "eegcli"]
    for command in (
        ["fetch", "demo", "--subjects", "10", "--blocks", "1"],
        ["preprocess", "demo", "--recipe", "hbn", "--jobs", "1"],
        ["epoch", "demo-recordings", "--recipe", "hbn"],
        ["train", "demo-windows", "--arch", "logistic", "--threads", "1"],
        ["evaluate", "demo-run-logistic-sex", "--resamples", "50", "--threads", "1"],
        ["explain", "demo-run-logistic-sex", "--n-windows", "4", "--threads", "1"],
    ):
        subprocess.run([*run, *command, "--quiet"], cwd=root, check=True, stdout=subprocess.DEVNULL)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.kit.cohorts import loud_windows

    loud_windows(root / "small-windows")


def write(windows: Path, output: Path, beat: float, dead: float) -> int:
    """Train the networks of a run, as one of several writers; the exit code."""
    from eegcli import errors, train
    from eegcli.files import claim
    from eegcli.reporter import Silent
    from eegcli.settings import TrainSettings

    claim.BEAT_SECONDS, claim.DEAD_SECONDS = beat, dead
    settings = TrainSettings(
        windows=windows, output=output, epochs=2, batch_size=12, threads=1, device="cpu", seeds=3, wait=True, checkpoint_minutes=0.1 / 60
    )
    try:
        train.run(settings, reporter=Silent())
    except errors.EegcliError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def begin(windows: Path, output: Path) -> int:
    """A writer in a process of its own, forked so that nothing is imported again; its number."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            code = write(windows, output, 15.0, 150.0)
        finally:
            os._exit(code)
    return number


def ended(number: int) -> int:
    """Exit code of a forked writer; minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def kills(root: Path, n: int) -> dict[str, Any]:
    """Kill one of two writers with SIGKILL at random moments; the other has to end with the bytes of an undisturbed run."""
    windows, alone = root / "small-windows", root / "alone"
    import torch  # before the first fork

    torch.set_num_threads(1)
    started = time.monotonic()
    ended(begin(windows, alone))
    seconds, whole = time.monotonic() - started, contents(alone)
    moments, found = random.Random(0), Counter[str]()
    for turn in range(n):
        output = root / f"both-{turn}"
        two = [begin(windows, output) for _ in range(2)]
        time.sleep(moments.uniform(0.0, seconds))
        with contextlib.suppress(ProcessLookupError):
            os.kill(two[0], signal.SIGKILL)
        found["killed at work" if ended(two[0]) == -signal.SIGKILL else "had ended already"] += 1
        found[f"the other ended with {ended(two[1])}"] += 1
        found["same bytes as undisturbed" if contents(output) == whole else "OTHER BYTES"] += 1
        found["temporary files left"] += sum(".tmp" in file.name for file in output.rglob("*"))
        shutil.rmtree(output)
    return {"kills": n, "seconds_of_an_undisturbed_run": round(seconds, 2), **found}


def on_host(name: str, windows: Path, output: Path) -> subprocess.Popen[str]:
    """A writer on a host of another name, whose processes the others cannot see."""
    inside = f"hostname {name}; exec {sys.executable} {Path(__file__).resolve()} --write {windows} {output}"
    command = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", inside]
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, start_new_session=True)


def hosts(root: Path, n: int) -> dict[str, Any]:
    """Two simulated hosts share a folder; one is cut off at a random moment, and the other takes over by the time of its last sign of life."""
    windows, alone = root / "small-windows", root / "alone-of-hosts"
    found = Counter[str]()
    started = time.monotonic()
    on_host("node-a", windows, alone).communicate(timeout=SECONDS_A_WRITER)
    seconds, whole = time.monotonic() - started, contents(alone)
    moments = random.Random(1)
    for turn in range(n):
        output = root / f"hosts-{turn}"
        one, other = on_host("node-a", windows, output), on_host("node-b", windows, output)
        time.sleep(moments.uniform(0.3, 1.0) * seconds)
        os.killpg(one.pid, signal.SIGKILL)
        one.wait()
        said = other.communicate(timeout=SECONDS_A_WRITER)[1]
        found[f"the other ended with {other.returncode}" + (f" ({said.strip()})" if other.returncode else "")] += 1
        found["same bytes as undisturbed" if contents(output) == whole else "OTHER BYTES"] += 1
        shutil.rmtree(output)
    return {"cut_off": n, **found}


@contextlib.contextmanager
def disk(place: Path, kilobytes: int) -> Iterator[Callable[[], None]]:
    """A disk with so much room; what is given makes it large."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], check=True)
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=500m", str(place)], check=True) and None
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


STAGES: dict[str, tuple[str, ...]] = {
    "preprocess": ("preprocess", "demo", "--recipe", "hbn", "--jobs", "1"),
    "epoch": ("epoch", "demo-recordings", "--recipe", "hbn"),
    "train": ("train", "demo-windows", "--arch", "vgg", "--epochs", "1", "--threads", "1"),
    "evaluate": ("evaluate", "demo-run-logistic-sex", "--resamples", "50", "--threads", "1"),
    "explain": ("explain", "demo-run-logistic-sex", "--n-windows", "4", "--threads", "1"),
}


def disks(root: Path, n: int) -> dict[str, Any]:
    """Fill the disk at `n` places of what each stage writes; then give it room, and run the same command again."""
    for module in ("torch", "mne", "scipy.stats", "matplotlib.figure", "h5py", "pyarrow.parquet"):
        importlib.import_module(module)  # before the first fork
    sys.modules["torch"].set_num_threads(1)
    result = {}
    for stage, command in STAGES.items():
        found, place = Counter[str](), root / "disk"
        with disk(place, 500_000):
            called(root, *command, "--output", place / "out")
            whole = contents(place / "out")
            size = sum(file.stat().st_size for file in (place / "out").rglob("*") if file.is_file()) // 1024 + 4 * len(whole)
        for turn in range(n):
            with disk(place, 8 + size * turn // n) as enlarge:
                done = called(root, *command, "--output", place / "out")
                clear = done.returncode == 6 and "the disk is full" in done.stderr and "Traceback" not in done.stderr
                room = done.returncode == 0 and contents(place / "out") == whole
                other = "0, there was room enough" if room else f"{done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
                found["6, the disk is full" if clear else other] += 1
                enlarge()
                again = called(root, *command, "--output", place / "out")
                found[
                    "then the bytes of an undisturbed run" if contents(place / "out") == whole else f"THEN OTHER BYTES ({again.returncode})"
                ] += 1
        result[stage] = {"full": n, "kilobytes": size, **found}
    return result


def called(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of eegcli, run to its end in a forked process, so that nothing is imported again."""
    words, said = ["eegcli", *map(str, arguments)], root / "said"
    number = os.fork()
    if number == 0:
        code = 1
        try:
            os.chdir(root)
            with said.open("w", encoding="utf-8") as stream:
                os.dup2(stream.fileno(), 2)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                sys.argv = words
                from eegcli.cli.main import main as command_line

                try:
                    command_line()
                    code = 0
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else int(end.code is not None)
                except BaseException:
                    traceback.print_exc()
        finally:
            os._exit(code)
    return subprocess.CompletedProcess(words, ended(number), "", said.read_text(encoding="utf-8"))


def bits(root: Path, n: int) -> dict[str, Any]:
    """Flip `n` bits in every file of every artifact, one at a time: `info --verify` has to end with 4."""
    from eegcli.errors import EegcliError
    from eegcli.verify import verify

    result = {}
    chance = random.Random(2)
    for kind in (
        "demo-recordings",
        "demo-windows",
        "demo-run-logistic-sex",
        "demo-run-logistic-sex/evaluation",
        "demo-run-logistic-sex/explanation",
    ):
        found, path = Counter[str](), root / kind
        inside = [done.parent for done in path.rglob("done.json") if done.parent != path]
        for file in sorted(path.rglob("*")):
            if not file.is_file() or file.suffix == ".claim" or any(file.is_relative_to(other) for other in inside):
                continue
            before = file.read_bytes()
            for _ in range(n if before else 0):
                place = chance.randrange(len(before))
                changed = bytearray(before)
                changed[place] ^= 1 << chance.randrange(8)
                file.write_bytes(changed)
                try:
                    verify(path)
                    varies = file.name in ("provenance.json", "timing.parquet")
                    found["in what may vary: nothing is stated of it" if varies else f"NOT NOTICED: {file.name}, byte {place}"] += 1
                except EegcliError as error:
                    found[f"noticed, code {error.exit_code}"] += 1
            file.write_bytes(before)
        result[kind.removeprefix("demo-")] = dict(found)
    return result


# Each table: how it is made, and how often; in a quick run.
TABLES: dict[str, tuple[Callable[[Path, int], dict[str, Any]], int, int]] = {
    "kills": (kills, 200, 6),
    "hosts": (hosts, 20, 2),
    "disks": (disks, 100, 4),
    "bits": (bits, 20, 3),
}


def main() -> None:
    """Make the tables, and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=TABLES)
    parser.add_argument("--write", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        raise SystemExit(write(*arguments.write, beat=0.3, dead=3.0))
    os.environ["OMP_NUM_THREADS"] = "1"
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for name, (table, often, quick) in TABLES.items():
            if arguments.only in (None, name):
                result[name] = table(Path(folder), quick if arguments.quick else often)
                if not arguments.json:
                    print(f"{name}: {json.dumps(result[name], indent=2)}", flush=True)
    if arguments.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
