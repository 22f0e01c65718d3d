"""How much memory a training needs, estimated before it begins."""

from __future__ import annotations

import torch
from torch import nn

from eegcli.models import n_parameters
from eegcli.models.closed import ClosedForm

FLOAT = 4  # bytes
COPIES = {"sgd": 4, "adam": 5, "adamw": 5, "adamax": 5}  # of the weights: themselves, gradients, the kept epoch's, moments


def expected_bytes(model: nn.Module, n_chans: int, n_times: int, *, optimizer: str | None, batch_size: int | None, n_windows: int) -> int:
    """Memory for weights and for one batch (or, of a closed form, for the features of all windows), in bytes.

    Parameters
    ----------
    model : nn.Module
        The network.
    n_chans, n_times : int
        Shape of a window.
    optimizer : str or None
        Name of the optimiser; None for a closed form.
    batch_size : int or None
        Windows per step; None for a closed form.
    n_windows : int
        Windows of training and validation set.
    """
    window = torch.zeros(1, n_chans, n_times)
    if isinstance(model, ClosedForm) or optimizer is None or batch_size is None:
        # Double precision, standardised and as read.
        return 2 * 2 * FLOAT * n_windows * sum(layer.in_features for layer in model.modules() if isinstance(layer, nn.Linear))
    values = window.numel()

    def count(_layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal values
        values += output.numel()

    layers = [layer for layer in model.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        model.eval()(window)
    for hook in hooks:
        hook.remove()
    # Every layer's output is held for the way back, and its gradient beside it.
    return FLOAT * (COPIES[optimizer] * n_parameters(model) + 2 * batch_size * values)
