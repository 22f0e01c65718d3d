"""Scores of explanations on planted worlds: how much of what a method ranks highest is what was planted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.reporting.relevance import Score, axes_of, axis_of_parts, precision_at_k
from eegcli.stats.spectra import in_range

TENTH = 0.1  # of a window's samples, those of the largest potential: what the world `amplitude` is scored by
QUARTER = 0.25  # of a window's channels, or stretches of time, in the same world


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
            is_true = said.within(*wanted[axis])
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
    elif result.kind == "importance" and axis_of_parts(result, explanation) != "band":
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
