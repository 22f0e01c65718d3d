"""Benchmark of explanations on planted worlds: of what each method ranks highest, how much is what was planted.

    python benchmarks/planted.py --json [--quick] [--worlds band,region] [--methods saliency,deeplift] [--seeds 0,1,2] [--untrained] [--jobs 2]

For each world and seed: `fetch demo --effect`, `preprocess`, `epoch`, `train` in four folds, and `explain`. A method is scored by its precision at k along the axis on which
the world's effect lies (k of n frequencies, channels or times are true), as a multiple of chance k/n. In `suppressor` it is the share of the suppressor channel that counts;
in `nothing`, with twenty seeds, how often a method passes its controls. With `--untrained` the networks learn at a rate of next to nothing: what a method scores then, it owes to the
windows and the architecture.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from _planted import amplitude_score, scores_of, share_of

from eegcli import epoch, evaluate, explain, fetch, preprocess, registry, train
from eegcli.artifacts.explanation import open_explanation
from eegcli.artifacts.windows import open_windows
from eegcli.files.atomic import read_json
from eegcli.reporter import Silent
from eegcli.reporting.relevance import Score
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings, FetchSettings, PreprocessSettings, TrainSettings

SUBJECTS, FOLDS = 40, 4
TWICE, PATTERN_MOST = 2.0, 1.2  # times chance
NO_RATE = 1e-12  # of learning: weights stay what they were drawn as
NULL_PASSES = 0.05
NEEDED = 4  # methods at twice chance or better, in each world that has a place


@dataclass(frozen=True)
class Scored:
    """Scoring of a world: along which axis, with which network, and for how many epochs it learns (None: a closed form)."""

    axis: str
    arch: str
    epochs: int | None
    seeds: int = 3


WORLDS: Mapping[str, Scored] = {
    "band": Scored("band", "eegnet", 15),
    "region": Scored("region", "eegnet", 25),
    "latency": Scored("time", "eegnet", 15),
    "amplitude": Scored("amplitude", "shallow", 15),
    "connectivity": Scored("region", "tangent-space", None),
    "suppressor": Scored("region", "filter-bank-tangent-space", None),
    "nothing": Scored("", "eegnet", 15, seeds=20),
}


def trial(effect: str, seed: int, methods: tuple[str, ...], quick: bool, untrained: bool = False) -> dict[str, Any]:
    """Make a world, learn it and explain it: what each method scores, and whether it passed its controls."""
    torch.set_num_threads(1)
    world, quiet, start = WORLDS[effect], Silent(), time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        demo, recordings, cut, run = (Path(scratch) / name for name in ("demo", "recordings", "windows", "run"))
        fetch.run(
            FetchSettings(source="demo", effect=effect, output=demo, subjects=16 if quick else SUBJECTS, blocks=1, seed=seed, jobs=1),
            reporter=quiet,
        )
        truth = read_json(demo / "demo-truth.json")
        preprocess.run(PreprocessSettings(bids=demo, output=recordings, channels=(truth["windows"]["channels"],), jobs=1), reporter=quiet)
        epoch.run(EpochSettings(recordings=(recordings,), output=cut, segment=(truth["windows"]["segment"],)), reporter=quiet)
        how: dict[str, Any] = {} if world.epochs is None else {"epochs": 1 if quick or untrained else world.epochs}
        how |= {"lr": NO_RATE} if untrained else {}
        learns = TrainSettings(
            windows=cut, output=run, arch=world.arch, cv=2 if quick else FOLDS, seed=seed, threads=1, device="cpu", no_baseline=True, **how
        )
        train.run(learns, reporter=quiet)
        evaluate.run(EvaluateSettings(run=run, threads=1, device="cpu", permutations=0, resamples=200), reporter=quiet)
        made = time.perf_counter()
        explain.run(ExplainSettings(run=run, method=methods, threads=1, device="cpu"), reporter=quiet)
        explained = open_explanation(run)
        vote = read_json(run / "evaluation" / "metrics.json")["splits"]["test"]["vote"]
        windows = open_windows(cut).x
        found = {}
        for entry in explained.metrics["methods"]:
            name = entry["name"]
            scores = scores_of(explained, name, truth["planted"])
            if world.axis == "amplitude" and (score := amplitude_score(explained, name, windows)) is not None:
                scores["amplitude"] = score
            roles = {
                role: share_of(explained, name, truth["planted"][role][0])
                for role in ("suppressor", "informative")
                if role in truth["planted"]
            }
            found[name] = {"passed": entry["passed"], "scores": scores, **roles}
    return {"effect": effect, "seed": seed, "auc": vote["auc"], "methods": found, "seconds": [made - start, time.perf_counter() - made]}


def of_world(effect: str, trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put the seeds of a world together: per method the mean ratio to chance along the world's axis, and along the others."""
    names = sorted({name for one in trials for name in one["methods"]}, key=list(registry.EXPLANATIONS).index)
    methods = {}
    for name in names:
        seen = [one["methods"][name] for one in trials if name in one["methods"]]
        axes = sorted({axis for one in seen for axis in one["scores"]})
        row: dict[str, Any] = {"passed": [one["passed"] for one in seen]}
        for axis in axes:
            scores: list[Score] = [one["scores"][axis] for one in seen if axis in one["scores"]]
            row[axis] = {
                "precision": [round(score.precision, 3) for score in scores],
                "chance": round(scores[0].chance, 3),
                "ratio": round(statistics.mean(score.ratio for score in scores), 2),
            }
        for role in ("suppressor", "informative"):
            shares = [one[role] for one in seen if one.get(role) is not None]
            if shares:
                row[role] = {"times_chance": [round(share, 2) for share in shares], "mean": round(statistics.mean(shares), 2)}
        methods[name] = row
    seconds = [[round(part, 1) for part in one["seconds"]] for one in trials]
    scored = WORLDS[effect]
    return {
        "axis": scored.axis,
        "arch": scored.arch,
        "seeds": [one["seed"] for one in trials],
        "auc": [one["auc"] for one in trials],
        "methods": methods,
        "seconds": seconds,
    }


