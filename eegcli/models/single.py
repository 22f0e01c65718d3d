"""Single precision inside of a network that learns in half of it: for what half precision makes slower, or cannot do."""

from __future__ import annotations

from collections.abc import Callable

import torch

# Devices that have half precision; tensors without values (meta) do not. torch could be asked, but not where `torch.export` of torch 2.6 looks on.
WITH_HALF = ("cpu", "cuda", "mps", "xpu")


def in_single(function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Apply a function in single precision, whatever the precision around it.

    Parameters
    ----------
    function : callable
        Of one tensor, as a layer is.
    x : torch.Tensor
        Becomes float32 where it is float16 or bfloat16.

    Returns
    -------
    torch.Tensor
        As the function gives it.
    """
    device = x.device.type
    if device not in WITH_HALF or not torch.is_autocast_enabled(device):
        return function(x)  # nothing to change, and nothing that a program that is recorded would show
    with torch.autocast(device, enabled=False):
        return function(x.float() if x.dtype in (torch.float16, torch.bfloat16) else x)
