"""Finding the recordings of a large BIDS tree, against pybids' index and mne-bids' matcher: wall time, page cache warm.

The tree is the metadata of HBN release 10 (533 subjects, every recording a dangling link of git-annex) where the test data are there,
else a simulated one of the same shape. The second tree holds every subject twice: a ratio of 2 is linear.

    python benchmarks/discovery.py [--json] [--quick] [--rounds N] [--tree FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from _peers import Environment, make_environment

COMMON = {"numpy": "2.4.6"}
PEERS = {"pybids": ("pybids==0.22.0",)}
WORKER = Path(__file__).with_name("_discovery_worker.py")
TASKS = ("RestingState", "DespicableMe", "ThePresent", "symbolSearch", "surroundSupp")


def simulated_tree(root: Path, n_subjects: int) -> Path:
    """A metadata tree of HBN's shape: five recordings a subject, not fetched."""
    root.mkdir(parents=True)
    (root / "dataset_description.json").write_text('{"Name": "simulated", "BIDSVersion": "1.9.0"}')
    (root / "participants.tsv").write_text("participant_id\tsex\n" + "".join(f"sub-NDAR{n:05d}\tF\n" for n in range(n_subjects)))
    for task in TASKS:
        (root / f"task-{task}_events.json").write_text('{"value": {"Description": "event"}}')
    for n in range(n_subjects):
        folder = root / f"sub-NDAR{n:05d}" / "eeg"
        folder.mkdir(parents=True)
        for task in TASKS:
            stem = f"sub-NDAR{n:05d}_task-{task}"
            (folder / f"{stem}_events.tsv").write_text("onset\tduration\tvalue\n1.0\tn/a\tcue\n")
            (folder / f"{stem}_channels.tsv").write_text("name\ttype\tunits\nE1\tEEG\tuV\n")
            (folder / f"{stem}_eeg.json").write_text('{"SamplingFrequency": 500, "RecordingDuration": 400}')
            key = f"SHA256E-s105079776--{n:064x}.set"
            (folder / f"{stem}_eeg.set").symlink_to(f"../../.git/annex/objects/aa/bb/{key}/{key}")
    return root


def doubled(root: Path, target: Path) -> Path:
    """The same tree with every subject a second time, under another label."""
    shutil.copytree(root, target, symlinks=True)
    for subject in sorted(target.glob("sub-*")):
        for copy in [subject.with_name(f"{subject.name}2")]:
            shutil.copytree(subject, copy, symlinks=True)
            for file in list(copy.rglob(f"{subject.name}_*")):
                file.rename(file.with_name(file.name.replace(subject.name, copy.name)))
    lines = (root / "participants.tsv").read_text().splitlines()
    twins = [line.replace("\t", "2\t", 1) for line in lines[1:]]
    (target / "participants.tsv").write_text("\n".join([*lines, *twins]) + "\n")
    return target


def real_tree(folder: Path) -> Path | None:
    """The metadata of HBN release 10, unpacked; None without the test data."""
    data = Path(os.environ.get("EEGCLI_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    archive = data / "hbn-meta" / "ds005515.tgz"
    if not archive.exists():
        return None
    with tarfile.open(archive) as file:
        file.extractall(folder, filter=lambda member, _: member)
    return folder / "ds005515"


def measure(program: str, root: Path, task: str, rounds: int, python: Path | None = None) -> dict[str, Any]:
    """The best of some rounds in a fresh process, after one that does not count."""
    command = [python or sys.executable, WORKER, program, root, task, str(rounds + 1)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {"seconds": min(answer["seconds"] for answer in answers[1:]), "found": answers[-1]["found"]}


def run(tree: Path, twice: Path, task: str, rounds: int, peers: Environment) -> dict[str, Any]:
    """All figures of one run."""
    ours, ours_twice = measure("eegcli", tree, task, rounds), measure("eegcli", twice, task, rounds)
    lookup, lookup_twice = measure("sidecars", tree, task, rounds), measure("sidecars", twice, task, rounds)
    matcher = measure("mne_bids", tree, task, rounds)
    pybids = {
        name: {"failed": peers.missing["pybids"]} if "pybids" in peers.missing else measure(name, tree, task, 1, peers.python)
        for name in ("pybids", "pybids_names")
    }
    again = measure("eegcli", tree, task, rounds)  # before and after the peers: the machine may have changed
    best = min(ours["seconds"], again["seconds"])
    result: dict[str, Any] = {
        "benchmark": "discovery",
        "files": sum(len(files) for _, _, files in os.walk(tree)),
        "recordings": lookup["found"],
        "found": ours["found"],
        "eegcli_seconds": best,
        "eegcli_twice_over_once": ours_twice["seconds"] / best,
        "sidecars_seconds": lookup["seconds"],
        "sidecars_twice_over_once": lookup_twice["seconds"] / lookup["seconds"],
        "mne_bids": matcher,
        **pybids,
    }
    for name, figures in {"mne_bids": matcher, **pybids}.items():
        if "seconds" in figures:
            result[f"{name}_over_eegcli"] = figures["seconds"] / best
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="20 simulated subjects and one round: does it run?")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--tree", type=Path, help="a BIDS tree of your own, not fetched")
    parser.add_argument("--task", default=TASKS[0], help=f"task to list (default {TASKS[0]})")
    arguments = parser.parse_args()
    peers = make_environment("discovery", COMMON, PEERS)
    with tempfile.TemporaryDirectory(prefix="eegcli-discovery-") as folder:
        tree = arguments.tree
        if tree is None:
            tree = None if arguments.quick else real_tree(Path(folder))
            tree = tree or simulated_tree(Path(folder) / "simulated", 20 if arguments.quick else 533)
        twice = doubled(tree, Path(folder) / "twice")
        result = run(tree, twice, arguments.task, 1 if arguments.quick else arguments.rounds, peers)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:<28} {value:.3g}" if isinstance(value, float) else f"{name:<28} {value}")


if __name__ == "__main__":
    main()
