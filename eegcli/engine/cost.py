"""What a network costs, for a dry run: values held per window, and seconds per window, measured here and now."""

from __future__ import annotations

import time

import torch
from torch import nn

FLOAT = 4  # bytes
START_SECONDS, START_BYTES = 3.0, 350_000_000  # Python with torch: importing it, and what it holds
_ROUNDS = 2  # the first one warms up


def values_per_window(model: nn.Module, shape: tuple[int, ...]) -> int:
    """Numbers that a window becomes on its way through a network: itself and every layer's output."""
    window = torch.zeros(1, *shape, device=_device_of(model))
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
    return values


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
