"""Scores of explanations on planted worlds: how much of what a method ranks highest is what was planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.stats.spectra import in_range

TENTH = 0.1  # of a window's samples, those of the largest potential: what the world `amplitude` is scored by
QUARTER = 0.25  # of a window's channels, or stretches of time, in the same world


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
    """

    relevance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """Precision at k, beside chance: k of n items are true, and this share of the k highest are."""

    precision: float
    chance: float

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
    return Score(float(is_true[highest].mean()), k / len(is_true))


def scores_of(explanation: Explanation, name: str, planted: Mapping[str, Any]) -> dict[str, Score]:
    """Scores of a method along every axis on which something was planted and it says something: ``band``, ``region``, ``time``."""
    wanted = {"band": planted["band_hz"], "time": planted["time_s"]}
    found = {}
    for axis, said in axes_of(explanation, name).items():
        if axis == "region":
            is_true = np.isin(said.names, planted["channels"] or ())
        elif wanted[axis] is None:
            continue
        else:
            is_true = _within(said.low, said.high, *wanted[axis])
        score = precision_at_k(said.relevance, is_true)
        if score is not None:
            found[axis] = score
    return found


def share_of(explanation: Explanation, name: str, channel: str) -> float | None:
    """Share of all relevance that a channel has, as a multiple of one over the number of channels; None where a method has no channels."""
    said = axes_of(explanation, name).get("region")
    if said is None or not np.abs(said.relevance).sum():
        return None
    shares = np.abs(said.relevance) / np.abs(said.relevance).sum()
    return float(shares[said.names.index(channel)] * len(shares))


def amplitude_score(explanation: Explanation, name: str, x: np.ndarray) -> Score | None:
    """Score in a world of amplitude: whether a window's parts that hold most of it are those that a method ranks highest.

    Overall amplitude has no place of its own. But of a given window it is made by the samples of the largest potential, and a method has to say
    so: the tenth of all samples (channel and time) of largest absolute potential, or the quarter of channels or stretches of largest power.
    Methods that do not look at windows, but at how classes differ, have to say that males have more at every channel and in every band: the
    share of these for which they do, beside a chance of one half.

    Parameters
    ----------
    explanation : Explanation
    name : str
    x : ndarray, shape (n_windows, n_channels, n_times)
        All windows of the artifact.

    Returns
    -------
    Score or None
        Mean over windows; None of a method that says neither.
    """
    result = explanation.methods[name]
    if result.kind == "attribution":
        values, share = np.abs(result.values).reshape(len(result.values), -1), TENTH
    elif result.kind == "importance" and _axis_of_parts(result, explanation) != "band":
        values, share = result.values, QUARTER
    else:
        return _direction(result, explanation)
    rows = result.rows.astype(int) if len(result.rows) else np.arange(len(values))
    windows = np.asarray(x[explanation.window[rows]], dtype=np.float64)
    power = (windows - windows.mean(axis=-1, keepdims=True)) ** 2
    if result.kind == "attribution":
        held = power.reshape(len(power), -1)
    elif values.shape[1] == power.shape[1]:
        held = power.mean(axis=2)
    else:
        held = np.stack([part.mean(axis=(1, 2)) for part in np.array_split(power, values.shape[1], axis=2)], axis=1)
    k = max(round(share * held.shape[1]), 1)
    scores = []
    for own, amounts in zip(values, held, strict=True):
        is_true = np.zeros(len(amounts), dtype=bool)
        is_true[np.argsort(-amounts, kind="stable")[:k]] = True
        scores.append(precision_at_k(own, is_true))
    said = [score for score in scores if score is not None]
    return Score(float(np.mean([score.precision for score in said])), said[0].chance) if said else None


def _direction(result: Any, explanation: Explanation) -> Score | None:
    """Share of channels and bands of which a method says that the larger class has more, of methods that tell how classes differ."""
    larger = explanation.classes.index("M")
    if result.kind == "selection" and result.channel_difference.size:
        difference = result.channel_difference[larger]
    elif result.kind == "synthesis":
        difference = (result.change[larger] - result.change[1 - larger])[:, in_range(explanation.freqs)]
    elif result.kind == "weights" and not len(result.labels):
        difference = result.pattern[larger]
    else:
        return None
    return Score(float((difference > 0).mean()), 0.5)


def axes_of(explanation: Explanation, name: str) -> dict[str, Axis]:
    """Relevance that a method gives to frequencies, channels and times, by its kind."""
    return _KINDS[explanation.methods[name].kind](explanation.methods[name], explanation)


