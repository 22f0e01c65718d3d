"""Triggers: codes on a channel that rests between them, or does not."""

from __future__ import annotations

import mne
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eegcli.bids.triggers import trigger_events

CODES = st.lists(st.integers(1, 300), min_size=2, max_size=12)
HOLD = 40  # samples; a signal changes more often


def of(codes: list[int]) -> np.ndarray:
    return np.repeat(codes, HOLD)


def found(values: np.ndarray) -> list[tuple[int, str]]:
    events = trigger_events(values, 1.0)
    return list(zip(events.onset.astype(int).tolist(), events.value.tolist(), strict=True))


@given(CODES)
def test_a_channel_that_rests_between_codes_gives_what_mne_finds(codes):
    values = of([item for code in codes for item in (0, code)] + [0])
    raw = mne.io.RawArray(values[np.newaxis].astype(float), mne.create_info(["STI"], 1.0, "stim"), verbose="error")
    assert found(values) == [(onset, str(code)) for onset, _, code in mne.find_events(raw, shortest_event=1, verbose="error").tolist()]


def test_of_two_codes_that_overlap_the_end_of_one_is_no_event():
    assert found(of([0, 1, 257, 1, 0, 2, 0])) == [(40, "1"), (80, "257"), (200, "2")]


@given(CODES, st.booleans())
def test_codes_that_follow_one_another_are_all_events(codes, rests):
    changing = [code for place, code in enumerate(codes) if place == 0 or code != codes[place - 1]]
    values = of([0, *changing, *[0] * rests])
    assert found(values) == [(HOLD * (place + 1), str(code)) for place, code in enumerate(changing)]
