"""Signals of the planted worlds: what each adds to a recording, through the head or at the electrodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from eegcli.fetch.demo.head import HeadModel
from eegcli.fetch.demo.paradigm import SFREQ, Course, Event
from eegcli.fetch.demo.simulation import narrowband, pink
from eegcli.fetch.demo.worlds import TONE, WORLDS, Inhabitant

SHARED = 0.3  # of the power of the band: what its sources have in common
REGION_SLOPE = 1.0  # flatter than the background, so that no frequency is without the region's own power
REGION_SOURCES = 4  # the background's sources nearest to the region's middle
TONE_GAP = (2.2, 3.0)  # s between tones
TONE_EDGE = 2.0  # s of the record before the first tone and after the last one
LATENCY, DEFLECTION_SD = 0.4, 0.06  # s after the tone: the planted deflection, a Gaussian
EARLY = ((0.10, 0.02, -6.0), (0.18, 0.03, 7.0))  # s, s, µV: deflections that everybody has
LATENCY_ELECTRODES, EARLY_ELECTRODES = ("E62", "E55"), ("E6", "E11")
COUPLED_UV = 7.0  # µV, root mean square of either rhythm
NOISE_UV, NOISE_SPREAD, NOISE_WANDER, NOISE_SECONDS = 15.0, 0.2, 0.6, 2.0  # µV; of its logarithm over persons and in time; s
OWN_UV = 12.0  # µV: 1/f noise of the electrode of the suppressor, as much as others have of the brain; 1.7 µV of it from 14 to 18 Hz


@dataclass(frozen=True)
class Recording:
    """Recording that a world is planted in.

    Attributes
    ----------
    data : ndarray, shape (n_channels, n_times), float32
        Potential against the last channel, µV; changed in place.
    person : Inhabitant
    head : HeadModel
    course : Course
    rng : Generator
    """

    data: np.ndarray
    person: Inhabitant
    head: HeadModel
    course: Course
    rng: np.random.Generator

    @property
    def n_times(self) -> int:
        """Length in samples."""
        return int(self.data.shape[1])

    def row(self, channel: str) -> int:
        """Row of a channel."""
        return self.head.ch_names.index(channel)


def plant(effect: str, data: np.ndarray, person: Inhabitant, head: HeadModel, course: Course, *, seed: int) -> Course:
    """Plant a world in a recording.

    Parameters
    ----------
    effect : str
        Name of the world.
    data : ndarray, shape (n_channels, n_times), float32
        Potential against the last channel, µV; changed in place.
    person : Inhabitant
    head : HeadModel
    course : Course
    seed : int
        Of the cohort.

    Returns
    -------
    Course
        With the events that the world has of its own.
    """
    _PLANTS[effect](recording := Recording(data, person, head, course, np.random.default_rng([seed, 12, person.index])))
    return replace(course, events=_with_tones(recording)) if effect == "latency" else course


def _band(recording: Recording) -> None:
    sources = recording.head.sources("background")
    low, high = WORLDS["band"].band or (0.0, 0.0)
    waves = narrowband(len(sources) + 1, recording.n_times, (low + high) / 2, (high - low) / 4, recording.rng)
    together = np.float32(np.sqrt(SHARED)) * waves[0] + np.float32(np.sqrt(1 - SHARED)) * waves[1:]
    gain = recording.person.strength * recording.head.gain(sources)
    np.add(recording.data, gain.astype(np.float32) @ together, out=recording.data)


def _region(recording: Recording) -> None:
    gain = near(recording.head, WORLDS["region"].channels or (), REGION_SOURCES)
    waves = pink(gain.shape[1], recording.n_times, REGION_SLOPE, recording.rng)
    np.add(recording.data, (recording.person.strength * gain).astype(np.float32) @ waves, out=recording.data)


def _latency(recording: Recording) -> None:
    late, early = (_peaking_at_one(near(recording.head, names, 2)) for names in (LATENCY_ELECTRODES, EARLY_ELECTRODES))
    for tone in _with_tones(recording):
        if tone.value != TONE:
            continue
        for topography, peak, seconds, width in (
            (late, recording.person.strength, LATENCY, DEFLECTION_SD),
            *((early, peak, seconds, width) for seconds, width, peak in EARLY),
        ):
            varying = peak * np.exp(0.2 * recording.rng.standard_normal())
            middle = tone.sample + (seconds + 0.01 * recording.rng.standard_normal()) * SFREQ
            times = np.arange(round(middle - 4 * width * SFREQ), round(middle + 4 * width * SFREQ))
            shape = varying * np.exp(-0.5 * ((times - middle) / (width * SFREQ)) ** 2)
            recording.data[:, times] += (topography[:, None] * shape).astype(np.float32)


def _amplitude(recording: Recording) -> None:
    np.multiply(recording.data, np.float32(recording.person.strength), out=recording.data)


def _connectivity(recording: Recording) -> None:
    # Each rhythm is seen by two electrodes, with opposite signs, and by no others: the rhythms share no electrode, and neither reaches
    # any reference that is a mean of all. So their correlation changes no electrode's power.
    world, rng = WORLDS["connectivity"], recording.rng
    low, high = world.band or (0.0, 0.0)
    first, own = narrowband(2, recording.n_times, (low + high) / 2, (high - low) / 4, rng)
    rho = recording.person.strength
    rhythms = (first, np.float32(rho) * first + np.float32(np.sqrt(1 - rho**2)) * own)
    for side, rhythm in zip(("left", "right"), rhythms, strict=True):
        height = np.float32(COUPLED_UV * np.exp(0.15 * rng.standard_normal()))
        for channel, sign in zip(world.roles[side], (1, -1), strict=True):
            recording.data[recording.row(channel)] += np.float32(sign) * height * rhythm


def _suppressor(recording: Recording) -> None:
    world, rng, person = WORLDS["suppressor"], recording.rng, recording.person
    low, high = world.band or (0.0, 0.0)
    topography = _peaking_at_one(near(recording.head, world.roles["informative"], 1))
    signal, noise = narrowband(2, recording.n_times, (low + high) / 2, (high - low) / 4, rng)
    noise *= NOISE_UV * np.exp(NOISE_SPREAD * rng.standard_normal()) * slow_factor(recording.n_times, NOISE_WANDER, NOISE_SECONDS, rng)
    np.add(recording.data, np.outer(topography, person.strength * signal + noise).astype(np.float32), out=recording.data)
    own = OWN_UV * pink(1, recording.n_times, person.background_slope, rng)[0]
    recording.data[recording.row(world.roles["suppressor"][0])] = (noise + own).astype(np.float32)


def _nothing(recording: Recording) -> None:
    pass


_PLANTS: Mapping[str, Callable[[Recording], None]] = {
    "band": _band,
    "region": _region,
    "latency": _latency,
    "amplitude": _amplitude,
    "connectivity": _connectivity,
    "suppressor": _suppressor,
    "nothing": _nothing,
}


def near(head: HeadModel, electrodes: tuple[str, ...], n_sources: int) -> np.ndarray:
    """Potential per moment of the background's sources nearest to the middle of electrodes, turned outwards.

    Returns
    -------
    ndarray, shape (n_channels, n_sources), µV/nAm
    """
    sources = head.sources("background")
    outwards = head.positions[sources] - head.centre
    outwards = outwards / np.linalg.norm(outwards, axis=1, keepdims=True)
    middle = np.mean([head.ch_pos[head.ch_names.index(name)] - head.centre for name in electrodes], axis=0)
    nearest = np.argsort(-(outwards @ middle), kind="stable")[:n_sources]
    return head.gain(sources[nearest], outwards[nearest])


def _peaking_at_one(gain: np.ndarray) -> np.ndarray:
    # The sources together, scaled so that the electrode that sees most of them, against the mean of all, sees 1.
    together = gain.sum(axis=1)
    scaled: np.ndarray = together / (together - together.mean()).max()
    return scaled


def slow_factor(n_times: int, spread: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Factor that drifts around one, shape (n_times,): `spread` of its logarithm, on a time scale of `seconds`."""
    knots = rng.standard_normal(int(n_times / SFREQ / seconds) + 2)
    times = np.arange(n_times) / SFREQ / seconds
    return np.asarray(np.exp(spread * np.interp(times, np.arange(len(knots)), knots)), dtype=np.float32)


def _with_tones(recording: Recording) -> tuple[Event, ...]:
    # When a tone comes depends on the recording's length alone, and on the person's number: asked again, they are the same.
    rng = np.random.default_rng([recording.n_times, recording.person.index])
    tones, sample = [], round(TONE_EDGE * SFREQ)
    while sample < recording.n_times - TONE_EDGE * SFREQ:
        tones.append(Event(TONE, sample))
        sample += round(rng.uniform(*TONE_GAP) * SFREQ)
    return tuple(sorted((*recording.course.events, *tones), key=lambda event: event.sample))
