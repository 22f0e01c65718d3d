"""Known-bad recordings and quirks: every row has a source, and what can be counted in the metadata is what the rows say."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from eegcli.catalogue.known_bad import known_bad, why_known_bad
from eegcli.catalogue.quirks import quirks, quirks_of


def test_every_row_says_what_and_who_says_so_and_none_stands_twice():
    for table in (known_bad(), quirks()):
        assert all(row.what and row.source for row in table)
        assert len(set(table)) == len(table)


def test_the_nine_of_the_startkit_and_the_six_without_data_are_known():
    nine = {row.subject for row in known_bad() if "startkit" in row.source}
    six = {row.subject for row in known_bad() if "2105.04762" in row.source}
    assert (len(nine), len(six), len(nine & six)) == (9, 6, 0)
    assert {row.subject for row in known_bad()} == nine | six
    assert all(label.startswith("NDAR") and len(label) == 12 for label in nine | six)


def test_a_recording_is_bad_by_its_subject_or_by_its_task_alone():
    assert why_known_bad("NDARTY128YLU", "DespicableMe") and why_known_bad("NDARTY128YLU", None)
    assert why_known_bad("NDARFA860RPD", "RestingState") and why_known_bad("NDARFA860RPD", "DespicableMe") is None
    assert why_known_bad("01", "RestingState") is None


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def cues(path: Path) -> tuple[int, int]:
    values = Counter(row["value"] for row in rows(path))
    return values["instructed_toOpenEyes"], values["instructed_toCloseEyes"]


def test_the_irregular_recordings_of_r10_are_those_that_its_events_show(hbn):
    found = {}
    for path in hbn["R10"].glob("sub-*/eeg/*_task-RestingState_events.tsv"):
        if (counted := cues(path)) != (6, 5):
            found[path.name[4:16]] = counted
    listed = {quirk.subject: quirk.what for quirk in quirks() if quirk.dataset == "ds005515" and quirk.subject and "close" in quirk.what}
    assert set(listed) == set(found) and len(found) == 11
    for subject, (to_open, to_close) in found.items():
        plural = "" if to_open == 1 else "s"
        assert listed[subject].startswith(f"{to_open or 'no'} cue{plural} to open and {to_close or 'none'} to close the eyes")


def test_how_the_sixth_block_of_r1_ends_is_as_the_row_says(hbn):
    ends: Counter[str] = Counter()
    for path in hbn["R1"].glob("sub-*/eeg/*_task-RestingState_events.tsv"):
        events = sorted(rows(path), key=lambda row: float(row["onset"]))
        last = [place for place, row in enumerate(events) if row["value"] == "instructed_toOpenEyes"][5]
        ends[events[last + 1]["value"]] += 1
    [line] = [line for line in quirks_of("ds005505") if "sixth block" in line]
    assert f"a boundary ends it in {ends['boundary']} recordings, and break cnt in {ends['break cnt']}" in line and ends.total() == 136


@pytest.mark.parametrize(("release", "dataset"), [("R1", "ds005505"), ("R10", "ds005515")])
def test_recordings_that_participants_promise_and_that_are_not_there_are_listed(hbn, release, dataset):
    missing = set()
    for person in rows(hbn[release] / "participants.tsv"):
        names = {path.name for path in (hbn[release] / person["participant_id"] / "eeg").iterdir()}
        for column, word in person.items():
            task, _, run = column.partition("_")
            stem = f"{person['participant_id']}_task-{task}" + (f"_run-{run}" if run.isdigit() else "")
            resting = task == "RestingState" and word == "caution"
            if (word == "available" or resting) and f"{stem}_eeg.set" not in names:
                missing.add((person["participant_id"].removeprefix("sub-"), task))
    assert missing == {(row.subject, row.task) for row in quirks() if row.dataset == dataset and "there is no recording" in row.what}


@pytest.mark.parametrize(("release", "of_others", "n"), [("R1", 14, 136), ("R10", 31, 479)])
def test_recordings_with_events_that_are_no_cues_are_counted(hbn, release, of_others, n):
    own = {"resting_start", "instructed_toOpenEyes", "instructed_toCloseEyes", "boundary", "break cnt", "9999"}
    paths = list(hbn[release].glob("sub-*/eeg/*_task-RestingState_events.tsv"))
    odd = [path for path in paths if {row["value"] for row in rows(path)} - own]
    assert (len(odd), len(paths)) == (of_others, n)
    dataset = {"R1": "ds005505", "R10": "ds005515"}[release]
    assert any(f"stand in {of_others} of {n} recordings" in line for line in quirks_of(dataset))


def test_info_tells_the_quirks_and_what_is_known_to_be_bad(hbn, tmp_path):
    from eegcli.describe import describe

    for name in ("dataset_description.json", "participants.tsv"):
        shutil.copy(hbn["R10"] / name, tmp_path / name)
    for subject in ("sub-NDARTY128YLU", "sub-NDARAA396TWZ"):
        shutil.copytree(hbn["R10"] / subject, tmp_path / subject, symlinks=True)
    facts = describe(tmp_path)
    assert facts["known_bad"] and all(name.startswith("NDARTY128YLU ") for name in facts["known_bad"])
    assert "channels.tsv says n/a for type and units of every channel" in facts["quirks"]
