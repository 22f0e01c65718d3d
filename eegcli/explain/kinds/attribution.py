"""Attributions: what the output of a class owes to each sample, told as shares of frequency bands and of channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explanation import Attribution, Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.attribution import Method, attribute
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control
from eegcli.stats.spectra import band_shares, chance_shares, in_range

Floats = NDArray[np.float64]
CHANNELS_NAMED = 5


def ask(method: Method, model: nn.Module, material: ExplainedWindows) -> Attribution:
    """Attribute the outputs of all classes to samples; the method is ``(model, x, class_index) -> shape of x``."""
    return attribute(method, model, material)


def profile(result: Attribution) -> Floats:
    """Mean amplitude spectra, shape (n_classes, n_channels, n_freqs)."""
    return result.spectrum


def compared(profile: Floats, freqs: Floats) -> Floats:
    """Restrict profiles to the analysed range of frequencies, in which networks are compared."""
    return profile[..., in_range(freqs)]


def finding(explanation: Explanation, name: str, control: Control) -> dict[str, Any]:
    """Shares of bands, and the channels of highest attribution.

    Returns
    -------
    dict
        ``band_share`` of the attribution, the mean over classes, beside ``chance`` (a flat spectrum), ``untrained_share``
        (untrained networks) and ``input_share`` (the windows themselves); the edges of ``bands``; per class the shares
        and the channels of highest attribution.
    """
    attribution, freqs = explanation.methods[name], explanation.freqs
    classes = {
        label: {
            "band_share": band_shares(spectrum, freqs),
            "channels": [explanation.ch_names[index] for index in (-profile).argsort()[:CHANNELS_NAMED]],
        }
        for label, spectrum, profile in zip(explanation.classes, attribution.spectrum, attribution.profile, strict=True)
    }
    return {
        "band_share": mean_shares(attribution.spectrum, freqs),
        "chance": chance_shares(freqs),
        "untrained_share": mean_shares(control.profile, freqs),
        "input_share": mean_shares(explanation.input_spectrum, freqs),
        "bands": {band: list(edges) for band, edges in EXPLAIN_HALF_OPEN.items()},
        "classes": classes,
    }


def mean_shares(spectra: np.ndarray, freqs: np.ndarray) -> dict[str, float]:
    """Share of each band, the mean over classes: the class whose output is steeper does not count for more.

    Parameters
    ----------
    spectra : ndarray, shape (n_classes, n_channels, n_freqs)
    freqs : ndarray, shape (n_freqs,), Hz
    """
    shares = [band_shares(spectrum, freqs) for spectrum in spectra]
    return {band: float(np.mean([share[band] for share in shares])) for band in EXPLAIN_HALF_OPEN}


def bands(explanation: Explanation, name: str, control: Control) -> list[dict[str, Any]]:
    """A row per class and band: edges (Hz), and shares of the attribution, of untrained networks, of a flat spectrum, of the windows."""
    freqs, chance = explanation.freqs, chance_shares(explanation.freqs)
    rows = []
    spectra = (explanation.methods[name].spectrum, control.profile, explanation.input_spectrum)
    for label, *of_class in zip(explanation.classes, *spectra, strict=True):
        share, untrained, signal = (band_shares(spectrum, freqs) for spectrum in of_class)
        for band, (low, high) in EXPLAIN_HALF_OPEN.items():
            rows.append(
                {"method": name, "class": label, "band": band, "low": low, "high": high}
                | {"share": share[band], "untrained_share": untrained[band], "chance": chance[band], "input_share": signal[band]}
            )
    return rows


def draw(path: Path, explanation: Explanation, name: str, *, title: str) -> None:
    """Draw mean spectrum and channel profile per class, beside the spectrum of the windows."""
    from eegcli.explain.figure import explanation_figure

    explanation_figure(path, explanation, name, title=title)
