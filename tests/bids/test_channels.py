"""Rows of channels.tsv belong to channels by name."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.bids.channels import read_channels
from eegcli.bids.errors import RecordingError
from tests.kit.trees import NAMES, tsv

ROWS = [f"{name} {'EEG' if name != 'O2' else 'MISC'} uV {'bad' if name == 'C3' else 'good'}" for name in NAMES]


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_changes_nothing(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp("channels") / "channels.tsv"
    rows = random.Random(seed).sample(ROWS, len(ROWS))
    tsv(path, "name type units status\n" + "\n".join(rows))
    channels = read_channels(path, NAMES)
    assert channels.bad == {"C3"}
    assert [name for name in NAMES if channels.types[name] != "EEG"] == ["O2"]


def test_names_that_differ_are_an_error_that_says_which(tmp_path):
    tsv(tmp_path / "channels.tsv", "name type units\n" + "\n".join(f"{'X1' if name == 'Fp1' else name} EEG uV" for name in NAMES))
    with pytest.raises(RecordingError, match=r"only in the file: Fp1; only in channels.tsv: X1") as caught:
        read_channels(tmp_path / "channels.tsv", NAMES)
    assert caught.value.cause == "channel names"


def test_case_and_channels_that_are_no_eeg_may_differ(tmp_path):
    tsv(tmp_path / "channels.tsv", "name type units\n" + "\n".join(f"{name.upper()} EEG uV" for name in NAMES) + "\nSTI TRIG n/a")
    assert set(read_channels(tmp_path / "channels.tsv", (*NAMES, "STATUS")).types) == set(NAMES)


@pytest.mark.parametrize(
    ("text", "said"), [("name type\nFz EEG\nFz EEG", "line 3: channel Fz stands there twice"), ("channel type\nFz EEG", "no column name")]
)
def test_a_malformed_file_is_an_error(tmp_path, text, said):
    tsv(tmp_path / "channels.tsv", text)
    with pytest.raises(RecordingError, match=said):
        read_channels(tmp_path / "channels.tsv", ("Fz",))


def test_r10_states_no_types_and_no_units(hbn):
    path = next((hbn["R10"]).glob("sub-*/eeg/*RestingState_channels.tsv"))
    channels = read_channels(path, [*(f"E{i}" for i in range(1, 129)), "Cz"])
    assert not channels.types and not channels.units and not channels.bad
