"""From a BIDS tree to a network that tells one segment from another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch, evaluate, preprocess
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, PreprocessSettings
from tests.kit.cohorts import train
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import NAMES, SFREQ, describe, write_edf

HED = {
    "value": {
        "HED": {
            "close": "Sensory-event, Cue, (Auditory-presentation, (Speak, Label/now-close-your-eyes))",
            "open": "Sensory-event, Cue, (Auditory-presentation, (Speak, Label/now-open-your-eyes))",
            "start": "(Def/Begin, Onset)",
        }
    },
    "definitions": {"HED": {"begin": "(Definition/Begin, (Experiment-structure, Recording))"}},
}
STEPS = ({"step": "reference", "channels": ["average"]},)


def eyes(root: Path, n_subjects: int = 8) -> Path:
    """Two blocks of 10 s with eyes closed, in which a 10-Hz rhythm is five times as high, and two with eyes open."""
    describe(root)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "eyes", "BIDSVersion": "1.9.0", "HEDVersion": "8.3.0"}))
    (root / "task-rest_events.json").write_text(json.dumps(HED))
    (root / "participants.tsv").write_text("participant_id\tsex\n" + "".join(f"sub-{n:02d}\t{'FM'[n % 2]}\n" for n in range(n_subjects)))
    time = np.arange(round(44 * SFREQ)) / SFREQ
    for n in range(n_subjects):
        random = np.random.default_rng(n)
        closed = ((time >= 12) & (time < 22)) | ((time >= 32) & (time < 42))
        data = 5 * random.standard_normal((len(NAMES), len(time)))
        data += (
            np.where(closed, 30.0, 6.0)
            * np.sin(2 * np.pi * 10 * time + random.uniform(0, 6))[None]
            * np.linspace(0.2, 1, len(NAMES))[:, None]
        )
        path = root / f"sub-{n:02d}/eeg/sub-{n:02d}_task-rest_eeg.edf"
        write_edf(path, data)
        rows = [(0.5, "start"), (2, "open"), (12, "close"), (22, "open"), (32, "close"), (42, "boundary")]
        table = "onset\tduration\tvalue\n" + "".join(f"{onset}\tn/a\t{value}\n" for onset, value in rows)
        path.with_name(f"sub-{n:02d}_task-rest_events.tsv").write_text(table)
    return root


def clean(root: Path, **settings) -> Path:
    output = root.with_name(f"{root.name}-recordings")
    return preprocess.run(PreprocessSettings(bids=root, output=output, steps=STEPS, jobs=1, **settings), reporter=Silent()).output


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    return clean(eyes(tmp_path_factory.mktemp("flow") / "eyes"))


def cut(recordings: Path, name: str, reporter=None, **settings):
    output = recordings.with_name(name)
    return epoch.run(EpochSettings(recordings=recordings, output=output, **settings), reporter=reporter or Silent())


def test_hed_is_kept_with_the_events_through_cleaning(recordings):
    events = open_recordings(recordings).read(0).events
    assert dict(zip(events.value, events.hed, strict=True)) == {**HED["value"]["HED"], "boundary": ""}
    assert events.definitions == ("(Definition/Begin, (Experiment-structure, Recording))",) and events.hed_version == "8.3.0"


def test_hed_and_event_names_cut_the_same_windows(recordings):
    pytest.importorskip("hed", reason="hedtools is not installed (extra `hed`)")
    named = cut(recordings, "named", segment=("closed=close:0:10", "open=open:0:10"))
    queried = cut(recordings, "queried", hed=('closed="Label/now-close-your-eyes":0:10', "open=Cue && Label/now-open*:0:10"))
    assert (named.n_windows, queried.n_windows) == (8 * 20, 8 * 20)
    for name in ("windows.h5", "windows.parquet"):
        assert (named.output / name).read_bytes() == (queried.output / name).read_bytes()
    defined = cut(recordings, "defined", hed=("begin=Experiment-structure && Def/Begin:0:10",), length=1.0)
    assert defined.n_windows == 8  # the definition's content counts; the next event comes after 1.5 s


def test_a_dry_run_of_the_tree_counts_what_is_cut(recordings):
    tree, segment = recordings.with_name("eyes"), ("closed=close:0:10", "open=open:0:9", "begin=start:0:1")
    before, after = (cut(where, "none", segment=segment, dry_run=True).data() for where in (tree, recordings))
    figures = ("n_recordings", "segments", "segments_too_short", "n_windows", "irregular")
    assert {name: before[name] for name in figures} == {name: after[name] for name in figures}
    assert before["segments"] == {"closed": 16, "open": 16, "begin": 8} and before["segments_too_short"] == 8
    assert cut(recordings, "all", segment=segment).n_windows == before["n_windows"]


def test_hed_of_recordings_without_any_says_so(tmp_path):
    pytest.importorskip("hed", reason="hedtools is not installed (extra `hed`)")
    root = eyes(tmp_path / "plain", 2)
    (root / "task-rest_events.json").write_text("{}")
    plain = clean(root)
    with pytest.raises(InputError, match="no event has a HED annotation"):
        cut(plain, "none", hed=("closed=Label/now-close-your-eyes:0:10",))
    reporter = CapturingReporter()
    assert cut(plain, "some", reporter, hed=("closed=Cue:0:10",), segment=("open=open:0:10",)).n_windows == 20
    assert any("no event has a HED annotation" in warning for warning in reporter.warnings)


def test_hed_that_cannot_be_read_fits_nothing_and_costs_no_recording(tmp_path):
    pytest.importorskip("hed", reason="hedtools is not installed (extra `hed`)")
    root = eyes(tmp_path / "broken", 2)
    broken = {"value": {"HED": {"close": "((Cue, Label/x", "open": "Cue, Nonsense-tag, Label/y"}}}
    (root / "task-rest_events.json").write_text(json.dumps(broken))
    recordings, reporter = clean(root), CapturingReporter()
    assert cut(recordings, "w", reporter, hed=("x=Cue:0:10",)).n_windows == 20
    assert reporter.warnings == ["HED that cannot be read, so that nothing fits it: ((Cue, Label/x"]


def test_hed_in_a_sidecar_decides_the_bytes_of_a_recording(tmp_path):
    root = eyes(tmp_path / "changing", 1)
    first = open_recordings(clean(root)).table["digest"][0]
    changed = {"value": {"HED": {"close": "Cue"}}, "more": "so that the size differs"}
    (root / "task-rest_events.json").write_text(json.dumps(changed))
    recordings = open_recordings(clean(root))
    assert recordings.table["digest"][0] != first and recordings.read(0).events.hed.tolist().count("Cue") == 2


def test_eyes_open_and_closed_are_told_apart_and_a_segment_of_a_recording_votes(recordings):
    windows = cut(recordings, "two", segment=("closed=close:0:10", "open=open:0:10")).output
    table = open_windows(windows).table
    assert set(table["segment"]) == {"closed", "open"}
    run = train(windows, recordings.with_name("run"), target="segment", split=(4, 2, 2))
    output = evaluate.run(EvaluateSettings(run=run, threads=1), reporter=Silent()).output
    metrics = json.loads((output / "evaluation" / "metrics.json").read_text())
    assert "segment" in str(metrics["unit"])
    test = metrics["splits"]["test"]
    assert test["vote"]["n"] == 4  # two subjects, each with one unit of either segment
    assert test["window"]["accuracy"] > 0.9 and test["vote"]["accuracy"] == 1.0


def test_annotations_of_a_real_recording_give_segments_of_their_own_length(real_data, tmp_path):
    source = real_data / "physionet-s001"
    describe(tmp_path / "imagery", "imagery")
    for run, name in (("04", "S001R04.edf"), ("08", "S001R08.edf")):
        target = tmp_path / f"imagery/sub-001/eeg/sub-001_task-imagery_run-{run}_eeg.edf"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source / name)
    recordings = clean(tmp_path / "imagery")
    reporter = CapturingReporter()
    windows = open_windows(cut(recordings, "w", reporter, annotation=("rest=T0", "left=T1", "right=T2")).output)
    # The file's own annotations, read a second time with MNE alone.
    import mne

    expected: dict[str, int] = {}
    for name in ("S001R04.edf", "S001R08.edf"):
        raw = mne.io.read_raw_edf(source / name, verbose="ERROR")
        for note in raw.annotations:
            end = min(note["onset"] + note["duration"], raw.n_times / 160)
            expected[note["description"]] = expected.get(note["description"], 0) + int((end - note["onset"] + 1e-6) // 2)
    counts = {name: int((windows.table["segment"] == name).sum()) for name in ("rest", "left", "right")}
    assert counts == {"rest": expected["T0"], "left": expected["T1"], "right": expected["T2"]}
    assert not reporter.warnings


def test_eyes_open_and_closed_of_a_real_subject_are_two_tasks_pooled_by_name(real_data, tmp_path):
    for name, file in (("open", "S001R01.edf"), ("closed", "S001R02.edf")):
        describe(tmp_path / name, "eegmmidb")
        target = tmp_path / f"{name}/sub-001/eeg/sub-001_task-{name}_eeg.edf"
        target.parent.mkdir(parents=True)
        target.symlink_to(real_data / "physionet-s001" / file)
    inputs = tuple(clean(tmp_path / name) for name in ("open", "closed"))
    result = epoch.run(EpochSettings(recordings=inputs, output=tmp_path / "pool"), reporter=Silent())
    windows = open_windows(result.output)
    assert set(windows.table["task"]) == {"open", "closed"} and len(windows.ch_names) == 64
    # Berger's rhythm: more power at 10 Hz over O1, Oz and O2 with the eyes closed.
    spectrum = np.abs(np.fft.rfft(windows.x[:, [windows.ch_names.index(name) for name in ("O1", "Oz", "O2")]])) ** 2
    alpha = spectrum[..., 16:26].sum(axis=-1).mean(axis=1)
    closed = windows.table["task"] == "closed"
    assert np.median(alpha[closed]) > 2 * np.median(alpha[~closed])
