"""Filters of the first temporal layer with their frequency responses, and of CovWave its learnt bands, waveforms and sources."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explained import Weights
from eegcli.errors import UsageError
from eegcli.explain.explained import ExplainedWindows
from eegcli.models.covwave import CovWave
from eegcli.stats.spectra import frequencies

Floats = NDArray[np.float64]


class NoFiltersError(UsageError):
    """Networks without a filter along time."""


def filters(model: nn.Module, material: ExplainedWindows) -> Weights:
    """Read the filters of a network along time.

    Parameters
    ----------
    model : nn.Module
        The network.
    material : ExplainedWindows
        Raw windows: one shows which layer reads samples; those of the training set weight the channels of sources.

    Returns
    -------
    Weights
        One row per filter: its kernels, and their gain at each frequency of the windows' spectrum.

    Raises
    ------
    NoFiltersError
        If no convolution of the network goes along the samples of a window, or windows are no samples.

    Notes
    -----
    The first temporal layer is the first convolution to run that gets a value per sample and whose kernel is longer than one of them. The gain is |H(f)|, the
    discrete-time Fourier transform of the kernel; of a filter that reads several channels or rows, the root mean square over these.
    """
    if not material.is_raw:
        raise NoFiltersError(
            f"filters: {material.representation} windows are no samples", hint="Train on raw windows to see filters along time."
        )
    n_times = material.x.shape[-1]
    freqs = frequencies(n_times, material.sfreq)
    for module in model.modules():
        if isinstance(module, CovWave):
            return _of_covwave(module, freqs, material)
    name, kernel = _first_temporal(model, material)
    labels = np.array([f"{name}.{number}" for number in range(len(kernel))])
    nothing = np.zeros((0, 0, 0))
    return Weights(labels, kernel, gain(kernel, freqs, material.sfreq), np.zeros(0, str), nothing, nothing, nothing)


def gain(kernel: Floats, freqs: Floats, sfreq: float) -> Floats:
    """Gain of filters: (n_filters, n_slices, n_taps), frequencies (n_freqs,) in Hz -> (n_filters, n_freqs)."""
    waves = np.exp(-2j * np.pi * np.outer(np.arange(kernel.shape[2]), freqs) / sfreq)  # (n_taps, n_freqs)
    response: Floats = np.sqrt(np.mean(np.abs(kernel @ waves) ** 2, axis=1))
    return response


def _first_temporal(model: nn.Module, material: ExplainedWindows) -> tuple[str, Floats]:
    n_channels, n_times = material.x.shape[1:]
    found: list[tuple[str, nn.Conv1d | nn.Conv2d, int]] = []

    def look(name: str, module: nn.Conv1d | nn.Conv2d, inputs: tuple[torch.Tensor, ...]) -> None:
        # Some pad before the layer: there may be more values along time, by a kernel at most.
        sizes, lengths = inputs[0].shape[2:], module.kernel_size
        axes = [
            (size == n_times, axis)
            for axis, (size, length) in enumerate(zip(sizes, lengths, strict=True))
            if length > 1 and (size == n_times or (n_times < size <= n_times + length and size != n_channels))
        ]
        if axes:
            found.append((name, module, max(axes)[1]))

    def watch(name: str, module: nn.Conv1d | nn.Conv2d) -> torch.utils.hooks.RemovableHandle:
        return module.register_forward_pre_hook(lambda _module, inputs: look(name, module, inputs))

    handles = [watch(name, module) for name, module in model.named_modules() if isinstance(module, (nn.Conv1d, nn.Conv2d))]
    try:
        with torch.no_grad():
            model.to(material.device).eval()(torch.from_numpy(material.x[:1]).to(material.device))
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise NoFiltersError(
            "filters: no convolution of this network goes along the samples of a window",
            hint="Ask for another method: patterns says the same of networks without one.",
        )
    name, module, axis = found[0]
    weight = np.moveaxis(module.weight.detach().double().cpu().numpy(), 2 + axis, -1)
    # torch correlates: turned round, a kernel is the impulse response, whose gain is the same.
    return name.removeprefix("model."), weight.reshape(len(weight), -1, weight.shape[-1])[..., ::-1]


def _of_covwave(network: CovWave, freqs: Floats, material: ExplainedWindows) -> Weights:
    with torch.no_grad():
        passed = network.bands.response().double().cpu().numpy().clip(min=0) ** 0.5  # of power: its root is a gain
        inside = network.bands.freqs.double().cpu().numpy()
        centre = (network.bands.centre + network.bands.shift).double().cpu().numpy()
        half = (network.bands.half_width * network.bands.log_stretch.exp()).double().cpu().numpy()
        kernel = network.waveform.temporal.weight.double().cpu().numpy()[..., ::-1]
        spatial = network.waveform.spatial.weight[:, :, 0].double().cpu().numpy()
    response = np.zeros((len(passed), len(freqs)))
    response[:, [int(np.abs(freqs - one).argmin()) for one in inside]] = passed
    labels = [f"band {middle - width:.1f}-{middle + width:.1f} Hz" for middle, width in zip(centre, half, strict=True)]
    n_taps, per_source = kernel.shape[2], len(kernel) // len(spatial)
    labels += [f"source {number // per_source} filter {number % per_source}" for number in range(len(kernel))]
    pattern = _spatial_patterns(spatial, material)[..., None]
    none = np.full_like(pattern, np.nan)
    return Weights(
        labels=np.array(labels),
        kernel=np.concatenate([np.zeros((len(passed), 1, n_taps)), kernel]),
        response=np.concatenate([response, gain(kernel, freqs, material.sfreq)]),
        pattern_labels=np.array([f"source {number}" for number in range(len(spatial))]),
        pattern=pattern,
        low=none,
        high=none,
    )


def _spatial_patterns(spatial: Floats, material: ExplainedWindows) -> Floats:
    """Activation patterns of spatial filters (n_sources, n_channels): Haufe et al. 2014, each source by itself, in training windows of unit power per channel."""
    x = material.around.training.astype(np.float64)
    x = x - x.mean(axis=-1, keepdims=True)
    power = np.sqrt((x**2).mean(axis=-1, keepdims=True))
    x = np.divide(x, power, out=np.zeros_like(x), where=power > 0)
    covariance = np.einsum("nct,ndt->cd", x, x) / (len(x) * x.shape[-1])
    projected = spatial @ covariance
    spread = (projected * spatial).sum(axis=1, keepdims=True)
    return np.asarray(np.divide(projected, spread, out=np.zeros_like(projected), where=spread > 0))
