"""Benchmark of reports: bytes and seconds of the page of a run with 36 (of 128 channels, too) and with 3,000 subjects, and of the list of 500 runs.

    python benchmarks/report.py --json [--quick]

A small cohort is trained, evaluated and explained; its predictions and votes are then repeated under other names until there are so many subjects, and the page is drawn of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from eegcli import evaluate, explain
from eegcli.artifacts.table import StoredTable
from eegcli.bids.electrodes import polar_positions
from eegcli.reporter import Silent
from eegcli.reporting import index
from eegcli.reporting.html import html_of
from eegcli.reporting.material import Material, gather
from eegcli.reporting.one import page_of
from eegcli.settings import EvaluateSettings, ExplainSettings
from tests.kit import cohorts


def repeated(table: StoredTable, copies: int) -> StoredTable:
    """A table so many times, each time of other subjects."""
    n = len(table["subject"])
    many = {name: np.concatenate([values] * copies) for name, values in table.items()}
    for name in {"subject", "unit"} & set(many):
        many[name] = np.array([f"{one}x{row // n}" for row, one in enumerate(many[name])], dtype=object)
    return StoredTable(many)


def of_subjects(material: Material, n_subjects: int) -> Material:
    """A run as it would be with so many subjects."""
    assert material.evaluation is not None
    evaluation = material.evaluation
    copies = -(-n_subjects // len(np.unique(evaluation.predictions["subject"])))
    evaluation = replace(evaluation, predictions=repeated(evaluation.predictions, copies), votes=repeated(evaluation.votes, copies))
    return replace(material, evaluation=evaluation)


def of_many_channels(folder: Path, quiet: Silent) -> Material:
    """A run on 128 channels, explained by every method."""
    rows = ("AF", "F", "FT", "FC", "C", "TP", "CP", "P", "PO", "O", "AFF", "FFC", "FCC", "CCP", "CPP", "PPO")
    names = [f"{row}{column}" for row in rows for column in (*range(1, 11), "h", "z") if f"{row}{column}" not in cohorts.CH_NAMES]
    known = np.isfinite(polar_positions(names)).all(axis=1)
    names = [*cohorts.CH_NAMES, *np.array(names)[known].tolist()][:128]
    windows = cohorts.windows(folder / "w128", effect=8.0, ch_names=names)
    run = cohorts.train(windows, folder / "dense", arch="eegnet", epochs=2)
    evaluate.run(EvaluateSettings(run=run, threads=1, device="cpu"), reporter=quiet)
    explain.run(ExplainSettings(run=run, n_windows=40, threads=1, device="cpu"), reporter=quiet)
    return gather(run)


def main() -> None:
    """Draw, weigh, and time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder, quiet = Path(scratch), Silent()
        run = cohorts.train(cohorts.windows(folder / "w", effect=8.0), folder / "runs" / "run", arch="eegnet", epochs=2)
        evaluate.run(EvaluateSettings(run=run, threads=1, device="cpu"), reporter=quiet)
        methods = ("saliency",) if options.quick else ()
        explain.run(ExplainSettings(run=run, method=methods, n_windows=40, threads=1, device="cpu"), reporter=quiet)
        material = gather(run)
        for n_subjects in (36,) if options.quick else (36, 3000):
            started = time.perf_counter()
            text = html_of(page_of(of_subjects(material, n_subjects)))
            found[f"{n_subjects} subjects"] = {"bytes": len(text.encode()), "seconds": round(time.perf_counter() - started, 2)}
        if not options.quick:
            dense = of_many_channels(folder, quiet)
            found["36 subjects, 128 channels"] = {"bytes": len(html_of(page_of(of_subjects(dense, 36))).encode())}
        n_runs = 20 if options.quick else 500
        for number in range(1, n_runs):
            shutil.copytree(run, folder / "runs" / f"run-{number}", copy_function=_linked)
        started = time.perf_counter()
        index.write(folder / "runs", folder / "index.html", quiet)
        found[f"{n_runs} runs"] = {"bytes": (folder / "index.html").stat().st_size, "seconds": round(time.perf_counter() - started, 2)}
    print(json.dumps({"pages": found}) if options.json else json.dumps(found, indent=2))


def _linked(source: str, target: str) -> None:
    """Copy as a hard link: 500 runs of one set of files."""
    Path(target).hardlink_to(source)


if __name__ == "__main__":
    main()
