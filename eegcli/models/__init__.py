"""Architectures, one a file. Each takes (batch, n_chans, n_times) in microvolts and gives (batch, n_outputs).

Some have further forms, for windows of other representations.

The last layer of every architecture of the table is a `torch.nn.Linear` named `final_layer`: training writes the unit of a
continuous target into it, and explanations read the outputs before any softmax. Networks of the user's own (`models.foreign`) carry it beside.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.errors import InputError, UsageError
from eegcli.lazy import submodules

if TYPE_CHECKING:
    from torch import nn

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)


def build(name: str, *, n_outputs: int, sfreq: float, representation: str = "raw", **options: Any) -> nn.Module:
    """Make an architecture for windows of a shape, with fresh weights from torch's global generator.

    Parameters
    ----------
    name : str
        A name that `eegcli models` lists; or a network of your own, whose code is run: ``./mynet.py:Net``, ``package.module:Net``,
        ``braindecode:EEGConformer``.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz.
    representation : str
        Representation of the windows: a name in `registry.REPRESENTATIONS`.
    **options
        The shape of a window, by the names of its axes: `n_chans` and `n_times` of raw windows (else as
        `registry.REPRESENTATIONS` has them); and what this architecture takes beside its shape.

    Returns
    -------
    torch.nn.Module
        Takes float32 of shape (batch, n_chans, n_times), µV, or of the representation's shape and unit; gives (batch, n_outputs) without a
        softmax.

    Raises
    ------
    UsageError
        If there is no such architecture, it does not take the representation, or it has no such option.
    InputError
        If a window is too small for it, or the code of your own network fails.
    """
    form = registry.form_of(name, representation)
    axes = registry.REPRESENTATIONS[representation].axes
    if missing := [axis for axis in axes if axis not in options]:
        raise TypeError(f"{name} on {representation}: {', '.join(missing)} is needed")
    sizes = {axis: options.pop(axis) for axis in axes}
    for quantity, value in (sizes | {"n_outputs": n_outputs}).items():
        if value < 1:
            raise InputError(f"{name}: {quantity} is {value}, and must be at least 1")
    if not sfreq > 0:
        raise InputError(f"{name}: sfreq is {sfreq} Hz, and must be above 0")
    from eegcli.models.code import code_of

    if (code := code_of(name)) is not None:
        from eegcli.models.foreign import build_foreign

        return build_foreign(code, sizes, n_outputs=n_outputs, sfreq=sfreq, options=options)
    constructor = registry.load(form)
    known = list(_options(name, representation))
    parameters = inspect.signature(constructor).parameters
    shape = {"shape": tuple(sizes.values())} if "shape" in parameters else sizes
    for option in options:
        if option not in known:
            raise UsageError(f"{name} has no option {option!r}", hint=f"It has: {', '.join(known) or 'none'}.")
    module: nn.Module = constructor(**shape, n_outputs=n_outputs, sfreq=sfreq, **options)
    return module


def resolved_options(name: str, representation: str = "raw", **options: Any) -> dict[str, Any]:
    """Options of an architecture: those given, and the defaults of the others, so that a default may change without a trained network.

    Of a foreign one those given: its code, defaults included, is known by its digest.

    Raises
    ------
    UsageError
        If there is no such architecture, or it does not take the representation.
    """
    registry.form_of(name, representation)
    if registry.foreign_named(name) is not None:
        return options
    parameters = _options(name, representation)
    return {option: parameter.default for option, parameter in parameters.items() if parameter.default is not parameter.empty} | options


def _options(name: str, representation: str) -> dict[str, inspect.Parameter]:
    """Parameters of an architecture's form beside shape, outputs and sampling frequency."""
    fixed = (*registry.REPRESENTATIONS[representation].axes, "shape", "n_outputs", "sfreq")
    parameters = inspect.signature(registry.load(registry.form_of(name, representation))).parameters
    return {option: parameter for option, parameter in parameters.items() if option not in fixed}


def n_parameters(module: nn.Module) -> int:
    """Number of trainable weights of a module."""
    return sum(weights.numel() for weights in module.parameters() if weights.requires_grad)
