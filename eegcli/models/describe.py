"""Description of an architecture for a shape: its figures and its layers, without making its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eegcli.errors import InputError, UsageError
from eegcli.models import build, fitted_options, n_parameters, resolved_options
from eegcli.registry import REPRESENTATIONS, ModelEntry, entry_of, foreign_named, form_of

if TYPE_CHECKING:
    from torch import nn

    from eegcli.models.options import Option

TIME = "n_times"  # the axis that is shown in milliseconds


def describe(
    name: str,
    *,
    shape: str,
    representation: str | None,
    n_outputs: int,
    sfreq: float,
    options: Sequence[str] = (),
    fit_window: bool = False,
) -> dict[str, Any]:
    """Describe an architecture: weights, multiply-adds, memory, receptive field, layers, source, training by default.

    Parameters
    ----------
    name : str
        A name that `eegcli models` lists, or a network of your own, as `models.build` takes it.
    shape : str
        Sizes of a window with an x between them, e.g. ``24x256``.
    representation : str or None
        What windows hold; None: the first, in the order of their table, that the architecture takes and that has as many axes as `shape`.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz.
    options : sequence of str, optional
        Options of the architecture, as ``NAME=VALUE``.
    fit_window : bool
        Shorten kernels and pools that are too long for the shape.

    Returns
    -------
    dict
        Figures of one window; ``options`` with their values, the defaults where no other is given, and ``choices`` of those that are words;
        ``layers``: a row per layer, as `models.layers.Layer` has it, and its receptive field along time in ms (None without such an axis).

    Raises
    ------
    UsageError
        If there is no such architecture or representation, or the shape does not fit it.
    InputError
        If a window is too small for it.
    """
    entry = entry_of(name)
    sizes = _parse_shape(shape)
    representation = representation or _meant(name, sizes)
    form_of(name, representation)  # before torch is imported, which takes seconds
    axes = REPRESENTATIONS[representation].axes
    if len(axes) != len(sizes):
        raise UsageError(f"--shape {shape}: windows of the representation {representation} are {' x '.join(axes)}")
    from eegcli.models.layers import layers_of
    from eegcli.models.options import options_of, read_options

    known = options_of(name, representation)
    classes, n_outputs = n_outputs, _n_outputs(name, n_outputs)
    chosen = read_options(name, representation, options)
    fixed: dict[str, Any] = {
        "representation": representation,
        "n_outputs": n_outputs,
        "sfreq": sfreq,
        **dict(zip(axes, sizes, strict=True)),
    }
    if fit_window and foreign_named(name) is not None:
        raise UsageError(f"--fit-window: which lengths of {name} may be shortened is not known", hint="Give them with --set.")
    if fit_window:
        chosen |= fitted_options(name, **fixed, **chosen)
    layers = layers_of(_without_values(name, fixed | chosen), tuple(sizes))
    time = axes.index(TIME) if TIME in axes else None

    def in_ms(field: Sequence[int]) -> float | None:
        return None if time is None else round(1000 * field[time] / sfreq, 3)

    return {
        "name": name,
        "summary": entry.summary,
        "representation": representation,
        "representations": list(entry.representations),
        "shape": sizes,
        "outputs": classes,
        "n_parameters": layers.n_parameters,
        "multiply_adds": layers.multiply_adds,
        "memory_bytes": layers.memory_bytes,
        "receptive_field": list(layers.receptive_field),
        "receptive_field_ms": in_ms(layers.receptive_field),
        "source": entry.source,
        "recommended": entry.recommended,
        "options": _defaults(known) | resolved_options(name, representation, **chosen),
        "choices": {option: list(one.choices) for option, one in known.items() if one.choices},
        "training": training_of(entry),
        "layers": [{**asdict(row), "receptive_field_ms": in_ms(row.receptive_field)} for row in layers.rows],
    }


def count(name: str, *, shape: str, representation: str | None, n_outputs: int, sfreq: float) -> tuple[int | None, str]:
    """Number of trainable weights of an architecture for a shape. Arguments as for `describe`.

    Returns
    -------
    n_parameters : int or None
    reason : str
        Why there is none: the network takes no windows of that shape, or larger ones; empty where there is one.
    """
    sizes = _parse_shape(shape)
    taken = entry_of(name).representations
    try:
        representation = representation or _meant(name, sizes)
    except UsageError:
        return None, f"takes windows that are {' or '.join(taken)}"
    if representation not in taken:
        return None, f"takes windows that are {' or '.join(taken)}, not {representation}"
    axes = REPRESENTATIONS[representation].axes
    if len(axes) != len(sizes):
        return None, f"{representation} windows are {' x '.join(axes)}"
    from eegcli.models.layers import WindowTooSmall

    try:
        options = {"representation": representation, "n_outputs": _n_outputs(name, n_outputs), "sfreq": sfreq}
        return n_parameters(_without_values(name, options | dict(zip(axes, sizes, strict=True)))), ""
    except WindowTooSmall as error:
        return None, error.fitting
    except InputError as error:
        return None, error.message.removeprefix(f"{name}: ")


def training_of(entry: ModelEntry) -> dict[str, Any]:
    """Hyper-parameters of an architecture by name, without those that it leaves to the optimiser or does not use."""
    return {} if entry.training is None else entry.training.stated()


def _defaults(known: Mapping[str, Option]) -> dict[str, Any]:
    """Defaults of the options that have one, as values or, of what is none (a class, a function), by name."""
    from eegcli.models.options import ABSENT, shown

    return {
        option: one.default if isinstance(one.default, (bool, int, float, str, tuple, type(None))) else shown(one.default)
        for option, one in known.items()
        if one.default is not ABSENT
    }


def _n_outputs(name: str, classes: int) -> int:
    """Number of outputs for so many classes (1: a number): what the head of the architecture has for them."""
    from eegcli.models.head import head_of

    return classes if classes == 1 else head_of(name, "classification").n_outputs(classes)


def _without_values(name: str, options: dict[str, Any]) -> nn.Module:
    """Build a network without its weights; with them, where its constructor computes with them."""
    import torch

    if foreign_named(name) is not None:  # whose code may do anything with its weights
        return build(name, **options)
    try:
        with torch.device("meta"):
            return build(name, **options)
    except (RuntimeError, NotImplementedError, TypeError) as error:
        if "meta" not in str(error):  # torch names the device where a value is asked for
            raise
    return build(name, **options)


def _meant(name: str, sizes: list[int]) -> str:
    """Find the representation that so many sizes mean for an architecture."""
    taken = entry_of(name).representations
    for representation in taken:
        if len(REPRESENTATIONS[representation].axes) == len(sizes):
            return representation
    windows = " or ".join(f"{' x '.join(REPRESENTATIONS[other].axes)} ({other})" for other in taken)
    raise UsageError(f"--shape {'x'.join(map(str, sizes))}: {name} takes windows of {windows}")


def _parse_shape(shape: str) -> list[int]:
    parts = shape.lower().split("x")
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise UsageError(f"--shape {shape}: sizes with an x between them are needed, e.g. 24x256 (channels x samples)")
    return [int(part) for part in parts]
