"""Shares of bands and of channels in what a method says, beside those of chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.stats.spectra import band_shares, chance_shares, in_range

Floats = NDArray[np.float64]
CHANNELS_NAMED = 5


def is_spectrum(values: Floats, freqs: Floats) -> bool:
    """Test that the last axis is frequency: not so where windows are no samples."""
    return values.shape[-1:] == freqs.shape


def shares(values: Floats, freqs: Floats) -> dict[str, Any]:
    """``band_share`` of amounts (..., n_freqs) that are not negative; nothing where they are no spectrum."""
    return {"band_share": band_shares(values, freqs)} if is_spectrum(values, freqs) else {}


def channels_of(values: Floats, ch_names: Sequence[str], freqs: Floats) -> list[str]:
    """Names of the channels with the largest amounts (n_channels, ...) in the analysed range; none where the first axis is no channel."""
    if len(values) != len(ch_names):
        return []
    inside = values[..., in_range(freqs)] if is_spectrum(values, freqs) else values
    total = inside.reshape(len(values), -1).sum(axis=1)
    return [ch_names[index] for index in np.argsort(-total, kind="stable")[:CHANNELS_NAMED]]


def mean_shares(values: Floats, freqs: Floats, profile: Floats | None) -> dict[str, Any]:
    """Shares of bands, the mean over labels, of amounts (n_labels, ..., n_freqs), of a flat spectrum, and of what chance gives (`profile`)."""
    if not is_spectrum(values, freqs):
        return {}
    return {
        "band_share": _mean(values, freqs),
        "chance": chance_shares(freqs),
        **({} if profile is None else {"untrained_share": _mean(profile, freqs)}),
        "bands": {band: list(edges) for band, edges in EXPLAIN_HALF_OPEN.items()},
    }


def _mean(values: Floats, freqs: Floats) -> dict[str, float]:
    found = [band_shares(one, freqs) for one in values]
    return {band: float(np.mean([share[band] for share in found])) for band in EXPLAIN_HALF_OPEN}


def share_rows(
    name: str, labels: Sequence[str], values: Floats, freqs: Floats, profile: Floats | None, windows: Floats
) -> list[dict[str, Any]]:
    """Rows of bands.parquet: per label and band its edges (Hz), and shares of the method, of chance, of a flat spectrum, and of windows.

    Parameters
    ----------
    name : str
        Of the method.
    labels : sequence of str
    values, windows : ndarray, shape (n_labels, n_channels, n_freqs)
        Amounts of the method, and spectra of the windows that they are about.
    freqs : ndarray, shape (n_freqs,), Hz
    profile : ndarray, shape (n_labels, n_channels, n_freqs), or None
        What chance gives.
    """
    if not is_spectrum(values, freqs):
        return []
    flat, rows = chance_shares(freqs), []
    by_chance = np.full_like(values, np.nan) if profile is None else profile
    for label, *of_label in zip(labels, values, by_chance, windows, strict=True):
        share, untrained, signal = (band_shares(spectrum, freqs) for spectrum in of_label)
        for band, (low, high) in EXPLAIN_HALF_OPEN.items():
            rows.append(
                {"method": name, "class": str(label), "band": band, "low": low, "high": high}
                | {"share": share[band], "untrained_share": untrained[band], "chance": flat[band], "input_share": signal[band]}
            )
    return rows
