"""Table of representations: what windows can hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RepresentationEntry:
    """What windows can hold: where the code lies, what the axes of a window are, in which unit its values are."""

    path: str
    summary: str
    axes: tuple[str, ...]
    units: str
    has_bands: bool = False


REPRESENTATIONS: dict[str, RepresentationEntry] = {
    "raw": RepresentationEntry("eegcli.epoch.representations.raw:prepare", "the samples (µV)", ("n_chans", "n_times"), "uV"),
    "bands": RepresentationEntry(
        "eegcli.epoch.representations.bands:prepare", "band power of each channel (dB)", ("n_chans", "n_bands"), "dB", has_bands=True
    ),
    "topomap": RepresentationEntry(
        "eegcli.epoch.representations.topomap:prepare",
        "a map of the scalp for each band (0 to 255)",
        ("n_bands", "height", "width"),
        "0-255",
        has_bands=True,
    ),
    "fft": RepresentationEntry(
        "eegcli.epoch.representations.fft:prepare",
        "log magnitudes and phases of each channel's Fourier transform",
        ("n_chans", "n_bins"),
        "ln uV^2, rad",
    ),
}
