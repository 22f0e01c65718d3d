"""Padding is found where all channels stand still, and nowhere else; no window holds it."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.bids.padding import PADDING, padding
from tests.kit.trees import SFREQ, noise


def found(data: np.ndarray, sfreq: float = SFREQ) -> list[tuple[float, float]]:
    events = padding(data, sfreq)
    assert set(events.value) <= {PADDING}
    return list(zip(events.onset.tolist(), events.duration.tolist(), strict=True))


@pytest.mark.parametrize(("start", "stop"), [(0, 64), (2304, 2560), (640, 672), (0, 2000)])
def test_stretches_in_which_all_channels_stand_still_are_found_at_begin_end_and_within(start, stop):
    data = noise()
    data[:, start:stop] = data[:, [start]] if start else 0.0
    assert found(data) == [(start / SFREQ, (stop - start) / SFREQ)]


def test_a_jump_from_one_value_to_another_does_not_end_it():
    data = noise()
    data[:, 2304:2432], data[:, 2432:] = 5.0, 0.0
    assert found(data) == [(18.0, 2.0)]


def test_a_channel_that_still_moves_a_shorter_stretch_and_dead_channels_are_no_padding():
    data = noise()
    data[:, 640:671] = 1.0  # 0.242 s
    data[1:, 1280:1400] = 1.0
    data[3] = 7.0
    assert found(data) == []
    data[0, 1280:1400] = 1.0
    assert found(data) == [(10.0, 120 / SFREQ)]  # the dead channel does not count
    assert found(np.full((3, 2560), 7.0)) == []