def demands(worlds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Hold the table against what is asked of it."""
    answers: dict[str, Any] = {}
    for effect in ("band", "region", "latency", "amplitude", "connectivity"):
        if effect in worlds:
            axis = WORLDS[effect].axis
            ratios = {name: row[axis]["ratio"] for name, row in worlds[effect]["methods"].items() if axis in row}
            good = [name for name, ratio in ratios.items() if ratio >= TWICE]
            answers[effect] = {"at_twice_chance": good, "scored": len(ratios), "met": len(good) >= NEEDED}
    if "suppressor" in worlds:
        shares = {name: row["suppressor"]["mean"] for name, row in worlds["suppressor"]["methods"].items() if "suppressor" in row}
        pattern, gradients = shares.get("patterns"), shares.get("integrated-gradients")
        met = pattern is not None and gradients is not None and pattern <= PATTERN_MOST and gradients >= TWICE
        answers["suppressor"] = {"patterns": pattern, "integrated-gradients": gradients, "met": met}
    if "nothing" in worlds:
        passed = [one is True for row in worlds["nothing"]["methods"].values() for one in row["passed"]]
        share = statistics.mean(passed) if passed else 0.0
        answers["nothing"] = {"trials": len(passed), "passed": round(share, 4), "met": share <= NULL_PASSES}
    return answers


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="16 persons, one epoch, one seed: to see that it runs")
    parser.add_argument("--worlds", default=",".join(WORLDS), help="worlds, with commas")
    parser.add_argument("--methods", default="", help="methods, with commas; all that the run can be asked")
    parser.add_argument("--seeds", default="", help="seeds, with commas; 0,1,2, and of `nothing` 0 to 19")
    parser.add_argument(
        "--untrained", action="store_true", help="a control: networks learn at a rate of next to nothing (not closed forms)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    effects = options.worlds.split(",")
    if unknown := set(effects) - set(WORLDS):
        parser.error(f"no such world: {', '.join(sorted(unknown))}. There are: {', '.join(WORLDS)}")
    if options.untrained:
        effects = [effect for effect in effects if WORLDS[effect].epochs is not None]
    methods = tuple(filter(None, options.methods.split(",")))
    start = time.perf_counter()
    tasks = [(effect, seed) for effect in effects for seed in _seeds(effect, options.seeds, options.quick)]
    with ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = [pool.submit(trial, effect, seed, methods, options.quick, options.untrained) for effect, seed in tasks]
        trials = [_told(one.result()) for one in asked]
    worlds = {effect: of_world(effect, [one for one in trials if one["effect"] == effect]) for effect in effects}
    result = {"benchmark": "planted", "worlds": worlds, "demands": demands(worlds), "seconds": round(time.perf_counter() - start, 1)}
    print(json.dumps(result) if options.json else table(result))


def _told(one: dict[str, Any]) -> dict[str, Any]:
    """Say that a trial is done: all of them take half an hour."""
    print(f"{one['effect']}, seed {one['seed']}: AUC {one['auc']:.2f}, {sum(one['seconds']):.0f} s", file=sys.stderr, flush=True)
    return one


def _seeds(effect: str, asked: str, quick: bool) -> list[int]:
    if asked:
        return [int(seed) for seed in asked.split(",")]
    return list(range(1 if quick else WORLDS[effect].seeds))


def table(result: Mapping[str, Any]) -> str:
    """Table of methods and worlds: the ratio to chance along the world's axis; of the suppressor its share; of nothing how many passed."""
    worlds = result["worlds"]
    names = sorted({name for world in worlds.values() for name in world["methods"]}, key=list(registry.EXPLANATIONS).index)
    lines = ["| method | " + " | ".join(worlds) + " |", "|---" * (len(worlds) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(_cell(effect, world["methods"].get(name)) for effect, world in worlds.items()) + " |" for name in names
    ]
    return "\n".join([*lines, "", json.dumps(result["demands"], indent=1), f"{result['seconds']:.0f} s"])


def _cell(effect: str, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    if effect == "nothing":
        return f"{sum(one is True for one in row['passed'])} of {len(row['passed'])}"
    if effect == "suppressor":
        return f"{row['suppressor']['mean']:.1f}" if "suppressor" in row else ""
    axis = WORLDS[effect].axis
    return f"{row[axis]['ratio']:.1f}" if axis in row else ""


if __name__ == "__main__":
    main()
