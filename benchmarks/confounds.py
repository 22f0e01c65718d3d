"""Benchmark of confounds on the demo: how often a column that tells nothing is called a confound, and whether planted ones come first.

    python benchmarks/confounds.py --json [--quick]

Each seed makes a demo, plain and with `--confounds movement,length`, cleans and cuts it, trains `logistic` in four folds, and reads the verdicts of `evaluate`. In the plain demo
the effect is power: what it carries is *shared with the effect*, and every other column should be called *none*.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from eegcli import epoch, evaluate, fetch, preprocess, train
from eegcli.files.atomic import read_json
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, FetchSettings, PreprocessSettings, TrainSettings

PLANTED = ("raw_drift", "number of windows")


def ranked(seed: int, confounds: tuple[str, ...], subjects: int) -> list[dict[str, Any]]:
    """Columns of a demo, ranked, as metrics.json has them."""
    quiet = Silent()
    with tempfile.TemporaryDirectory() as scratch:
        demo, recordings, windows, run = (Path(scratch) / name for name in ("demo", "recordings", "windows", "run"))
        made = FetchSettings(source="demo", output=demo, subjects=subjects, blocks=2, seed=seed, confounds=confounds)
        fetch.run(made, reporter=quiet)
        preprocess.run(PreprocessSettings(bids=demo, output=recordings), reporter=quiet)
        epoch.run(EpochSettings(recordings=recordings, output=windows, segment=("closed=instructed_toCloseEyes:3:37",)), reporter=quiet)
        train.run(TrainSettings(windows=windows, output=run, arch="logistic", cv=4, threads=1), reporter=quiet)
        evaluate.run(EvaluateSettings(run=run, threads=1, device="cpu", permutations=0), reporter=quiet)
        found: list[dict[str, Any]] = read_json(run / "evaluation" / "metrics.json")["confounds"]["columns"]
        return found


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one seed of twelve persons: to see that it runs")
    options = parser.parse_args()
    seeds, subjects = (1, 12) if options.quick else (10, 40)
    plain = [ranked(seed, (), subjects) for seed in range(seeds)]
    planted = [ranked(seed, ("movement", "length"), subjects) for seed in range(min(seeds, 2))]
    result = {
        "seeds": seeds,
        "plain_without_a_confound": sum(all(row["verdict"] != "confound" for row in rows) for rows in plain),
        "shared": sorted({row["name"] for rows in plain for row in rows if row["verdict"] == "shared with the effect"}),
        "planted_come_first": sum({row["name"] for row in rows[: len(PLANTED)]} == set(PLANTED) for rows in planted),
        "planted_seeds": len(planted),
        "first": [[row["name"] for row in rows[:3]] for rows in planted],
    }
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
