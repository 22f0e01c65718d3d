"""Files that look like recordings, or like sidecars, and are none: they are counted and said."""

from __future__ import annotations

import pytest

from eegcli.bids.census import one_file_each, take_census
from eegcli.bids.listing import Listing
from eegcli.bids.lookalike import FOLDER, FORMAT, LABEL, NAME, PACKED, PARTS, UNFINISHED
from eegcli.bids.scan import find_recordings, survey
from eegcli.errors import InputError
from eegcli.settings import Selected
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import describe

GOOD = "sub-01/eeg/sub-01_task-rest_eeg.set"


def tree(root, *paths):
    describe(root)
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    return root


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("02/eeg/sub-02_task-rest_eeg.set", FOLDER),
        ("S02/ses-1/eeg/sub-02_ses-1_task-rest_eeg.set", FOLDER),
        ("sub-02/eeg/sub-02_task-tacs0.5Hz_eeg.set", NAME),
        ("sub-02/eeg/sub-02_task-eyes_closed_eeg.edf", NAME),
        ("sub-02/eeg/sub-02_task-rest.bdf", NAME),
        ("sub-02/eeg/sub-02_task-rest_eeg 2.set", NAME),
        ("sub-02/eeg/sub-02_task-rest-eeg.vhdr", NAME),
        ("sub-02/eeg/sub-02_task-rest_task-rest_eeg.fif", NAME),
        ("sub-02/eeg/sub-02_task-rest_EEG.set", NAME),
        ("sub-02/eeg/Sub-02_task-rest_eeg.set", NAME),
        ("sub-02/eeg/sub-02_Task-rest_eeg.set", NAME),
        ("sub-02/eeg/rest.edf", NAME),
        ("sub-02/eeg/sub-02_task-rest_ieeg.edf", NAME),
        ("sub-02/eeg/sub-2_task-rest_eeg.set", LABEL),
        ("sub-02/ses-1/eeg/sub-02_ses-01_task-rest_eeg.set", LABEL),
        ("sub-02/eeg/sub-02_task-rest_eeg.set.gz", PACKED),
        ("sub-02/eeg/sub-02_task-rest_eeg.zip", PACKED),
        ("sub-02/eeg/sub-02_task-rest_eeg.cnt", FORMAT),
        ("sub-02/eeg/sub-02_task-rest_eeg.GDF", FORMAT),
        ("sub-02/eeg/sub-02_task-rest_eeg.mat", FORMAT),
        ("sub-02/eeg/sub-02_task-rest_eeg.eeg", PARTS),
        ("sub-02/eeg/sub-02_task-rest_eeg.fdt", PARTS),
        ("sub-02/eeg/sub-02_task-rest_split-02_eeg.fif", PARTS),
        ("sub-02/eeg/sub-02_task-rest_eeg", NAME),
        ("sub-02/eeg/sub-02_task-rest_eeg.set ", NAME),
        ("sub-02/eeg/sub-02_task-rest_eeg.dat", PARTS),
        ("sub-02/eeg/sub-02_task-rest_eeg.set.crdownload", UNFINISHED),
        ("sub-02/func/sub-02_task-rest_eeg.set", FOLDER),
        ("sub-02/ses-1/beh/sub-02_ses-1_task-rest_eeg.edf", FOLDER),
        ("sub-02/sub-02_task-rest_eeg.set", FOLDER),
        ("sub-02/ses-1/sub-02_ses-1_task-rest_eeg.set", FOLDER),
        ("sub-02/EEG/sub-02_task-rest_eeg.set", FOLDER),
        ("sub-02/eeg/ses-1/sub-02_ses-1_task-rest_eeg.set", FOLDER),
        ("Sub-02/eeg/Sub-02_task-rest_eeg.set", FOLDER),
        ("sub02/eeg/sub-02_task-rest_eeg.set", FOLDER),
        ("sub-02_task-rest_eeg.set", FOLDER),
    ],
)
def test_a_file_that_looks_like_a_recording_is_told_in_a_tree_and_in_a_listing(tmp_path, path, kind):
    heard = CapturingReporter()
    found = find_recordings(tree(tmp_path, GOOD, path), reporter=heard)
    assert [item.path.as_posix() for item in found] == [GOOD]
    assert survey(tmp_path).census.passed_over == Listing([GOOD, path]).census.passed_over == {path: kind}
    assert len(heard.warnings) == 1 and path.rpartition("/")[2] in heard.warnings[0] and heard.warnings[0].startswith("1 file looks like")


