"""Simulation of the signals: what each source does, and what the electrodes see of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.fft

from eegcli.fetch.demo.cohort import THETA, UPPER_ALPHA, Person, Planted
from eegcli.fetch.demo.head import HeadModel
from eegcli.fetch.demo.paradigm import SFREQ, Course, make_course

KNEE = 0.5  # Hz; below it the background's spectrum is flat: drifts have their own source
COHERENCE = 0.3  # share of the power that the sources of a rhythm have in common
TILT = 0.25  # how far a person's sources lean away from the cohort's orientation
ALPHA_OPEN_SHARE = 0.35
ALPHA_WIDTH = 0.6  # Hz
ALPHA_WANDER = 0.2
WANDER_SECONDS = 8.0  # time scale on which rhythms wax and wane
BACKGROUND_WEIGHT_SPREAD = 0.2
BLINK_MOMENT = 600.0  # nAm: about 100 µV at Fp1
BLINK_SECONDS = 0.3
BLINK_CLOSED_SHARE = 0.12
BURST_MOMENT = 30.0  # nAm
BURST_SECONDS = (0.3, 1.5)
BURST_BAND = (20.0, 150.0)  # Hz
DRIFT = 12.0  # µV, of an electrode on the skin
OFFSET = 150.0  # µV
NOISE = 0.4  # µV, of the amplifier
LINE_FREQUENCY = 60.0
CHANNELS_AT_ONCE = 32  # of the noise of electrodes: what bounds the memory


def simulate(person: Person, head: HeadModel, *, seed: int, blocks: int, full_size: bool = False) -> tuple[np.ndarray, Course]:
    """Record a person's resting state.

    Parameters
    ----------
    person : Person
        Whom.
    head : HeadModel
        The forward model.
    seed, blocks : int
        Seed of the cohort; number of eyes-closed blocks.
    full_size : bool
        Wait before the first cue as long as HBN does.

    Returns
    -------
    data : ndarray, shape (n_channels, n_times), float32
        Potential against Cz, µV, at 500 Hz; Cz itself is the last row and zero.
    course : Course
        Events and the state of the eyes.
    """
    rng = np.random.default_rng([seed, 4, person.index])
    course = make_course(person, blocks, rng, full_size=full_size)
    n_times = course.n_times
    data = np.zeros((len(head.ch_names), n_times), np.float32)
    if person.fault == "flat":
        return data, course

    for moment, gain in (
        _background(person, head, n_times, rng),
        _alpha(person, head, course, rng),
        _planted(THETA, person.theta_moment, head, course, rng),
        _planted(UPPER_ALPHA, person.upper_alpha_moment, head, course, rng),
        _blinks(person, head, course, rng),
        _bursts(person, head, n_times, rng),
    ):
        data += gain.astype(np.float32) @ moment
    data += _electrodes(person, len(data), n_times, rng)
    data -= data[-1]
    if person.bad_channel is not None:
        _break_channel(data[head.ch_names.index(person.bad_channel)], str(person.bad_kind), rng)
    return data, course


def pink(n_signals: int, n_times: int, slope: float, rng: np.random.Generator, *, knee: float = KNEE) -> np.ndarray:
    """Noise with a power spectrum of 1 / (knee^slope + f^slope) and unit variance.

    Returns
    -------
    ndarray, shape (n_signals, n_times), float32
    """
    n_fft = scipy.fft.next_fast_len(n_times, real=True)
    freqs = scipy.fft.rfftfreq(n_fft, 1 / SFREQ)
    return _coloured(n_signals, n_times, n_fft, 1 / np.sqrt(knee**slope + freqs**slope), rng)


def narrowband(n_signals: int, n_times: int, centre: float, width: float, rng: np.random.Generator) -> np.ndarray:
    """Noise with a Gaussian power spectrum (mean `centre`, standard deviation `width`, Hz) and unit variance.

    Returns
    -------
    ndarray, shape (n_signals, n_times), float32
    """
    n_fft = scipy.fft.next_fast_len(n_times, real=True)
    freqs = scipy.fft.rfftfreq(n_fft, 1 / SFREQ)
    return _coloured(n_signals, n_times, n_fft, np.exp(-((freqs - centre) ** 2) / (4 * width**2)), rng)


def _coloured(n_signals: int, n_times: int, n_fft: int, amplitude: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    # Only the part of the spectrum that holds power is drawn: rhythms are narrow.
    support = np.flatnonzero(amplitude > 1e-6 * amplitude.max())
    inner = amplitude[support].astype(np.float32)
    spectrum = np.zeros((n_signals, len(amplitude)), np.complex64)
    draws = rng.standard_normal((n_signals, len(support), 2), np.float32)
    spectrum[:, support] = inner * (draws[..., 0] + 1j * draws[..., 1])
    spectrum[:, 0] = 0
    power = 4 * np.sum(inner.astype(np.float64) ** 2) / n_fft**2  # of the inverse transform, before any scaling
    noise: np.ndarray = scipy.fft.irfft(spectrum, n_fft, axis=1, workers=1)[:, :n_times]
    return noise / np.float32(np.sqrt(power))


def _wander(n_signals: int, n_times: int, spread: float, rng: np.random.Generator) -> np.ndarray:
    # A factor that drifts around one: slow noise, drawn once a second, interpolated.
    n_knots = int(n_times / SFREQ) + 2
    steps = np.exp(-1 / WANDER_SECONDS)
    noise = rng.standard_normal((n_signals, n_knots))
    for knot in range(1, n_knots):
        noise[:, knot] = steps * noise[:, knot - 1] + np.sqrt(1 - steps**2) * noise[:, knot]
    times = np.arange(n_times) / SFREQ
    return np.stack([np.exp(spread * np.interp(times, np.arange(n_knots), row)) for row in noise]).astype(np.float32)


def _tilted(directions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    leaning = directions + TILT * rng.standard_normal(directions.shape) / np.sqrt(3)
    tilted: np.ndarray = leaning / np.linalg.norm(leaning, axis=1, keepdims=True)
    return tilted


def _rhythm(n_sources: int, n_times: int, centre: float, width: float, wander: float, rng: np.random.Generator) -> np.ndarray:
    waves = narrowband(n_sources + 1, n_times, centre, width, rng)
    together: np.ndarray = np.float32(np.sqrt(COHERENCE)) * waves[0] + np.float32(np.sqrt(1 - COHERENCE)) * waves[1:]
    together *= _wander(1, n_times, wander, rng)  # the sources of a rhythm wax and wane as one
    return together


def _background(person: Person, head: HeadModel, n_times: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    sources = head.sources("background")
    directions = _tilted(head.directions[sources], rng)
    weights = np.exp(BACKGROUND_WEIGHT_SPREAD * rng.standard_normal(len(sources)))
    return pink(len(sources), n_times, person.background_slope, rng), person.background_moment * weights * head.gain(sources, directions)


def _alpha(person: Person, head: HeadModel, course: Course, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    sources = head.sources("alpha")
    waves = _rhythm(len(sources), course.n_times, person.alpha_frequency, ALPHA_WIDTH, ALPHA_WANDER, rng)
    waves *= _by_eyes(course, ALPHA_OPEN_SHARE)
    return waves, person.alpha_moment * head.gain(sources, _tilted(head.directions[sources], rng))


def _planted(planted: Planted, moment: float, head: HeadModel, course: Course, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    sources = head.sources(planted.group)
    waves = _rhythm(len(sources), course.n_times, planted.centre, planted.width, planted.wander, rng)
    waves *= _by_eyes(course, planted.open_share)
    return waves, moment * head.gain(sources, _tilted(head.directions[sources], rng))


def _by_eyes(course: Course, open_share: float) -> np.ndarray:
    share: np.ndarray = np.float32(open_share) + np.float32(1 - open_share) * course.closed
    return share


def _blinks(person: Person, head: HeadModel, course: Course, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    sources = head.sources("eyes")
    lids = np.zeros(course.n_times, np.float32)
    for start, height in blink_starts(person, course, rng):
        shape = blink_shape()
        lids[start : start + len(shape)] += (height * shape).astype(np.float32)
    return np.stack([lids] * len(sources)), BLINK_MOMENT * head.gain(sources)


def blink_starts(person: Person, course: Course, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """First sample and height (around 1) of each blink; a person who blinks at rate 0 has none."""
    n_blink, start = len(blink_shape()), 0
    if not person.blink_rate:
        return
    while (start := start + round((BLINK_SECONDS + rng.exponential(60 / person.blink_rate)) * SFREQ)) < course.n_times - n_blink:
        height = np.exp(0.2 * rng.standard_normal())
        # Thinned while the eyes are closed: what is left are movements of closed lids.
        if rng.random() < 1 - (1 - BLINK_CLOSED_SHARE) * course.closed[start]:
            yield start, float(height)


def blink_shape() -> np.ndarray:
    """Time course of a blink: the lid up and down, at most 1."""
    shape: np.ndarray = np.hanning(round(BLINK_SECONDS * SFREQ)) ** 1.5
    return shape


def _bursts(person: Person, head: HeadModel, n_times: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    sources = head.sources("muscle")
    moment = np.zeros((len(sources), n_times), np.float32)
    for _ in range(rng.poisson(person.burst_rate * n_times / SFREQ / 60)):
        n_burst = round(rng.uniform(*BURST_SECONDS) * SFREQ)
        source, start = rng.integers(len(sources)), rng.integers(n_times - n_burst)
        centre, width = np.mean(BURST_BAND), np.ptp(BURST_BAND) / 4
        burst = narrowband(1, n_burst, float(centre), float(width), rng)[0] * np.hanning(n_burst)
        moment[source, start : start + n_burst] += (np.exp(0.3 * rng.standard_normal()) * burst).astype(np.float32)
    return moment, BURST_MOMENT * head.gain(sources)


def _electrodes(person: Person, n_channels: int, n_times: int, rng: np.random.Generator) -> np.ndarray:
    # What arises at the electrode itself, not in the head: drift of the contact, offset, amplifier noise, and hum caught by the leads.
    data = np.empty((n_channels, n_times), np.float32)
    for first in range(0, n_channels, CHANNELS_AT_ONCE):
        rows = data[first : first + CHANNELS_AT_ONCE]
        np.multiply(np.float32(DRIFT), pink(len(rows), n_times, 4.0, rng, knee=0.05), out=rows)
    data += (OFFSET * rng.standard_normal((n_channels, 1))).astype(np.float32)
    for row in data:
        row += np.float32(NOISE) * rng.standard_normal(n_times, np.float32)
    phase = 2 * np.pi * LINE_FREQUENCY * np.arange(n_times) / SFREQ
    hum = np.stack([np.cos(phase), np.sin(phase)]).astype(np.float32)
    data += person.line * rng.standard_normal((n_channels, 2)).astype(np.float32) @ hum
    return data


def _break_channel(row: np.ndarray, kind: str, rng: np.random.Generator) -> None:
    n_times = len(row)
    if kind == "flat":
        row[:] = 0
    elif kind == "noisy":
        row += 40 * rng.standard_normal(n_times, np.float32)
    elif kind == "drifting":
        row += 90 * pink(1, n_times, 3.0, rng, knee=0.2)[0]
    elif kind == "line":
        row += (120 * np.sin(2 * np.pi * LINE_FREQUENCY * np.arange(n_times) / SFREQ + rng.uniform(0, 6))).astype(np.float32)
