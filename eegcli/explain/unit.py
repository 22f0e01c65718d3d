"""Units of a network that an input can be made for: outputs, and units of hidden layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from eegcli.errors import UsageError, counted
from eegcli.explain.background import Wishes
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.methods.activation_maximisation import Objective


@contextmanager
def objectives(model: nn.Module, material: ExplainedWindows) -> Iterator[dict[str, Objective]]:
    """Objectives by label, for the block: one per class, or that of the hidden unit that was asked for.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode, on its device; gives one output per class, before any softmax.
    material : ExplainedWindows
        Its background names the classes, or the layer.

    Raises
    ------
    UsageError
        If the network has no such layer, or the layer no such unit.
    """
    asked = material.around.wishes
    if asked.layer is None:

        def of_class(index: int) -> Objective:
            return lambda x: model(x)[:, index]

        yield {name: of_class(index) for index, name in enumerate(material.around.classes)}
        return
    name, layer = named_layer(model, asked.layer)
    given: list[Tensor] = []
    # What is watched runs in the order in which it is published: nothing is fused with the layer.
    handle = layer.register_forward_hook(lambda _module, _inputs, output: given.append(output))
    try:
        yield {f"{name} {asked.objective} {asked.unit}": lambda x: _unit(model, given, x, name, asked)}
    finally:
        handle.remove()


def _unit(model: nn.Module, given: list[Tensor], x: Tensor, name: str, asked: Wishes) -> Tensor:
    given.clear()
    model(x)
    if not given or not isinstance(given[-1], Tensor) or len(given[-1]) != len(x):
        raise UsageError(f"--layer {name}: it gives no values per window", hint="Choose a convolution, an activation or a linear layer.")
    output = given[-1]
    places = output.flatten(2).mean(dim=2) if asked.objective == "channel" and output.dim() > 2 else output.flatten(1)
    if not 0 <= asked.unit < places.shape[1]:
        raise UsageError(f"--unit {asked.unit}: {name} has {counted(places.shape[1], asked.objective)}, counted from 0")
    return places[:, asked.unit]


def named_layer(model: nn.Module, wanted: str) -> tuple[str, nn.Module]:
    """Find a layer by its name, or by the end of it where that is one layer's alone.

    Raises
    ------
    UsageError
        If there is none, or several.
    """
    layers = {name: module for name, module in model.named_modules() if name and not any(module.children())}
    found = [name for name in layers if name == wanted] or [name for name in layers if name.endswith(f".{wanted}")]
    if len(found) == 1:
        return wanted, layers[found[0]]
    raise UsageError(
        f"--layer {wanted}: {'no layer' if not found else counted(len(found), 'layer')} of that name",
        hint=f"Layers: {', '.join(name.removeprefix('model.') for name in (found or layers))}.",
    )
