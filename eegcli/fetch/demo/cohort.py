"""Simulated cohort: sex, age, and every parameter of a person's signals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from eegcli.fetch.demo.head import CH_NAMES, MASTOIDS, REFERENCE

Sex = Literal["F", "M"]
FAULTS = ("nocues", "truncated", "flat", "unlisted")
FIRST_FAULT = 1_000_000  # index of the first faulty recording's person: never that of an ordinary one
PAIRS_PER_BAD_PAIR = 5  # one pair of persons in five has a bad channel each
BAD_KINDS = ("noisy", "line", "drifting", "flat")
NEVER_BAD = (*MASTOIDS, REFERENCE, "E127")  # a bad reference would spoil every channel; the cheek is not among the 24


@dataclass(frozen=True)
class Planted:
    """Planted effect: a rhythm whose strength depends on sex.

    Attributes
    ----------
    group : str
        Its sources, by the name of their group in the head.
    centre, width : float
        Centre and standard deviation of its power spectrum, Hz.
    moment : dict
        Geometric mean of the root-mean-square moment of each source by sex, nAm (eyes closed).
    spread : float
        Standard deviation over persons of the logarithm of that moment.
    wander : float
        Standard deviation within a person of the logarithm of the moment, over time.
    open_share : float
        Share of the moment that is left with eyes open.
    """

    group: str
    centre: float
    width: float
    moment: dict[Sex, float]
    spread: float
    wander: float
    open_share: float

    @property
    def separation(self) -> float:
        """Distance between the sexes in standard deviations of persons (d')."""
        return math.log(self.moment["M"] / self.moment["F"]) / self.spread


THETA = Planted("theta", 7.0, 0.5, {"F": 16.0, "M": 44.0}, 0.46, 0.1, 1.0)
UPPER_ALPHA = Planted("upper_alpha", 10.0, 0.5, {"F": 20.0, "M": 55.0}, 0.46, 0.1, 0.5)
PLANTED = (THETA, UPPER_ALPHA)
TRIMMED = 0.02  # of each tail of the persons' distribution: no one is wholly of the other sex's strength


@dataclass(frozen=True)
class Person:
    """One simulated person and all that shapes the signals; what sex decides is `theta_moment` and `upper_alpha_moment` alone.

    Attributes
    ----------
    label : str
        BIDS subject label.
    index : int
        Number of the person; with the seed it decides everything.
    sex, age : str and float
        F or M; years.
    theta_moment, upper_alpha_moment : float
        Root-mean-square moment of each planted source, eyes closed, nAm.
    alpha_frequency, alpha_moment : float
        The ordinary posterior rhythm: Hz (rises with age), nAm (eyes closed).
    background_moment, background_slope : float
        Moment of each background source, nAm; exponent of its 1/f spectrum.
    blink_rate, burst_rate : float
        Blinks with eyes open and muscle bursts, per minute.
    line : float
        60 Hz hum, µV (root mean square over channels).
    lead_in : float
        Time from the start of the task to the first cue, s.
    ends_with_break : bool
        The record ends after a `break cnt`, not at a `boundary`.
    bad_channel, bad_kind : str or None
        A broken channel and what is wrong with it.
    fault : str or None
        What is wrong with the whole recording.
    """

    label: str
    index: int
    sex: Sex
    age: float
    theta_moment: float
    upper_alpha_moment: float
    alpha_frequency: float
    alpha_moment: float
    background_moment: float
    background_slope: float
    blink_rate: float
    burst_rate: float
    line: float
    lead_in: float
    ends_with_break: bool
    bad_channel: str | None
    bad_kind: str | None
    fault: str | None = None


def make_cohort(subjects: int, seed: int, *, with_faults: bool = False) -> list[Person]:
    """Draw the cohort: F/M pairs matched in everything but the planted effect, then the four faulty recordings.

    Parameters
    ----------
    subjects : int
        Number of ordinary persons.
    seed : int
        A person depends on the seed and on its number only, never on how many there are.
    """
    people = [make_person(index, seed) for index in range(subjects)]
    if with_faults:
        people += [make_person(FIRST_FAULT + place, seed, fault=fault) for place, fault in enumerate(FAULTS)]
    return people


def make_person(index: int, seed: int, *, fault: str | None = None) -> Person:
    """Draw one person.

    Notes
    -----
    Persons 2j and 2j+1 are a pair: one is female, one male, in random order, so that names do not tell sex. They share
    (almost) age, amplitude, alpha, slope, artifacts, duration and the kind of bad channel: none of these can tell sex.
    Age and the planted strengths are spread evenly over their distributions (a Halton sequence over the pairs), so that
    small cohorts are as separable as large ones.
    """
    pair = index // 2
    ours = np.random.default_rng([seed, 1, index])
    shared = np.random.default_rng([seed, 2, pair])
    offsets = np.random.default_rng([seed, 3]).random((3, 2))
    is_male = bool((shared.integers(2) + index) % 2)
    sex: Sex = "M" if is_male else "F"
    place_age = evenly_placed(pair, 5, offsets[2, 0])
    place_planted = [evenly_placed(pair, base, offset[int(is_male)]) for base, offset in zip((2, 3), offsets, strict=False)]
    theta, upper_alpha = (
        planted.moment[sex] * math.exp(planted.spread * score_of(place)) for planted, place in zip(PLANTED, place_planted, strict=True)
    )

    age = 5.2 + 16.3 * place_age**1.9 + ours.uniform(-0.15, 0.15)  # years; skewed towards the young, as HBN is
    has_bad_channel = fault is None and pair % PAIRS_PER_BAD_PAIR == seed % PAIRS_PER_BAD_PAIR
    bad_kind = BAD_KINDS[pair // PAIRS_PER_BAD_PAIR % len(BAD_KINDS)] if has_bad_channel else None
    bad_channel = str(ours.choice([name for name in CH_NAMES if name not in NEVER_BAD])) if has_bad_channel else None
    return Person(
        label=f"DEMO{index + 1:03d}" if fault is None else f"DEMO{fault}",
        index=index,
        sex=sex,
        age=round(age, 4),
        theta_moment=theta,
        upper_alpha_moment=upper_alpha,
        # 8 Hz at five years, 10 Hz from fifteen on
        alpha_frequency=float(np.interp(age, [5.0, 15.0], [8.0, 10.0])) + shared.normal(0, 0.15) + ours.normal(0, 0.05),
        alpha_moment=14.0 * math.exp(shared.normal(0, 0.15) + ours.normal(0, 0.05)),
        background_moment=30.0 * (age / 10) ** -0.15 * math.exp(shared.normal(0, 0.08) + ours.normal(0, 0.03)),
        background_slope=1.65 - 0.02 * (age - 5) + shared.normal(0, 0.05) + ours.normal(0, 0.01),
        blink_rate=15.0 * math.exp(shared.normal(0, 0.3) + ours.normal(0, 0.05)),
        burst_rate=1.5 * math.exp(shared.normal(0, 0.3) + ours.normal(0, 0.05)),
        line=3.0 * math.exp(shared.normal(0, 0.4)),
        lead_in=float(shared.uniform(6.0, 9.0)),
        ends_with_break=bool(shared.random() < 0.125),
        bad_channel=bad_channel,
        bad_kind=bad_kind,
        fault=fault,
    )


def ideal_accuracy() -> float:
    """Accuracy of an observer who knows both planted strengths of a person exactly, and their distributions.

    Returns
    -------
    float
        By a fine grid over the trimmed distributions; untrimmed it would be Phi(d'/2), with d' over both strengths.
    """
    scores = np.array([score_of((place + 0.5) / 1000) for place in range(1000)])
    first, second = (planted.separation * (scores - planted.separation / 2) for planted in PLANTED)  # log likelihood ratios, females
    return float((first[:, None] + second[None, :] < 0).mean())


def score_of(place: float) -> float:
    """Standard normal score, without its tails, of a place between 0 and 1."""
    return NormalDist().inv_cdf(TRIMMED + (1 - 2 * TRIMMED) * place)


def evenly_placed(n: int, base: int, offset: float) -> float:
    """Number `n` of van der Corput's sequence, shifted round: its first points, however many, are spread evenly between 0 and 1."""
    place, unit = 0.0, 1.0
    while n:
        unit /= base
        place += unit * (n % base)
        n //= base
    return (place + offset) % 1.0
