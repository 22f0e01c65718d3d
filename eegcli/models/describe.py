"""Description of an architecture for a shape: its figures and its layers, without making its weights."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eegcli.errors import UsageError
from eegcli.models import build
from eegcli.registry import REPRESENTATIONS, entry_of, foreign_named, form_of

if TYPE_CHECKING:
    from torch import nn


def describe(name: str, *, shape: str, representation: str | None, n_outputs: int, sfreq: float) -> dict[str, Any]:
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

    Returns
    -------
    dict
        Figures of one window, and ``layers``: a row per layer, as `models.layers.Layer` has it.

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

    options = {"representation": representation, "n_outputs": n_outputs, "sfreq": sfreq, **dict(zip(axes, sizes, strict=True))}
    layers = layers_of(_without_values(name, options), tuple(sizes))
    return {
        "name": name,
        "summary": entry.summary,
        "representation": representation,
        "representations": list(entry.representations),
        "shape": sizes,
        "outputs": n_outputs,
        "n_parameters": layers.n_parameters,
        "multiply_adds": layers.multiply_adds,
        "memory_bytes": layers.memory_bytes,
        "receptive_field": list(layers.receptive_field),
        "source": entry.source,
        "training": {} if entry.training is None else asdict(entry.training),
        "layers": [asdict(row) for row in layers.rows],
    }


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
