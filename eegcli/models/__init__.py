"""Architectures, one a file. Each takes (batch, n_chans, n_times) in microvolts and gives (batch, n_outputs).

The last layer of every architecture is a `torch.nn.Linear` named `final_layer`: training writes the unit of a
continuous target into it, and explanations read the outputs before any softmax.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.errors import InputError, UsageError

if TYPE_CHECKING:
    from torch import nn


def build(name: str, *, n_chans: int, n_times: int, n_outputs: int, sfreq: float, **options: Any) -> nn.Module:
    """Make an architecture for windows of a shape, with fresh weights from torch's global generator.

    Parameters
    ----------
    name : str
        A name that `eegcli models` lists.
    n_chans, n_times : int
        Shape of a window: channels, samples.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz.
    **options
        What this architecture takes beside its shape.

    Returns
    -------
    torch.nn.Module
        Takes float32 of shape (batch, n_chans, n_times), µV; gives (batch, n_outputs) without a softmax.

    Raises
    ------
    UsageError
        If there is no such architecture or it has no such option.
    InputError
        If a window is too small for it.
    """
    entry = registry.MODELS[registry.lookup("architecture", name, registry.MODELS)]
    shape = {"n_chans": n_chans, "n_times": n_times, "n_outputs": n_outputs}
    for quantity, value in shape.items():
        if value < 1:
            raise InputError(f"{name}: {quantity} is {value}, and must be at least 1")
    if not sfreq > 0:
        raise InputError(f"{name}: sfreq is {sfreq} Hz, and must be above 0")
    constructor = registry.load(entry.path)
    known = [parameter for parameter in inspect.signature(constructor).parameters if parameter not in (*shape, "sfreq")]
    for option in options:
        if option not in known:
            raise UsageError(f"{name} has no option {option!r}", hint=f"It has: {', '.join(known) or 'none'}.")
    module: nn.Module = constructor(**shape, sfreq=sfreq, **options)
    return module


def n_parameters(module: nn.Module) -> int:
    """Number of trainable weights of a module."""
    return sum(weights.numel() for weights in module.parameters() if weights.requires_grad)
