"""Table of representations: what windows can hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RepresentationEntry:
    """Representation: place of its code, axes of a window, unit of its values.

    Attributes
    ----------
    path : str
        ``module:prepare``; see `eegcli.representations.prepare`.
    summary : str
        In a few words, for completions and help.
    description : str
        For the table of the schema.
    axes : tuple of str
        Of one window, by the names under which networks ask for them; ``n_chans`` first where a row is a channel.
    units : str
        Of the values, as written into the artifact.
    options : tuple of str
        Further settings of it, by their names: `prepare` is given them.
    has_bands : bool
        It is made of bands: ``--bands`` is for it.
    by_channel : bool
        What is stored of a channel does not depend on the others: of more channels, those that a network takes are its windows.
    is_map : bool
        Windows are maps of the scalp (n_bands, height, width): ``--montage`` is for it, and a figure of the mean maps is drawn.
    """

    path: str
    summary: str
    description: str
    axes: tuple[str, ...]
    units: str
    options: tuple[str, ...] = ()
    has_bands: bool = False
    by_channel: bool = True
    is_map: bool = False


REPRESENTATIONS: dict[str, RepresentationEntry] = {
    "raw": RepresentationEntry("eegcli.representations.raw:prepare", "the samples (µV)", "samples", ("n_chans", "n_times"), "uV"),
    "bands": RepresentationEntry(
        "eegcli.representations.bands:prepare",
        "band power of each channel (dB)",
        "mean power of each band, in decibels of µV²/Hz",
        ("n_chans", "n_bands"),
        "dB",
        has_bands=True,
    ),
    "topomap": RepresentationEntry(
        "eegcli.representations.topomap:prepare",
        "a map of the scalp for each band (0 to 255)",
        "maps of the scalp (24 x 24), nose up, each scaled to its own range; 0 outside the head",
        ("n_bands", "height", "width"),
        "0-255",
        has_bands=True,
        by_channel=False,
        is_map=True,
    ),
    "fft": RepresentationEntry(
        "eegcli.representations.fft:prepare",
        "log magnitudes and phases of each channel's Fourier transform",
        "log squared magnitudes less their mean, then phases, of the tapered Fourier transform: n_bins = 2 * (n_times // 2)",
        ("n_chans", "n_bins"),
        "ln uV^2, rad",
    ),
    "stats99": RepresentationEntry(
        "eegcli.representations.stats99:prepare",
        "99 statistics of each channel: of ten segments and of the whole",
        "mean, median, maximum, minimum, standard deviation, variance, range, skewness and kurtosis of segments and of the whole window, as z-scores",
        ("n_chans", "n_features"),
        "z-score",
        options=("segment_samples", "stats_normalise"),
        by_channel=False,  # z-scores are over all channels of a trial
    ),
}
