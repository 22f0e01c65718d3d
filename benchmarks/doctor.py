"""Benchmark of doctor: planted faults that it has to name, and healthy trainings of which it must call nothing broken.

    python benchmarks/doctor.py --json [--quick] [--topics data,labels] [--seconds 90] [--only NAME,...] [--bases demo] [--sizes middle] [--without-healthy]

Each fault is planted in three sizes in each of two sets of windows: the demo (target sex), and eegmat (rest against arithmetic; with the data of `EEGCLI_TEST_DATA`, else a simulated
cohort). It counts as first where the first cause is one of those that the fault names, and as among the first three likewise. The healthy trainings are five networks on four
sets of windows with two seeds; on noise the verdict has to be that there is nothing to learn. `--quick`: the middle size on the demo, one healthy training.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _faults_of_data import FAULTS as OF_DATA
from _faults_of_labels import FAULTS as OF_LABELS
from _faults_of_networks import FAULTS as OF_NETWORKS
from _faults_of_training import FAULTS as OF_TRAINING
from _faulty import Base, Fault, Planted
from networks import REAL, eegmat

from eegcli import doctor, epoch, fetch, preprocess
from eegcli.reporter import Silent
from eegcli.settings import DoctorSettings, EpochSettings, FetchSettings, PreprocessSettings

FAULTS: tuple[Fault, ...] = (*OF_DATA, *OF_LABELS, *OF_NETWORKS, *OF_TRAINING)
HEALTHY = ("vgg", "eegnet", "shallow", "deepconvnet", "covwave")
SIZES = ("small", "middle", "large")


def demo(folder: Path, *, seed: int = 0, subjects: int = 24) -> Base:
    """The demo, cleaned and cut."""
    quiet = Silent()
    fetch.run(FetchSettings(source="demo", output=folder / "demo", subjects=subjects, seed=seed), reporter=quiet)
    preprocess.run(PreprocessSettings(bids=folder / "demo", output=folder / "demo-recordings"), reporter=quiet)
    closed = EpochSettings(
        recordings=folder / "demo-recordings", output=folder / "demo-windows", segment=("closed=instructed_toCloseEyes:3:37",)
    )
    epoch.run(closed, reporter=quiet)
    return Base("demo", folder / "demo-windows", "sex")


def cohort(folder: Path, name: str, effect: float) -> Base:
    """A simulated cohort: sex in the power of one channel, or in nothing."""
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.kit.cohorts import CH_NAMES, windows

    more = [*CH_NAMES, *(f"E{number}" for number in range(16))]
    return Base(name, windows(folder / name, subjects=range(40), n_windows=20, effect=effect, ch_names=more, seed=3), "sex")


def bases(folder: Path, chosen: list[str]) -> dict[str, Base]:
    """Healthy windows, by name."""
    made: dict[str, Base] = {}
    if "demo" in chosen:
        made["demo"] = demo(folder)
    if "eegmat" in chosen and REAL.is_dir():
        windows, options = eegmat(folder, quick=False)
        made["eegmat"] = Base("eegmat", windows, options["target"])
    if "cohort" in chosen or ("eegmat" in chosen and "eegmat" not in made):
        made["cohort"] = cohort(folder, "cohort", 8.0)
    return made


def asked(base: Base, planted: Planted, page: Path, seconds: float, threads: int) -> doctor.Diagnosis:
    """Diagnosis of what was planted."""
    given: dict[str, Any] = {"windows": planted.windows, "target": base.target, "page": page, "seconds": seconds, "threads": threads}
    return doctor.run(DoctorSettings(**given | parsed((*base.arguments, *planted.arguments))), reporter=Silent())


def parsed(arguments: tuple[str, ...]) -> dict[str, Any]:
    """Options of a command line, by field."""
    from eegcli.settings.setting import declared

    flags = {flag: (name, field) for name, field in declared(DoctorSettings).items() for flag in field.flags}
    given: dict[str, Any] = {}
    words = iter(arguments)
    for word in words:
        name, field = flags[word]
        is_switch = field.type is bool
        value = True if is_switch else next(words)
        given[name] = (*given.get(name, ()), value) if name == "options" else value
    return given


def tried(fault: Fault, base: Base, size: int, folder: Path, seconds: float, threads: int) -> dict[str, Any]:
    """Row of a fault that is planted, and of what doctor finds."""
    row: dict[str, Any] = {"fault": fault.name, "topic": fault.topic, "base": base.name, "size": SIZES[size], "expected": fault.expected}
    started = time.monotonic()
    try:
        diagnosis = asked(base, fault.plant(base, size, folder), folder / "page.html", seconds, threads)
    except Exception as error:
        return {
            **row,
            "verdict": f"{type(error).__name__}: {error}",
            "found": [],
            "first": False,
            "first_three": False,
            "trace": traceback.format_exc(),
        }
    crashed = [one.check for one in diagnosis.checks if doctor.FAILED in one.finding.why]
    if crashed:
        raise AssertionError(f"{', '.join(crashed)} failed on {fault.name}")
    found = [cause.check for cause in diagnosis.causes]
    row |= {"verdict": diagnosis.verdict, "found": found[:4], "seconds": round(time.monotonic() - started, 1)}
    return {**row, "first": bool(found) and found[0] in fault.expected, "first_three": bool(set(found[:3]) & set(fault.expected))}


def pairs(faults: list[Fault], n: int) -> list[tuple[Fault, Fault]]:
    """Pairs of a fault of data or labels and one of options alone, which can be planted at once: drawn with a fixed seed."""
    of_windows = [fault for fault in faults if fault.topic in ("data", "labels")]
    of_options = [fault for fault in faults if fault.topic in ("training", "network")]
    every = [(one, other) for one in of_windows for other in of_options]
    chosen = np.random.default_rng(0).permutation(len(every))[:n]
    return [every[number] for number in chosen]


def _beyond(arguments: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Options that are not among the usual ones with the same value."""
    known = set(zip(usual[::2], usual[1::2], strict=True))
    kept: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        value = [words.pop(0)] if words and not words[0].startswith("--") else []
        if not value or (word, value[0]) not in known:
            kept += [word, *value]
    return tuple(kept)


