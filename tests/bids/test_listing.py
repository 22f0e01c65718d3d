"""Listing of a BIDS data set: its recordings, and the files that come with them."""

from __future__ import annotations

from eegcli.bids.listing import Listing
from eegcli.bids.scan import find_recordings
from eegcli.bids.sidecars import Sidecars
from tests.kit.trees import make_tree

EEGLAB = ["sub-01/eeg/sub-01_task-rest_eeg.set", "sub-01/eeg/sub-01_task-rest_eeg.fdt"]
BRAINVISION = [f"sub-02/ses-a/eeg/sub-02_ses-a_task-rest_run-1_eeg{ending}" for ending in (".vhdr", ".eeg", ".vmrk")]
ABOUT = ["dataset_description.json", "participants.tsv", "participants.json", "README.md", "CHANGES", "LICENSE"]
INHERITED = [
    "task-rest_eeg.json",
    "task-rest_events.json",
    "sub-01/sub-01_coordsystem.json",
    "sub-01/eeg/sub-01_task-rest_channels.tsv",
    "sub-01/eeg/sub-01_space-CapTrak_electrodes.tsv",
]
NOT_INHERITED = [
    "task-other_eeg.json",
    "sub-01/eeg/sub-01_task-rest_run-2_channels.tsv",
    "sub-01/eeg/sub-01_task-other_events.tsv",
    "sub-01/sub-01_scans.tsv",
    "sub-02/ses-b/eeg/sub-02_ses-b_task-rest_run-1_events.tsv",
    "code/clean.m",
    "stimuli/film.mp4",
    "derivatives/x/sub-01/eeg/sub-01_task-rest_eeg.set",
    "sub-01/eeg/sub-01_task-rest_desc-clean_eeg.set",
]
OTHERS = ["sub-01/meg/sub-01_task-rest_meg.fif", "sub-01/ses-a/ieeg/a_ieeg.edf", "sub-01/ses-a/ieeg/b", "sub-01/meg/sub-01_meg.ds/x.meg4"]


def test_recordings_are_found_by_name_with_what_holds_their_samples():
    found = Listing([*EEGLAB, *BRAINVISION, *ABOUT, *INHERITED, *NOT_INHERITED, *OTHERS]).recordings()
    assert [(item.path.as_posix(), item.subject, item.session, item.task, item.run) for item in found] == [
        (EEGLAB[0], "01", None, "rest", None),
        (BRAINVISION[0], "02", "a", "rest", "1"),
    ]
    assert [[str(path) for path in item.companions] for item in found] == [[EEGLAB[1]], [BRAINVISION[1], BRAINVISION[2]]]


def test_exactly_the_inherited_sidecars_come():
    listing = Listing([*EEGLAB, *BRAINVISION, *ABOUT, *INHERITED, *NOT_INHERITED, *OTHERS])
    assert listing.needed(listing.recordings()[:1]) == {*EEGLAB, *ABOUT, *INHERITED}
    assert listing.needed(listing.recordings()[1:]) == {*BRAINVISION, *ABOUT, "task-rest_eeg.json", "task-rest_events.json"}


def test_other_datatypes_are_counted():
    assert Listing([*EEGLAB, *OTHERS, *NOT_INHERITED]).others() == {"ieeg": 2, "meg": 2}


def test_all_parts_of_a_split_file_come():
    parts = [f"sub-01/eeg/sub-01_task-rest_split-{number:02d}_eeg.fif" for number in (1, 2, 3)]
    found = Listing([*parts, "sub-01/eeg/sub-01_task-other_split-02_eeg.fif"]).recordings()
    assert [(str(item.path), [str(path) for path in item.companions]) for item in found] == [(parts[0], [parts[1], parts[2]])]


def test_a_listing_and_a_scan_find_the_same(hbn, tmp_path):
    for root in (hbn["R1"], make_tree(tmp_path / "toy", extension=".vhdr")):
        listing = Listing(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_symlink() or path.is_file())
        listed, scanned = listing.recordings(), find_recordings(root)
        assert [(item.path.as_posix(), item.stem, item.subject, item.task, item.run) for item in listed] == [
            (item.path.as_posix(), item.stem, item.subject, item.task, item.run) for item in scanned
        ]
        assert [item.companions for item in listed] == [tuple(sorted(item.companions)) for item in scanned]
        sidecars = Sidecars(root)
        for one, other in list(zip(listed, scanned, strict=True))[::97]:
            # events.json and channels.json, which nobody reads, come too
            assert {path.relative_to(root).as_posix() for path in sidecars.all(other)} <= set(listing.sidecars(one))
