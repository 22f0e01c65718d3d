"""Layers that run in another order than they are published in, where the result is the same and costs less."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import has_torch_function

from eegcli.models.commuted import commuted
from eegcli.models.merged import merged
from eegcli.models.plain import is_watched
from eegcli.models.single import in_single

IN_PLACE = (nn.ReLU, nn.ELU)


class Reordered(nn.Sequential):
    """Layers one after the other; on a CPU in the order that costs least and gives the same, up to rounding.

    Weights, their names, and what is counted of a network are those of the layers as they are published. Two things are always as published:
    which values dropout drops for a seed, and the order where somebody looks on (hooks, `torch.export`, `torch.compile`).

    Attributes
    ----------
    as_published : bool
        Run the layers as they stand, whatever it costs: what benchmarks and tests compare with.

    Notes
    -----
    What is done, each by a rule on layers and shapes, never by a clock: spatial filters before temporal ones (`commuted`), both as one
    (`merged`), a maximum before a monotone activation, and ReLU and ELU in place. Where a CPU computes in bf16, spatial before temporal filters and
    grouped convolutions stay in single precision: neither Fourier transforms nor oneDNN's grouped convolutions gain by bf16 (`in_single`).
    """

    as_published = False

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Run the layers on maps of (batch, n_maps, height, width)."""
        if self.as_published or not _is_free(self, input):
            return _in_turn(self, input)
        layers, x = list(self), input
        while layers:
            x, n_done = _step(layers, x)
            layers = layers[n_done:]
        return x.contiguous()  # lies as it would: dropout after these layers draws in the order of the memory


def _in_turn(layers: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """Run layers as they stand; dropout on a CPU draws as for maps that lie in order."""
    for layer in layers:
        draws = isinstance(layer, nn.Dropout) and layer.training and x.device.type == "cpu"
        x = _layer(layer, x.contiguous() if draws else x)
    return x


def _layer(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Run a layer in the precision that is the faster one for it."""
    is_grouped = isinstance(layer, nn.Conv2d) and layer.groups > 1
    result: torch.Tensor = in_single(layer, x) if is_grouped and x.device.type == "cpu" else layer(x)
    return result


def _is_free(layers: nn.Sequential, x: torch.Tensor) -> bool:
    """Test that nobody sees in which order layers run, and that there is something to gain."""
    is_precise = x.dtype in (torch.float32, torch.float64)
    # Functions that others take over (ranks do, to see the whole batch) have to be called.
    is_recorded = torch.compiler.is_compiling() or torch._C._is_tracing() or has_torch_function((x,))
    return x.device.type == "cpu" and is_precise and x.dim() == 4 and x.numel() > 0 and not is_recorded and not any(map(is_watched, layers))


def _step(layers: list[nn.Module], x: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Run the first of some layers, with those after it that it goes together with; the result, and how many these are."""
    group = commuted(layers)
    if group is not None and group.pays(x):
        return in_single(group, x), group.n_layers
    both = merged(layers)
    if both is not None and both.pays(x):
        return both(x), both.n_layers
    first, *others = layers[:3]
    is_pooled = [isinstance(layer, nn.MaxPool2d) and not layer.return_indices for layer in others]
    if _is_monotone(first) and is_pooled[:1] == [True]:
        return _activated(first, others[0](x)), 2
    if type(first) in (nn.Conv2d, nn.BatchNorm2d) and others and type(others[0]) in IN_PLACE and is_pooled[1:] != [True]:
        return _activated(others[0], _layer(first, x)), 2
    if isinstance(first, nn.Dropout):
        return _dropped(first, x), 1
    return _layer(first, x), 1


def _is_monotone(layer: nn.Module) -> bool:
    """Test that the largest of what an activation gives is what it gives of the largest; not so of GELU."""
    if type(layer) is nn.LeakyReLU:
        return layer.negative_slope >= 0
    return type(layer) is nn.ReLU or (type(layer) is nn.ELU and layer.alpha >= 0)


def _activated(activation: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Activation of what a convolution, a norm or a pooling has just made, in place where it can be: none of them looks at it again."""
    if type(activation) is nn.ReLU:
        return torch.relu_(x)
    if type(activation) is nn.ELU and activation.alpha > 0:  # its derivative follows from what it gave
        return functional.elu_(x, activation.alpha)
    result: torch.Tensor = activation(x)
    return result


def _dropped(dropout: nn.Dropout, x: torch.Tensor) -> torch.Tensor:
    """Dropout that drops the same values in every layout: torch draws in the order of the memory."""
    if not dropout.training or dropout.p == 0 or x.is_contiguous():
        result: torch.Tensor = dropout(x)
        return result
    kept = torch.empty(x.shape, dtype=x.dtype).bernoulli_(1 - dropout.p)
    if dropout.p < 1:  # as torch's own: everything is dropped at a rate of one
        kept.div_(1 - dropout.p)
    return x * kept.contiguous(memory_format=torch.channels_last)
