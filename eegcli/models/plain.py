"""Layers that may be put together with others: convolutions without a special wish, and modules that nobody watches."""

from __future__ import annotations

from torch import nn


def is_plain(layer: nn.Module, *, padded: bool = False) -> bool:
    """Test that a layer is torch's own convolution of images, moves by one, looks at neighbours, and pads nothing; `padded`: at most zeros."""
    return (
        type(layer) is nn.Conv2d
        and layer.stride == layer.dilation == (1, 1)
        and not isinstance(layer.padding, str)
        and layer.padding_mode == "zeros"
        and (padded or not any(layer.padding))
    )


def is_watched(layer: nn.Module) -> bool:
    """Test that somebody wants to see what a layer is given, or gives."""
    return any((layer._forward_hooks, layer._forward_pre_hooks, layer._backward_hooks, layer._backward_pre_hooks))
