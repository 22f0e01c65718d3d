"""Benchmark of constant answers: the published training of a network of DEAP, and one thing at a time changed, on 32 x 99 statistics.

    python benchmarks/constant.py deap-windows [--json] [--quick] [--epochs 8] [--target valence] [--only published,...] [--cnn]

1180 trials learn, 100 test, as in the report: participants are on both sides. No epoch is chosen, the last one counts. Numbers are of the test trials unless
they are called learnt. The published z-scores are over the values of each trial; "each feature z-scored" takes each value over the learnt trials instead.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from eegcli import open_windows
from eegcli.models.deap import DeapCNN, DeapDNN

N_TEST, SFREQ = 100, 128.0


class Change(NamedTuple):
    """Training that differs from the published one.

    Attributes
    ----------
    each_feature : bool
        z-score every value over the training trials.
    lr : float
    dropout : bool
    """

    each_feature: bool = False
    lr: float = 1e-4
    dropout: bool = True


CHANGES = {
    "published": Change(),
    "no dropout": Change(dropout=False),
    "learning rate 1e-5": Change(lr=1e-5),
    "learning rate 1e-3": Change(lr=1e-3),
    "each feature z-scored": Change(each_feature=True),
}


def common_share(x: np.ndarray) -> float:
    """Share of the mean square of trials that is the same in all of them: the square of their mean."""
    return float(np.mean(x.mean(axis=0, dtype=np.float64) ** 2) / np.mean(np.square(x, dtype=np.float64)))


def learn(
    x: np.ndarray, high: np.ndarray, change: Change, *, cnn: bool, epochs: int, seed: int = 0, bf16: bool = False
) -> dict[str, float]:
    """Train one network on all trials but the last `N_TEST` of a draw.

    Parameters
    ----------
    x : ndarray of float32, shape (n_trials, 32, 99)
    high : ndarray of bool, shape (n_trials,)
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))
    learnt, tested = order[:-N_TEST], order[-N_TEST:]
    if change.each_feature:
        x = (x - x[learnt].mean(axis=0)) / x[learnt].std(axis=0)
    torch.manual_seed(seed)
    shape = (x.shape[1], x.shape[2])
    off: dict[str, Any] = {} if change.dropout else {"dropout": (0.0,) * (5 if cnn else 4)}
    model: torch.nn.Module = DeapCNN(shape, 1, SFREQ, **off) if cnn else DeapDNN(shape, 1, SFREQ, **off)
    update: torch.optim.Optimizer = (
        torch.optim.SGD(model.parameters(), lr=change.lr, momentum=0.9) if cnn else torch.optim.RMSprop(model.parameters(), lr=change.lr)
    )
    windows, truth = torch.from_numpy(np.ascontiguousarray(x)), torch.from_numpy(high.astype(np.float32))[:, None]
    for _ in range(epochs):
        for batch in torch.from_numpy(random.permutation(learnt)).split(50 if cnn else 310):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                outputs = model(windows[batch])
            update.zero_grad()
            binary_cross_entropy_with_logits(outputs.float(), truth[batch]).backward()
            update.step()
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logit = torch.cat([model(part) for part in windows.split(50)]).float().numpy()[:, 0]
    right = (logit > 0) == high
    return {
        "common_share": common_share(x[learnt]),
        "sd_of_logit": float(logit[tested].std()),
        "answered_high": float(np.mean(logit[tested] > 0)),
        "accuracy": float(right[tested].mean()),
        "balanced_accuracy": float(np.mean([right[tested][high[tested] == side].mean() for side in (False, True)])),
        "learnt_accuracy": float(right[learnt].mean()),
        "majority_rate": float(max(high[tested].mean(), 1 - high[tested].mean())),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("windows", type=Path, help="artifact of `eegcli import deap --recipe deap-dnn`")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one epoch: does it run?")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--target", default="valence")
    parser.add_argument("--only", default=",".join(CHANGES), help="of " + ", ".join(CHANGES))
    parser.add_argument("--cnn", action="store_true", help="the convolutional network instead of the fully connected one")
    parser.add_argument("--bf16", action="store_true", help="multiply in bfloat16, twice as fast where the processor has it")
    given = parser.parse_args()
    torch.set_num_threads(1)
    artifact = open_windows(given.windows)
    x, high = np.array(artifact.x, dtype=np.float32), np.asarray(artifact.table[given.target], dtype=float) >= 5
    found: dict[str, dict[str, float]] = {}
    for name in given.only.split(","):
        start = time.process_time()
        found[name] = learn(x, high, CHANGES[name], cnn=given.cnn, epochs=1 if given.quick else given.epochs, bf16=given.bf16)
        found[name]["cpu_seconds"] = time.process_time() - start
    if given.json:
        print(json.dumps({"benchmark": "constant", "network": "deap-cnn" if given.cnn else "deap-dnn", "changes": found}))
        return
    for name, row in found.items():
        print(f"{name:<24}" + "  ".join(f"{figure} {value:.3f}" for figure, value in row.items()))


if __name__ == "__main__":
    main()
