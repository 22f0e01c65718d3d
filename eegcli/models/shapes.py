"""What a stack of convolutions and poolings makes of an image, or which of its layers no longer fits."""

from __future__ import annotations

from torch import nn

from eegcli.errors import InputError

CHANNELS_AND_SAMPLES, PIXELS = ("channels", "samples"), ("pixels", "pixels")  # what height and width of an image count
LARGER = {CHANNELS_AND_SAMPLES: "Keep more channels, cut longer windows", PIXELS: "Take more --bands"}


def output_shape(
    arch: str, layers: nn.Sequential, shape: tuple[int, int, int], *, axes: tuple[str, str] = CHANNELS_AND_SAMPLES
) -> tuple[int, int, int]:
    """Follow a shape through named layers.

    Parameters
    ----------
    arch : str
        Name of the architecture, for the message.
    layers : torch.nn.Sequential
        Layers; only convolutions and poolings change the shape.
    shape : tuple of int
        (maps, height, width) of the input.
    axes : tuple of str
        What height and width count, for the message: a key of `LARGER`.

    Returns
    -------
    tuple of int
        (maps, height, width) of the output.

    Raises
    ------
    InputError
        If a kernel is larger than what is left for it; the message names the layer.
    """
    maps, *size = shape
    for name, layer in layers.named_children():
        if not isinstance(layer, (nn.Conv2d, nn.MaxPool2d)):
            continue
        kernel, stride, padding = (_pair(value) for value in (layer.kernel_size, layer.stride, layer.padding))
        if any(length + 2 * pad < width for length, pad, width in zip(size, padding, kernel, strict=True)):
            raise InputError(
                f"{arch}: windows of {shape[1]} {axes[0]} x {shape[2]} {axes[1]} are too small: "
                f"{name} needs {kernel[0]} x {kernel[1]} and {size[0]} x {size[1]} are left",
                hint=f"{LARGER[axes]}, or choose another architecture (`eegcli models` lists them).",
            )
        size = [(length + 2 * pad - width) // step + 1 for length, pad, width, step in zip(size, padding, kernel, stride, strict=True)]
        if isinstance(layer, nn.Conv2d):
            maps = layer.out_channels
    return maps, size[0], size[1]


def _pair(value: int | str | tuple[int, ...]) -> tuple[int, int]:
    if isinstance(value, str):
        raise TypeError(f"padding {value!r} is not a number of samples")
    return (value, value) if isinstance(value, int) else (value[0], value[1])
