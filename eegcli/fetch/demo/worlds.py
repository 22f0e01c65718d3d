"""Planted worlds of `--effect`: cohorts in which one thing depends on sex, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eegcli.fetch.demo.cohort import PLANTED, Person, Sex, evenly_placed, make_person, score_of

CLOSED_SEGMENT = "closed=instructed_toCloseEyes:3:37"
TONE = "tone"  # event of the world `latency`
TONE_SEGMENT = "tone=tone:-0.5:1.5"
TONE_START = -0.5  # s after the tone: where a window of that segment begins
RHYTHM_SPREAD = 0.2  # of the logarithm of theta and upper alpha over persons: rhythms that everybody has


@dataclass(frozen=True)
class World:
    """Planted world: what depends on sex in it, how strongly, and where an explanation has to find it.

    Attributes
    ----------
    summary : str
        What depends on sex.
    quantity : str
        What the strength of a person is, with its unit.
    centre : dict
        Mean over persons by sex, on the scale that `scale` names.
    spread : float
        Standard deviation over persons, on that scale.
    scale : {"log", "fisher"}
        Strengths are ``exp`` of what is drawn, or ``tanh``.
    band : tuple of float, optional
        Edges of the planted band, Hz. None: no band is set apart from the others.
    channels : tuple of str, optional
        Channels that hold the effect. None: none is set apart.
    seconds : tuple of float, optional
        From when to when in a window, s. None: no time is set apart.
    segment : str
        What `epoch --segment` has to cut.
    roles : mapping of str to tuple of str
        Channels that play a part of their own.
    event : mapping
        In a world of events: which, and when the effect comes after it.
    """

    summary: str
    quantity: str
    centre: Mapping[Sex, float]
    spread: float
    scale: str = "log"
    band: tuple[float, float] | None = None
    channels: tuple[str, ...] | None = None
    seconds: tuple[float, float] | None = None
    segment: str = CLOSED_SEGMENT
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    event: Mapping[str, Any] = field(default_factory=dict)

    @property
    def separation(self) -> float:
        """Distance between the sexes in standard deviations of persons (d')."""
        return (self.centre["M"] - self.centre["F"]) / self.spread if self.spread else 0.0

    @property
    def ideal_auc(self) -> float:
        """Area under the ROC curve of an observer who knows each person's strength exactly, by a grid over the trimmed distributions."""
        scores = np.array([score_of((place + 0.5) / 1000) for place in range(1000)])
        difference = scores[:, None] + self.separation - scores[None, :]
        return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


@dataclass(frozen=True)
class Inhabitant(Person):
    """Person of a planted world; sex decides `strength` alone.

    Attributes
    ----------
    strength : float
        Of what the world plants, in the unit that its `quantity` names.
    """

    strength: float = 1.0


def _apart(middle: float, half: float) -> Mapping[Sex, float]:
    return {"F": middle - half, "M": middle + half}


WORLDS: Mapping[str, World] = {
    "band": World(
        "Males have more power from 14 to 18 Hz, at all channels.",
        "root mean square moment of each of the sources of the band, nAm",
        _apart(math.log(9.0), 0.4),
        0.42,
        band=(14.0, 18.0),
    ),
    "region": World(
        "Males have more power at four neighbouring channels on the right, at all frequencies up to 25 Hz.",
        "root mean square moment of each of the sources below the region, nAm",
        _apart(math.log(50.0), 0.55),
        0.5,
        channels=("E92", "E93", "E96", "E104"),
    ),
    "latency": World(
        "Males have a larger positive deflection 0.4 s after a tone.",
        "peak of the deflection where it is largest, µV",
        _apart(math.log(11.0), 0.6),
        0.52,
        seconds=(0.4 - 0.12 - TONE_START, 0.4 + 0.12 - TONE_START),
        segment=TONE_SEGMENT,
        event={"event": TONE, "seconds_after_event": [0.4 - 0.12, 0.4 + 0.12]},
    ),
    "amplitude": World(
        "Males have the larger amplitude: at all channels, frequencies and times by the same factor.",
        "factor on all signals",
        _apart(0.0, 0.22),
        0.2,
    ),
    "connectivity": World(
        "Two rhythms, one on the left and one on the right, rise and fall together in males and in turn in females. "
        "Power is the same at every channel and frequency; the covariance between left and right is not.",
        "correlation of the two rhythms",
        _apart(0.0, 1.0),
        1.05,
        scale="fisher",
        band=(9.0, 15.0),
        channels=("E24", "E36", "E92", "E96"),
        roles={"left": ("E24", "E36"), "right": ("E92", "E96")},
    ),
    "suppressor": World(
        "Males have more power from 14 to 18 Hz at one channel, where noise of the same band hides it. Another channel holds this noise and "
        "nothing of the effect: it tells nothing by itself, and helps who subtracts it.",
        "root mean square of the rhythm at the informative channel, µV",
        _apart(math.log(12.0), 0.5),
        0.56,
        band=(14.0, 18.0),
        channels=("E62",),
        roles={"informative": ("E62",), "suppressor": ("E45",)},
    ),
    "nothing": World("Nothing depends on sex.", "nothing was planted", {"F": 0.0, "M": 0.0}, 0.0),
}


def make_inhabitants(effect: str, subjects: int, seed: int) -> list[Inhabitant]:
    """Draw the cohort of the world with this name: a person depends on the seed and on their number only."""
    return [make_inhabitant(WORLDS[effect], index, seed) for index in range(subjects)]


def make_inhabitant(world: World, index: int, seed: int) -> Inhabitant:
    """Draw one person of a world, who shares nothing with any other but the cohort's distribution.

    Notes
    -----
    The ordinary cohort is made of pairs who share age, amplitude and alpha. Here they would do harm: a network that learns a person by
    heart is wrong on the other of the pair, so that where nothing is planted it would stand below chance. Each person is drawn as one of
    a pair of their own; sexes are as many, in random order. Rhythms are as strong in both sexes, and no channel is bad.
    """
    first = index - index % 2
    is_male = bool((np.random.default_rng([seed, 10, first]).integers(2) + index) % 2)
    pair = (make_person(2 * index, seed), make_person(2 * index + 1, seed))
    drawn = next(person for person in pair if (person.sex == "M") == is_male)
    rhythms = {f"{rhythm.group}_moment": _shared_moment(drawn, rhythm) for rhythm in PLANTED}
    strength = _strength(world, index, drawn.sex, seed)
    own = vars(drawn) | rhythms | {"label": f"DEMO{index + 1:03d}", "index": index, "bad_channel": None, "bad_kind": None}
    return Inhabitant(**own, strength=strength)


def _shared_moment(person: Person, rhythm: Any) -> float:
    # The person's place in the distribution of their sex, in one distribution for both sexes.
    own = getattr(person, f"{rhythm.group}_moment")
    score = math.log(own / rhythm.moment[person.sex]) / rhythm.spread
    return math.sqrt(rhythm.moment["F"] * rhythm.moment["M"]) * math.exp(RHYTHM_SPREAD * score)


def _strength(world: World, index: int, sex: Sex, seed: int) -> float:
    offset = np.random.default_rng([seed, 11]).random(2)[int(sex == "M")]
    drawn = world.centre[sex] + world.spread * score_of(evenly_placed(index // 2, 2, offset))
    return math.tanh(drawn) if world.scale == "fisher" else math.exp(drawn)
