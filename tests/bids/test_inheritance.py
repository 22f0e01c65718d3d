"""Sidecars that apply to a recording, by names alone; on a disk and in a listing."""

from __future__ import annotations

import pytest

from eegcli.bids.listing import Listing
from eegcli.bids.scan import find_recordings
from eegcli.bids.sidecars import Sidecars
from tests.kit.trees import describe


def applied(root, *paths):
    """Sidecars of each recording, found on the disk; the listing finds the same."""
    describe(root)
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    sidecars, listing = Sidecars(root), Listing(paths)
    found = {item.stem: [path.relative_to(root).as_posix() for path in sidecars.all(item)] for item in find_recordings(root)}
    assert {item.stem: sorted(listing.sidecars(item)) for item in listing.recordings()} == {
        stem: sorted(paths) for stem, paths in found.items()
    }
    return found


@pytest.mark.parametrize(("recording", "sidecar"), [("01", "1"), ("1", "01"), ("001", "1"), ("0", "00")])
def test_numbers_are_compared_as_numbers(tmp_path, recording, sidecar):
    folder = "sub-01/eeg/sub-01_task-rest_run-"
    paths = [f"{folder}{recording}_eeg.set", f"{folder}{sidecar}_events.tsv", "run-1_eeg.json"]
    inherited = ["run-1_eeg.json"] if recording.lstrip("0") == "1" else []
    assert applied(tmp_path, *paths) == {f"sub-01_task-rest_run-{recording}": [paths[1], *inherited]}


def test_a_run_1_beside_a_run_01_keeps_its_own_sidecars(tmp_path):
    folder = "sub-01/eeg/sub-01_task-rest_run-"
    found = applied(tmp_path, f"{folder}1_eeg.set", f"{folder}01_eeg.set", f"{folder}1_events.tsv", f"{folder}01_channels.tsv")
    assert found == {"sub-01_task-rest_run-01": [f"{folder}01_channels.tsv"], "sub-01_task-rest_run-1": [f"{folder}1_events.tsv"]}


def test_the_exact_label_goes_before_an_equal_number(tmp_path):
    folder = "sub-01/eeg/sub-01_task-rest_run-"
    found = applied(tmp_path, f"{folder}01_eeg.set", f"{folder}1_events.tsv", f"{folder}01_events.tsv")
    assert found["sub-01_task-rest_run-01"] == [f"{folder}01_events.tsv", f"{folder}1_events.tsv"]


@pytest.mark.parametrize("other", ["sub-1_task-rest_events.tsv", "sub-01_task-Rest_events.tsv", "sub-01_task-rest_acq-01_events.tsv"])
def test_labels_that_are_no_numbers_are_compared_letter_by_letter(tmp_path, other):
    assert applied(tmp_path, "sub-01/eeg/sub-01_task-rest_eeg.set", f"sub-01/eeg/{other}") == {"sub-01_task-rest": []}


def test_positions_apply_whatever_their_space_and_the_head_s_own_goes_first(tmp_path):
    names = ["electrodes.tsv", "coordsystem.json"]
    spaces = ["space-MNI152Lin_", "space-CTF_", "space-CapTrak_"]
    paths = [f"sub-01/eeg/sub-01_{space}{name}" for name in names for space in spaces]
    found = applied(tmp_path, "sub-01/eeg/sub-01_task-rest_eeg.set", *paths)["sub-01_task-rest"]
    assert found == [f"sub-01/eeg/sub-01_{space}{name}" for name in names for space in reversed(spaces)]
