"""Attributions: what the output of a class owes to each sample, told as shares of frequency bands and of channels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eegcli.artifacts.explanation import Attribution, Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.attribution import Method, attribute
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control
from eegcli.explain.pooling import by_windows
from eegcli.stats.spectra import band_shares, chance_shares, in_range

Floats = NDArray[np.float64]
CHANNELS_NAMED = 5
BANDS = "n_bands"  # the axis of a representation that is made of bands
SWAPPED = 0.2  # share of a window's values that the test of faithfulness replaces


def ask(method: Method, model: nn.Module, material: ExplainedWindows) -> Attribution:
    """Attribute the outputs of all classes to values of windows; the method is ``(model, x, class_index) -> shape of x``."""
    return attribute(method, model, material)


def pooled(results: Sequence[Attribution], n_before: Sequence[int]) -> Attribution:
    """Put the attributions of several networks together."""
    found: Attribution = by_windows(results, n_before, ("subject_spectrum", "subject_profile", "subject_course"))
    return found


def profile(result: Attribution) -> Floats:
    """Mean amplitude spectra, shape (n_classes, n_channels, n_freqs); of windows without samples the map, (n_classes, *shape)."""
    return result.spectrum if result.spectrum.shape[-1] else result.map


def compared(profile: Floats, freqs: Floats) -> Floats:
    """Restrict profiles to the analysed range of frequencies, in which networks are compared; maps are compared whole."""
    return profile[..., in_range(freqs)] if len(freqs) else profile


def swapped(method: Method, x: Tensor, by: Tensor, ranking: Tensor, material: ExplainedWindows) -> Tensor:
    """Windows whose fifth of values of highest rank is that of the windows `by`."""
    flat = ranking.flatten(1)
    n = max(1, round(SWAPPED * flat.shape[1]))
    chosen = torch.zeros_like(flat, dtype=torch.bool).scatter(1, flat.topk(n, dim=1).indices, True)
    return torch.where(chosen.reshape(x.shape), by, x)


def at_random(ranking: Tensor, generator: torch.Generator) -> Tensor:
    """Ranking of nothing that is as smooth: a window's own, with its channels in another order, turned along its other axes."""
    moved = []
    for one in ranking:
        one = one[torch.randperm(len(one), generator=generator).to(one.device)]
        shifts = [int(torch.randint(n, (1,), generator=generator)) for n in one.shape[1:]]
        moved.append(torch.roll(one, shifts, tuple(range(1, one.dim()))) if shifts else one)
    return torch.stack(moved)


def finding(explanation: Explanation, name: str, control: Control | None) -> dict[str, Any]:
    """Shares of bands, and the channels of highest attribution.

    Returns
    -------
    dict
        Of samples ``band_share`` of the attribution, the mean over classes, beside ``chance`` (a flat spectrum), ``untrained_share``
        (untrained networks, where they were asked) and ``input_share`` (the windows themselves); the edges of ``bands``; per class the shares
        and the channels of highest attribution, and the ``second`` from the window's start with the highest. Of a representation with bands
        their shares of its map; of others none.
    """
    attribution, freqs = explanation.methods[name], explanation.freqs
    classes: dict[str, dict[str, Any]] = {
        label: {"channels": [explanation.rows_named[index] for index in (-profile).argsort(kind="stable")[:CHANNELS_NAMED]]}
        for label, profile in zip(explanation.classes, attribution.profile, strict=True)
    }
    if not len(freqs):
        return _of_bands(explanation, name) | {"classes": classes}
    for (label, found), spectrum, course in zip(classes.items(), attribution.spectrum, attribution.course, strict=True):
        classes[label] = {"band_share": band_shares(spectrum, freqs), **found, "second": int(course.argmax()) / explanation.sfreq}
    return {
        "band_share": mean_shares(attribution.spectrum, freqs),
        "chance": chance_shares(freqs),
        "untrained_share": None if control is None else mean_shares(control.profile, freqs),
        "input_share": mean_shares(explanation.input_spectrum, freqs),
        "bands": {band: list(edges) for band, edges in EXPLAIN_HALF_OPEN.items()},
        "classes": classes,
    }


def _of_bands(explanation: Explanation, name: str) -> dict[str, Any]:
    """Shares of the bands that a representation is made of, the mean over classes; nothing of one without bands."""
    if BANDS not in explanation.axes:
        return {}
    maps = explanation.methods[name].map
    by_band = np.moveaxis(maps, explanation.axes.index(BANDS) + 1, 1).reshape(len(maps), len(explanation.band_names), -1).sum(axis=2)
    totals = by_band.sum(axis=1, keepdims=True)
    share = np.divide(by_band, totals, out=np.full_like(by_band, np.nan), where=totals > 0).mean(axis=0)
    n = len(explanation.band_names)
    return {
        "band_share": dict(zip(explanation.band_names, share.tolist(), strict=True)),
        "chance": dict.fromkeys(explanation.band_names, 1 / n),
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


def bands(explanation: Explanation, name: str, control: Control | None) -> list[dict[str, Any]]:
    """A row per class and band: edges (Hz), and shares of the attribution, of untrained networks, of a flat spectrum, of the windows."""
    if not len(explanation.freqs):
        return []
    freqs, chance = explanation.freqs, chance_shares(explanation.freqs)
    rows = []
    spectrum = explanation.methods[name].spectrum
    untrained_spectrum = np.zeros_like(spectrum) if control is None else control.profile  # shares of nothing are NaN
    spectra = (spectrum, untrained_spectrum, explanation.input_spectrum)
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
