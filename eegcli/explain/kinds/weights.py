"""Weights: filters of a network by their frequency response, and activation patterns of channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explained import Weights
from eegcli.artifacts.explanation import Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control
from eegcli.explain.shares import CHANNELS_NAMED, is_spectrum
from eegcli.stats.spectra import band_shares, chance_shares, in_range

Floats = NDArray[np.float64]
Method = Callable[[nn.Module, ExplainedWindows], Weights]


def ask(method: Method, model: nn.Module, material: ExplainedWindows) -> Weights:
    """Read the weights; the method is ``(model, material) -> Weights``."""
    return method(model, material)


def pooled(results: Sequence[Weights], n_before: Sequence[int]) -> Weights:
    """Put results of several networks together: their filters one after the other; of patterns of classes means, each network of the same weight."""
    first = results[0]
    if not len(first.labels):
        means = {name: np.mean([getattr(one, name) for one in results], axis=0) for name in ("pattern", "low", "high")}
        return replace(first, **means)
    named = {
        name: np.array([f"network {number} {label}" for number, one in enumerate(results) for label in getattr(one, name)])
        for name in ("labels", "pattern_labels")
    }
    along = {name: np.concatenate([getattr(one, name) for one in results]) for name in ("kernel", "response", "pattern", "low", "high")}
    return Weights(**named, **along)


def profile(result: Weights) -> Floats:
    """Mean response of the filters, shape (1, n_freqs); without filters the absolute patterns, shape (n_patterns, n_channels, n_bands)."""
    return np.asarray(result.response.mean(axis=0, keepdims=True) if len(result.response) else np.abs(result.pattern))


def compared(profile: Floats, freqs: Floats) -> Floats:
    """Restrict responses to the analysed range of frequencies."""
    return profile[..., in_range(freqs)] if is_spectrum(profile, freqs) and profile.ndim == 2 else profile


def finding(explanation: Explanation, name: str, control: Control | None) -> dict[str, Any]:
    """Shares of bands in the responses of the filters or in the patterns.

    Returns
    -------
    dict
        ``band_share``, ``chance`` (flat) and ``untrained_share``; of filters ``filters``: per filter ``peak_hz``, where its gain is highest; of patterns ``classes``:
        per class the shares, the channels of the largest patterns, and ``channel_share``, each channel's.
    """
    result: Weights = explanation.methods[name]
    freqs, shown = explanation.freqs, in_range(explanation.freqs)
    found: dict[str, Any] = {}
    if len(result.labels):
        found = {
            "band_share": band_shares(result.response, freqs),
            "chance": chance_shares(freqs),
            **({} if control is None else {"untrained_share": band_shares(control.profile, freqs)}),
            "filters": {
                label: {"peak_hz": float(freqs[shown][own[shown].argmax()])}
                for label, own in zip(result.labels, result.response, strict=True)
            },
        }
    elif _has_bands(result):
        found = {
            "band_share": _shares(result.pattern),
            "chance": dict.fromkeys(EXPLAIN_HALF_OPEN, 1 / len(EXPLAIN_HALF_OPEN)),
            **({} if control is None else {"untrained_share": _shares(control.profile)}),
        }
    if _of_channels(result, explanation):
        found["classes"] = {
            label: _told(own, explanation.ch_names) for label, own in zip(result.pattern_labels, result.pattern, strict=True)
        }
    return found


def _has_bands(result: Weights) -> bool:
    return result.pattern.shape[2:] == (len(EXPLAIN_HALF_OPEN),)


def _of_channels(result: Weights, explanation: Explanation) -> bool:
    return result.pattern.shape[1:2] == (len(explanation.ch_names),)


def _shares(patterns: Floats) -> dict[str, float]:
    """Share of each band, the mean over classes."""
    amounts = np.abs(patterns).sum(axis=1)
    totals = amounts.sum(axis=1, keepdims=True)
    each = np.divide(amounts, totals, out=np.full_like(amounts, np.nan), where=totals > 0).mean(axis=0)
    return dict(zip(EXPLAIN_HALF_OPEN, each.tolist(), strict=True))


def _told(pattern: Floats, ch_names: tuple[str, ...]) -> dict[str, Any]:
    amounts = np.abs(pattern).sum(axis=1)
    order = np.argsort(-amounts, kind="stable")[:CHANNELS_NAMED]
    shares = amounts / amounts.sum() if amounts.sum() > 0 else np.full_like(amounts, np.nan)
    bands = {"band_share": _shares(pattern[None])} if pattern.shape[1] == len(EXPLAIN_HALF_OPEN) else {}
    return {**bands, "channels": [ch_names[index] for index in order], "channel_share": dict(zip(ch_names, shares.tolist(), strict=True))}


def bands(explanation: Explanation, name: str, control: Control | None) -> list[dict[str, Any]]:
    """A row per class and band of patterns; none of filters."""
    result: Weights = explanation.methods[name]
    if len(result.labels) or not _has_bands(result):
        return []
    untrained = np.full_like(result.pattern, np.nan) if control is None else control.profile
    flat, rows = 1 / len(EXPLAIN_HALF_OPEN), []
    for label, *of_class, windows in zip(result.pattern_labels, result.pattern, untrained, explanation.input_spectrum, strict=True):
        (share, by_chance), signal = (_shares(one[None]) for one in of_class), band_shares(windows, explanation.freqs)
        for band, (low, high) in EXPLAIN_HALF_OPEN.items():
            rows.append(
                {"method": name, "class": str(label), "band": band, "low": low, "high": high}
                | {"share": share[band], "untrained_share": by_chance[band], "chance": flat, "input_share": signal[band]}
            )
    return rows


def draw(path: Path, explanation: Explanation, name: str, *, title: str) -> None:
    """Draw kernels and responses of filters, or patterns per channel and band."""
    from eegcli.explain.weights_figure import weights_figure

    weights_figure(path, explanation, name, title=title)
