"""Hyper-parameters of gradient descent, as architectures state them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Training:
    """Hyper-parameters of gradient descent.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training windows; windows per update.
    optimizer : str
        One of `engine.hyperparameters.OPTIMIZERS`.
    lr, weight_decay : float
        Learning rate; strength of the L2 penalty.
    momentum : float or None
        Of an optimiser that has one (`engine.hyperparameters.MOMENTUM`); None: the optimiser's own.
    nesterov : bool
        Nesterov's momentum in place of the plain one.
    precision : str
        Arithmetic of learning: ``fp32``, ``tf32``, ``bf16`` or ``fp16``.
    clip_norm : float or None
        Norm to which the gradient of all weights is shortened.
    accumulate : int
        Batches per update.
    schedule : str
        Learning rate over the training: ``constant``, ``cosine`` or ``onecycle``.
    warmup : str or None
        Epochs (``3``) or updates (``500steps``) over which the learning rate rises from 0.
    augment : tuple of str
        Augmentations of the training windows, as ``--augment`` names them.
    label_smoothing : float
        Share of a label that is dealt out to all classes.
    ema : float
        Decay of the moving average of the weights; 0: the weights themselves are looked at and kept.
    patience : int
        Epochs without a better look after which the training stops; 0: never.
    validate_every : int
        Batches between looks at the validation set; 0: it is looked at after each epoch.
    shuffle_buffer : int or None
        Windows among which a batch is drawn, where they are read block by block (`engine.order.StreamedOrder`); None: all.
    """

    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    weight_decay: float
    momentum: float | None = None
    nesterov: bool = False
    precision: str = "fp32"
    clip_norm: float | None = None
    accumulate: int = 1
    schedule: str = "constant"
    warmup: str | None = None
    augment: tuple[str, ...] = ()
    label_smoothing: float = 0.0
    ema: float = 0.0
    patience: int = 0
    validate_every: int = 0
    shuffle_buffer: int | None = None

    def stated(self) -> dict[str, Any]:
        """Hyper-parameters by name, without those that a training may leave out and does."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}
