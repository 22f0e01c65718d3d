"""How a network is trained: the architecture's published values, where the user names no others."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.errors import UsageError
from eegcli.settings import TrainSettings

if TYPE_CHECKING:
    import torch

OPTIMIZERS = {"adamax": "Adamax", "adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}
MOMENTUM = 0.9  # of sgd; the others keep torch's betas of 0.9 and 0.999, which are also the paper's


@dataclass(frozen=True)
class Hyperparameters:
    """What gradient descent needs to know.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training windows; windows per step.
    optimizer : str
        One of `OPTIMIZERS`.
    lr, weight_decay : float
        Learning rate; strength of the L2 penalty.
    """

    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    weight_decay: float


def resolve(settings: TrainSettings) -> TrainSettings:
    """Fill in the architecture's own values where the user named none.

    For a closed form, which has none, they are taken out, so that they make no other run of it.

    Raises
    ------
    UsageError
        If the architecture or the optimiser is unknown, or a number makes no sense.
    """
    entry = registry.MODELS[registry.lookup("architecture", settings.arch, registry.MODELS)]
    if entry.fit == "closed":
        return replace(settings, epochs=None, batch_size=None, optimizer=None, lr=None, weight_decay=None)

    def chosen(name: str) -> Any:
        value = getattr(settings, name)
        return entry.training[name] if value is None else value

    resolved = replace(
        settings,
        epochs=chosen("epochs"),
        batch_size=chosen("batch_size"),
        optimizer=chosen("optimizer"),
        lr=chosen("lr"),
        weight_decay=chosen("weight_decay"),
    )
    hyper = hyperparameters(resolved)
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
    return resolved


def unused(settings: TrainSettings) -> list[str]:
    """Options that were given, but mean nothing to the architecture: a closed form has no epochs."""
    if registry.MODELS[settings.arch].fit != "closed":
        return []
    given = [field.name for field in fields(Hyperparameters) if getattr(settings, field.name) is not None]
    return [f"--{name.replace('_', '-')}" for name in given]


def hyperparameters(settings: TrainSettings) -> Hyperparameters:
    """The hyper-parameters of resolved settings."""
    return Hyperparameters(**{field.name: getattr(settings, field.name) for field in fields(Hyperparameters)})


def make_optimizer(hyper: Hyperparameters, model: torch.nn.Module) -> torch.optim.Optimizer:
    """The optimiser of a network's weights."""
    import torch

    kind = getattr(torch.optim, OPTIMIZERS[hyper.optimizer])
    extra = {"momentum": MOMENTUM} if hyper.optimizer == "sgd" else {}
    optimizer: torch.optim.Optimizer = kind(model.parameters(), lr=hyper.lr, weight_decay=hyper.weight_decay, **extra)
    return optimizer


def as_dict(settings: TrainSettings) -> dict[str, object] | None:
    """The hyper-parameters as a run records them; None for a closed form."""
    return asdict(hyperparameters(settings)) if settings.epochs is not None else None
