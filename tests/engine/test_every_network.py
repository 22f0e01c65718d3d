"""Engine against plain torch and against itself, for every network of the registry: by its layers each may fail where another does not."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from eegcli import registry
from eegcli.engine import loop
from eegcli.engine.context import Context
from eegcli.engine.device import exact
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Batch
from eegcli.engine.hyperparameters import OPTIMIZERS
from eegcli.engine.inference import output_batches
from eegcli.engine.objective import Objective
from eegcli.engine.update import Update
from eegcli.models.checks import Case, cases
from eegcli.models.head import head_of
from eegcli.registry import Training
from eegcli.reporter import Silent
from tests.engine.test_loop import StopAfter

CPU, LR = torch.device("cpu"), 1e-4
LEARNING = [case for case in cases(registry.MODELS) if registry.MODELS[case.name].training is not None]
LABELS = torch.tensor([0.0, 1.0, 1.0, 0.0])
WEIGHTS = torch.tensor([0.7, 1.3])
NEAR_ZERO = 1e-4  # of the largest gradient: a bias before a batch norm has none but rounding, which Adam makes as large as any


def is_quick(case: Case, optimizer: str) -> bool:
    """One optimiser of those that pair weights and moments by address, of raw windows: the others are for the night."""
    return optimizer == "adamw" and case.representation == "raw"


@pytest.mark.parametrize(
    ("case", "optimizer"),
    [
        pytest.param(
            case,
            optimizer,
            marks=() if is_quick(case, optimizer) else pytest.mark.exhaustive,
            id=f"{case.name}-{case.representation}-{optimizer}",
        )
        for case in LEARNING
        for optimizer in OPTIMIZERS
    ],
)
def test_updates_are_those_of_torchs_plain_optimiser(case, optimizer):
    """Weights lie in memory as is fastest, and optimisers are fused or go by blocks: the plain loop on a copy knows nothing of it."""
    head = head_of(case.name, "classification")
    model = case.build(head.n_outputs(2))
    for layer in model.modules():
        if isinstance(layer, nn.modules.dropout._DropoutNd):  # masks follow the order in memory
            layer.p = 0.0
    plain, x = copy.deepcopy(model).train(), case.windows(8)
    hyper = Training(epochs=1, batch_size=4, optimizer=optimizer, lr=LR, weight_decay=0.01)
    update = Update(model, Objective(head, WEIGHTS), hyper, CPU, n_batches=2)
    model.train()
    extra = {"momentum": 0.9} if optimizer == "sgd" else {}
    torchs = getattr(torch.optim, OPTIMIZERS[optimizer])(plain.parameters(), lr=LR, weight_decay=0.01, foreach=False, **extra)
    constraints = [found for layer in plain.modules() if callable(found := getattr(layer, "constrain", None))]
    for number, part in enumerate(x.split(4)):
        update.step(Batch(part, LABELS, np.arange(4)), number)
        torchs.zero_grad()
        head.loss(plain(part), LABELS, WEIGHTS).backward()
        torchs.step()
        for constrain in constraints:
            constrain()
    largest = max(float(weight.grad.abs().max()) for weight in plain.parameters())
    for (name, weight), expected in zip(model.named_parameters(), plain.parameters(), strict=True):
        if float(expected.grad.abs().max()) > NEAR_ZERO * largest:
            assert float(((weight - expected).abs() > 0.3 * LR).double().mean()) < 0.02, name


def fitted(case: Case, folder: Path, **changes: object) -> tuple[nn.Module, Examples, Objective, list[dict[str, float]], dict[str, float]]:
    """A network that learnt five windows, in batches of two: its validation set, its history, and the row that was kept."""
    head = head_of(case.name, "classification")
    x, labels = case.windows(8).numpy(), np.array([0.0, 1.0] * 4)
    train, validation = (Examples(x, rows, labels[rows]) for rows in (np.arange(5), np.arange(5, 8)))
    hyper = Training(**{"epochs": 2, "batch_size": 2, "optimizer": "adamw", "lr": 1e-3, "weight_decay": 0.01, **changes})
    objective = Objective(head)
    with exact(1, CPU):
        torch.manual_seed(3)
        model = case.build(head.n_outputs(2))
        result = loop.fit(model, train, validation, objective, hyper, seed=3, context=Context(CPU, 1, folder, StopAfter(), Silent()))
    return model, validation, objective, result.history, result.kept


@pytest.mark.parametrize("case", [case for case in LEARNING if case.representation == "raw"], ids=lambda case: case.name)
def test_looks_and_averages_leave_the_training_as_it_is_and_figures_are_those_of_the_kept_weights(case, tmp_path):
    """Looked at within an epoch, by averaged weights: dropout, running statistics and moments must not notice it, and nothing else is kept than was looked at."""
    *_, plain, _ = fitted(case, tmp_path / "plain")
    model, validation, objective, history, kept = fitted(case, tmp_path / "looked-at", validate_every=1, ema=0.6, patience=9)
    assert [row["train_loss"] for row in plain] == [row["train_loss"] for row in history if row["batch"] == 3]
    outputs = np.concatenate(list(output_batches(model, validation.x, validation.rows, CPU)))
    assert objective.validation_row(outputs, validation.labels)["validation_loss"] == pytest.approx(
        kept["validation_loss"], rel=1e-5, abs=1e-7
    )