def test_several_are_told_in_one_line_and_named_where_nothing_else_is_there(tmp_path):
    bad = [f"sub-{n}/eeg/sub-{n}_task-a_b_eeg.set" for n in ("02", "03", "04")]
    heard = CapturingReporter()
    find_recordings(tree(tmp_path, GOOD, *bad), reporter=heard)
    names = ", ".join(path.rpartition("/")[2] for path in bad)
    assert heard.warnings[0].startswith(f"3 files look like recordings but have no BIDS name: {names}. Rename")
    (tmp_path / GOOD).unlink()
    with pytest.raises(
        InputError, match=r"no EEG recordings .*; 3 files look like recordings but have no BIDS name: sub-02_task-a_b"
    ) as caught:
        find_recordings(tmp_path)
    assert "Rename to sub-LABEL_task-LABEL_eeg.EXT" in caught.value.hint


def test_a_tree_whose_subjects_are_all_misnamed_says_so(tmp_path):
    with pytest.raises(InputError, match=r"no sub-.*1 file looks like a recording but lies in no folder sub-LABEL"):
        find_recordings(tree(tmp_path, "Sub-02/eeg/Sub-02_task-rest_eeg.set"))


def test_a_folder_of_another_format_is_told_once(tmp_path):
    inside = "sub-02/eeg/sub-02_task-rest_eeg.mff/signal1.bin"
    assert survey(tree(tmp_path, GOOD, inside)).census.passed_over == {"sub-02/eeg/sub-02_task-rest_eeg.mff": FORMAT}
    assert Listing([GOOD, inside]).census.passed_over == {"sub-02/eeg/sub-02_task-rest_eeg.mff": FORMAT}


@pytest.mark.parametrize(
    "path",
    [
        "sub-01/eeg/sub-01_task-rest_eeg.fdt",
        "sub-01/eeg/sub-01_task-rest_eeg.json",
        "sub-01/eeg/sub-01_task-rest_photo.jpg",
        "sub-01/eeg/sub-01_task-rest-ave.fif",
        "sub-01/eeg/._sub-01_task-rest_eeg.set",
        "sub-01/meg/sub-01_task-rest_meg.fif",
        "sub-01/ieeg/sub-01_task-rest_ieeg.edf",
        "sub-02/ieeg/sub-02_task-rest_ieeg.edf",
        "sub-02/meg/sub-02_task-rest_meg.ds/sub-02_task-rest_eeg.set",
        "derivatives/clean/sub-01/eeg/sub-01_task-rest.set",
        "sourcedata/sub-01/raw.cnt",
        "code/montage.set",
    ],
)
def test_other_files_are_none_of_our_business(tmp_path, path):
    census = survey(tree(tmp_path, GOOD, path)).census
    assert not census.lines() and not Listing([GOOD, path]).census.lines()


def test_later_parts_of_a_fif_file_are_no_lost_recordings():
    first = "sub-01/eeg/sub-01_task-rest_split-01_eeg.fif"
    assert not Listing([first, first.replace("-01_eeg", "-02_eeg")]).census.lines()
    assert not Listing([GOOD[:-4] + ".fif", GOOD[:-4] + "-1.fif"]).census.lines()


def test_what_other_subjects_have_is_not_told_where_one_is_selected(tmp_path):
    heard = CapturingReporter()
    tree(tmp_path, GOOD, "sub-02/eeg/sub-02_task-rest.set", "sub-02/eeg/sub-02_task-rest_eeg.set")
    find_recordings(tmp_path, Selected(subject=("01",)), reporter=heard)
    assert heard.warnings == []
    find_recordings(tmp_path, Selected(exclude=("sub-02_task-rest.set",)), reporter=heard)
    assert heard.warnings == []


