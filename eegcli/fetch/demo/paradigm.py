"""The course of a resting-state recording: which cue comes when, and whether the eyes are closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eegcli.fetch.demo.cohort import Person

SFREQ = 500.0
OPEN_SECONDS, CLOSED_SECONDS = 20.0, 40.0
LAST_OPEN_SECONDS = (4.52, 4.69)  # the sixth open block only ends the fifth closed one
CODES = {"resting_start": "90", "instructed_toOpenEyes": "20", "instructed_toCloseEyes": "30"}
FULL_EDGE_SECONDS = 60.0  # outside the blocks in a recording of full size, which with five blocks lasts 360 s
REACTION_SECONDS = 0.8  # from the cue to the lids
LID_SECONDS = 0.4  # how long alpha takes to rise or fall


@dataclass(frozen=True)
class Event:
    """A marker: its value, and where it stands in samples (`boundary` stands between two)."""

    value: str
    sample: float

    @property
    def code(self) -> str:
        """Code that the recorder wrote: the number behind the value, or the value itself."""
        return CODES.get(self.value, self.value)


@dataclass(frozen=True)
class Course:
    """Time course of a recording: its events and blocks.

    Attributes
    ----------
    n_times : int
        Length of the record in samples.
    events : tuple of Event
        In order.
    closed : ndarray, shape (n_times,), float32
        0 while the eyes are open, 1 while they are closed, with smooth edges.
    """

    n_times: int
    events: tuple[Event, ...]
    closed: np.ndarray


def make_course(person: Person, blocks: int, rng: np.random.Generator, *, full_size: bool = False) -> Course:
    """Lay out HBN's resting state: `blocks` times 20 s open and 40 s closed, then a last, short open block.

    Parameters
    ----------
    person : Person
        Whose lead-in and end of the record are taken.
    blocks : int
        Eyes-closed blocks.
    rng : Generator
        Of the recording.
    full_size : bool
        Wait before the first cue as long as HBN does, so that five blocks make a record of 360 s.
    """
    cues: list[Event] = []
    sample = round(rng.uniform(1.0, 2.0) * SFREQ)
    last_open = round(rng.uniform(*LAST_OPEN_SECONDS) * SFREQ)
    tail = 400 if person.ends_with_break else 1  # samples after the last open block
    cues.append(Event("resting_start", sample))
    sample += round(FULL_EDGE_SECONDS * SFREQ) - sample - last_open - tail if full_size else round(person.lead_in * SFREQ)
    for _ in range(blocks):
        cues.append(Event("instructed_toOpenEyes", sample))
        sample += round(OPEN_SECONDS * SFREQ)
        cues.append(Event("instructed_toCloseEyes", sample))
        sample += round(CLOSED_SECONDS * SFREQ)
    cues.append(Event("instructed_toOpenEyes", sample))
    sample += last_open
    n_times = sample + tail
    end = [Event("break cnt", sample), Event("9999", sample + 250)] if person.ends_with_break else [Event("boundary", n_times - 0.5)]
    closed = _eyes_closed(cues, n_times)
    if person.fault == "nocues":
        cues = cues[:1]
    return Course(n_times, (Event("break cnt", 0), *cues, *end), closed)


def _eyes_closed(cues: list[Event], n_times: int) -> np.ndarray:
    times = np.arange(n_times, dtype=np.float32) / np.float32(SFREQ)
    closed = np.zeros(n_times, np.float32)
    for cue in cues:
        sign = {"instructed_toCloseEyes": 1.0, "instructed_toOpenEyes": -1.0 if closed[-1] > 0.5 else 0.0}.get(cue.value, 0.0)
        if sign:
            middle = cue.sample / SFREQ + REACTION_SECONDS
            closed += np.float32(sign) * np.clip((times - np.float32(middle)) / np.float32(LID_SECONDS) + np.float32(0.5), 0, 1)
    return np.clip(closed, 0, 1)
