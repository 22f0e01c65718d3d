"""Published claims on what a network learns of sex, beside what this run says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.explain.kinds.selection import above_others
from eegcli.stats.spectra import in_range

SOURCE = "Truong, Makeig & Delorme 2021, arXiv:2111.04309"
TARGET, MALE, FEMALE = "sex", "M", "F"


@dataclass(frozen=True)
class Claim:
    """Claim of the paper about one of its three methods.

    Attributes
    ----------
    method : str
        Name in `registry.EXPLANATIONS`.
    claim : str
        In words; the paper prints no numbers.
    low, high : float
        Range that holds if the run agrees, in the unit of `unit`.
    unit : str
    measure : callable
        ``(male, female, freqs) -> value``, of mean amplitude spectra (n_channels, n_freqs).
    """

    method: str
    claim: str
    low: float
    high: float
    unit: str
    measure: Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def peak_of_difference(male: np.ndarray, female: np.ndarray, freqs: np.ndarray) -> float:
    """Frequency (Hz) within the analysed range at which males are above females by most µV, mean over channels."""
    above = above_others(np.stack([male, female]))[0]
    shown = in_range(freqs)
    return float(freqs[shown][above[shown].argmax()])


def share_higher(male: np.ndarray, female: np.ndarray, freqs: np.ndarray) -> float:
    """Share of the frequencies of the analysed range at which males are above females, mean over channels."""
    return float(np.mean((male.mean(axis=0) > female.mean(axis=0))[in_range(freqs)]))


CLAIMS = (
    Claim("best-samples", "males have more power across frequencies", 0.5, 1.0, "share of frequencies", share_higher),
    Claim("best-samples", "most of all near 10 Hz (alpha)", 8.0, 13.0, "Hz", peak_of_difference),
    Claim(
        "saliency-replacement", "thresholded samples of males have more alpha, most of all near 10 Hz", 8.0, 13.0, "Hz", peak_of_difference
    ),
    Claim("activation-maximisation", "inputs for males have more high theta, 6 to 8 Hz", 6.0, 8.0, "Hz", peak_of_difference),
)


def published(explanation: Explanation, target: str) -> list[dict[str, Any]]:
    """Rows of claims.parquet and of ``published`` in metrics.json: each claim beside the run's value.

    Parameters
    ----------
    explanation : Explanation
        With some of the methods that the paper used; the others have no rows.
    target : str
        Name of the target.

    Returns
    -------
    list of dict
        ``method``, ``claim``, ``low`` and ``high`` (the range that holds if the run agrees), ``value``, ``unit``, ``holds``, ``source``; none unless the target is sex
        with the classes M and F, and windows are samples. The ranges are ours: the paper prints figures and no numbers.
    """
    rows = []
    for claim in CLAIMS if target == TARGET and set(explanation.classes) == {MALE, FEMALE} else ():
        result = explanation.methods.get(claim.method)
        if result is None or result.spectrum.shape[-1:] != explanation.freqs.shape or not {MALE, FEMALE} <= set(result.labels.tolist()):
            continue
        male, female = (result.spectrum[result.labels.tolist().index(label)].astype(np.float64) for label in (MALE, FEMALE))
        value = claim.measure(male, female, explanation.freqs)
        rows.append(
            {"method": claim.method, "claim": claim.claim, "low": claim.low, "high": claim.high, "value": value, "unit": claim.unit}
            | {"holds": claim.low <= value <= claim.high, "source": SOURCE}
        )
    return rows
