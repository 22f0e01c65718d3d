"""demo-truth.json: what was planted, where and in whom, for explanations to be held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from eegcli.fetch.demo.cohort import PLANTED, Person, Planted, ideal_accuracy
from eegcli.fetch.demo.disturbance import MUSCLE_RATE, bad_channels, undisturbed
from eegcli.fetch.demo.head import GROUPS, MASTOIDS, MONTAGE, REFERENCE, HeadModel
from eegcli.settings import FetchSettings

FILE = "demo-truth.json"
N_STRONGEST = 6
CONFOUNDS = {"movement": "males move more (slow drifts below 0.3 Hz)", "length": "males mostly have a block more"}


def make_truth(people: Sequence[Person], head: HeadModel, settings: FetchSettings) -> dict[str, Any]:
    """Make the ground truth of the cohort: everything that a perfect analysis could find out.

    Parameters
    ----------
    people : sequence of Person
        The cohort, faulty recordings included.
    head : HeadModel
        The forward model.
    settings : FetchSettings
        As for the signals.
    """
    ordinary = [person for person in people if person.fault is None]
    planted = "; ".join(CONFOUNDS[name] for name in settings.confounds)
    return {
        "summary": (
            "Males have more 6-8 Hz power from frontal and more 9-11 Hz power from posterior sources. Persons overlap. "
            + (f"Beside that {planted}. " if planted else "")
            + "Nothing else depends on sex: F/M pairs share age, amplitude, alpha, slope, artifacts, duration and kind of bad channel."
        ),
        **({"confounds": list(settings.confounds)} if settings.confounds else {}),
        "seed": settings.seed,
        "blocks": settings.blocks,
        "n_subjects": len(ordinary),
        "montage": MONTAGE,
        "reference": REFERENCE,
        "effects": {planted.group: _effect(planted, head) for planted in PLANTED},
        "ideal_subject_accuracy": ideal_accuracy(),
        "sources": {group: _sources(group, head) for group in ("background", *GROUPS)},
        "subjects": {f"sub-{person.label}": _person(person, head, settings) for person in people},
    }


def _effect(planted: Planted, head: HeadModel) -> dict[str, Any]:
    # As the published analysis sees it: against the mean of both mastoids.
    gain = head.gain(head.sources(planted.group))
    gain = gain - gain[[head.ch_names.index(name) for name in MASTOIDS]].mean(axis=0)
    topography = np.sqrt((gain**2).sum(axis=1))
    strongest = np.argsort(-topography, kind="stable")[:N_STRONGEST]
    return {
        "band_hz": [planted.centre - 2 * planted.width, planted.centre + 2 * planted.width],
        "centre_hz": planted.centre,
        "moment_nam": planted.moment,
        "power_ratio_male_to_female": (planted.moment["M"] / planted.moment["F"]) ** 2,
        "spread_of_log_moment_over_persons": planted.spread,
        "wander_of_log_moment_within_a_person": planted.wander,
        "d_prime_of_log_moment": planted.separation,
        "share_of_moment_with_eyes_open": planted.open_share,
        "strongest_channels": [head.ch_names[channel] for channel in strongest],
        "topography_uv_per_nam": dict(zip(head.ch_names, np.round(topography, 5), strict=True)),
    }


def _sources(group: str, head: HeadModel) -> dict[str, Any]:
    sources = head.sources(group)
    return {
        "below": list(GROUPS[group].electrodes) if group in GROUPS else None,
        "position_mm": np.round(1000 * head.positions[sources], 2) + 0.0,
        "direction": np.round(head.directions[sources], 4) + 0.0,
    }


def _person(person: Person, head: HeadModel, settings: FetchSettings) -> dict[str, Any]:
    shown = undisturbed(person) if settings.artifacts else person
    values = {name: round(value, 5) if isinstance(value, float) else value for name, value in asdict(shown).items()}
    facts = {name: value for name, value in values.items() if name not in ("label", "index")}
    if settings.full_size:
        del facts["lead_in"]  # of the small form
    if not settings.artifacts:
        return facts
    del facts["bad_channel"], facts["bad_kind"]
    facts |= {"blink_rate": round(person.blink_rate, 5), "burst_rate": MUSCLE_RATE}
    return facts | {"bad_channels": {} if person.fault == "flat" else bad_channels(person, head.ch_names, seed=settings.seed)}
