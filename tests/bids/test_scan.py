"""Every recording of a tree is found, fetched or not, and nothing else."""

from __future__ import annotations

import time

import pytest

from eegcli.bids.annex import fetch_command
from eegcli.bids.scan import find_recordings
from eegcli.errors import InputError
from eegcli.settings import Selected
from tests.kit.trees import dangling, describe, make_tree, noise, recording, write_edf, write_set, write_vhdr


def names(found):
    return [item.path.name for item in found]


def test_both_hbn_releases_are_scanned_at_once(hbn):
    start = time.process_time()
    first, tenth = find_recordings(hbn["R1"]), find_recordings(hbn["R10"])
    assert time.process_time() - start < 3.0  # 0.4 s on an idle machine; anything quadratic takes minutes
    assert (len(first), len(tenth)) == (1342, 2516)
    assert not any(item.fetched for item in first + tenth)


def test_a_dangling_annex_link_tells_its_size(hbn):
    found = find_recordings(hbn["R1"], Selected(subject=("NDARAC904DMU",), task=("RestingState",)))
    assert [(item.size, item.stem) for item in found] == [(105_079_776, "sub-NDARAC904DMU_task-RestingState")]
    assert found[0].annex_key.startswith("SHA256E-s105079776--93ed28a0")


def test_the_resting_state_of_r1_is_136_recordings_and_15_gb(hbn):
    found = find_recordings(hbn["R1"], Selected(task=("RestingState",)))
    assert len(found) == 136
    assert sum(item.size for item in found) / 1e9 == pytest.approx(15.1, abs=0.1)


def test_an_unlocked_annex_pointer_is_not_taken_for_a_recording(tmp_path):
    root = make_tree(tmp_path / "ds", ("01", "02"))
    recording(root, "02").write_text("/annex/objects/SHA256E-s4096--" + "0" * 64 + ".edf\n")
    assert [(item.fetched, item.size) for item in find_recordings(root)] == [(True, recording(root, "01").stat().st_size), (False, 4096)]


def test_a_recording_whose_samples_are_not_fetched_is_not_fetched(tmp_path):
    describe(tmp_path)
    path = tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.vhdr"
    write_vhdr(path, noise())
    whole = find_recordings(tmp_path)[0]
    assert whole.fetched and {item.suffix for item in whole.companions} == {".eeg", ".vmrk"}
    assert whole.size == sum(item.stat().st_size for item in path.parent.iterdir())
    path.with_suffix(".eeg").unlink()
    dangling(path.with_suffix(".eeg"), size=1000)
    assert not find_recordings(tmp_path)[0].fetched


def test_formats_sessions_and_runs_are_found_and_other_files_are_not(tmp_path):
    describe(tmp_path)
    eeg = tmp_path / "sub-02/ses-a/eeg"
    write_set(eeg / "sub-02_ses-a_task-rest_acq-x_run-01_eeg.set", noise(seconds=2))
    write_edf(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.EDF", noise(seconds=2))
    for other in (
        "sub-02_ses-a_task-rest_channels.tsv",
        "sub-02_ses-a_task-rest_eeg.json",
        ".sub-02_task-rest_eeg.set",
        "notes.set",
        "sub-02_x.fdt",
    ):
        (eeg / other).write_text("")
    (tmp_path / "derivatives/clean/sub-01/eeg").mkdir(parents=True)
    (tmp_path / "derivatives/clean/sub-01/eeg/sub-01_task-rest_eeg.edf").write_text("x")
    (tmp_path / "sub-01/anat").mkdir()
    found = find_recordings(tmp_path)
    assert names(found) == ["sub-01_task-rest_eeg.EDF", "sub-02_ses-a_task-rest_acq-x_run-01_eeg.set"]
    assert [(item.subject, item.session, item.task, item.run, item.extension) for item in found] == [
        ("01", None, "rest", None, ".edf"),
        ("02", "a", "rest", "01", ".set"),
    ]
    assert found[1].stem == "sub-02_ses-a_task-rest_acq-x_run-01"


def test_derivatives_are_read_when_their_desc_is_named(tmp_path):
    describe(tmp_path)
    for name in ("sub-01_task-rest_desc-clean_eeg.fif", "sub-02_task-rest_desc-clean_raw.fif", "sub-02_task-rest_desc-ica_raw.fif"):
        path = tmp_path / name[:6] / "eeg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert [(item.stem, item.suffix, item.desc) for item in find_recordings(tmp_path, desc="clean")] == [
        ("sub-01_task-rest", "eeg", "clean"),
        ("sub-02_task-rest", "raw", "clean"),
    ]
    with pytest.raises(InputError, match="no raw recordings, but some with desc: clean, ica") as caught:
        find_recordings(tmp_path)
    assert "--desc" in caught.value.hint


