"""Faults of how a network is trained: options of `train`, each in three sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _faulty import Base, Fault, Planted, changed

EEGNET = ("--arch", "eegnet")
SHALLOW = ("--arch", "shallow")
SGD = (*SHALLOW, "--optimizer", "sgd", "--lr", "0.01", "--epochs", "50")


def fault(name: str, expected: Sequence[str], sizes: Sequence[tuple[str, ...]], arch: tuple[str, ...] = EEGNET) -> Fault:
    """Fault of the options, by size."""

    def plant(base: Base, size: int, folder: Path) -> Planted:
        return Planted(base.windows, ("--target", base.target, *base.arguments, *arch, *sizes[size]))

    return Fault(name, "training", tuple(expected), plant)


def each(option: str, *values: float | str) -> list[tuple[str, ...]]:
    """One option with three values."""
    return [(option, str(value)) for value in values]


def _numbered(base: Base, size: int, folder: Path) -> Planted:
    """Two groups of people whose numbers are learnt as if they were measured."""
    low, high = ((0.0, 1.0), (1.0, 2.0), (0.0, 100.0))[size]

    def table(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        words = columns[base.target]
        return {**columns, "group": np.where(words == sorted(set(words))[0], low, high)}

    windows = changed(base, folder / "windows", table=table)
    return Planted(windows, ("--target", "group", "--kind", "regression", *EEGNET))


def _offset(base: Base, size: int, folder: Path) -> Planted:
    """The offset of a direct-current amplifier, which nothing takes away, and a network without batch norm."""
    windows = changed(base, folder / "windows", x=lambda x, _: x + np.float32((300, 1000, 5000)[size]))
    return Planted(windows, ("--target", base.target, "--arch", "vgg"))


FAULTS: list[Fault] = [
    fault("a learning rate far too high", ["learning-rate"], each("--lr", 0.3, 1, 10)),
    fault("a learning rate far too high, no norms", ["learning-rate"], each("--lr", 0.03, 0.1, 1), ("--arch", "deepconvnet")),
    fault("a learning rate far too high, sgd", ["learning-rate"], each("--lr", 10, 30, 100), (*SHALLOW, "--optimizer", "sgd", "--epochs", "50")),
    fault("a learning rate far too low", ["learning-rate"], each("--lr", 1e-6, 1e-7, 1e-8), (*EEGNET, "--epochs", "50")),
    fault("a learning rate far too low, sgd", ["learning-rate"], each("--lr", 1e-6, 1e-7, 1e-8), (*SHALLOW, "--optimizer", "sgd", "--epochs", "50")),
    fault("hardly an epoch", ["number-of-steps"], each("--epochs", 2, 1, 1)),
    fault("one window a batch", ["batch-size", "batch-norm"], each("--batch-size", 4, 2, 1)),
    fault("all windows a batch", ["batch-size", "number-of-steps"], each("--batch-size", 700, 2000, 100000), (*EEGNET, "--epochs", "30")),
    fault("a weight decay that kills", ["weight-decay"], each("--weight-decay", 1, 10, 100)),
    fault("a weight decay that kills, adamw", ["weight-decay"], each("--weight-decay", 30, 100, 1000), SHALLOW),
    fault("labels smoothed away", ["label-smoothing"], each("--label-smoothing", 0.8, 0.9, 0.99)),
    fault("gradients shortened to nothing", ["gradient-clipping"], each("--clip-norm", 1e-3, 1e-4, 1e-6), SGD),
    fault("a momentum that never forgets", ["momentum", "learning-rate"], each("--momentum", 0.99, 0.995, 0.999), SGD),
    fault("a warm-up longer than the training", ["warm-up"], [("--warmup", "300steps", "--epochs", "50"), ("--epochs", "10", "--warmup", "9"), ("--epochs", "20", "--warmup", "19")]),
    fault("no patience", ["patience"], each("--patience", 2, 1, 1)),
    fault("windows in their order", ["window-order"], each("--shuffle-buffer", 128, 64, 1)),
    fault("a dropout of nearly all, by option", ["dropout"], each("--dropout", 0.9, 0.95, 0.99)),
    fault("augmented away", ["augmentation"], each("--augment", "noise:sd=5,p=1", "noise:sd=20,p=1", "noise:sd=100,p=1")),
    Fault("classes as a number", "training", ("target-kind",), _numbered),
    Fault("an offset that nothing takes away", "training", ("input-scaling", "offset"), _offset),
]  # fmt: skip
