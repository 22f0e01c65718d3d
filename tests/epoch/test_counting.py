"""Dry run of `epoch` before a byte of signal is fetched, against a slow count in the test."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from eegcli import epoch
from eegcli.errors import InputError, UsageError
from eegcli.settings import EpochSettings
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import dangling

OPEN, CLOSE = "instructed_toOpenEyes", "instructed_toCloseEyes"
RESTING = (f"open={OPEN}:3:17", f"closed={CLOSE}:3:37")


def dry_run(root: Path, segment=RESTING, **settings):
    reporter = CapturingReporter()
    given = {"task": ("RestingState",), **settings}
    plan = epoch.run(EpochSettings(recordings=(root,), dry_run=True, segment=segment, **given), reporter=reporter)
    return plan.data(), reporter


def slow_count(root: Path, rules: dict[str, tuple[str, int, int]], length: int = 2) -> dict[str, tuple[Counter, int, int]]:
    """Per recording: segments by name, those too short, windows; in exact decimals, a row of the table at a time."""
    result = {}
    for table in sorted(root.glob("sub-*/eeg/*_task-RestingState_events.tsv")):
        metadata = json.loads(Path(str(table).replace("events.tsv", "eeg.json")).read_text())
        rate, end = Decimal(str(metadata["SamplingFrequency"])), Decimal(str(metadata["RecordingDuration"]))
        rows = [line.split("\t") for line in table.read_text().splitlines()[1:]]
        times = [(Decimal(row[0]), row[3]) for row in rows]
        segments, short, windows = Counter(), 0, 0
        for time, value in times:
            for name, (cue, tmin, tmax) in rules.items():
                if value != cue:
                    continue
                stop = min([time + tmax, end, *(other for other, _ in times if other > time)])
                first, last = (int((moment * rate).quantize(Decimal(1), ROUND_HALF_UP)) for moment in (time + tmin, stop))
                if last > first:
                    segments[name] += 1
                    short += last - first < length * rate
                    windows += (last - first) // (length * int(rate))
        result[table.name.replace("_events.tsv", "")] = (segments, short, windows)
    return result


@pytest.mark.parametrize("release", ["R1", "R10"])
@pytest.mark.parametrize("times", [((3, 17), (3, 37)), ((0, 20), (0, 40))])
def test_hbn_s_metadata_give_the_counts_of_a_slow_count(hbn, release, times):
    (open_min, open_max), (closed_min, closed_max) = times
    data, _ = dry_run(hbn[release], (f"open={OPEN}:{open_min}:{open_max}", f"closed={CLOSE}:{closed_min}:{closed_max}"))
    slow = slow_count(hbn[release], {"open": (OPEN, open_min, open_max), "closed": (CLOSE, closed_min, closed_max)})
    assert data["n_recordings"] == len(slow)
    assert data["segments"] == dict(sum((segments for segments, _, _ in slow.values()), Counter()))
    assert data["segments_too_short"] == sum(short for _, short, _ in slow.values())
    assert data["n_windows"] == sum(windows for _, _, windows in slow.values())
    usual = Counter(tuple(sorted(segments.items())) for segments, _, _ in slow.values()).most_common(1)[0][0]
    odd = {name for name, (segments, _, _) in slow.items() if tuple(sorted(segments.items())) != usual}
    assert odd <= {item["recording"] for item in data["irregular"]}
    for item in data["irregular"]:
        assert {name: number for name, number in item["segments"].items() if number} == dict(slow[item["recording"]][0])


def test_r1_has_136_recordings_680_closed_and_816_open_segments_of_which_136_are_too_short(hbn):
    data, _ = dry_run(hbn["R1"])
    assert (data["n_recordings"], data["segments"], data["segments_too_short"]) == (136, {"open": 816, "closed": 680}, 136)
    assert data["irregular"] == []
    # The short ones are the sixth open blocks: the file goes on, but the next event is a cut.
    ends = Counter()
    for table in hbn["R1"].glob("sub-*/eeg/*_task-RestingState_events.tsv"):
        values = [line.split("\t")[3] for line in table.read_text().splitlines()[1:]]
        ends[values[len(values) - values[::-1].index(OPEN)]] += 1
    assert ends == {"boundary": 119, "break cnt": 17}


def test_r10_s_eleven_irregular_recordings_are_listed_with_their_counts_and_the_reason(hbn):
    data, reporter = dry_run(hbn["R10"], (f"open={OPEN}:0:20", f"closed={CLOSE}:0:40"))
    assert len(data["irregular"]) == 11  # as counted by hand
    by_name = {item["recording"][8:16]: item for item in data["irregular"]}
    assert by_name["AV925BP3"]["segments"] == {"open": 6, "closed": 6}
    assert by_name["XC058VZG"]["reason"] == "7 open where most have 6"
    assert by_name["TY128YLU"]["reason"] == "no cue"
    (title, columns, rows) = reporter.tables[0]
    assert title == "Irregular: 11 of 479 recordings" and columns == ("recording", "segments", "reason")
    assert any(row[2] == "no cue" and row[0].endswith("and 3 more") for row in rows)


def test_hed_finds_the_closed_segments_of_r1_and_says_that_r10_has_none(hbn):
    pytest.importorskip("hed", reason="hedtools is not installed (extra `hed`)")
    query = ('closed="Label/now-close-your-eyes":3:37',)
    named, _ = dry_run(hbn["R1"], (RESTING[1],))
    queried, _ = dry_run(hbn["R1"], (), hed=query)
    figures = ("n_recordings", "segments", "segments_too_short", "n_windows", "irregular")
    assert {name: queried[name] for name in figures} == {name: named[name] for name in figures}
    with pytest.raises(InputError, match="no event has a HED annotation") as caught:
        dry_run(hbn["R10"], (), hed=query)
    assert caught.value.exit_code == 3
    data, reporter = dry_run(hbn["R10"], (RESTING[0],), hed=query)  # other rules remain: a warning
    assert data["segments"]["closed"] == 0 and data["segments"]["open"] > 2700
    assert any("no event has a HED annotation" in warning for warning in reporter.warnings)


def test_selection_narrows_what_is_counted(hbn):
    data, _ = dry_run(hbn["R1"], max_subjects=3)
    assert data["n_recordings"] == 3 and data["segments"] == {"open": 18, "closed": 15}
    with pytest.raises(InputError, match="no recording has task rset"):
        dry_run(hbn["R1"], task=("rset",))


@pytest.fixture
def tree(tmp_path) -> Path:
    """Three recordings that are not fetched; 40 s closed at 10 s, 20 s open at 50 s."""
    root = tmp_path / "small"
    (root / "sub-01/eeg").mkdir(parents=True)
    (root / "dataset_description.json").write_text('{"Name": "small", "BIDSVersion": "1.9.0"}')
    (root / "task-RestingState_eeg.json").write_text('{"SamplingFrequency": 100, "RecordingDuration": 62}')
    rows = f"onset\tduration\tvalue\n10\tn/a\t{CLOSE}\n50\tn/a\t{OPEN}\n"
    for subject in ("01", "02", "03"):
        stem = f"sub-{subject}/eeg/sub-{subject}_task-RestingState"
        dangling(root / f"{stem}_eeg.set")
        (root / f"{stem}_events.tsv").write_text(rows)
    return root


def test_a_tree_without_signals_is_counted_by_what_its_sidecars_state(tree):
    data, _ = dry_run(tree)
    assert data["segments"] == {"open": 3, "closed": 3}  # the open ones end with the recording, 9 s after they begin
    assert (data["n_windows"], data["segments_too_short"]) == (3 * (17 + 4), 0)
    assert dry_run(tree, length=10.0)[0]["segments_too_short"] == 3


def test_recordings_without_table_or_cue_are_listed_and_stop_nobody(tree):
    (tree / "sub-01/eeg/sub-01_task-RestingState_events.tsv").unlink()
    (tree / "sub-02/eeg/sub-02_task-RestingState_events.tsv").write_text("onset\tduration\tvalue\nsoon\tn/a\tx\n")
    data, _ = dry_run(tree)
    assert data["segments"] == {"open": 1, "closed": 1}
    assert [item["reason"].partition(";")[0] for item in data["irregular"]] == [
        "no events.tsv",
        "sub-02_task-RestingState_events.tsv, line 2: onset 'soon' is not a number of seconds",
    ]


@pytest.mark.parametrize("content", ['{"SamplingFrequency": 100}', '{"RecordingDuration": "n/a"}', '{"RecordingDuration": true}', "{}"])
def test_a_length_that_nobody_states_is_no_end_and_is_said(tree, content):
    (tree / "task-RestingState_eeg.json").write_text(content)
    data, reporter = dry_run(tree)
    assert data["segments"] == {"open": 3, "closed": 3} and data["n_windows"] == 3 * (17 + 7)
    assert any("length of 3 recordings is not stated" in warning for warning in reporter.warnings)
    assert dry_run(tree, ())[0]["irregular"][0]["reason"] == "its length is not stated"


def test_a_broken_sidecar_costs_one_recording(tree):
    (tree / "sub-02/eeg/sub-02_task-RestingState_eeg.json").write_text("{")
    data, _ = dry_run(tree)
    assert data["segments"] == {"open": 2, "closed": 2}
    assert "not JSON" in data["irregular"][0]["reason"]


def test_no_cue_anywhere_is_said(tree):
    data, reporter = dry_run(tree, ("x=typo:0:1",))
    assert data["segments"] == {"x": 0} and data["n_windows"] == 0
    assert [item["reason"] for item in data["irregular"]] == ["no cue"] * 3
    assert "no recording has an event typo" in reporter.warnings


def test_a_bids_tree_is_not_cut_and_two_are_not_counted(tree):
    shutil.copytree(tree, tree.with_name("other"), symlinks=True)
    with pytest.raises(InputError, match="a BIDS data set, where a recordings artifact is needed"):
        epoch.run(EpochSettings(recordings=tree, segment=RESTING), reporter=CapturingReporter())
    with pytest.raises(InputError, match="a BIDS data set"):
        epoch.run(EpochSettings(recordings=(tree, tree.with_name("other")), segment=RESTING, dry_run=True), reporter=CapturingReporter())
    with pytest.raises(UsageError):
        dry_run(tree, ("nonsense",))


def test_the_command_counts_a_tree_and_says_what_is_irregular_on_standard_error(tree, capsys, monkeypatch):
    from eegcli.cli.main import main

    (tree / "sub-03/eeg/sub-03_task-RestingState_events.tsv").write_text("onset\tduration\tvalue\n")
    monkeypatch.setattr("sys.argv", ["eegcli", "epoch", str(tree), "--segment", RESTING[0], "--segment", RESTING[1], "--dry-run", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    data = json.loads(said.out)["data"]
    assert not ended.value.code and (data["n_recordings"], data["segments"]) == (3, {"open": 2, "closed": 2})
    assert "Irregular: 1 of 3 recordings" in said.err and "sub-03_task-RestingState" in said.err


def test_what_fetch_wrote_is_a_data_set(tmp_path):
    from eegcli import fetch
    from eegcli.reporter import Silent
    from eegcli.settings import FetchSettings

    demo = fetch.run(FetchSettings(source="demo", output=tmp_path / "demo", subjects=4, blocks=1), reporter=Silent()).output
    data, _ = dry_run(demo)
    assert data["segments"] == {"open": 8, "closed": 4}
