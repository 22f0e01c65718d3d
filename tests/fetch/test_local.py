"""`fetch PATH`: a local BIDS tree, checked and linked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from eegcli import fetch
from eegcli.artifacts.table import read_table
from eegcli.bids.scan import find_recordings
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.result import DryRun
from eegcli.settings import FetchSettings
from tests.kit.reporters import CapturingReporter

KEY = "SHA256E-s105079776--" + "93ed28a0" * 8 + ".set"
SIGNAL = "sub-01/eeg/sub-01_task-rest_eeg.set"


def register(source, output, reporter=None, **settings):
    return fetch.run(FetchSettings(source=str(source), output=output, **settings), reporter=reporter or Silent())


@pytest.fixture
def tree(tmp_path):
    """Two recordings: one here, one a dangling link of git-annex."""
    root = tmp_path / "source"
    for label in ("01", "02"):
        (root / f"sub-{label}" / "eeg").mkdir(parents=True)
        (root / f"sub-{label}/eeg/sub-{label}_task-rest_channels.tsv").write_text("name\ttype\tunits\nCz\tEEG\tuV\n")
    (root / SIGNAL).write_bytes(b"x" * 5000)
    (root / "sub-02/eeg/sub-02_task-rest_eeg.set").symlink_to(f"../../.git/annex/objects/FF/Q6/{KEY}/{KEY}")
    (root / "dataset_description.json").write_text('{"Name": "toy", "BIDSVersion": "1.9.0"}')
    (root / "participants.tsv").write_text("participant_id\tsex\nsub-01\tF\nsub-02\tM\n")
    (root / ".bidsignore").write_text("notes/\n")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("secret")
    return root


def test_every_file_is_a_link_and_nothing_is_copied(tree, tmp_path):
    result = register(tree, tmp_path / "out")
    assert (tmp_path / "out" / SIGNAL).is_symlink()
    assert (tmp_path / "out" / SIGNAL).read_bytes() == (tree / SIGNAL).read_bytes()
    assert result.n_recordings == 2
    assert result.n_not_fetched == 1
    assert not (tmp_path / "out" / ".git").exists()
    ours = {"fetch.parquet", "settings.json", "done.json", "provenance.json", ".bidsignore"}
    assert {path.name for path in (tmp_path / "out").rglob("*") if path.is_file() and not path.is_symlink()} == ours


def test_a_dangling_annex_link_is_registered_as_not_fetched_with_size_and_checksum(tree, tmp_path):
    listening = CapturingReporter()
    register(tree, tmp_path / "out", listening)
    table = read_table(tmp_path / "out" / "fetch.parquet")
    rows = {path: dict(zip(table, cells, strict=True)) for path, *cells in zip(table["path"], *table.values(), strict=True)}
    missing = rows["sub-02/eeg/sub-02_task-rest_eeg.set"]
    assert (missing["status"], missing["bytes"], missing["digest"]) == ("not fetched", 105079776, "sha256:" + "93ed28a0" * 8)
    assert rows[SIGNAL]["status"] == "ok"
    assert rows[SIGNAL]["bytes"] == 5000
    assert len(listening.warnings) == 1
    assert "1 of 2 recordings are not fetched" in listening.warnings[0]
    assert "datalad get" in listening.warnings[0]


def test_the_registered_tree_is_scanned_like_the_source(tree, tmp_path):
    register(tree, tmp_path / "out")
    ours, theirs = (find_recordings(root) for root in (tmp_path / "out", tree))
    assert [(file.path, file.fetched, file.size) for file in ours] == [(file.path, file.fetched, file.size) for file in theirs]


def test_what_is_fetched_later_is_seen_at_once(tree, tmp_path):
    register(tree, tmp_path / "out")
    target = tree / ".git/annex/objects/FF/Q6" / KEY / KEY
    target.parent.mkdir(parents=True)
    target.write_bytes(b"y" * 100)
    assert (tmp_path / "out/sub-02/eeg/sub-02_task-rest_eeg.set").read_bytes() == b"y" * 100
    assert register(tree, tmp_path / "out").n_not_fetched == 0
    assert set(read_table(tmp_path / "out" / "fetch.parquet")["status"]) == {"ok"}


def test_files_that_came_and_went_in_the_source_come_and_go(tree, tmp_path):
    register(tree, tmp_path / "out")
    (tree / "README").write_text("new")
    (tree / "sub-01/eeg/sub-01_task-rest_channels.tsv").unlink()
    register(tree, tmp_path / "out")
    assert (tmp_path / "out" / "README").read_text() == "new"
    assert not (tmp_path / "out/sub-01/eeg/sub-01_task-rest_channels.tsv").is_symlink()


def test_a_second_run_does_nothing(tree, tmp_path):
    first = register(tree, tmp_path / "out")
    times = {path: path.lstat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.name != "done.json"}
    assert register(tree, tmp_path / "out") == first
    assert {path: path.lstat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.name != "done.json"} == times


def test_their_bidsignore_is_kept_and_ours_added(tree, tmp_path):
    register(tree, tmp_path / "out")
    assert (tmp_path / "out" / ".bidsignore").read_text().split() == [
        "notes/",
        "fetch.parquet",
        "settings.json",
        "done.json",
        "provenance.json",
    ]


def test_a_dry_run_counts_and_writes_nothing(tree, tmp_path):
    plan = register(tree, tmp_path / "out", dry_run=True)
    assert isinstance(plan, DryRun)
    assert plan.data()["n_recordings"] == 2
    assert plan.data()["n_not_fetched"] == 1
    assert plan.data()["n_files"] == 6
    assert plan.data()["bytes"] > 105079776
    assert not (tmp_path / "out").exists()


def test_links_are_absolute_however_the_path_was_spelled(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tree.parent)
    register(Path("source"), Path("out"))
    assert (tmp_path / "out" / SIGNAL).readlink() == tree.resolve() / SIGNAL
    register(f"{tree}/../source", tmp_path / "out")  # the same tree: not another configuration


def test_the_demo_can_be_registered_and_has_the_same_recordings(demo, tmp_path):
    result = register(demo, tmp_path / "out")
    assert result.n_recordings == 8
    assert read_table(tmp_path / "out" / "fetch.parquet")["source"].tolist() == ["local"] * result.n_files


def test_real_recordings_are_registered(real_data, tmp_path):
    result = register(real_data / "eegmat", tmp_path / "out")
    assert result.n_recordings == 24
    assert result.n_not_fetched == 0


def test_an_output_in_the_data_set_itself_is_refused(tree):
    for output in (tree, tree / "deep" / "er"):
        with pytest.raises(InputError, match="lies in the data set"):
            register(tree, output)
    assert not (tree / "settings.json").exists()


def test_another_data_set_in_the_output_is_refused_unless_forced(tree, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(tree, other, symlinks=True)
    (other / "README").write_text("only here")
    register(other, tmp_path / "out")
    with pytest.raises(InputError, match="source"):
        register(tree, tmp_path / "out")
    register(tree, tmp_path / "out", force=True)
    assert not (tmp_path / "out" / "README").is_symlink()
    assert (other / "README").exists()


def test_a_tree_without_its_tables_is_registered_and_said_to_lack_them(tree, tmp_path):
    for lost in ("dataset_description.json", "participants.tsv"):
        (tree / lost).unlink()
    listening = CapturingReporter()
    assert register(tree, tmp_path / "out", listening).n_recordings == 2
    assert any("dataset_description.json" in message for message in listening.warnings)
    assert any("participants.tsv" in message for message in listening.infos)
    assert [file.subject for file in find_recordings(tmp_path / "out")] == ["01", "02"]


def test_a_folder_that_is_no_bids_data_set_is_refused(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "s01.edf").write_bytes(b"")
    with pytest.raises(InputError, match="no BIDS data set") as caught:
        register(tmp_path / "files", tmp_path / "out")
    assert "--pattern" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_the_folder_that_was_meant_is_named(tree, tmp_path):
    for wrong in (tree.parent, tree / "sub-01"):
        with pytest.raises(InputError) as caught:
            register(wrong, tmp_path.parent / "elsewhere")
        assert str(tree.resolve()) in caught.value.hint


def test_participants_without_ids_are_refused(tree, tmp_path):
    (tree / "participants.tsv").write_text("id\tsex\nsub-01\tF\n")
    with pytest.raises(InputError, match="participant_id"):
        register(tree, tmp_path / "out")


def test_a_tree_without_eeg_is_refused(tree, tmp_path):
    for file in tree.glob("sub-*/eeg/*.set"):
        file.unlink()
    with pytest.raises(InputError, match="no EEG recordings"):
        register(tree, tmp_path / "out")


def test_a_file_and_a_name_that_is_nothing_are_refused(tree, tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        register(tree / "participants.tsv", tmp_path / "out")
    with pytest.raises(InputError, match="no source is named") as caught:
        register("dmeo", tmp_path / "out")
    assert "demo" in caught.value.hint