def _of_attribution(result: Any, explanation: Explanation) -> dict[str, Axis]:
    found = {
        "band": _spectrum(_alike(result.spectrum).mean(axis=(0, 1)), explanation),
        "region": _channels(_alike(result.profile).mean(axis=0), explanation),
    }
    if result.course.size:
        starts = np.arange(result.course.shape[1]) / explanation.sfreq
        found["time"] = Axis(_alike(result.course).mean(axis=0), starts, starts + 1 / explanation.sfreq)
    return found


def _of_importance(result: Any, explanation: Explanation) -> dict[str, Axis]:
    relevance, axis = result.importance.mean(axis=0), _axis_of_parts(result, explanation)
    if axis == "region":
        return {axis: _channels(relevance, explanation)}
    if axis == "band":
        edges = [EXPLAIN_HALF_OPEN.get(str(part), (np.nan, np.nan)) for part in result.parts]
        relevance, edges = zip(*[pair for pair in zip(relevance, edges, strict=True) if np.isfinite(pair[1]).all()], strict=True)
    else:
        stops = np.cumsum(result.widths) / np.sum(result.widths) * 2 * (explanation.freqs.size - 1) / explanation.sfreq
        edges = list(zip(np.append(0.0, stops[:-1]), stops, strict=True))
    low, high = np.array(edges).T
    return {axis: Axis(np.array(relevance), low, high)}


def _of_selection(result: Any, explanation: Explanation) -> dict[str, Axis]:
    found = {"band": _spectrum(np.abs(result.difference).mean(axis=0), explanation)}
    if result.channel_difference.size:
        found["region"] = _channels(np.abs(result.channel_difference).mean(axis=(0, 2)), explanation)
    return found


def _of_synthesis(result: Any, explanation: Explanation) -> dict[str, Axis]:
    change = np.abs(result.change)[..., in_range(explanation.freqs)]
    return {
        "band": _spectrum(np.abs(result.change).mean(axis=(0, 1)), explanation),
        "region": _channels(change.mean(axis=(0, 2)), explanation),
    }


def _of_weights(result: Any, explanation: Explanation) -> dict[str, Axis]:
    if len(result.labels):
        return {"band": _spectrum(result.response.mean(axis=0), explanation)}
    pattern = np.abs(result.pattern)
    found = {}
    if pattern.shape[2] == len(EXPLAIN_HALF_OPEN):
        low, high = np.array(list(EXPLAIN_HALF_OPEN.values())).T
        found["band"] = Axis(pattern.mean(axis=(0, 1)), low, high)
    if pattern.shape[1] == len(explanation.ch_names):
        found["region"] = _channels(pattern.mean(axis=(0, 2)), explanation)
    return found


_KINDS: Mapping[str, Callable[[Any, Explanation], dict[str, Axis]]] = {
    "attribution": _of_attribution,
    "importance": _of_importance,
    "selection": _of_selection,
    "synthesis": _of_synthesis,
    "weights": _of_weights,
}


def _axis_of_parts(result: Any, explanation: Explanation) -> str:
    parts = [str(part) for part in result.parts]
    if parts == list(explanation.ch_names):
        return "region"
    return "time" if parts[0].endswith(" s") else "band"


def _alike(values: np.ndarray) -> np.ndarray:
    """Values of each class scaled to sum to 1: the class whose output is steeper does not count for more."""
    totals = values.reshape(len(values), -1).sum(axis=1).reshape(-1, *(1 for _ in values.shape[1:]))
    return np.divide(values, totals, out=np.zeros_like(values, dtype=np.float64), where=totals > 0)


def _spectrum(values: np.ndarray, explanation: Explanation) -> Axis:
    shown = in_range(explanation.freqs)
    return Axis(values[shown], explanation.freqs[shown], explanation.freqs[shown])


def _channels(values: np.ndarray, explanation: Explanation) -> Axis:
    nowhere = np.full(len(values), np.nan)
    return Axis(values, nowhere, nowhere, tuple(explanation.ch_names))


def _within(low: np.ndarray, high: np.ndarray, first: float, last: float) -> np.ndarray:
    """Items of which half lies in a range, or that hold half of it: a band that is wider than what was planted is right to be named."""
    overlap = np.minimum(high, last) - np.maximum(low, first)
    of_item, of_range = overlap >= 0.5 * (high - low), overlap >= 0.5 * (last - first)
    return (overlap >= 0) & (of_item | of_range)
