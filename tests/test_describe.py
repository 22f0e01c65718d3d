"""`info` says what lies there."""

from __future__ import annotations

import re

import numpy as np
import pytest

from eegcli import epoch, evaluate, explain
from eegcli.describe import describe
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings
from eegcli.study.events import Events
from tests.kit import cohorts
from tests.kit.builders import recording, recordings_artifact
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import make_tree, tsv


def test_recordings_and_windows_are_described(tmp_path):
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1), "02": recording(2)}, failed=("03",), sex=["F", "M", "F"])
    facts = describe(source)
    assert facts["kind"] == "recordings" and facts["status"] == {"ok": 2, "failed": 1} and facts["causes"] == {"truncated": 1}
    assert facts["events"]["instructed_toOpenEyes"] == 6
    assert facts["sex"] == {"F": 2, "M": 1}
    output = epoch.run(EpochSettings(recordings=source, output=tmp_path / "toy-windows"), reporter=Silent()).output
    facts = describe(output)
    assert facts["shape"] == [140, 4, 128] and facts["units"] == "uV" and facts["subjects"] == 2
    assert facts["settings"]["length"] == 2.0


def test_figures_of_quality_are_described_where_there_are_any(tmp_path):
    columns = {"asr_fraction_changed": [0.1, 0.3, None], "asr_variance_removed": [None, None, None]}
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1), "02": recording(2)}, failed=("03",), **columns)
    assert describe(source)["quality"] == {"asr_fraction_changed": "0.1 to 0.3, median 0.2"}


def test_evaluations_and_explanations_are_described(tmp_path):
    windows = cohorts.windows(tmp_path / "windows", effect=6.0)
    run = cohorts.train(windows, tmp_path / "run")
    for stage, settings in ((evaluate, EvaluateSettings(run=run)), (explain, ExplainSettings(run=run, threads=1, method=("saliency",)))):
        stage.run(settings, reporter=Silent())
    evaluation, explanation = describe(run / "evaluation"), describe(run / "explanation")
    assert (evaluation["kind"], evaluation["target"], evaluation["classes"]) == ("evaluation", "sex", ["F", "M"])
    assert evaluation["test_vote"] == describe(run)["test_vote"]
    assert (
        explanation["kind"] == "explanation"
        and re.fullmatch(r"passed \d of \d controls", explanation["methods"].pop("saliency"))
        and not explanation["methods"]
    )


def test_something_else_is_refused(tmp_path):
    with pytest.raises(InputError, match="neither an artifact"):
        describe(tmp_path)
    (tmp_path / "Sub-01/eeg").mkdir(parents=True)
    (tmp_path / "Sub-01/eeg/Sub-01_task-rest_eeg.edf").write_text("x")
    with pytest.raises(
        InputError, match=r"nor a BIDS data set; 1 file looks like a recording but lies in no folder sub-LABEL/.*Sub-01_task-rest"
    ):
        describe(tmp_path)


def test_a_bids_tree_is_described(real_data):
    facts = describe(real_data / "eegmat")
    assert (facts["subjects"], facts["recordings"], facts["not_fetched"]) == (12, 24, 0)
    assert facts["tasks"] == {"rest": 12, "arithmetic": 12}


def test_one_malformed_file_costs_nothing_but_itself(tmp_path):
    root = make_tree(tmp_path / "ds", task="a")
    (root / "sub-01/eeg/sub-01_task-a_eeg.json").write_text('{"SamplingFrequency": 128,}')
    (root / "sub-02/eeg/sub-02_task-a_eeg.json").write_bytes(
        '{"SamplingFrequency": 128, "InstitutionAddress": "Würzburg"}'.encode("latin-1")
    )
    tsv(root / "sub-02/eeg/sub-02_task-a_events.tsv", "onset duration trial_type\n1.5s 0 cue")
    tsv(root / "sub-03/eeg/sub-03_task-a_events.tsv", "onset duration trial_type\n1.5 0 cue")
    (root / "dataset_description.json").write_text("{")
    tsv(root / "participants.tsv", "participant_id age\nsub-01 89+\nsub-04 70\nsub-03 9\nsub-03 8")
    heard = CapturingReporter()
    facts = describe(root, reporter=heard)
    assert (facts["subjects"], facts["recordings"], facts["events"]) == (3, 3, {"cue": 1})
    assert set(facts["damaged_sidecars"]) == {"dataset_description.json", "sub-01_task-a", "sub-02_task-a"}
    assert "line 1" in facts["damaged_sidecars"]["sub-01_task-a"] and "line 2: onset '1.5s'" in facts["damaged_sidecars"]["sub-02_task-a"]
    assert facts["not_in_participants"] == ["02"]
    assert any(line.startswith("eeg.json is not UTF-8") for line in heard.warnings)
    assert any("sub-03 stands there twice" in line for line in heard.warnings) and any(
        "'89+' (line 2) is read as 89" in line for line in heard.warnings
    )


