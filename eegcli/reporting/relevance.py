"""Relevance of frequencies, channels and times, as each kind of explanation states it; and the precision with which it finds what is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.stats.spectra import in_range

Band = tuple[float, float] | None


@dataclass(frozen=True)
class Axis:
    """Relevance along one axis, as a method says: how relevant each item is, and where the items lie.

    Attributes
    ----------
    relevance : ndarray, shape (n_items,)
    low, high : ndarray, shape (n_items,)
        Edges, Hz or s; of channels both are NaN.
    names : tuple of str
        Of channels; else empty.
    of_band : bool
        True where it is the relevance within the band that was asked for.
    """

    relevance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    names: tuple[str, ...] = ()
    of_band: bool = False

    def within(self, first: float, last: float) -> np.ndarray:
        """Items of which half lies in a range, or that hold half of it: a band that is wider than what is true is right to be named."""
        overlap = np.minimum(self.high, last) - np.maximum(self.low, first)
        of_item, of_range = overlap >= 0.5 * (self.high - self.low), overlap >= 0.5 * (last - first)
        return np.asarray((overlap >= 0) & (of_item | of_range))


@dataclass(frozen=True)
class Score:
    """Precision at k, beside chance: k of n items are true, and this share of the k highest are.

    Attributes
    ----------
    precision, chance : float
    highest : tuple of int
        The k items, the most relevant first.
    """

    precision: float
    chance: float
    highest: tuple[int, ...] = ()

    @property
    def ratio(self) -> float:
        """Precision as a multiple of chance."""
        return self.precision / self.chance


def precision_at_k(relevance: np.ndarray, is_true: np.ndarray) -> Score | None:
    """Share of the true ones among the k items of highest relevance, where k are true; None where all or none are.

    Parameters
    ----------
    relevance : ndarray, shape (n_items,)
    is_true : ndarray of bool, shape (n_items,)
    """
    k = int(is_true.sum())
    if not 0 < k < len(is_true) or not np.isfinite(relevance).all() or not np.ptp(relevance):
        return None
    highest = np.argsort(-relevance, kind="stable")[:k]
    return Score(float(is_true[highest].mean()), k / len(is_true), tuple(map(int, highest)))


def axes_of(explanation: Explanation, name: str, band: Band = None) -> dict[str, Axis]:
    """Relevance that a method gives to frequencies, channels and times (``band``, ``region``, ``time``), by its kind.

    Parameters
    ----------
    explanation : Explanation
    name : str
        Of the method.
    band : tuple of float, optional
        Edges, Hz: channels are as relevant as they are within this band, of methods that tell frequencies apart at each channel.
    """
    result = explanation.methods[name]
    found = _KINDS[result.kind](result, explanation, band) if result.kind in _KINDS else {}
    return {axis: said for axis, said in found.items() if said.relevance.size > 1}


def _of_attribution(result: Any, explanation: Explanation, band: Band) -> dict[str, Axis]:
    found = {}
    if result.spectrum.size:
        spectrum = _alike(result.spectrum)
        found["band"] = _spectrum(spectrum.mean(axis=(0, 1)), explanation)
        if band is not None:
            inside = _frequencies(explanation, band)
            found["region"] = _channels(spectrum[..., inside].mean(axis=(0, 2)), explanation, of_band=True)
    if "region" not in found and result.profile.shape[1:2] == (len(explanation.ch_names),):
        found["region"] = _channels(_over_places(_alike(result.profile)), explanation)
    if result.course.size:
        starts = np.arange(result.course.shape[1]) / explanation.sfreq
        found["time"] = Axis(_alike(result.course).mean(axis=0), starts, starts + 1 / explanation.sfreq)
    return found


def _of_importance(result: Any, explanation: Explanation, band: Band) -> dict[str, Axis]:
    relevance, axis = result.importance.mean(axis=0), axis_of_parts(result, explanation)
    if axis == "region":
        return {axis: _channels(relevance, explanation)}
    if axis == "band":
        known = [(value, EXPLAIN_HALF_OPEN.get(str(part))) for value, part in zip(relevance, result.parts, strict=True)]
        pairs = [(value, edges) for value, edges in known if edges is not None]
        if not pairs:
            return {}
        values, edges = zip(*pairs, strict=True)
        relevance = np.array(values)
    else:
        stops = np.cumsum(result.widths) / np.sum(result.widths) * 2 * (explanation.freqs.size - 1) / explanation.sfreq
        edges = tuple(zip(np.append(0.0, stops[:-1]), stops, strict=True))
    low, high = np.array(edges).T
    return {axis: Axis(relevance, low, high)}


def _of_selection(result: Any, explanation: Explanation, band: Band) -> dict[str, Axis]:
    found = {"band": _spectrum(np.abs(result.difference).mean(axis=0), explanation)} if result.difference.size else {}
    if result.channel_difference.size:
        found["region"] = _of_bands(np.abs(result.channel_difference).mean(axis=0), explanation, band)
    return found


def _of_synthesis(result: Any, explanation: Explanation, band: Band) -> dict[str, Axis]:
    if not result.change.size:
        return {}
    change = np.abs(result.change)
    shown = in_range(explanation.freqs) if band is None else _frequencies(explanation, band)
    return {
        "band": _spectrum(change.mean(axis=(0, 1)), explanation),
        "region": _channels(change[..., shown].mean(axis=(0, 2)), explanation, of_band=band is not None),
    }


def _of_weights(result: Any, explanation: Explanation, band: Band) -> dict[str, Axis]:
    if len(result.labels):
        return {"band": _spectrum(result.response.mean(axis=0), explanation)} if result.response.size else {}
    pattern = np.abs(result.pattern)
    if pattern.ndim != 3:
        return {}
    found = {}
    if pattern.shape[2] == len(EXPLAIN_HALF_OPEN):
        low, high = np.array(list(EXPLAIN_HALF_OPEN.values())).T
        found["band"] = Axis(pattern.mean(axis=(0, 1)), low, high)
    if pattern.shape[1] == len(explanation.ch_names):
        found["region"] = _of_bands(pattern.mean(axis=0), explanation, band)
    return found


_KINDS: Mapping[str, Callable[[Any, Explanation, Band], dict[str, Axis]]] = {
    "attribution": _of_attribution,
    "importance": _of_importance,
    "selection": _of_selection,
    "synthesis": _of_synthesis,
    "weights": _of_weights,
}


def axis_of_parts(result: Any, explanation: Explanation) -> str:
    """Axis along which occlusion took parts of windows away: ``band``, ``region`` or ``time``."""
    parts = [str(part) for part in result.parts]
    if parts == list(explanation.ch_names):
        return "region"
    return "time" if parts[0].endswith(" s") else "band"


def _of_bands(values: np.ndarray, explanation: Explanation, band: Band) -> Axis:
    """Channels by values of shape (n_channels, n_bands): of all bands, or of the one that holds most of what was asked for."""
    if band is None or values.shape[1] != len(EXPLAIN_HALF_OPEN):
        return _channels(values.mean(axis=1), explanation)
    shared = [min(high, band[1]) - max(low, band[0]) for low, high in EXPLAIN_HALF_OPEN.values()]
    return _channels(values[:, int(np.argmax(shared))], explanation, of_band=True)


def _alike(values: np.ndarray) -> np.ndarray:
    """Values of each class scaled to sum to 1: the class whose output is steeper does not count for more."""
    totals = values.reshape(len(values), -1).sum(axis=1).reshape(-1, *(1 for _ in values.shape[1:]))
    scaled: np.ndarray = np.divide(values, totals, out=np.zeros_like(values, dtype=np.float64), where=totals > 0)
    return scaled


def _over_places(profile: np.ndarray) -> np.ndarray:
    """Profiles of channels, averaged over classes and whatever else they have: (n_classes, n_channels, ...) -> (n_channels,)."""
    return np.asarray(np.moveaxis(profile, 1, 0).reshape(profile.shape[1], -1).mean(axis=1))


def _frequencies(explanation: Explanation, band: tuple[float, float]) -> np.ndarray:
    inside: np.ndarray = (explanation.freqs >= band[0]) & (explanation.freqs <= band[1])
    return inside


def _spectrum(values: np.ndarray, explanation: Explanation) -> Axis:
    shown = in_range(explanation.freqs)
    return Axis(values[shown], explanation.freqs[shown], explanation.freqs[shown])


def _channels(values: np.ndarray, explanation: Explanation, *, of_band: bool = False) -> Axis:
    nowhere = np.full(len(values), np.nan)
    return Axis(values, nowhere, nowhere, tuple(explanation.ch_names), of_band)