def tried_together(two: tuple[Fault, Fault], base: Base, folder: Path, seconds: float, threads: int) -> dict[str, Any]:
    """Row of two faults at once, in their large size."""
    first = two[0].plant(base, 2, folder / "first")
    second = two[1].plant(Base(base.name, first.windows, base.target, base.arguments), 2, folder / "second")
    # What a fault asks for comes after what healthy windows are asked: the target of the second is not meant to replace the first's.
    usual = ("--target", base.target, *base.arguments)
    both = Planted(second.windows, (*usual, *_beyond(first.arguments, usual), *_beyond(second.arguments, usual)))
    diagnosis = asked(base, both, folder / "page.html", seconds, threads)
    found = [cause.check for cause in diagnosis.causes][:3]
    return {"faults": [one.name for one in two], "found": found, "both": all(set(found) & set(one.expected) for one in two)}


def main() -> None:
    """Plant, ask, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--topics", default="data,labels,split,network,training,result")
    parser.add_argument("--only", default="")
    parser.add_argument("--bases", default="demo,eegmat")
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--threads", type=int, default=2, help="of a diagnosis; 1 where two of these scripts share two cores")
    parser.add_argument("--sizes", default="small,middle,large")
    parser.add_argument("--arch", default="eegnet", help="of faults that name no network of their own")
    parser.add_argument("--without-healthy", action="store_true")
    parser.add_argument("--pairs", type=int, default=20)
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    chosen = [fault for fault in FAULTS if fault.topic in options.topics.split(",") and (not only or fault.name in only)]
    rows, healthy, together = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = bases(folder, ["demo"] if options.quick else options.bases.split(","))
        healthy_bases = list(made.values())
        made = {name: replace(base, arguments=("--arch", options.arch)) for name, base in made.items()}
        for base in made.values():
            for fault in chosen:
                for size in (1,) if options.quick else [SIZES.index(name) for name in options.sizes.split(",")]:
                    own = folder / f"{base.name}-{fault.name}-{size}".replace(" ", "-").replace("/", "-")
                    own.mkdir()
                    rows.append(tried(fault, base, size, own, options.seconds, options.threads))
                    if not options.json:
                        print(json.dumps({name: value for name, value in rows[-1].items() if name != "trace"}), flush=True)
        for number, two in enumerate(pairs(chosen, 1 if options.quick else options.pairs)):
            own = folder / f"pair-{number}"
            for name in ("first", "second"):
                (own / name).mkdir(parents=True)
            together.append(tried_together(two, next(iter(made.values())), own, options.seconds, options.threads))
        if not options.without_healthy:
            sets = healthy_bases if options.quick else [*healthy_bases, cohort(folder, "cohort-of-40", 8.0), cohort(folder, "weak", 3.0)]
            for base in sets:
                for arch in HEALTHY[1:2] if options.quick else HEALTHY:
                    for seed in (0,) if options.quick else (0, 1):
                        planted = Planted(base.windows, ("--arch", arch, "--seed", str(seed)))
                        found = asked(base, planted, folder / "page.html", options.seconds, options.threads)
                        broken = [cause.check for cause in found.causes if cause.verdict == "broken"]
                        healthy.append(
                            {
                                "base": base.name,
                                "arch": arch,
                                "seed": seed,
                                "verdict": found.verdict,
                                "broken": broken,
                                "seconds": found.seconds,
                            }
                        )
                        if not options.json:
                            print(json.dumps(healthy[-1]), flush=True)
            noise = cohort(folder, "noise", 0.0)
            shuffled = asked(noise, Planted(noise.windows, ("--arch", "eegnet")), folder / "page.html", options.seconds, options.threads)
            healthy.append({"base": "noise", "arch": "eegnet", "seed": 0, "verdict": shuffled.verdict, "broken": [], "is_noise": True})
    print(json.dumps(summary(rows, healthy, together)))


def summary(rows: list[dict[str, Any]], healthy: list[dict[str, Any]], together: list[dict[str, Any]]) -> dict[str, Any]:
    """Rates, in all and by topic, with what was missed."""
    by_topic: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_topic[row["topic"]].update(n=1, first=int(row["first"]), first_three=int(row["first_three"]))
    return {
        "faults": len(rows),
        "kinds": len({row["fault"] for row in rows}),
        "first": sum(row["first"] for row in rows),
        "first_three": sum(row["first_three"] for row in rows),
        "by_topic": {topic: dict(counts) for topic, counts in by_topic.items()},
        "missed": [row for row in rows if not row["first_three"]],
        "not_first": [row for row in rows if row["first_three"] and not row["first"]],
        "two_at_once": len(together),
        "both_among_three": sum(row["both"] for row in together),
        "two_missed": [row for row in together if not row["both"]],
        "healthy": sum(not row.get("is_noise") for row in healthy),
        "false_alarms": sum(bool(row["broken"]) for row in healthy),
        "alarms": [row for row in healthy if row["broken"]],
        "noise": [row["verdict"] for row in healthy if row.get("is_noise")],
        "seconds": {"median": float(np.median([row["seconds"] for row in healthy if "seconds" in row])) if healthy else None},
    }


if __name__ == "__main__":
    main()
