"""Architectures, one a file. Each takes (batch, n_chans, n_times) in microvolts and gives (batch, n_outputs).

Some have further forms, for windows of other representations.

The last layer of every architecture of the table is a `torch.nn.Linear` named `final_layer`: training writes the unit of a
continuous target into it, and explanations read the outputs before any softmax. Networks of the user's own (`models.foreign`) carry it beside.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eegcli import registry
from eegcli.errors import InputError, UsageError
from eegcli.lazy import submodules

if TYPE_CHECKING:
    from torch import nn

    from eegcli.models.options import Option

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
    registry.form_of(name, representation)  # raises where there is no such architecture or representation
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
    known = _known(name, representation)
    for option in options:
        if option not in known:
            raise UsageError(f"{name} has no option {option!r}", hint=f"It has: {', '.join(known) or 'none'}.")
    return _made(name, representation, n_outputs=n_outputs, sfreq=sfreq, sizes=sizes, options=options)


def fitted_options(name: str, *, n_outputs: int, sfreq: float, representation: str = "raw", **options: Any) -> dict[str, Any]:
    """Options with which an architecture fits a window (``--fit-window``): kernels and pools that are too long for it, shortened.

    Parameters
    ----------
    name, n_outputs, sfreq, representation, **options
        As for `build`.

    Returns
    -------
    dict
        Options that differ from those given and from the defaults; empty where the window fits. The rule is that of `models.window.fit_options`.

    Raises
    ------
    InputError
        If the window does not fit even so.
    """
    from eegcli.models.window import fit_options

    axes = registry.REPRESENTATIONS[representation].axes
    sizes = {axis: options.pop(axis) for axis in axes}
    values = resolved_options(name, representation, **options)
    lengths = {axis: {option: values[option] for option in registry.entry_of(name).lengths.get(axis, ())} for axis in axes}
    make = _maker(name, representation, n_outputs=n_outputs, sfreq=sfreq)
    return fit_options(lambda **given: make(**(options | given)), sizes, lengths)


def _made(name: str, representation: str, *, n_outputs: int, sfreq: float, sizes: dict[str, int], options: dict[str, Any]) -> nn.Module:
    """Build a network; a window that is too small is an error that names the smallest that fits."""
    from eegcli.models.layers import WindowTooSmall

    make = _maker(name, representation, n_outputs=n_outputs, sfreq=sfreq)
    try:
        return make(**sizes, **options)
    except WindowTooSmall as error:
        from eegcli.models.window import smallest_window, words

        smallest = smallest_window(lambda **sizes: make(**sizes, **options), sizes)
        fitting = f"the smallest that fits is {words(smallest)}" if smallest else "none fits with these options"
        told = WindowTooSmall(f"{error.message}; {fitting}", hint=error.hint)
        told.fitting = fitting
        raise told from None


def _maker(name: str, representation: str, *, n_outputs: int, sfreq: float) -> Callable[..., nn.Module]:
    """Function of a window's sizes and of options, by name, that makes the network."""
    constructor = registry.load(registry.form_of(name, representation))
    axes, as_shape = registry.REPRESENTATIONS[representation].axes, "shape" in inspect.signature(constructor).parameters

    def make(**given: Any) -> nn.Module:
        sizes = {axis: given.pop(axis) for axis in axes}
        module: nn.Module = constructor(
            **({"shape": tuple(sizes.values())} if as_shape else sizes), n_outputs=n_outputs, sfreq=sfreq, **given
        )
        return module

    return make


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
    known = _known(name, representation)
    return {option: one.default for option, one in known.items() if one.default is not inspect.Parameter.empty} | options


def _known(name: str, representation: str) -> dict[str, Option]:
    """Options of an architecture's form."""
    from eegcli.models.options import options_of

    return options_of(name, representation)


def n_parameters(module: nn.Module) -> int:
    """Number of trainable weights of a module."""
    return sum(weights.numel() for weights in module.parameters() if weights.requires_grad)
