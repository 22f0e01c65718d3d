"""Unit of a number in the last layer of a network, which learns it standardised."""

from __future__ import annotations

import torch
from torch import nn

from eegcli.engine.objective import TargetScaler
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner


def restore_unit(model: nn.Module, scaler: TargetScaler) -> None:
    """Write the unit of the target into the last layer of a network that was trained on standardised labels; beside a foreign one."""
    model = inner(model)
    if isinstance(model, ForeignNetwork):
        model.unit = scaler.mean, scaler.scale
        return
    layer = _last_layer(model)
    with torch.no_grad():
        for weights, shift in ((layer.weight, 0.0), (layer.bias, scaler.mean)):
            weights.copy_(weights.double().cpu() * scaler.scale + shift)


def leave_unit(model: nn.Module, scaler: TargetScaler) -> None:
    """Let the last layer of a network that gives numbers in the unit of the target give them standardised: the inverse of `restore_unit`."""
    model = inner(model)
    if isinstance(model, ForeignNetwork):
        return  # its unit stands beside its weights
    layer = _last_layer(model)
    with torch.no_grad():
        for weights, shift in ((layer.weight, 0.0), (layer.bias, scaler.mean)):
            weights.copy_((weights.double().cpu() - shift) / scaler.scale)


def _last_layer(model: nn.Module) -> nn.Linear:
    layer = model.get_submodule("final_layer")
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"final_layer of {type(model).__name__} is a {type(layer).__name__}, not a Linear")
    return layer