def test_what_is_passed_over_and_what_lies_there_in_two_formats_is_described(tmp_path):
    root = make_tree(tmp_path / "ds", ("01", "02"))
    for path in ("sub-01/eeg/sub-01_task-rest_eeg.set", "sub-02/eeg/sub-02_task-rest-eeg.set", "sub-02/eeg/sub-02_task-Rest_events.tsv"):
        (root / path).write_text("x")
    heard = CapturingReporter()
    facts = describe(root, reporter=heard)
    assert facts["recordings"] == 2 and facts["formats"] == {".edf": 2}
    assert facts["passed_over"] == {"sub-02/eeg/sub-02_task-rest-eeg.set": "no BIDS name"}
    assert facts["sidecars_of_no_recording"] == ["sub-02/eeg/sub-02_task-Rest_events.tsv"]
    assert len(heard.warnings) == 3 and "--include '*.set' takes the other" in heard.warnings[2]


def test_columns_and_levels_of_events_are_listed(tmp_path):
    trial_type = np.array(["go", "key"] * 10, dtype=object)
    columns = {
        "trial_type": trial_type,
        "value": np.arange(20) % 3,
        "response_time": np.where(np.arange(20) % 2, 0.2 + np.arange(20) / 100, np.nan),
        "file": np.array([f"{n:02d}.png" for n in range(20)], dtype=object),
        "code": np.arange(20),
        "empty": np.full(20, np.nan),
        "level": np.minimum(np.arange(20), 18) * (np.arange(20) > 1),
    }
    events = Events(np.arange(20.0), np.zeros(20), trial_type, columns=columns)
    facts = describe(recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1, events=events), "02": recording(2)}))
    assert facts["events"]["go"] == 10
    listed = facts["event_columns"]
    assert listed["trial_type"] == {"go": 10, "key": 10} and listed["value"] == {"0": 7, "1": 7, "2": 6}
    assert listed["response_time"] == "0.21 to 0.39 (10 numbers)"
    assert listed["file"] == "20 different texts" and listed["code"] == "0 to 19 (20 numbers)" and listed["empty"] == {}
    assert listed["level"]["0"] == 2 and listed["level"]["(others)"] == 6


def test_files_that_were_opened_for_their_own_events_are_told(tmp_path):
    facts = describe(make_tree(tmp_path / "tree", ("01", "02")))
    assert facts["events"] == {} and facts["events_in_files"].startswith("2 of 2 recordings")


def test_shares_that_a_table_of_the_split_overruled_are_not_described(tmp_path):
    windows = cohorts.windows(tmp_path / "w", subjects=range(6), n_windows=2)
    who = "".join(f"{subject:02d}\t{part}\n" for subject, part in enumerate(["train"] * 2 + ["validation"] * 2 + ["test"] * 2))
    (tmp_path / "who.tsv").write_text(f"subject\tsplit\n{who}")
    run = cohorts.train(windows, tmp_path / "run", arch="majority", split_file=tmp_path / "who.tsv")
    facts = describe(run)
    assert "split" not in facts["settings"] and "split_order" not in facts["settings"]
    assert facts["inputs"]["split_file"]
    assert describe(cohorts.train(windows, tmp_path / "drawn", arch="majority"))["settings"]["split"] == [0.6, 0.2, 0.2]
