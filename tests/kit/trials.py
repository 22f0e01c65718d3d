"""Trials of small networks on noise in microvolts, for checks of networks and of trainings: two classes, one with 12 µV at 10 Hz."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from eegcli.artifacts.network import ModelDescription
from eegcli.checks.case import Clock
from eegcli.checks.finding import Evidence
from eegcli.checks.trial import Trial
from eegcli.engine.examples import Examples
from eegcli.engine.objective import Objective
from eegcli.models.head import NUMBER, SOFTMAX
from eegcli.registry import Training
from eegcli.settings import TrainSettings

SFREQ, N_CHANS, N_TIMES = 128.0, 8, 128
HYPER = Training(epochs=50, batch_size=16, optimizer="adam", lr=0.001, weight_decay=0.0)


class Network(nn.Module):
    """Network of layers by name, and of a forward that is given them and the windows."""

    def __init__(self, forward: Callable[[Network, torch.Tensor], torch.Tensor], **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.of = forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.of(self, x)


def healthy(applied: Callable[[torch.Tensor], torch.Tensor] = lambda x: x, *, dropout: float = 0.25) -> Network:
    """Two convolutions along time with batch norm, the mean over time, a linear layer, and what is applied to the outputs."""

    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.elu(self.norm1(self.first(x / 10)))
        x = nn.functional.elu(self.norm2(self.second(nn.functional.avg_pool1d(x, 4))))
        return applied(self.output(self.dropout(x.mean(dim=2))))

    layers = {"first": nn.Conv1d(N_CHANS, 16, 31, padding=15), "second": nn.Conv1d(16, 16, 7, padding=3)}
    norms = {"norm1": nn.BatchNorm1d(16), "norm2": nn.BatchNorm1d(16), "dropout": nn.Dropout(dropout), "output": nn.Linear(16, 2)}
    return Network(forward, **layers, **norms)


def windows(n: int, n_chans: int = N_CHANS, n_times: int = N_TIMES) -> tuple[np.ndarray, np.ndarray]:
    """Windows, shape (n, n_chans, n_times), and their labels, by turns."""
    random, labels = np.random.default_rng(0), np.arange(n) % 2
    rhythm = np.sin(2 * np.pi * (10 * np.arange(n_times) / SFREQ + random.random((n, 1, 1))))
    x = 8 * random.standard_normal((n, n_chans, n_times)) + 12 * labels[:, None, None] * rhythm
    return x.astype(np.float32), labels.astype(np.float64)


def trial_of(
    make: Callable[[], nn.Module] = healthy,
    *,
    n: int = 96,
    shape: tuple[int, int] = (N_CHANS, N_TIMES),
    x: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    is_class: bool = True,
    seconds: float = 60.0,
    arch: str = "eegnet",
    weights: torch.Tensor | None = None,
    **hyper: Any,
) -> Evidence:
    """Evidence that holds the trial of a network."""
    from dataclasses import replace

    drawn, truth = windows(n, *shape)
    x, labels = drawn if x is None else x, truth if labels is None else labels
    head = SOFTMAX if is_class else NUMBER
    description = ModelDescription(
        arch, {}, head.name, 2 if is_class else 1, ("n_chans", "n_times"), shape, "raw", "uV", tuple(f"E{i}" for i in range(shape[0])),
        SFREQ, shape[1], (), "sex", head.kind, ("F", "M") if is_class else (),
    )  # fmt: skip

    def fresh(seed: int = 0) -> nn.Module:
        torch.manual_seed(seed)
        return make().train()

    examples = Examples(x, np.arange(len(x)), labels)
    settings = TrainSettings(windows=Path("windows"), arch=arch)
    subject = np.arange(len(x)) // 6
    return Evidence(
        trial=Trial(
            fresh, description, settings, replace(HYPER, **hyper), Objective(head, weights), examples, examples, subject, subject,
            torch.device("cpu"), 1, Clock.of(seconds),
        )
    )  # fmt: skip
