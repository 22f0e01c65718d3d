"""Hyper-parameters of training: the architecture's published values, where the user names no others."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.errors import UsageError
from eegcli.registry import Training
from eegcli.settings import TrainSettings

if TYPE_CHECKING:
    import torch

OPTIMIZERS = {"adamax": "Adamax", "adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}
NAMES = tuple(field.name for field in fields(Training))
MOMENTUM = 0.9  # of sgd; the others keep torch's betas of 0.9 and 0.999, which are also the paper's


def resolve(settings: TrainSettings) -> TrainSettings:
    """Fill in the architecture's own values where the user named none.

    For a closed form, which has none, they are taken out, so that they make no other run of it.

    Raises
    ------
    UsageError
        If the architecture or the optimiser is unknown, or a number makes no sense.
    """
    entry = registry.entry_of(settings.arch)
    if entry.training is None:
        return replace(settings, epochs=None, batch_size=None, optimizer=None, lr=None, weight_decay=None)
    hyper = replace(entry.training, **_given(settings))
    registry.lookup("optimizer", hyper.optimizer, OPTIMIZERS)
    for name, value, least in (
        ("--epochs", hyper.epochs, 1),
        ("--batch-size", hyper.batch_size, 1),
        ("--weight-decay", hyper.weight_decay, 0),
    ):
        if not value >= least:
            raise UsageError(f"{name} must be at least {least}, not {value:g}")
    if not hyper.lr > 0:
        raise UsageError(f"--lr must be above 0, not {hyper.lr:g}")
    return replace(settings, **asdict(hyper))


def unused(settings: TrainSettings) -> list[str]:
    """Options that were given, but mean nothing to the architecture: a closed form has no epochs."""
    if registry.entry_of(settings.arch).training is not None:
        return []
    return [f"--{name.replace('_', '-')}" for name in _given(settings)]


def hyperparameters(settings: TrainSettings) -> Training | None:
    """Hyper-parameters of resolved settings; None for a closed form."""
    training = registry.entry_of(settings.arch).training
    return None if training is None else replace(training, **_given(settings))


def _given(settings: TrainSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in NAMES if getattr(settings, name) is not None}


def make_optimizer(hyper: Training, model: torch.nn.Module) -> torch.optim.Optimizer:
    """Optimiser of a network's weights."""
    import torch

    kind = getattr(torch.optim, OPTIMIZERS[hyper.optimizer])
    extra = {"momentum": MOMENTUM} if hyper.optimizer == "sgd" else {}
    optimizer: torch.optim.Optimizer = kind(model.parameters(), lr=hyper.lr, weight_decay=hyper.weight_decay, **extra)
    return optimizer


def as_dict(settings: TrainSettings) -> dict[str, object] | None:
    """Hyper-parameters as a run records them; None for a closed form."""
    hyper = hyperparameters(settings)
    return None if hyper is None else asdict(hyper)
