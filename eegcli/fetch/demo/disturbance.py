"""Artifacts and bad channels, strong enough that a pipeline has to deal with them, and where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eegcli.fetch.demo.cohort import NEVER_BAD, Person
from eegcli.fetch.demo.head import HeadModel
from eegcli.fetch.demo.paradigm import SFREQ, Course
from eegcli.fetch.demo.simulation import BLINK_MOMENT, BURST_BAND, LINE_FREQUENCY, blink_shape, blink_starts, narrowband, pink

BAD_KINDS = ("flat", "noisy", "loose", "line")
BAD_SHARE = 0.06  # of the channels; two at least
NOISY, LOOSE, LINE = 150.0, 60.0, 120.0  # µV: white noise, own 1/f noise (both root mean square), mains (peak)
MUSCLE_RATE, MUSCLE_SECONDS, MUSCLE_PEAK = 2.0, (0.5, 2.0), (100.0, 300.0)  # per minute, s, µV
MOVEMENT_RATE, MOVEMENT_SECONDS, MOVEMENT_PEAK = 1.0, (1.0, 3.0), (300.0, 1500.0)
MOVEMENT_BAND = (0.7, 3.0)  # Hz
MOVEMENT_REACH = 35.0  # degrees on the head; a tug at a cable moves the electrodes around it


@dataclass(frozen=True)
class Artifact:
    """Simulated artifact: a stretch of a recording that is not brain, or a channel that is none throughout.

    Attributes
    ----------
    start, n_times : int
        In samples.
    kind : str
        ``blink``, ``muscle``, ``movement``; or ``bad-`` and what is wrong with the channel.
    channel : str
        Where it is strongest.
    peak : float
        The greatest deflection there that it adds, µV.
    """

    start: int
    n_times: int
    kind: str
    channel: str
    peak: float


def bad_channels(person: Person, ch_names: Sequence[str], *, seed: int) -> dict[str, str]:
    """Choose the bad channels of a person's recording, and what is wrong with each. Pairs share the kinds: they cannot tell sex."""
    rng = np.random.default_rng([seed, 6, person.index])
    candidates = [name for name in ch_names if name not in NEVER_BAD]
    count = max(round(BAD_SHARE * len(ch_names)), 2)
    chosen = sorted(rng.choice(len(candidates), count, replace=False))
    return {candidates[place]: BAD_KINDS[(person.index // 2 + number) % len(BAD_KINDS)] for number, place in enumerate(chosen)}


def undisturbed(person: Person) -> Person:
    """The person without the artifacts that every simulated recording has: those of `disturb` take their place."""
    return replace(person, blink_rate=0.0, burst_rate=0.0, bad_channel=None, bad_kind=None)


def disturb(data: np.ndarray, person: Person, head: HeadModel, course: Course, *, seed: int) -> list[Artifact]:
    """Add blinks, muscle and movements to a recording, and break some of its channels.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), float32
        Potential against the last channel, µV; changed in place.
    person : Person
        Whose blinks and bad channels; not `undisturbed`.
    head : HeadModel
        Electrodes and sources.
    course : Course
        When the eyes are closed.
    seed : int
        Of the cohort.

    Returns
    -------
    list of Artifact
        In order of start: every one there is.
    """
    rng = np.random.default_rng([seed, 7, person.index])
    found = []
    for kind, start, addition in (*_blinks(person, head, course, rng), *_muscle(head, course, rng), *_movements(head, course, rng)):
        addition -= addition[-1]  # against the reference, like the data
        n_times = addition.shape[1]
        data[:, start : start + n_times] += addition
        peaks = np.abs(addition).max(axis=1)
        found.append(Artifact(start, n_times, kind, head.ch_names[int(np.argmax(peaks))], round(float(peaks.max()), 1)))
    for name, kind in bad_channels(person, head.ch_names, seed=seed).items():
        row = data[head.ch_names.index(name)]
        before = row.copy()
        _break(row, kind, rng)
        found.append(Artifact(0, data.shape[1], f"bad-{kind}", name, round(float(np.abs(row - before).max()), 1)))
    return sorted(found, key=lambda artifact: (artifact.start, artifact.kind, artifact.channel))


def artifacts_tsv(artifacts: Sequence[Artifact]) -> bytes:
    """Make the table of artifacts that lies beside a recording."""
    rows = [f"{a.start / SFREQ:.3f}\t{a.n_times / SFREQ:.3f}\t{a.kind}\t{a.channel}\t{a.peak:.1f}\n" for a in artifacts]
    return ("onset\tduration\tkind\tchannel\tpeak_uv\n" + "".join(rows)).encode()


def _blinks(person: Person, head: HeadModel, course: Course, rng: np.random.Generator) -> Iterator[tuple[str, int, np.ndarray]]:
    gain = head.gain(head.sources("eyes")).sum(axis=1, keepdims=True)
    for start, height in blink_starts(person, course, rng):
        yield "blink", start, (BLINK_MOMENT * height * gain * blink_shape()).astype(np.float32)


def _muscle(head: HeadModel, course: Course, rng: np.random.Generator) -> Iterator[tuple[str, int, np.ndarray]]:
    sources = head.sources("muscle")
    for start, n_times in _stretches(course.n_times, MUSCLE_RATE, MUSCLE_SECONDS, rng):
        gain = head.gain(sources[[rng.integers(len(sources))]])
        wave = narrowband(1, n_times, float(np.mean(BURST_BAND)), float(np.ptp(BURST_BAND)) / 4, rng) * np.hanning(n_times)
        yield "muscle", start, _scaled(gain * wave, rng.uniform(*MUSCLE_PEAK))


def _movements(head: HeadModel, course: Course, rng: np.random.Generator) -> Iterator[tuple[str, int, np.ndarray]]:
    outwards = head.ch_pos - head.centre
    outwards = outwards / np.linalg.norm(outwards, axis=1, keepdims=True)
    for start, n_times in _stretches(course.n_times, MOVEMENT_RATE, MOVEMENT_SECONDS, rng):
        degrees = np.degrees(np.arccos(np.clip(outwards @ outwards[rng.integers(len(outwards) - 1)], -1, 1)))
        weights = np.exp(-((degrees / MOVEMENT_REACH) ** 2)) * rng.uniform(0.7, 1.3, len(degrees))
        times = np.arange(n_times) / SFREQ
        wave = np.hanning(n_times) * np.sin(2 * np.pi * rng.uniform(*MOVEMENT_BAND) * times + rng.uniform(0, 2 * np.pi))
        yield "movement", start, _scaled(weights[:, np.newaxis] * wave, rng.uniform(*MOVEMENT_PEAK))


def _stretches(n_times: int, rate: float, seconds: tuple[float, float], rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Starts and lengths in samples: as many as the rate per minute says, but one at least."""
    for _ in range(max(rng.poisson(rate * n_times / SFREQ / 60), 1)):
        length = round(rng.uniform(*seconds) * SFREQ)
        yield int(rng.integers(n_times - length)), length


def _scaled(addition: np.ndarray, peak: float) -> np.ndarray:
    scaled: np.ndarray = (addition * (peak / np.abs(addition - addition[-1]).max())).astype(np.float32)
    return scaled


def _break(row: np.ndarray, kind: str, rng: np.random.Generator) -> None:
    n_times = len(row)
    if kind == "flat":
        row[:] = 0
    elif kind == "noisy":
        row += np.float32(NOISY) * rng.standard_normal(n_times, np.float32)
    elif kind == "loose":  # no contact with the skin: a signal of its own
        row[:] = np.float32(LOOSE) * pink(1, n_times, 1.5, rng)[0]
    elif kind == "line":
        row += (LINE * np.sin(2 * np.pi * LINE_FREQUENCY * np.arange(n_times) / SFREQ + rng.uniform(0, 6))).astype(np.float32)