@pytest.mark.parametrize(
    "path",
    [
        "sub-01/eeg/sub-01_task-Rest_events.tsv",
        "sub-01/eeg/sub-01_task-rest_run-1_channels.tsv",
        "sub-01/eeg/sub-1_task-rest_events.tsv",
        "sub-01/eeg/sub-01_task-rest-events.tsv",
        "sub-01/eeg/sub-01_task-rest_event.tsv",
        "sub-01/eeg/sub-01_task-rest_Events.tsv",
        "sub-01/eeg/sub-01_task-rest_events.csv",
        "task-Rest_events.json",
    ],
)
def test_a_sidecar_that_belongs_to_no_recording_is_told(tmp_path, path):
    census = survey(tree(tmp_path, GOOD, path)).census
    assert census.orphans == Listing([GOOD, path]).census.orphans == [path]
    assert census.lines()[0].startswith(f"1 sidecar belongs to no recording: {path.rpartition('/')[2]}")


def test_a_sidecar_of_what_is_passed_over_is_not_told_a_second_time_nor_what_is_inherited_by_nobody_here():
    bad = "sub-02/eeg/sub-02_task-rest.set"
    assert Listing([GOOD, bad, "sub-02/eeg/sub-02_task-rest_events.tsv", "task-other_eeg.json"]).census.orphans == []


def test_of_several_formats_one_is_taken_by_rule_and_said():
    paths = [f"sub-01/eeg/sub-01_task-rest_eeg{ending}" for ending in (".set", ".vhdr", ".eeg", ".vmrk", ".bdf")]
    kept, said = one_file_each(Listing(paths).recordings())
    assert [item.extension for item in kept] == [".vhdr"]
    assert said == [
        "1 recording lies there in several formats: .vhdr is taken (sub-01_task-rest_eeg.vhdr of .vhdr, .set, .bdf); "
        "--include '*.bdf' or --include '*.set' takes the other."
    ]


def test_a_selection_by_path_chooses_another_format(tmp_path):
    tree(tmp_path, GOOD, GOOD.replace(".set", ".edf"))
    assert [item.extension for item in find_recordings(tmp_path)] == [".edf"]
    assert [item.extension for item in find_recordings(tmp_path, Selected(include=("*.set",)))] == [".set"]


def test_runs_that_differ_in_zeros_are_told():
    names = [f"sub-01/eeg/sub-01_task-rest_run-{run}_eeg.set" for run in ("1", "01", "2")]
    assert "1 pair" in take_census({"sub-01/eeg": [name.rpartition("/")[2] for name in names]}).lines()[0]


def test_a_recording_that_is_there_only_as_processed_is_told(tmp_path):
    heard = CapturingReporter()
    find_recordings(tree(tmp_path, GOOD, "sub-02/eeg/sub-02_task-rest_desc-clean_eeg.set"), reporter=heard)
    assert heard.warnings == [
        "1 recording lies there only as processed (desc-clean): sub-02_task-rest_desc-clean_eeg.set. --desc clean reads it."
    ]


@pytest.mark.parametrize("folder", ["derivatives/clean/sub-01/eeg", "sourcedata/sub-01/eeg", "code/eeg", "notes/old"])
def test_what_lies_beside_the_subjects_is_no_recording_of_theirs(tmp_path, folder):
    root = tree(tmp_path, GOOD, f"{folder}/sub-01_task-rest_eeg.set")
    assert survey(root).census.passed_over == {}


def test_a_recording_in_parts_beside_the_whole_is_one(tmp_path):
    parts = [f"sub-01/eeg/sub-01_task-rest_split-0{number}_eeg.fif" for number in (1, 2)]
    root = tree(tmp_path, "sub-01/eeg/sub-01_task-rest_eeg.fif", *parts)
    looked = survey(root)
    assert [item.path.name for item in looked.recordings] == ["sub-01_task-rest_eeg.fif"]
    assert "--include '*_split-*' takes the other" in looked.several[0]
    assert [item.path.name for item in find_recordings(root, Selected(include=("*_split-*",)))] == ["sub-01_task-rest_split-01_eeg.fif"]
