"""A method applied to the chosen windows of every class, and what its attributions are like: spectra, maps, profiles, time courses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from eegcli.artifacts.explanation import Attribution
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.subjects import pair_means, pairs_of
from eegcli.models.head import Head
from eegcli.stats.spectra import amplitude_spectrum, shared_spectrum

# (network in evaluation mode, windows (n, *shape), index of the output) -> attribution of the windows' shape
Method = Callable[[nn.Module, Tensor, int], Tensor]
BATCH = 64  # windows at once; fixed, for it may change the last bits

Floats = NDArray[np.float64]


class ClassOutputs(nn.Module):
    """Network that gives one output per class (or the number), before any softmax, whatever its head: what a method explains."""

    def __init__(self, model: nn.Module, head: Head) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of windows: (batch, *shape) -> (batch, n_classes or 1)."""
        return self.head.class_outputs(self.model(x))


def attribute(method: Method, model: nn.Module, material: ExplainedWindows) -> Attribution:
    """Compute the attributions of the chosen windows: what the output of each window's class owes to each of its values.

    Parameters
    ----------
    method : callable
        ``(model, x, class_index) -> attribution`` of the shape of `x`.
    model : nn.Module
        The network; put into evaluation mode.
    material : ExplainedWindows
        The chosen windows.
    """
    model = model.to(material.device).eval()
    values = np.zeros_like(material.x)
    for batch in material.batches(BATCH):
        index = int(material.class_index[batch[0]])
        values[batch] = method(model, material.tensor(material.x[batch]), index).cpu().numpy()
    return summarised(values, material)


def summarised(values: NDArray[np.float32], material: ExplainedWindows) -> Attribution:
    """Summarise attributions by what the axes of a window are: frequencies and times where it holds samples.

    Parameters
    ----------
    values : ndarray of float32, shape (n_windows, *shape)
        Of the windows of `material`.
    material : ExplainedWindows
    """
    classes, n_times = range(material.n_classes), values.shape[-1] if material.is_raw else 0
    amounts = np.abs(values)
    of_class = [material.class_index == index for index in classes]
    maps = np.stack([amounts[own].mean(axis=0, dtype=np.float64) for own in of_class])
    pairs, pair = pairs_of(material.subjects, material.class_index)
    spectra = _spectra(values, material)
    by_channel = amounts.reshape(*values.shape[:2], -1)
    return Attribution(
        values=values,
        rows=np.arange(len(values)),
        spectrum=np.stack([np.abs(spectra[own].mean(axis=0)) for own in of_class]),
        map=maps,
        profile=np.stack([by_channel[own].mean(axis=(0, 2), dtype=np.float64) for own in of_class]),
        course=np.stack([one.mean(axis=0) for one in maps]) if material.is_raw else np.zeros((len(classes), 0)),
        subject_class=pairs,
        subject_spectrum=pair_means(spectra.mean(axis=1), pair),
        subject_profile=pair_means(by_channel.mean(axis=2, dtype=np.float64), pair),
        subject_course=pair_means(amounts.mean(axis=1, dtype=np.float64) if n_times else np.zeros((len(values), 0)), pair),
    )


def _spectra(values: NDArray[np.float32], material: ExplainedWindows) -> Floats:
    """Spectrum of each window, shape (n_windows, n_channels, n_freqs); no frequencies where no samples are.

    Products of a rhythm of 10 Hz with its gradient, which has 10 Hz, lie at 0 and 20 Hz: the spectrum of contributions as they stand would
    name frequencies that no channel has. So the slope behind each contribution is set beside the window, frequency by frequency.
    """
    if not material.is_raw:
        return np.zeros((len(values), values.shape[1], 0))
    if not material.contributes:
        return amplitude_spectrum(values)
    away = material.x.astype(np.float64)  # the baseline of samples is 0 µV
    slope = np.divide(values, away, out=np.zeros_like(away), where=away != 0)
    return shared_spectrum(away, slope)


def mean_spectrum(x: NDArray[np.float32], material: ExplainedWindows) -> Floats:
    """Mean amplitude spectrum of `x` over the windows of each class, shape (n_classes, n_channels, n_freqs); no frequencies where no samples are."""
    if not material.is_raw:
        return np.zeros((material.n_classes, x.shape[1], 0))
    return np.stack([amplitude_spectrum(x[material.class_index == index]).mean(axis=0) for index in range(material.n_classes)])
