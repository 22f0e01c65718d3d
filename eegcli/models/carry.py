"""Weights that one network takes over from another of the same architecture: by name, and along channels by the channels' names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import nn

Weights = Mapping[str, torch.Tensor]


def axis_of_channels(build: Callable[[int], nn.Module], n_chans: int) -> dict[str, int] | None:
    """Find which axis of which weights belongs to the channels, from networks for other numbers of them.

    Parameters
    ----------
    build : callable
        Number of channels -> network; its random draws are the caller's.
    n_chans : int

    Returns
    -------
    dict of str to int, or None
        By name of the weights. None where channels cannot be taken over by name: a convolution runs along them, or a layer joins them with time.

    Notes
    -----
    For twice the channels an axis of channels is twice as long, from `n_chans` on. Any other change means that a channel's weights do not
    lie side by side; no change at all that the order of channels matters elsewhere (in a convolution along them).
    """
    shapes, doubled = ({name: value.shape for name, value in build(n).state_dict().items()} for n in (n_chans, 2 * n_chans))
    if shapes.keys() != doubled.keys():
        return None
    found = {}
    for name, shape in shapes.items():
        if len(shape) != len(doubled[name]):
            return None
        changed = [axis for axis, (one, two) in enumerate(zip(shape, doubled[name], strict=True)) if one != two]
        if not changed:
            continue
        if len(changed) > 1 or (shape[changed[0]], doubled[name][changed[0]]) != (n_chans, 2 * n_chans):
            return None
        found[name] = changed[0]
    return found or None


def layers_of_outputs(build: Callable[[int], nn.Module], n_outputs: int) -> set[str]:
    """Names of the weights in layers that are made for the number of outputs, from networks for other numbers of them.

    Parameters
    ----------
    build : callable
        Number of outputs -> network.
    n_outputs : int
    """
    shapes, other = ({name: value.shape for name, value in build(n).state_dict().items()} for n in (n_outputs, n_outputs + 1))
    layers = {name.rpartition(".")[0] for name, shape in shapes.items() if other.get(name) != shape}
    return {name for name in shapes if name.rpartition(".")[0] in layers}


@torch.no_grad()
def carry(
    network: nn.Module,
    weights: Weights,
    *,
    anew: Collection[str] = (),
    channel_axis: Mapping[str, int] | None = None,
    ours: Sequence[str] = (),
    theirs: Sequence[str] = (),
) -> None:
    """Put weights into a network.

    Parameters
    ----------
    network : nn.Module
        Keeps its own weights where it takes over none.
    weights : mapping of str to torch.Tensor
        Weights and running statistics of the other network, by name.
    anew : collection of str
        Names that are not taken over.
    channel_axis : mapping of str to int, optional
        As `axis_of_channels` gives it, where the channels are others.
    ours, theirs : sequence of str
        Names of the channels here and there.
    """
    for name, value in network.state_dict().items():
        if name in anew:
            continue
        axis = (channel_axis or {}).get(name)
        if axis is None:
            value.copy_(weights[name])
            continue
        for place, channel in enumerate(ours):
            if channel in theirs:
                value.select(axis, place).copy_(weights[name].select(axis, theirs.index(channel)))
