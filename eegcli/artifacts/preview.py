"""Previews: what a recording looked like before it was cleaned, in little space, beside the signal that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.hdf5 import reading_hdf5, text, untext

GROUP = "quality"
LEVELS = (0.1, 0.5, 0.9, 1.0)  # quantiles over channels that are kept of a spectrum: most channels, the typical one, the worst


@dataclass(frozen=True)
class Preview:
    """Before and after: spectra of the whole recording, and the stretch that cleaning changed most.

    Attributes
    ----------
    frequencies : ndarray, shape (n_freqs,), Hz
    spectrum_before, spectrum_after : ndarray, shape (4, n_freqs), µV²/Hz
        Quantiles over channels (`LEVELS`) of the power spectral density; NaN above half a signal's sampling frequency.
    onset : float, s
        Of the stretch, in the cleaned signal.
    ch_names : tuple of str
        Channels of the traces, in the order of the cleaned signal.
    trace_before : ndarray, shape (n_traces, n_samples), µV
        As read, mean removed, at the sampling frequency of the cleaned signal.
    reference : str
        Of the signal as read.
    """

    frequencies: np.ndarray
    spectrum_before: np.ndarray
    spectrum_after: np.ndarray
    onset: float
    ch_names: tuple[str, ...]
    trace_before: np.ndarray
    reference: str


def write_preview(file: Any, preview: Preview) -> None:
    """Write a preview into an HDF5 file that is open."""
    group = file.create_group(GROUP)
    group.attrs["ch_names"] = text(preview.ch_names)
    group.attrs["levels"] = np.asarray(LEVELS)
    group.attrs["onset"] = float(preview.onset)
    group.attrs["reference"] = np.bytes_(preview.reference.encode())
    for name in ("frequencies", "spectrum_before", "spectrum_after", "trace_before"):
        group.create_dataset(name, data=np.ascontiguousarray(getattr(preview, name), dtype=np.float32))


def read_preview(path: Path) -> tuple[Preview, np.ndarray, float] | None:
    """Read the preview of one recording and the same stretch of the cleaned signal.

    Parameters
    ----------
    path : Path
        Of the recording's HDF5 file.

    Returns
    -------
    preview : Preview
    trace_after : ndarray of float32, shape (n_traces, n_samples), µV
    sfreq : float, Hz
        Of both traces.

    None instead of all of them where the recording has no preview.

    Raises
    ------
    InputError, ArtifactError
        If the file is missing or damaged.
    """
    with reading_hdf5(path) as file:
        if GROUP not in file:
            return None
        group, sfreq = file[GROUP], float(file.attrs["sfreq"])
        preview = Preview(
            **{name: group[name][()] for name in ("frequencies", "spectrum_before", "spectrum_after", "trace_before")},
            onset=float(group.attrs["onset"]),
            ch_names=untext(group.attrs["ch_names"]),
            reference=bytes(group.attrs["reference"]).decode(),
        )
        first = round(preview.onset * sfreq)
        names = untext(file.attrs["ch_names"])
        stretch = file["data"][:, first : first + preview.trace_before.shape[1]]
    return preview, stretch[[names.index(name) for name in preview.ch_names]], sfreq
