"""ASR before or after the low-pass of 25 Hz: what is left of the artifacts, against the known clean signal.

Simulated recordings of 24 and 128 channels x 300 s at 128 Hz, of which the clean part is known. The error is that of the low-passed result
against the low-passed clean signal, by its norm: in the samples of each kind of artifact, and elsewhere.

    python benchmarks/asr_order.py [--json] [--quick]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

import numpy as np
from _recording import simulate_parts

from eegcli.preprocess.asr import remove_drifts, repair
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.filter import filter as filter_step

SFREQ, H_FREQ = 128.0, 25.0  # Hz
CUTOFFS = (5.0, 10.0, 20.0, 30.0)


def low_pass(data: np.ndarray) -> np.ndarray:
    """As the recipe hbn does it."""
    names = tuple(f"E{row + 1}" for row in range(len(data)))
    return filter_step(Signal(data, names, SFREQ), h_freq=H_FREQ, h_trans_bandwidth=0.25).data


def measure(n_channels: int, seconds: float, seed: int) -> list[dict[str, object]]:
    """Errors of both orders and of the recording as it is, for each cutoff."""
    clean, artifacts = simulate_parts(n_channels, seconds, SFREQ, seed=seed)
    dirty = remove_drifts(clean + sum(artifacts.values()), SFREQ)
    truth = low_pass(remove_drifts(clean, SFREQ))
    where = {kind: (np.abs(artifact) > 1e-9).any(axis=0) for kind, artifact in artifacts.items()}
    where["elsewhere"] = ~np.any(list(where.values()), axis=0)
    where["whole"] = np.ones(truth.shape[1], bool)

    def errors(result: np.ndarray) -> dict[str, float]:
        return {kind: float(np.linalg.norm((result - truth)[:, mask]) / np.linalg.norm(truth[:, mask])) for kind, mask in where.items()}

    untouched = errors(low_pass(dirty))
    orders: dict[str, Callable[[float], np.ndarray]] = {
        "before": lambda cutoff: low_pass(repair(dirty, SFREQ, cutoff=cutoff).data),
        "after": lambda cutoff: repair(low_pass(dirty), SFREQ, cutoff=cutoff).data,
    }
    rows = [{"n_channels": n_channels, "order": "no ASR", "cutoff": None, "error": untouched}]
    for cutoff in CUTOFFS:
        rows += [
            {"n_channels": n_channels, "order": order, "cutoff": cutoff, "error": errors(make(cutoff))} for order, make in orders.items()
        ]
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="24 channels x 60 s only")
    options = parser.parse_args()
    sizes = [(24, 60.0)] if options.quick else [(24, 300.0), (128, 300.0)]
    rows = [row for n_channels, seconds in sizes for row in measure(n_channels, seconds, seed=0)]
    if options.json:
        print(json.dumps({"benchmark": "asr_order", "rows": rows}))
        return
    kinds = list(rows[0]["error"])  # type: ignore[call-overload]
    print("channels order    cutoff", *(f"{kind:>10}" for kind in kinds))
    for row in rows:
        errors = row["error"]
        print(f"{row['n_channels']:8} {row['order']:8} {row['cutoff'] or '':>6}", *(f"{errors[kind]:10.3f}" for kind in kinds))  # type: ignore[index]


if __name__ == "__main__":
    main()
