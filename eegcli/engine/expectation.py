"""Expected memory and time of a training, estimated before it begins."""

from __future__ import annotations

import math

from torch import nn

from eegcli.engine.closed import INNER_FOLDS
from eegcli.engine.cost import FLOAT, bytes_per_window, seconds_per_window
from eegcli.models import n_parameters
from eegcli.models.closed import closed_form
from eegcli.registry import Training

COPIES = {"sgd": 4, "adam": 5, "adamw": 5, "adamax": 5, "rmsprop": 5}  # of the weights: themselves, gradients, the kept epoch's, moments
CLOSED_SECONDS_PER_VALUE = 7e-8  # per value of a window that is read, one core
CLOSED_SECONDS_PER_FEATURE = 3e-8  # per feature of a training window and fit: measured with logistic regression on the demo, one core


def expected_bytes(model: nn.Module, shape: tuple[int, ...], *, hyper: Training | None, n_windows: int) -> int:
    """Memory for weights and for one batch (or, of a closed form, for the features of all windows), in bytes.

    Parameters
    ----------
    model : nn.Module
        The network.
    shape : tuple of int
        Of a window.
    hyper : Training or None
        None for a closed form.
    n_windows : int
        Windows of training and validation set.
    """
    if hyper is None:
        # Double precision, standardised and as read.
        return 2 * 2 * FLOAT * n_windows * _n_features(model)
    # Every layer's output is held for the way back, and its gradient beside it.
    held = 2 * hyper.batch_size * bytes_per_window(model, shape)
    return FLOAT * COPIES[hyper.optimizer] * n_parameters(model) + held


def expected_seconds(model: nn.Module, shape: tuple[int, ...], *, hyper: Training | None, n_train: int, n_validation: int) -> float:
    """Time that one network takes to train, in seconds: a batch is timed on its device, there and back.

    Parameters
    ----------
    model, shape, hyper
        As for `expected_bytes`; the model lies on the device it would train on.
    n_train, n_validation : int
        Windows per epoch that are learnt from, and that are looked at.
    """
    if hyper is None:
        fits = INNER_FOLDS * len(closed_form(model).penalties)
        fitting = CLOSED_SECONDS_PER_FEATURE * fits * n_train * _n_features(model)
        return CLOSED_SECONDS_PER_VALUE * (n_train + n_validation) * math.prod(shape) + fitting
    batch = min(hyper.batch_size, max(n_train, 2))
    learning, looking = (seconds_per_window(model, shape, batch_size=batch, backward=backward) for backward in (True, False))
    n_looks = 1 + (-(-n_train // hyper.batch_size) - 1) // hyper.validate_every if hyper.validate_every else 1  # in an epoch
    return hyper.epochs * (n_train * learning + n_looks * n_validation * looking)


def _n_features(model: nn.Module) -> int:
    return sum(part.final_layer.in_features for part in closed_form(model).parts.values())