def test_only_the_first_part_of_a_split_file_is_a_recording(tmp_path):
    describe(tmp_path)
    for part in ("01", "02"):
        path = tmp_path / f"sub-01/eeg/sub-01_task-rest_split-{part}_eeg.fif"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert names(find_recordings(tmp_path)) == ["sub-01_task-rest_split-01_eeg.fif"]


def test_a_selection_keeps_what_it_names_whatever_the_prefix_and_the_zeros_of_a_run(tmp_path):
    describe(tmp_path)
    for run in ("01", "02"):
        write_edf(tmp_path / f"sub-01/eeg/sub-01_task-rest_run-{run}_eeg.edf", noise(seconds=2))
    assert names(find_recordings(tmp_path, Selected(subject=("sub-01",), run=("2",)))) == ["sub-01_task-rest_run-02_eeg.edf"]


@pytest.mark.parametrize(
    ("selection", "said", "hint"),
    [
        (Selected(task=("rset",)), "task rset", "Did you mean rest?"),
        (Selected(subject=("01", "9")), "subject 9", "There are: 01, 02"),
        (Selected(session=("x",)), "session x", "The recordings have no session."),
    ],
)
def test_a_label_that_fits_nothing_is_an_error_that_says_what_there_is(tmp_path, selection, said, hint):
    with pytest.raises(InputError, match=said) as caught:
        find_recordings(make_tree(tmp_path / "ds", ("01", "02")), selection)
    assert hint in caught.value.hint


def test_what_is_no_data_set_is_said_so(tmp_path):
    with pytest.raises(InputError, match="not found"):
        find_recordings(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no sub-"):
        find_recordings(tmp_path)
    root = make_tree(tmp_path / "ds", ("01",))
    with pytest.raises(InputError, match="is a file"):
        find_recordings(root / "participants.tsv")
    with pytest.raises(InputError, match="no BIDS data set") as caught:
        find_recordings(root / "sub-01")
    assert "the folder that holds the sub-* folders" in caught.value.hint
    (tmp_path / "empty/sub-01/eeg").mkdir(parents=True)
    with pytest.raises(InputError, match="no EEG recordings"):
        find_recordings(tmp_path / "empty")


def test_a_tree_of_links_to_another_tree_is_a_tree(tmp_path):
    root = make_tree(tmp_path / "ds", ("01",))
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/sub-01").symlink_to(root / "sub-01")
    found = find_recordings(tmp_path / "linked")
    assert found[0].fetched and found[0].annex_key is None


def test_the_command_that_fetches_fits_the_data_set(hbn, tmp_path):
    found = find_recordings(hbn["R1"], Selected(task=("RestingState",)))
    command = fetch_command(hbn["R1"], found, {"DatasetDOI": "doi:10.18112/openneuro.ds005505.v1.0.1"})
    assert command == f"eegcli fetch {hbn['R1']} --task RestingState --output ds005505-fetched"
    (tmp_path / "my data/.git").mkdir(parents=True)
    dangling(tmp_path / "my data/sub-01/eeg/sub-01_task-rest_eeg.set")
    root = tmp_path / "my data"
    assert fetch_command(root, find_recordings(root), {}) == f"cd '{root}' && datalad get sub-*/eeg/*_task-rest*_eeg.set"


def test_a_pointer_of_git_lfs_is_not_fetched_and_says_its_size(tmp_path):
    file = recording(make_tree(tmp_path / "ds", ("01",)), "01")
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 105079776\n")
    [found] = find_recordings(tmp_path / "ds")
    assert (found.fetched, found.size) == (False, 105_079_776)
