"""Results of methods that synthesise windows, select windows, or read weights: frozen dataclasses of arrays, as explanation.h5 holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eegcli.errors import counted


@dataclass(frozen=True, repr=False)
class Synthesis:
    """Result of a method of the kind synthesis: inputs that excite an output, or a unit, more than real windows do.

    Attributes
    ----------
    labels : ndarray of str, shape (n_labels,)
        What was excited: the classes, the target where it is a number, or a hidden unit.
    values : ndarray of float32, shape (n_labels * n_inputs, ...)
        The inputs, label by label, in the unit of the windows.
    spectrum, start_spectrum : ndarray, shape (n_labels, n_channels, n_freqs)
        Mean amplitude spectrum of the inputs, and of the noise that they began with. Of windows that are no samples: their mean.
    change : ndarray, shape (n_labels, n_channels, n_freqs)
        The first less the second, in the unit of the windows.
    start, reached : ndarray, shape (n_labels, n_inputs)
        Activation by the noise, and by the inputs that were made of it.
    real : ndarray, shape (n_labels, 3)
        Activation by the chosen windows of the class: its 5, 50 and 95 % points.
    """

    labels: np.ndarray
    values: np.ndarray
    spectrum: np.ndarray
    start_spectrum: np.ndarray
    change: np.ndarray
    start: np.ndarray
    reached: np.ndarray
    real: np.ndarray
    kind: ClassVar[str] = "synthesis"

    def __repr__(self) -> str:
        return f"Synthesis: {counted(len(self.values), 'input')} for {', '.join(self.labels)}"


@dataclass(frozen=True, repr=False)
class Selection:
    """Result of a method of the kind selection: groups of windows (or of their samples), beside what they were selected from.

    Attributes
    ----------
    labels : ndarray of str, shape (n_groups,)
        Of the groups: classes (of a number: ``highest``, ``lowest``), then cells of the confusion table.
    is_class : ndarray, shape (n_groups,)
        1 for a class (or an end of the number), 0 for a cell of the confusion table.
    row, group, subject : ndarray of int, shape (n_selected,)
        Rows of windows.parquet (-1: a window that was made), which group each is in, and the number of its subject.
    spectrum, reference : ndarray, shape (n_groups, n_channels, n_freqs)
        Mean amplitude spectrum of each group, and of what it was selected from; NaN for a group without windows. Of windows that are no samples: their mean.
    topography : ndarray, shape (n_groups, n_channels, n_bands)
        Mean amplitude within the bands of explanations; no bands for windows that are no samples.
    subject_group : ndarray of int, shape (n_pairs, 2)
        Number of the subject, and of the class, of each row of means of subjects that follow.
    subject_spectrum : ndarray, shape (n_pairs, n_freqs)
        Means of subjects: amplitude spectrum, mean over channels, dB. Of windows that are no samples: (n_pairs, ...), themselves.
    subject_topography : ndarray, shape (n_pairs, n_channels, n_bands)
        Means of subjects: amplitude within bands, dB.
    beside : ndarray, shape (n_channels, n_channels)
        1 for channels that lie beside each other.
    difference, low, high, p : ndarray, shape (n_classes, n_freqs)
        Of a class from the other ones, mean over channels, dB: with its pointwise 95 % interval over subjects, and p of the cluster that a frequency is in (1: none).
    channel_difference, channel_low, channel_high, channel_p : ndarray, shape (n_classes, n_channels, n_bands)
        The same of the topography; clusters are channels that lie beside each other.
    """

    labels: np.ndarray
    is_class: np.ndarray
    row: np.ndarray
    group: np.ndarray
    subject: np.ndarray
    spectrum: np.ndarray
    reference: np.ndarray
    topography: np.ndarray
    subject_group: np.ndarray
    subject_spectrum: np.ndarray
    subject_topography: np.ndarray
    beside: np.ndarray
    difference: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    channel_difference: np.ndarray
    channel_low: np.ndarray
    channel_high: np.ndarray
    channel_p: np.ndarray
    kind: ClassVar[str] = "selection"

    @property
    def classes(self) -> np.ndarray:
        """Numbers of the groups that are classes."""
        return np.flatnonzero(self.is_class)

    def __repr__(self) -> str:
        return f"Selection: {counted(len(self.row), 'window')} in {', '.join(self.labels)}"


@dataclass(frozen=True, repr=False)
class Weights:
    """Result of a method of the kind weights: filters with their frequency responses, and patterns of channels.

    Attributes
    ----------
    labels : ndarray of str, shape (n_filters,)
        Of the filters.
    kernel : ndarray, shape (n_filters, n_slices, n_taps)
        Weights along time, for each channel or map that a filter reads; no taps where a filter is given by its response alone.
    response : ndarray, shape (n_filters, n_freqs)
        Gain at each frequency: root mean square over the slices.
    pattern_labels : ndarray of str, shape (n_patterns,)
        Of the patterns: classes, or sources.
    pattern, low, high : ndarray, shape (n_patterns, n_channels, n_bands)
        Activation pattern and its 95 % interval over subjects (NaN where there is none). A pattern of samples has one band.
    """

    labels: np.ndarray
    kernel: np.ndarray
    response: np.ndarray
    pattern_labels: np.ndarray
    pattern: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kind: ClassVar[str] = "weights"

    def __repr__(self) -> str:
        return f"Weights: {counted(len(self.labels), 'filter')}, {counted(len(self.pattern_labels), 'pattern')}"
