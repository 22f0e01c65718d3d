"""Benchmark of R-VGG's accuracy on the demo, with a control: it is at chance where there is nothing to learn.

Three seeds on the true labels, and ten trainings with the labels shuffled over subjects: test windows and votes.

    python benchmarks/demo_accuracy.py [--json] [--quick] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def eegcli(*arguments: str, cwd: Path) -> dict[str, Any]:
    """Run a command and give back the data of its JSON answer."""
    done = subprocess.run(
        [sys.executable, "-m", "eegcli", *arguments, "--json", "--quiet"], stdout=subprocess.PIPE, text=True, cwd=cwd, check=True
    )
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data


def test_figures(folder: Path, *, seed: int, epochs: int, shuffle: int | None) -> dict[str, float]:
    """Train and evaluate once; the test figures."""
    name = f"run-seed{seed}" + ("" if shuffle is None else f"-shuffle{shuffle}")
    shuffled = [] if shuffle is None else ["--shuffle-labels", str(shuffle)]
    eegcli("train", "demo-windows", "--recipe", "hbn", "--epochs", str(epochs), "--seed", str(seed), "-o", name, *shuffled, cwd=folder)
    eegcli("evaluate", name, cwd=folder)
    test = json.loads((folder / name / "evaluation" / "metrics.json").read_text())["splits"]["test"]
    return {"window": test["window"]["accuracy"], "vote": test["vote"]["accuracy"], "n_subjects": test["vote"]["n"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--quick", action="store_true", help="12 subjects, one closed block, two epochs, one seed, two shuffles: does it run?"
    )
    parser.add_argument("--folder", type=Path, help="work here and keep what is made; finished work is not repeated")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="eegcli-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    seeds, shuffles, epochs = (range(1), range(2), 2) if arguments.quick else (range(3), range(10), 10)
    start = time.perf_counter()
    eegcli("fetch", "demo", *(["--subjects", "12", "--blocks", "1"] if arguments.quick else []), cwd=folder)
    eegcli("preprocess", "demo", "--recipe", "hbn", cwd=folder)
    eegcli("epoch", "demo-recordings", "--recipe", "hbn", cwd=folder)
    true = [test_figures(folder, seed=seed, epochs=epochs, shuffle=None) for seed in seeds]
    shuffled = [test_figures(folder, seed=0, epochs=epochs, shuffle=shuffle) for shuffle in shuffles]
    result = {
        "benchmark": "demo_accuracy",
        "epochs": epochs,
        "test_subjects": true[0]["n_subjects"],
        "window_accuracy": [figures["window"] for figures in true],
        "vote_accuracy": [figures["vote"] for figures in true],
        "window_accuracy_mean": statistics.mean(figures["window"] for figures in true),
        "vote_accuracy_mean": statistics.mean(figures["vote"] for figures in true),
        "shuffled_window_accuracy": [figures["window"] for figures in shuffled],
        "shuffled_window_accuracy_mean": statistics.mean(figures["window"] for figures in shuffled),
        "seconds": time.perf_counter() - start,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:<30} {', '.join(f'{item:.3f}' for item in value) if isinstance(value, list) else value}")


if __name__ == "__main__":
    main()
