"""Benchmark of the architectures: every network and baseline on real and simulated cohorts, beside each other, subject by subject.

Sets: eegmat (rest against arithmetic; with the data of `EEGCLI_TEST_DATA`), the demo (sex), and two simulated cohorts of 300 people in which a band, a connectivity
and a waveform each decide (`_simulated.py`). Splits are by subject, the same for every architecture; epochs are at most 15.

    python benchmarks/networks.py [--json] [--quick] [--folder FOLDER] [--sets eegmat,...] [--archs covwave,...] [--seeds 3] [--align subject] [--refit]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _simulated import CLASSES, N_CHANS, N_TIMES, SFREQ, simulate

from eegcli import epoch, evaluate, fetch, preprocess, registry, train
from eegcli.artifacts import folder as artifact_folder
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.errors import InputError
from eegcli.models import build
from eegcli.models.describe import describe
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, FetchSettings, PreprocessSettings, TrainSettings

REAL = Path(os.environ.get("EEGCLI_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")) / "eegmat"
REST_SECONDS = 62  # of each recording of eegmat, the last ones: as long as the task
EPOCHS = 15


def eegmat(folder: Path, quick: bool) -> tuple[Path, dict[str, Any]]:
    """Windows of the last 62 s of each recording: 0.25-25 Hz, 128 Hz, average reference, 2 s."""
    bids = folder / "eegmat"
    for path in sorted(REAL.rglob("*")):
        link = bids / path.relative_to(REAL)
        if path.is_dir():
            link.mkdir(parents=True, exist_ok=True)
        elif not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
        if path.name.endswith("_eeg.edf"):
            header = path.read_bytes()[:256]
            seconds = float(header[236:244]) * float(header[244:252])  # data records, and how long each is
            events = f"onset\tduration\tvalue\n{seconds - REST_SECONDS:g}\t{REST_SECONDS}\tlast\n"
            table = Path(str(link).replace("_eeg.edf", "_events.tsv"))
            if not table.exists():  # another time of writing would make another recording of it
                table.write_text(events, encoding="utf-8")
    recordings = preprocess.run(PreprocessSettings(bids=bids, output=folder / "eegmat-recordings", jobs=1), reporter=Silent())
    windows = epoch.run(
        EpochSettings(recordings=recordings.output, segment=(f"last=last:0:{REST_SECONDS}",), output=folder / "eegmat-windows"),
        reporter=Silent(),
    )
    return windows.output, {"target": "task", "cv": 3 if quick else 6}


def demo(folder: Path, quick: bool) -> tuple[Path, dict[str, Any]]:
    """Windows of the demo, by the recipe hbn."""
    from eegcli.config import resolve

    cohort: dict[str, Any] = {"subjects": 12, "blocks": 1} if quick else {}
    bids = fetch.run(FetchSettings(source="demo", output=folder / "demo", **cohort), reporter=Silent())
    recordings = preprocess.run(
        resolve(PreprocessSettings, "preprocess", {"bids": bids.output, "output": folder / "demo-recordings", "jobs": 1}, recipe="hbn"),
        reporter=Silent(),
    )
    windows = epoch.run(
        resolve(EpochSettings, "epoch", {"recordings": recordings.output, "output": folder / "demo-windows"}, recipe="hbn"),
        reporter=Silent(),
    )
    return windows.output, {"target": "sex"}


def simulated(design: str, folder: Path, quick: bool) -> tuple[Path, dict[str, Any]]:
    """Windows of a simulated cohort, whose column `effect` is learnt."""
    path = folder / f"simulated-{design}-windows"
    n_subjects = 24 if quick else 300
    settings = EpochSettings(recordings=Path(f"simulated-{design}"))
    inputs = {"simulated": f"{design} {n_subjects}"}
    if not artifact_folder.is_finished(path, "windows", settings, inputs=inputs, version=1):
        cohort = simulate(design, n_subjects=n_subjects)
        artifact = artifact_folder.open_folder(path, "windows", settings, inputs=inputs, version=1, force=path.exists())
        with create_windows(path, (N_CHANS, N_TIMES), ch_names=[f"E{i}" for i in range(N_CHANS)], sfreq=SFREQ) as writer:
            for recording in np.unique(cohort.recording):
                here = np.flatnonzero(cohort.recording == recording)
                label, effect = f"{cohort.subject[here[0]]:03d}", CLASSES[cohort.label[here[0]]]
                words = {"dataset": "simulated", "recording": f"sub-{label}_task-{effect}", "subject": label, "session": None}
                words |= {"task": effect, "run": None, "segment": "all", "effect": effect}
                numbers = {"onset": 2.0 * np.arange(len(here)), "segment_count": np.full(len(here), len(here), dtype=np.int64)}
                writer.append(cohort.x[here], {name: np.full(len(here), word, dtype=object) for name, word in words.items()} | numbers)
        artifact.finish()
    return path, {"target": "effect", "classes": CLASSES, "split": (0.4, 0.2, 0.4)}


SETS = {
    "eegmat": eegmat,
    "demo": demo,
    "state": lambda folder, quick: simulated("state", folder, quick),
    "trait": lambda folder, quick: simulated("trait", folder, quick),
}


def figures_of(windows: Path, wishes: dict[str, Any], arch: str, seed: int, epochs: int, folder: Path) -> dict[str, Any]:
    """Train and evaluate once: the test figures, and the windows of each subject that were right."""
    otherwise = "".join(f"-{name}-{wishes[name]}" for name in ("align", "refit") if name in wishes)
    output = folder / f"{windows.name}-{arch}{otherwise}-seed{seed}"
    hyper = {} if registry.MODELS[arch].training is None else {"epochs": epochs}
    common: dict[str, Any] = {"device": "cpu", "threads": 1, "seed": seed, "no_baseline": True, "output": output}
    train.run(TrainSettings(windows=windows, arch=arch, **wishes, **common, **hyper), reporter=Silent())
    evaluate.run(EvaluateSettings(run=output, resamples=2000), reporter=Silent())
    test = json.loads((output / "evaluation" / "metrics.json").read_text(encoding="utf-8"))["splits"]["test"]
    table = read_table(output / "evaluation" / "predictions.parquet")
    tested = table["split"] == "test"
    names = [name for name in table if name.startswith("p_")]
    predicted = np.array([name[2:] for name in names])[np.stack([table[name][tested] for name in names], axis=1).argmax(axis=1)]
    right = predicted == table["truth"][tested].astype(str)
    truth, subject = table["truth"][tested].astype(str), table["subject"][tested].astype(str)
    return {
        "window": test["window"]["accuracy"],
        "balanced": test["window"]["balanced_accuracy"],
        "vote": test["vote"]["accuracy"],
        "ci95": test["window"]["ci95"],
        "recall": {name: float(right[truth == name].mean()) for name in sorted(set(truth))},
        "subjects": {name: float(right[subject == name].mean()) for name in sorted(set(subject))},
    }


def paired(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> dict[str, float]:
    """Difference of the accuracies of subjects, averaged over seeds, with its standard error over subjects (points of a hundred)."""
    names = sorted(set.union(*(set(one["subjects"]) for one in ours)))
    means = []
    for name in names:
        pairs = [
            (one["subjects"][name], other["subjects"][name]) for one, other in zip(ours, theirs, strict=True) if name in one["subjects"]
        ]
        means.append(100 * float(np.mean([one - other for one, other in pairs])))
    return {"difference": float(np.mean(means)), "se": float(np.std(means, ddof=1) / math.sqrt(len(means))), "n_subjects": len(means)}


def cost(arch: str, n_outputs: int = 2) -> dict[str, float]:
    """Weights, multiply-adds, and windows of 19 x 256 per CPU second on one thread: prediction, and training in batches of 64."""
    figures = describe(arch, shape=f"{N_CHANS}x{N_TIMES}", representation="raw", n_outputs=n_outputs, sfreq=SFREQ)
    torch.set_num_threads(1)
    model = build(arch, n_chans=N_CHANS, n_times=N_TIMES, n_outputs=n_outputs, sfreq=SFREQ)
    x = 10 * torch.randn(64, N_CHANS, N_TIMES, generator=torch.Generator().manual_seed(0))

    def step(learn: bool) -> None:
        model.train(learn)
        with torch.set_grad_enabled(learn):
            outputs = model(x)
            if learn:
                outputs.square().sum().backward()

    speed = {}
    for name, learn in (("predicts", False), ("learns", True)):
        if learn and registry.MODELS[arch].training is None:
            continue
        seconds = []
        for _ in range(5):
            start = time.process_time()
            step(learn)
            seconds.append(time.process_time() - start)
        speed[f"{name}_windows_per_s"] = round(len(x) / min(seconds), 1)
    return {"n_parameters": figures["n_parameters"], "multiply_adds": figures["multiply_adds"], **speed}


def architectures() -> list[str]:
    """Architectures that take 19 x 256."""
    fitting = []
    for name, entry in registry.MODELS.items():
        if "raw" in entry.representations:
            try:
                build(name, n_chans=N_CHANS, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
            except InputError as error:
                print(f"{name}: {error.message}", file=sys.stderr)
                continue
            fitting.append(name)
    return fitting


def summarised(runs: dict[str, list[dict[str, Any]]], ours: str) -> dict[str, Any]:
    """Figures of a set: the mean over seeds of each architecture, and the paired difference of `ours` to it."""
    return {
        arch: {
            **{name: float(np.mean([one[name] for one in seeds])) for name in ("window", "balanced", "vote")},
            "ci95": [float(np.mean([one["ci95"][end] for one in seeds])) for end in (0, 1)],
            "recall": {name: float(np.mean([one["recall"][name] for one in seeds])) for name in seeds[0]["recall"]},
            "n_seeds": len(seeds),
            **({} if arch == ours else {"ours_minus_this": paired(runs[ours][: len(seeds)], seeds)}),
        }
        for arch, seeds in runs.items()
    }


def on_all_sets(results: dict[str, dict[str, Any]], ours: str) -> dict[str, dict[str, Any]]:
    """Mean over sets of the paired differences of `ours` to each architecture, and the sets where it loses."""
    table = {}
    for arch in next(iter(results.values())):
        pairs = {name: one[arch]["ours_minus_this"] for name, one in results.items() if arch in one and arch != ours}
        if pairs:
            differences = [pair["difference"] for pair in pairs.values()]
            se = math.sqrt(sum(pair["se"] ** 2 for pair in pairs.values())) / len(pairs)
            table[arch] = {
                "difference": float(np.mean(differences)),
                "se": se,
                "loses": [name for name in pairs if pairs[name]["difference"] < 0],
            }
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="small cohorts, one seed, two epochs, no published network: does it run?")
    parser.add_argument("--folder", type=Path, help="work here and keep what is made; finished work is not repeated")
    parser.add_argument("--sets", default=",".join(SETS), help="of " + ", ".join(SETS))
    parser.add_argument("--archs", help="architectures (default: all that take 19 x 256)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--align", choices=("subject", "subject-riemannian"), help="TRANSDUCTIVE: as `eegcli train --align`")
    parser.add_argument("--refit", action="store_true", help="as `eegcli train --refit`: validation subjects are learnt from in the end")
    parser.add_argument(
        "--published-seeds", type=int, help="seeds of networks that are not recommended: they cost hundreds of times as much"
    )
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="eegcli-networks-"))
    folder.mkdir(parents=True, exist_ok=True)
    ours = next(name for name, entry in registry.MODELS.items() if entry.recommended)
    archs = arguments.archs.split(",") if arguments.archs else architectures()
    if arguments.quick:
        archs = [name for name in archs if name == ours or registry.MODELS[name].training is None]
    archs = [ours, *(name for name in archs if name != ours)]
    start, results, left_out = time.perf_counter(), {}, {}
    for name in arguments.sets.split(","):
        if name == "eegmat" and not REAL.is_dir():
            left_out[name] = "the data are not here: name their folder in EEGCLI_TEST_DATA"
            continue
        windows, wishes = SETS[name](folder, arguments.quick)
        if arguments.align:
            wishes["align"] = arguments.align
        if arguments.refit:
            wishes["refit"] = True
        assert open_windows(windows).x.shape[2] == N_TIMES
        runs = {}
        for arch in archs:
            is_published = arch != ours and registry.MODELS[arch].training is not None
            n_seeds = 1 if arguments.quick else (arguments.published_seeds or arguments.seeds) if is_published else arguments.seeds
            runs[arch] = [figures_of(windows, wishes, arch, seed, 2 if arguments.quick else EPOCHS, folder) for seed in range(n_seeds)]
            print(f"{name}: {arch} {[round(one['window'], 3) for one in runs[arch]]}", file=sys.stderr)
        results[name] = summarised(runs, ours)
    result = {
        "benchmark": "networks",
        "ours": ours,
        "align": arguments.align,
        "refit": arguments.refit,
        "cost": {arch: cost(arch) for arch in archs},
        "sets": results,
        "all_sets": on_all_sets(results, ours) if results else {},
        "left_out": left_out,
        "seconds": time.perf_counter() - start,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, table in results.items():
        print(f"\n{name}")
        for arch, one in table.items():
            pair = one.get("ours_minus_this")
            beside = "" if pair is None else f"   {ours} {pair['difference']:+.1f} ± {pair['se']:.1f} points"
            low, high = one["ci95"]
            print(
                f"  {arch:<28} windows {100 * one['window']:.1f} [{100 * low:.1f}-{100 * high:.1f}] balanced {100 * one['balanced']:.1f} "
                f"votes {100 * one['vote']:.1f}{beside}"
            )
    print("\ncost of 19 x 256, and on all sets")
    for arch, one in result["cost"].items():
        print(f"  {arch:<28} {one}  {result['all_sets'].get(arch, '')}")


if __name__ == "__main__":
    main()
