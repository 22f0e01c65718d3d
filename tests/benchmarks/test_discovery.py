"""The benchmark of discovery: its trees, and that every program finds the same in them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from eegcli.bids.participants import read_participants
from eegcli.bids.scan import find_recordings
from eegcli.settings import Selected

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("discovery")
    for name in ("discovery", "_peers"):
        monkeypatch.delitem(sys.modules, name)
    return module


def test_the_second_tree_holds_every_subject_twice(script, tmp_path):
    once = script.simulated_tree(tmp_path / "once", 3)
    twice = script.doubled(once, tmp_path / "twice")
    assert len(find_recordings(twice)) == 2 * len(find_recordings(once)) == 2 * 3 * 5
    subjects = {item.subject for item in find_recordings(twice, Selected(task=("RestingState",)))}
    assert subjects == set(read_participants(twice)["subject"]) and len(subjects) == 6


def test_ours_and_the_matcher_find_the_same_and_a_program_that_fails_is_said(script, tmp_path):
    tree = script.simulated_tree(tmp_path / "once", 3)
    found = {program: script.measure(program, tree, "RestingState", 1) for program in ("eegcli", "mne_bids", "sidecars")}
    assert {program: figures["found"] for program, figures in found.items()} == {"eegcli": 3, "mne_bids": 3, "sidecars": 15}
    assert "failed" in script.measure("eegcli", tmp_path / "nowhere", "RestingState", 1)
