"""Hyper-parameters of training: the architecture's published values, where the user names no others."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields, replace
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.errors import UsageError
from eegcli.registry import Training
from eegcli.settings import TrainSettings
from eegcli.settings.parse import epochs_or_steps

if TYPE_CHECKING:
    import torch

OPTIMIZERS = {"adamax": "Adamax", "adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
NAMES = tuple(field.name for field in fields(Training))
OFF = {field.name: field.default for field in fields(Training) if field.default is not MISSING}  # of what a training may leave out
MOMENTUM = {"sgd": 0.9, "rmsprop": 0.0}  # the others keep torch's betas of 0.9 and 0.999, which are also the paper's
NESTEROV = ("sgd",)
AUTO = "auto"  # batch size: that which fits
FUSED = ("adam", "adamw")  # torch's fused forms that CUDA can capture: one operation over all weights
FUSED_ON_CPU = (*FUSED, "sgd")  # four to seven times as fast as its loop over the weights, which differs from them by rounding
NOWHERE: dict[str, Any] = {"init_from": None, "init_network": None, "freeze": ()}  # a closed form begins nowhere
NOT_AT_ALL = ("none",)  # of `augment`: not the architecture's own either


def resolve(settings: TrainSettings) -> TrainSettings:
    """Fill in the architecture's own values where the user named none; a batch size of ``auto`` begins with the architecture's.

    For a closed form, which has none, they are taken out, so that they make no other run of it.

    Raises
    ------
    UsageError
        If the architecture or the optimiser is unknown, or a number makes no sense.
    """
    entry = registry.entry_of(settings.arch)
    settings = replace(settings, normalise=settings.normalise or entry.normalise)  # type: ignore[arg-type]  # the registry has no type for it
    if entry.training is None:
        none: dict[str, Any] = dict.fromkeys(NAMES) | OFF | {"report_epoch": "validation"} | NOWHERE
        return replace(settings, **none)
    hyper = _laid_over(entry.training, settings)
    registry.lookup("optimizer", hyper.optimizer, OPTIMIZERS)
    for name, value, least in (
        ("--epochs", hyper.epochs, 1),
        ("--batch-size", hyper.batch_size, 1),
        ("--weight-decay", hyper.weight_decay, 0),
        ("--accumulate", hyper.accumulate, 1),
        ("--label-smoothing", hyper.label_smoothing, 0),
        ("--ema", hyper.ema, 0),
        ("--patience", hyper.patience, 0),
        ("--validate-every", hyper.validate_every, 0),
    ):
        if not value >= least:
            raise UsageError(f"{name} must be at least {least}, not {value:g}")
    for name, value in (("--label-smoothing", hyper.label_smoothing), ("--ema", hyper.ema)):
        if not value < 1:
            raise UsageError(f"{name} must be below 1, not {value:g}")
    for name, positive in (("--lr", hyper.lr), ("--clip-norm", hyper.clip_norm)):
        if positive is not None and not positive > 0:
            raise UsageError(f"{name} must be above 0, not {positive:g}")
    if settings.momentum is not None and hyper.optimizer not in MOMENTUM:
        raise UsageError(f"--momentum: {hyper.optimizer} has none", hint=f"Those that have one: {', '.join(MOMENTUM)}.")
    if not 0 <= _momentum(hyper) < 1:
        raise UsageError(f"--momentum must be at least 0 and below 1, not {hyper.momentum:g}")
    if hyper.nesterov and hyper.optimizer not in NESTEROV:
        raise UsageError(f"--nesterov: {hyper.optimizer} has no such momentum", hint=f"Those that have one: {', '.join(NESTEROV)}.")
    if hyper.nesterov and not _momentum(hyper):
        raise UsageError("--nesterov needs a --momentum above 0")
    if hyper.warmup is not None:
        hyper = replace(hyper, warmup=_warmup(hyper))
    own = entry.training.momentum if hyper.optimizer == entry.training.optimizer else None
    if own is None and hyper.momentum == MOMENTUM.get(hyper.optimizer):
        hyper = replace(hyper, momentum=None)  # the same training, whether it was named or not
    if hyper.augment:
        hyper = replace(hyper, augment=_written(hyper.augment))
    elif entry.training.augment:
        hyper = replace(hyper, augment=NOT_AT_ALL)
    return replace(settings, **asdict(hyper))


def _warmup(hyper: Training) -> str:
    """The warm-up in its one spelling, if it goes with the rest."""
    try:
        warmup = epochs_or_steps(str(hyper.warmup))
    except ValueError as error:
        raise UsageError(f"--warmup: {error}") from error
    if hyper.schedule == "onecycle":
        raise UsageError("--warmup: onecycle has a rise of its own", hint="Leave it out, or use --schedule cosine.")
    if not warmup.endswith("steps") and float(warmup) >= hyper.epochs:
        raise UsageError(f"--warmup {warmup}: must be less than the {hyper.epochs} epochs of the training")
    return warmup


def unused(settings: TrainSettings) -> list[str]:
    """Options that were given, but mean nothing to the architecture: a closed form has no epochs."""
    if registry.entry_of(settings.arch).training is not None:
        return []
    given = [
        *(name for name in NAMES if getattr(settings, name) not in (None, ())),
        *(["report_epoch"] if settings.report_epoch == "published" else []),
        *(name for name, off in NOWHERE.items() if getattr(settings, name) != off),
    ]
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
    given = _given(settings)
    return replace(training, **given | ({"augment": ()} if given.get("augment") == NOT_AT_ALL else {}))


def _momentum(hyper: Training) -> float:
    """Momentum that is used; 0 where the optimiser has none."""
    return hyper.momentum if hyper.momentum is not None else MOMENTUM.get(hyper.optimizer, 0.0)


def _given(settings: TrainSettings) -> dict[str, Any]:
    return {name: value for name in NAMES if (value := getattr(settings, name)) not in (None, AUTO, ())}


def _written(augment: tuple[str, ...]) -> tuple[str, ...]:
    """Augmentations with all their options, so that no spelling, and no later default, makes another run or none."""
    from eegcli.engine.augment.step import read

    return tuple(map(str, read(augment)))


def make_optimizer(hyper: Training, model: torch.nn.Module, *, capturable: bool = False) -> torch.optim.Optimizer:
    """Optimiser of a network's weights, those that are not frozen.

    Parameters
    ----------
    hyper : Training
    model : nn.Module
        On its device.
    capturable : bool
        True for a form that a CUDA graph can capture, where there is one: of Adamax to the same bits, of Adam and AdamW torch's fused one.

    Notes
    -----
    On a CPU every optimiser but RMSprop has a form that reads each weight once: torch's fused one, and `BlockedAdamax`.
    """
    import torch

    from eegcli.engine.adamax import BlockedAdamax, CapturableAdamax

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if capturable and hyper.optimizer == "adamax":
        return CapturableAdamax(weights, lr=hyper.lr, weight_decay=hyper.weight_decay)
    on_cpu = all(weight.device.type == "cpu" for weight in weights)
    kind = BlockedAdamax if on_cpu and hyper.optimizer == "adamax" else getattr(torch.optim, OPTIMIZERS[hyper.optimizer])
    extra: dict[str, Any] = {"lr": hyper.lr, "weight_decay": hyper.weight_decay}
    if hyper.optimizer in MOMENTUM:
        extra["momentum"] = _momentum(hyper)
    if hyper.optimizer in NESTEROV:
        extra["nesterov"] = hyper.nesterov
    if capturable and hyper.optimizer in FUSED:
        extra |= {"fused": True, "capturable": True, "lr": torch.tensor(hyper.lr, device=weights[0].device)}
    elif (
        on_cpu and hyper.optimizer in FUSED_ON_CPU and hyper.precision != "fp16"
    ):  # whose updates are left out where a gradient does not fit
        extra["fused"] = True
    optimizer: torch.optim.Optimizer = kind(weights, **extra)
    return optimizer


def as_dict(settings: TrainSettings) -> dict[str, object] | None:
    """Hyper-parameters as a run records them; None for a closed form."""
    hyper = hyperparameters(settings)
    return None if hyper is None else listed(hyper)


def listed(hyper: Training) -> dict[str, Any]:
    """Hyper-parameters by name: those that are used; the momentum as the optimiser uses it."""
    # Of a training without extras what was recorded before there were any.
    values = hyper.stated() | {"momentum": _momentum(hyper), "nesterov": hyper.nesterov}
    optimisers = {"momentum": MOMENTUM, "nesterov": NESTEROV}
    return {name: value for name, value in values.items() if hyper.optimizer in optimisers.get(name, OPTIMIZERS)}
