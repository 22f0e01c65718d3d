"""Finding recordings at scale: nothing quadratic, few round trips on a slow file system."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from eegcli.bids.participants import columns_for, read_participants
from eegcli.bids.scan import find_recordings
from eegcli.bids.sidecars import Sidecars
from eegcli.settings import Selected
from tests.kit.trees import dangling, describe, make_tree

TASKS = ("rest", "movie", "sums")


def metadata_tree(root: Path, n_subjects: int) -> Path:
    """Subjects with three recordings each, none fetched, each with three sidecars."""
    describe(root)
    (root / "participants.tsv").write_text("participant_id\tsex\n" + "".join(f"sub-{n:04d}\tF\n" for n in range(n_subjects)))
    for task in TASKS:
        (root / f"task-{task}_events.json").write_text("{}")
    for n in range(n_subjects):
        folder = root / f"sub-{n:04d}" / "eeg"
        folder.mkdir(parents=True)
        for task in TASKS:
            stem = f"{folder}/sub-{n:04d}_task-{task}"
            for ending in ("events.tsv", "channels.tsv", "eeg.json"):
                Path(f"{stem}_{ending}").touch()
            Path(f"{stem}_eeg.set").symlink_to(f"../../.git/annex/objects/aa/bb/SHA256E-s{n + 1}--ab.set/SHA256E-s{n + 1}--ab.set")
    return root


class Slow:
    """Counts what a network file system answers with a round trip, and takes a millisecond for each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: Counter[str] = Counter()
        for name in ("stat", "lstat", "readlink", "listdir"):
            monkeypatch.setattr(os, name, self.slowed(name, getattr(os, name)))
        real = os.scandir

        def scandir(path="."):
            self.count("scandir")
            return _Entries(real(path), self)

        monkeypatch.setattr(os, "scandir", scandir)

    def count(self, name: str) -> None:
        self.calls[name] += 1
        time.sleep(0.001)

    def slowed(self, name, function):
        def call(*args, **kwargs):
            self.count(name)
            return function(*args, **kwargs)

        return call


class _Entries:
    def __init__(self, entries, slow: Slow) -> None:
        self.entries, self.slow = entries, slow

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.entries.close()

    def __iter__(self):
        return (_Entry(entry, self.slow) for entry in self.entries)


class _Entry:
    """The kind of an entry comes with the listing; where it is a link, what it points to has to be asked for."""

    def __init__(self, entry, slow: Slow) -> None:
        self.entry, self.slow = entry, slow
        self.name, self.path = entry.name, entry.path

    def __fspath__(self):
        return self.path

    def is_symlink(self):
        return self.entry.is_symlink()

    def is_dir(self, **options):
        if self.entry.is_symlink():
            self.slow.count("stat")
        return self.entry.is_dir(**options)

    def stat(self, **options):
        self.slow.count("stat")
        return self.entry.stat(**options)


def test_a_tree_that_is_not_fetched_is_found_by_its_listings_and_links(tmp_path, monkeypatch):
    root = metadata_tree(tmp_path / "ds", 40)
    slow = Slow(monkeypatch)
    found = find_recordings(root)
    assert len(found) == 120 and {item.size for item in found} == set(range(1, 41)) and not any(item.fetched for item in found)
    assert slow.calls["readlink"] == 120  # one a recording: the key tells the size
    assert slow.calls["scandir"] == 1 + 2 * 40  # one a folder
    assert slow.calls["stat"] + slow.calls["lstat"] <= 40 + 5  # one a folder: is there an annex?


def test_only_what_is_selected_is_looked_at(tmp_path, monkeypatch):
    root = metadata_tree(tmp_path / "ds", 40)
    slow = Slow(monkeypatch)
    found = find_recordings(root, Selected(task=("rest",), max_subjects=5))
    assert len(found) == 5 and slow.calls["readlink"] == 5


def test_fetched_recordings_cost_one_stat_each(tmp_path, monkeypatch):
    root = make_tree(tmp_path / "ds", tuple(f"{n:02d}" for n in range(10)))
    slow = Slow(monkeypatch)
    assert all(item.fetched for item in find_recordings(root))
    assert slow.calls["stat"] + slow.calls["lstat"] <= 10 + 5 and slow.calls["readlink"] == 0


def test_sidecars_are_found_by_one_listing_a_folder(tmp_path, monkeypatch):
    root = metadata_tree(tmp_path / "ds", 20)
    found = find_recordings(root)
    slow = Slow(monkeypatch)
    sidecars = Sidecars(root)
    listed = [sidecars.all(item) for item in found]
    assert {tuple(path.name.rpartition("_")[2] for path in paths) for paths in listed} == {
        ("channels.tsv", "events.tsv", "events.json", "eeg.json")
    }
    assert slow.calls["listdir"] == 1 + 2 * 20 and slow.calls["stat"] + slow.calls["lstat"] == 0


def test_a_partly_fetched_clone_is_known_recording_by_recording(tmp_path):
    root = metadata_tree(tmp_path / "ds", 2)
    content = root / "sub-0000/eeg" / (root / "sub-0000/eeg/sub-0000_task-rest_eeg.set").readlink()
    content.parent.mkdir(parents=True)
    content.write_bytes(b"x" * 40_000)
    fetched = {item.stem: (item.fetched, item.size) for item in find_recordings(root)}
    assert fetched["sub-0000_task-rest"] == (True, 40_000)
    assert fetched["sub-0001_task-rest"] == (False, 2)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/sub-0000").symlink_to(root / "sub-0000")
    dangling(tmp_path / "linked/sub-0009/eeg/sub-0009_task-rest_eeg.set", size=7)
    found = {item.stem: item.fetched for item in find_recordings(tmp_path / "linked", Selected(task=("rest",)))}
    assert found == {"sub-0000_task-rest": True, "sub-0009_task-rest": False}


def test_twice_the_subjects_take_twice_the_calls_and_no_more(tmp_path, monkeypatch):
    roots = [metadata_tree(tmp_path / name, n) for name, n in (("once", 15), ("twice", 30))]
    calls = []
    for root in roots:
        slow = Slow(monkeypatch)
        sidecars = Sidecars(root)
        for item in find_recordings(root):
            sidecars.all(item)
        calls.append(slow.calls.total())
        monkeypatch.undo()
    assert calls[1] <= 2.05 * calls[0]


def test_hundreds_of_runs_in_one_folder_do_not_look_at_each_other(tmp_path):
    """Looking through a folder for every recording of it would take minutes."""
    describe(tmp_path)
    folder = tmp_path / "sub-01/eeg"
    folder.mkdir(parents=True)
    for run in range(1500):
        for ending in ("events.tsv", "channels.tsv", "eeg.json"):
            (folder / f"sub-01_task-rest_run-{run:04d}_{ending}").touch()
        (folder / f"sub-01_task-rest_run-{run:04d}_eeg.set").touch()
    found = find_recordings(tmp_path)
    sidecars, begun = Sidecars(tmp_path), time.process_time()
    assert all(len(sidecars.all(item)) == 3 for item in found)
    assert time.process_time() - begun < 2.0  # 0.2 s on an idle machine


def test_hbn_s_largest_tree_is_listed_filtered_and_joined_at_once(hbn):
    begun = time.process_time()
    found = find_recordings(hbn["R10"], Selected(task=("RestingState",)))
    joined = columns_for(read_participants(hbn["R10"]), [item.subject for item in found], set())
    assert time.process_time() - begun < 3.0  # 0.1 s on an idle machine
    assert len(found) == len(joined["sex"]) == 479
