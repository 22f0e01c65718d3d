"""What an explanation comes to: shares of bands, beside what a flat spectrum would have and what the signal has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.table import Table, from_rows
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.controls import Control
from eegcli.stats.spectra import band_shares, chance_shares

_CHANNELS_NAMED = 5


def finding(explanation: Explanation, name: str, control: Control) -> dict[str, Any]:
    """What metrics.json says of a method.

    Parameters
    ----------
    explanation : Explanation
        With this method among its methods.
    name : str
        Of the method.
    control : Control
        What the method says of untrained networks.

    Returns
    -------
    dict
        ``name``; ``band_share`` of the attribution, the mean over classes, beside ``chance`` (a flat spectrum),
        ``untrained_share`` (untrained networks) and ``input_share`` (the windows themselves); per class the shares and
        the channels of highest attribution; ``controls``: ``randomised``, the rank correlation with untrained networks
        (``shuffled`` needs a run trained on shuffled labels, and is null without one); ``distance`` of the trained
        network from untrained ones, ``farthest`` untrained one, and ``passed``: the first is larger.
    """
    attribution, freqs = explanation.methods[name], explanation.freqs
    classes = {
        label: {
            "band_share": band_shares(spectrum, freqs),
            "channels": [explanation.ch_names[index] for index in (-profile).argsort()[:_CHANNELS_NAMED]],
        }
        for label, spectrum, profile in zip(explanation.classes, attribution.spectrum, attribution.profile, strict=True)
    }
    return {
        "name": name,
        "band_share": mean_shares(attribution.spectrum, freqs),
        "chance": chance_shares(freqs),
        "untrained_share": mean_shares(control.spectrum, freqs),
        "input_share": mean_shares(explanation.input_spectrum, freqs),
        "bands": {band: list(edges) for band, edges in EXPLAIN_HALF_OPEN.items()},
        "classes": classes,
        "controls": {"randomised": control.correlation, "shuffled": None},
        "distance": control.distance,
        "farthest": control.farthest,
        "passed": control.passed,
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


def bands_table(explanation: Explanation, controls: Mapping[str, Control]) -> Table:
    """A row per method, class and band: edges (Hz), and shares of the attribution, of untrained networks, of a flat spectrum, of the windows."""
    freqs, chance = explanation.freqs, chance_shares(explanation.freqs)
    rows = []
    for name, attribution in explanation.methods.items():
        spectra = (attribution.spectrum, controls[name].spectrum, explanation.input_spectrum)
        for label, *of_class in zip(explanation.classes, *spectra, strict=True):
            share, untrained, signal = (band_shares(spectrum, freqs) for spectrum in of_class)
            for band, (low, high) in EXPLAIN_HALF_OPEN.items():
                rows.append(
                    {"method": name, "class": label, "band": band, "low": low, "high": high}
                    | {"share": share[band], "untrained_share": untrained[band], "chance": chance[band], "input_share": signal[band]}
                )
    return from_rows(rows)
