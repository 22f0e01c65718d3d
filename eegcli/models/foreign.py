"""Foreign networks: modules of the user's own, fed and watched like those of the table."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from eegcli.errors import InputError, UsageError, counted
from eegcli.models.code import Code
from eegcli.models.options import class_named, takes_class
from eegcli.models.untouched import untouched

GIVEN = ("n_chans", "n_times", "n_outputs", "sfreq")  # braindecode's names, of which a constructor takes those that it has
MORE = ("chs_info", "input_window_seconds")  # only where its signature has them


class ForeignNetwork(nn.Module):
    """Network of foreign code. Its errors are told with their line in that code, and its outputs are looked at.

    Parameters
    ----------
    code : Code
    arguments : mapping
        Arguments of its constructor.
    window : tuple of int
        Shape of a window.
    n_outputs : int

    Attributes
    ----------
    network : torch.nn.Module
        What the constructor gave. Its own weights, under their own names, are what a run stores.
    unit : (float, float) or None
        Mean and scale of the target, where outputs are numbers in units of its spread. Nothing is written into the weights, since nobody
        knows which layer of a foreign network is the last.
    """

    def __init__(self, code: Code, arguments: Mapping[str, Any], window: tuple[int, ...], n_outputs: int) -> None:
        super().__init__()
        self.code, self.arguments, self.window, self.n_outputs = code, dict(arguments), window, n_outputs
        self.unit: tuple[float, float] | None = None
        self.network = self._made()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Outputs of windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs), before any softmax."""
        with self.code.running():
            outputs: torch.Tensor = self.network(x)
        self._require_outputs(outputs, len(x))
        if self.unit is None:
            return outputs
        mean, scale = self.unit
        return outputs * scale + mean

    def rebuild(self) -> None:
        """Draw the weights anew, in place, as the constructor draws them, from torch's global generator."""
        fresh = self._made()
        with torch.no_grad():
            for tensors, others in ((self.network.parameters(), fresh.parameters()), (self.network.buffers(), fresh.buffers())):
                for tensor, other in zip(tensors, others, strict=True):
                    tensor.copy_(other)

    def _made(self) -> nn.Module:
        with untouched(), self.code.running():
            network = self.code.constructor()(**self.arguments)
        if not isinstance(network, nn.Module):
            raise InputError(f"{self.code.title} gives a {type(network).__name__}, and no torch.nn.Module")
        if any(is_lazy(tensor) for tensor in (*network.parameters(), *network.buffers())):
            # Layers that get their sizes from their first input.
            with torch.no_grad(), self.code.running():
                network.eval()(torch.zeros(1, *self.window))
            network.train()
        return network

    def _require_outputs(self, outputs: Any, n_windows: int) -> None:
        if not isinstance(outputs, torch.Tensor):
            raise InputError(f"{self.code.title} gives a {type(outputs).__name__}, and one tensor is needed")
        if outputs.shape != (n_windows, self.n_outputs):
            raise InputError(
                f"{self.code.title} gives {tuple(outputs.shape)} for {counted(n_windows, 'window')}",
                hint=f"(batch, n_outputs) is needed, here {(n_windows, self.n_outputs)}, before any softmax.",
            )


def build_foreign(
    code: Code,
    sizes: Mapping[str, int],
    *,
    n_outputs: int,
    sfreq: float,
    ch_names: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> ForeignNetwork:
    """Make a network of foreign code, with fresh weights from torch's global generator.

    Parameters
    ----------
    code : Code
    sizes : mapping of str to int
        `n_chans` and `n_times` of a window.
    n_outputs : int
    sfreq : float
        Hz.
    ch_names : sequence of str
        Channels, for `chs_info`.
    options : mapping, optional
        Arguments beside these.

    Raises
    ------
    UsageError
        If it needs an argument that is not given, or does not take one that is.
    InputError
        If its code fails, or gives no network.
    """
    constructor = code.constructor()
    if isinstance(constructor, nn.Module):
        raise InputError(f"{code.title} is a network already", hint="Name its class, or a function that makes it: sizes vary.")
    if isinstance(constructor, type) and not issubclass(constructor, nn.Module):
        raise InputError(f"{code.title} is no class of torch.nn.Module")
    shape = {**sizes, "n_outputs": n_outputs, "sfreq": sfreq}
    return ForeignNetwork(code, _arguments(code, constructor, shape, ch_names, options or {}), tuple(sizes.values()), n_outputs)


def _arguments(
    code: Code, constructor: Callable[..., Any], shape: Mapping[str, Any], ch_names: Sequence[str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments of a constructor, by its signature."""
    try:
        parameters = inspect.signature(constructor).parameters
    except (ValueError, TypeError):
        raise InputError(f"{code.title} has no signature", hint="Name a class or function of Python.") from None
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    named = {name: one for name, one in parameters.items() if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    known = {name: value for name, value in shape.items() if takes_all or name in named}
    if "input_window_seconds" in named:
        known["input_window_seconds"] = _seconds(shape["n_times"], shape["sfreq"])
    if "chs_info" in named and ch_names:
        known["chs_info"] = [{"ch_name": name, "kind": "eeg"} for name in ch_names]
    for option in options:
        if option in (*GIVEN, *MORE):
            raise UsageError(f"{code.title}: {option} is that of the windows, and no option")
        if option not in named and not takes_all:
            others = [name for name in named if name not in (*GIVEN, *MORE)]
            raise UsageError(f"{code.title} has no option {option!r}", hint=f"It has: {', '.join(others) or 'none'}.")
    classes = {
        option: value for option, value in options.items() if isinstance(value, str) and option in named and takes_class(named[option])
    }
    given = {**known, **options} | {option: class_named(option, named[option].default, value) for option, value in classes.items()}
    for name, one in parameters.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) or one.default is not one.empty or name in given:
            continue
        if name in MORE:
            raise UsageError(f"{code.title} needs {name}, which only windows have", hint="Train it: eegcli train WINDOWS --arch ...")
        if one.kind is one.POSITIONAL_ONLY:
            raise UsageError(f"{code.title} takes {name} by its position", hint="Arguments are given by their names.")
        raise UsageError(f"{code.title} needs {name}, which windows do not say", hint=f"Give it with --set {name}=VALUE, or a default.")
    return given


def _seconds(n_times: int, sfreq: float) -> float:
    """Seconds of a window; as many as give its samples again where they are multiplied and cut off, as braindecode does."""
    seconds = n_times / sfreq
    while int(seconds * sfreq) < n_times:
        seconds = math.nextafter(seconds, math.inf)
    return seconds
