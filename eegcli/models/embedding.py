"""Embeddings: the vectors that the last layer of a network is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from eegcli.errors import InputError
from eegcli.models.closed import ClosedForm
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner

LAST = "final_layer"  # of every architecture of the table
NEEDED = "Embeddings are what a torch.nn.Linear that gives the outputs is given: end the network with one."


def last_layers(model: nn.Module, window: tuple[int, ...]) -> tuple[nn.Linear, ...]:
    """Find the linear layers that give the outputs of a network.

    Parameters
    ----------
    model : torch.nn.Module
        In evaluation mode, on any device.
    window : tuple of int
        Shape of a window.

    Returns
    -------
    tuple of torch.nn.Linear
        One; of a closed form one for each of its parts.

    Raises
    ------
    InputError
        If it is a foreign network that ends with something else.

    Notes
    -----
    A foreign network is run on one window of noise: its last layer is the Linear whose output is the network's, or the Linear with as many
    outputs that is the last module with weights of its own to be run.
    """
    network = inner(model)
    if isinstance(network, ClosedForm):
        return tuple(part.final_layer for part in network.parts.values())
    if isinstance(network, ForeignNetwork):
        return (_last_of(network, window),)
    layer = network.get_submodule(LAST)
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"{LAST} of {type(network).__name__} is a {type(layer).__name__}, not a Linear")
    return (layer,)


def _last_of(network: ForeignNetwork, window: tuple[int, ...]) -> nn.Linear:
    ended: list[tuple[nn.Module, object]] = []
    handles = [
        module.register_forward_hook(lambda module, _, output: ended.append((module, output)))
        for module in network.network.modules()
        if module._parameters
    ]
    device = next((weights.device for weights in network.parameters()), torch.device("cpu"))
    try:
        with torch.no_grad():
            noise = torch.randn(1, *window, generator=torch.Generator().manual_seed(0)).to(device)
            with network.code.running():
                output = network.network(noise)
    finally:
        for handle in handles:
            handle.remove()
    same = [module for module, given in ended if isinstance(module, nn.Linear) and _is(given, output)]
    last = same[-1] if same else ended[-1][0] if ended else None
    # What runs more than once for a window is given more than one vector.
    if isinstance(last, nn.Linear) and last.out_features == network.n_outputs and sum(module is last for module, _ in ended) == 1:
        return last
    what = "has no layer with weights" if last is None else f"ends with a {type(last).__name__}"
    raise InputError(f"{network.code.title} {what}, and has no vectors before a last linear layer", hint=NEEDED)


def _is(given: object, output: torch.Tensor) -> bool:
    return isinstance(given, torch.Tensor) and given.numel() == output.numel() and given.data_ptr() == output.data_ptr()


@contextmanager
def embedding(layers: tuple[nn.Linear, ...]) -> Iterator[list[torch.Tensor]]:
    """Watch what the last layers of a network are given, inside the block.

    Parameters
    ----------
    layers : tuple of torch.nn.Linear

    Yields
    ------
    list of torch.Tensor
        After each forward pass it holds, for each layer, what it was given, (batch, n_features); whoever takes them clears the list.
    """
    given: list[torch.Tensor] = []

    def keep(_: nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        given.append(arguments[0].flatten(1))

    handles = [layer.register_forward_pre_hook(keep) for layer in layers]
    try:
        yield given
    finally:
        for handle in handles:
            handle.remove()
