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

OPTIMIZERS = {"adamax": "Adamax", "adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
NAMES = tuple(field.name for field in fields(Training))
MOMENTUM = {"sgd": 0.9, "rmsprop": 0.0}  # the others keep torch's betas of 0.9 and 0.999, which are also the paper's
NESTEROV = ("sgd",)


def resolve(settings: TrainSettings) -> TrainSettings:
    """Fill in the architecture's own values where the user named none.

    For a closed form, which has none, they are taken out, so that they make no other run of it.

    Raises
    ------
    UsageError
        If the architecture or the optimiser is unknown, or a number makes no sense.
    """
    entry = registry.entry_of(settings.arch)
    settings = replace(settings, normalise=settings.normalise or entry.normalise)  # type: ignore[arg-type]  # the registry has no type for it
    if entry.training is None:
        none: dict[str, Any] = dict.fromkeys(NAMES) | {"nesterov": False, "report_epoch": "validation"}
        return replace(settings, **none)
    hyper = _laid_over(entry.training, settings)
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
    if settings.momentum is not None and hyper.optimizer not in MOMENTUM:
        raise UsageError(f"--momentum: {hyper.optimizer} has none", hint=f"Those that have one: {', '.join(MOMENTUM)}.")
    if not 0 <= _momentum(hyper) < 1:
        raise UsageError(f"--momentum must be at least 0 and below 1, not {hyper.momentum:g}")
    if hyper.nesterov and hyper.optimizer not in NESTEROV:
        raise UsageError(f"--nesterov: {hyper.optimizer} has no such momentum", hint=f"Those that have one: {', '.join(NESTEROV)}.")
    if hyper.nesterov and not _momentum(hyper):
        raise UsageError("--nesterov needs a --momentum above 0")
    own = entry.training.momentum if hyper.optimizer == entry.training.optimizer else None
    if own is None and hyper.momentum == MOMENTUM.get(hyper.optimizer):
        hyper = replace(hyper, momentum=None)  # the same training, whether it was named or not
    return replace(settings, **asdict(hyper))


def unused(settings: TrainSettings) -> list[str]:
    """Options that were given, but mean nothing to the architecture: a closed form has no epochs."""
    if registry.entry_of(settings.arch).training is not None:
        return []
    given = [*_given(settings), *(["report_epoch"] if settings.report_epoch == "published" else [])]
    if settings.stream:  # which brings the buffer with it; windows at an address are streamed to a closed form, too
        given = [name for name in given if name != "shuffle_buffer"] + ["stream"] * (settings.address is None)
    return [f"--{name.replace('_', '-')}" for name in given]


def hyperparameters(settings: TrainSettings) -> Training | None:
    """Hyper-parameters of resolved settings; None for a closed form."""
    training = registry.entry_of(settings.arch).training
    return None if training is None else _laid_over(training, settings)


def _laid_over(training: Training, settings: TrainSettings) -> Training:
    """The architecture's values under those that were given; its momentum is that of its own optimiser."""
    if settings.optimizer not in (None, training.optimizer):
        training = replace(training, momentum=None, nesterov=False)
    return replace(training, **_given(settings))


def _momentum(hyper: Training) -> float:
    """Momentum that is used; 0 where the optimiser has none."""
    return hyper.momentum if hyper.momentum is not None else MOMENTUM.get(hyper.optimizer, 0.0)


def _given(settings: TrainSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in NAMES if getattr(settings, name) is not None}


def make_optimizer(hyper: Training, model: torch.nn.Module) -> torch.optim.Optimizer:
    """Optimiser of a network's weights."""
    import torch

    kind = getattr(torch.optim, OPTIMIZERS[hyper.optimizer])
    extra: dict[str, Any] = {"momentum": _momentum(hyper)} if hyper.optimizer in MOMENTUM else {}
    if hyper.optimizer in NESTEROV:
        extra["nesterov"] = hyper.nesterov
    optimizer: torch.optim.Optimizer = kind(model.parameters(), lr=hyper.lr, weight_decay=hyper.weight_decay, **extra)
    return optimizer


def as_dict(settings: TrainSettings) -> dict[str, object] | None:
    """Hyper-parameters as a run records them; None for a closed form."""
    hyper = hyperparameters(settings)
    return None if hyper is None else listed(hyper)


def listed(hyper: Training) -> dict[str, Any]:
    """Hyper-parameters by name; momentum and Nesterov only where the optimiser has them, the momentum as it is used, and no buffer without one."""
    values = asdict(hyper) | {"momentum": _momentum(hyper)}
    optimisers = {"momentum": MOMENTUM, "nesterov": NESTEROV, "shuffle_buffer": OPTIMIZERS if hyper.shuffle_buffer else ()}
    return {name: value for name, value in values.items() if hyper.optimizer in optimisers.get(name, OPTIMIZERS)}
