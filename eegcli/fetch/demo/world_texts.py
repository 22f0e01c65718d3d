"""Texts of the planted worlds: demo-truth.json, the README, and the sidecar of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eegcli.bids.montage import channel_set, resolve
from eegcli.fetch.demo.cohort import Person
from eegcli.fetch.demo.hbn_texts import ABOUT, EVENTS, README
from eegcli.fetch.demo.head import CH_NAMES, MONTAGE, REFERENCE
from eegcli.fetch.demo.worlds import TONE, WORLDS, Inhabitant, World
from eegcli.settings import FetchSettings

WINDOW_SECONDS = 2.0
CHANNEL_SET = "hbn-24"  # of `preprocess --channels`: what the truth about channels was written for


def make_world_truth(people: Sequence[Person], settings: FetchSettings) -> dict[str, Any]:
    """Make the ground truth of a planted world.

    Parameters
    ----------
    people : sequence of Inhabitant
        The cohort.
    settings : FetchSettings
        As for the signals; `effect` names the world.

    Returns
    -------
    dict
        ``planted``: where the effect lies (``band_hz``, ``channels``, ``time_s`` within a window of ``windows``; null where it lies
        everywhere, or nowhere in particular), channels by the names that they have in such windows, which ``electrodes`` translates;
        ``strength``: how large it is by sex; ``windows``: what `preprocess` and `epoch` are asked for.
    """
    world = WORLDS[str(settings.effect)]
    return {
        "effect": settings.effect,
        "summary": world.summary if settings.effect == "nothing" else f"{world.summary} Nothing else depends on sex.",
        "seed": settings.seed,
        "blocks": settings.blocks,
        "n_subjects": len(people),
        "montage": MONTAGE,
        "reference": REFERENCE,
        "planted": _planted(world),
        "strength": _strength(world),
        "windows": {"channels": CHANNEL_SET, "segment": world.segment, "length_s": WINDOW_SECONDS},
        "ideal_subject_auc": world.ideal_auc,
        "subjects": {f"sub-{person.label}": _facts(person) for person in people},
    }


def readme(effect: str | None) -> str:
    """README of the data set."""
    if effect is None:
        return README
    return f"{ABOUT}\n{WORLDS[effect].summary}\nThis is planted: `demo-truth.json` says how much, where and in whom. Nothing else depends on sex.\n"


def events_sidecar(effect: str | None) -> Mapping[str, Any]:
    """Sidecar of the events: that of HBN, and the tone where there is one."""
    if effect != "latency":
        return EVENTS
    level, hed = {TONE: "A short tone"}, {TONE: "Sensory-event, (Auditory-presentation, Tone)"}
    value, code = EVENTS["value"], EVENTS["event_code"]
    return {
        **EVENTS,
        "value": {**value, "Levels": {**value["Levels"], **level}, "HED": {**value["HED"], **hed}},
        "event_code": {**code, "Levels": {**code["Levels"], **level}},
    }


def _planted(world: World) -> dict[str, Any]:
    names = channel_set((CHANNEL_SET,))
    electrodes = dict(zip(names, (CH_NAMES[int(place or 0)] for place in resolve(names, CH_NAMES)), strict=True))
    name_of = {electrode: name for name, electrode in electrodes.items()}
    roles = {role: [name_of[electrode] for electrode in role_electrodes] for role, role_electrodes in world.roles.items()}
    channels = None if world.channels is None else [name_of[electrode] for electrode in world.channels]
    return {"band_hz": world.band, "channels": channels, "time_s": world.seconds, **world.event, **roles, "electrodes": electrodes}


def _strength(world: World) -> dict[str, Any]:
    if not world.spread:
        return {"of": world.quantity}
    of = "logarithm" if world.scale == "log" else "inverse hyperbolic tangent"
    return {
        "of": world.quantity,
        "scale": of,
        "mean": dict(world.centre),
        "spread_over_persons": world.spread,
        "d_prime": world.separation,
    }


def _facts(person: Person) -> dict[str, Any]:
    facts: dict[str, Any] = {"sex": person.sex, "age": person.age}
    return {**facts, "strength": round(person.strength, 5) if isinstance(person, Inhabitant) else None}
