"""`.set` files as EEGLAB writes them, read back by MNE."""

from __future__ import annotations

import time

import mne
import numpy as np
import pytest

from eegcli.fetch.demo.eeglab import set_bytes
from eegcli.fetch.demo.paradigm import Event

POSITIONS = np.array([[-0.03, 0.09, 0.01], [0.03, 0.09, 0.01], [0.0, 0.0, 0.095]])


def content(data):
    events = [Event("break cnt", 0), Event("instructed_toOpenEyes", 250), Event("boundary", 999.5)]
    return set_bytes(data, name="x", sfreq=500.0, ch_names=("E22", "E9", "Cz"), ch_pos=POSITIONS, reference="Cz", events=events)


@pytest.fixture
def data():
    return (20 * np.random.default_rng(0).standard_normal((3, 1000))).astype(np.float32)


@pytest.mark.filterwarnings("ignore:.*boundary:RuntimeWarning")
def test_mne_reads_back_signals_names_events_and_positions(tmp_path, data):
    (tmp_path / "x.set").write_bytes(content(data))
    raw = mne.io.read_raw_eeglab(tmp_path / "x.set", preload=True)
    assert raw.ch_names == ["E22", "E9", "Cz"]
    assert raw.info["sfreq"] == 500
    np.testing.assert_allclose(raw.get_data() * 1e6, data, rtol=1e-6)
    assert list(raw.annotations.description)[:2] == ["break cnt", "instructed_toOpenEyes"]
    assert raw.annotations.onset[1] == pytest.approx(0.5)
    np.testing.assert_allclose([raw.info["chs"][place]["loc"][:3] for place in range(3)], POSITIONS, atol=1e-6)


def test_the_same_content_is_the_same_bytes_at_any_time(monkeypatch, data):
    before = content(data)
    monkeypatch.setattr(time, "asctime", lambda *_: "Thu Jan  1 00:00:00 1970")
    assert content(data) == before


def test_the_header_is_that_of_a_matlab_5_file(data):
    header = content(data)[:128]
    assert header.startswith(b"MATLAB 5.0 MAT-file")
    assert header[124:128] == b"\x00\x01IM"  # version 1.0, little-endian
