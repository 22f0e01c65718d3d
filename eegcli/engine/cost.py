"""Cost of a network, for a dry run: bytes held per window, and seconds per window, measured here and now."""

from __future__ import annotations

import time

import torch
from torch import nn

from eegcli.models.layers import layers_of

FLOAT = 4  # bytes
START_SECONDS, START_BYTES = 3.0, 350_000_000  # Python with torch: importing it, and what it holds
_ROUNDS = 2  # the first one warms up


def bytes_per_window(model: nn.Module, shape: tuple[int, ...]) -> int:
    """Memory that one window takes on its way through a network, in bytes: itself, and what every layer holds."""
    return layers_of(model, shape).memory_bytes


def seconds_per_window(model: nn.Module, shape: tuple[int, ...], *, batch_size: int, backward: bool) -> float:
    """Measure how long one window takes in a batch, there and, with `backward`, back again."""
    batch = torch.randn(batch_size, *shape, generator=torch.Generator().manual_seed(0)).to(_device_of(model))
    model.train(backward)
    seconds = 0.0
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        with torch.set_grad_enabled(backward):
            result = model(batch).sum()
            if backward:
                result.backward()
        result.item()  # waits for a GPU
        seconds = time.perf_counter() - start
    model.zero_grad(set_to_none=True)
    return seconds / batch_size


def _device_of(model: nn.Module) -> torch.device:
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
