"""Explanations: the windows that were explained, their attributions, and the mean spectra and channel profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eegcli.artifacts.hdf5 import reading_hdf5, text, untext, writing_hdf5

FILE = "explanation.h5"


@dataclass(frozen=True)
class Attribution:
    """What one method says.

    Attributes
    ----------
    values : ndarray of float32, shape (n_windows, n_channels, n_times)
        Of the chosen windows; class output per µV for a gradient.
    spectrum : ndarray, shape (n_classes, n_channels, n_freqs)
        Mean amplitude spectrum of `values` over the windows of a class.
    profile : ndarray, shape (n_classes, n_channels)
        Mean absolute value of `values` over the windows of a class and over time.
    """

    values: np.ndarray
    spectrum: np.ndarray
    profile: np.ndarray


@dataclass(frozen=True)
class Explanation:
    """What explanation.h5 holds.

    Attributes
    ----------
    classes : tuple of str
        In the order of the network's outputs; the target's name for a continuous target.
    ch_names : tuple of str
    sfreq : float
        Hz.
    freqs : ndarray, shape (n_freqs,), Hz
    window : ndarray of int, shape (n_windows,)
        The chosen windows: rows of windows.parquet.
    class_index : ndarray of int, shape (n_windows,)
        Class for which a window was chosen.
    input_spectrum : ndarray, shape (n_classes, n_channels, n_freqs), µV
        Mean amplitude spectrum of the chosen windows themselves.
    methods : mapping of str to Attribution
        By name of the method.
    """

    classes: tuple[str, ...]
    ch_names: tuple[str, ...]
    sfreq: float
    freqs: np.ndarray
    window: np.ndarray
    class_index: np.ndarray
    input_spectrum: np.ndarray
    methods: Mapping[str, Attribution]


def write_explanation(path: Path, explanation: Explanation) -> None:
    """Write explanation.h5: float32 but for frequencies and indices; same content, same bytes."""
    with writing_hdf5(path) as file:
        file.attrs["ch_names"] = text(explanation.ch_names)
        file.attrs["classes"] = text(explanation.classes)
        file.attrs["sfreq"] = explanation.sfreq
        file.attrs["input_units"] = np.bytes_(b"uV")
        file.attrs["attribution_units"] = np.bytes_(b"class output per uV")
        file["freqs"] = explanation.freqs.astype("<f8")
        file["window"] = explanation.window.astype("<i8")
        file["class_index"] = explanation.class_index.astype("<i8")
        file["input_spectrum"] = explanation.input_spectrum.astype("<f4")
        for name, attribution in sorted(explanation.methods.items()):
            group = file.create_group(f"methods/{name}")
            group["values"] = attribution.values.astype("<f4")
            group["spectrum"] = attribution.spectrum.astype("<f4")
            group["profile"] = attribution.profile.astype("<f4")


def read_explanation(path: Path) -> Explanation:
    """Read explanation.h5.

    Raises
    ------
    InputError, ArtifactError
        If it is missing or damaged.
    """
    with reading_hdf5(path) as file:
        return Explanation(
            classes=untext(file.attrs["classes"]),
            ch_names=untext(file.attrs["ch_names"]),
            sfreq=float(file.attrs["sfreq"]),
            freqs=file["freqs"][()],
            window=file["window"][()],
            class_index=file["class_index"][()],
            input_spectrum=file["input_spectrum"][()],
            methods={
                name: Attribution(*(group[part][()] for part in ("values", "spectrum", "profile")))
                for name, group in file["methods"].items()
            },
        )
